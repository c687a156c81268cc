#include "crypto/verify.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/pem.h"
#include "crypto_test_support.h"
#include "keys.h"

static struct crypto_public *load(const char *pem) {
    struct pp_error error = {0};
    struct crypto_public *key = crypto_public_load_pem(pem, strlen(pem), &error);
    assert_string_equal(error.message, "");
    assert_non_null(key);
    return key;
}

struct verify_row {
    const char *pem;
    enum crypto_scheme scheme;
    const char *signature; /* hex, over KEYS_MESSAGE */
};

static const struct verify_row rows[] = {
    {KEYS_P256_PUBLIC, CRYPTO_ECDSA_SHA256, KEYS_P256_SIGNATURE},
    {KEYS_P384_PUBLIC, CRYPTO_ECDSA_SHA384, KEYS_P384_SIGNATURE},
    {KEYS_RSA_PUBLIC, CRYPTO_RSA_PSS_SHA256, KEYS_RSA_SIGNATURE},
    {KEYS_ED25519_PUBLIC, CRYPTO_ED25519, KEYS_ED25519_SIGNATURE},
};

static size_t usable_rows(void) {
    return PP_COUNT(rows) - (crypto_public_has_ed25519() ? 0 : 1);
}

static void verify_accepts_signatures_of_openssl(void **state) {
    (void)state;
    for (size_t i = 0; i < usable_rows(); i++) {
        struct pp_error error = {0};
        struct bytes signature = from_hex(rows[i].signature);
        PP_AUTO(crypto_public) struct crypto_public *key = load(rows[i].pem);
        assert_true(crypto_public_verify(key, rows[i].scheme, KEYS_MESSAGE, strlen(KEYS_MESSAGE),
                                         signature.data, signature.size, &error));
    }
}

static void refuse(const struct crypto_public *key, const struct verify_row *row, const char *message,
                   const struct bytes *signature, size_t size) {
    struct pp_error error = {0};
    assert_false(
        crypto_public_verify(key, row->scheme, message, strlen(message), signature->data, size, &error));
    assert_int_equal(error.code, PP_E_AUTH);
}

static void verify_refuses_every_changed_byte_of_a_signature_and_other_messages(void **state) {
    (void)state;
    for (size_t i = 0; i < usable_rows(); i++) {
        struct bytes signature = from_hex(rows[i].signature);
        PP_AUTO(crypto_public) struct crypto_public *key = load(rows[i].pem);
        for (size_t at = 0; at < signature.size; at++) {
            signature.data[at] ^= 0x41;
            refuse(key, &rows[i], KEYS_MESSAGE, &signature, signature.size);
            signature.data[at] ^= 0x41;
        }
        refuse(key, &rows[i], KEYS_MESSAGE "!", &signature, signature.size);
        refuse(key, &rows[i], KEYS_MESSAGE, &signature, signature.size - 1);
        refuse(key, &rows[i], KEYS_MESSAGE, &signature, signature.size + 1);
        refuse(key, &rows[i], KEYS_MESSAGE, &signature, 0);
    }
}

static void verify_refuses_a_scheme_that_does_not_fit_the_key(void **state) {
    (void)state;
    for (size_t i = 0; i < usable_rows(); i++) {
        struct bytes signature = from_hex(rows[i].signature);
        PP_AUTO(crypto_public) struct crypto_public *key = load(rows[i].pem);
        for (int scheme = CRYPTO_ECDSA_SHA256; scheme <= CRYPTO_RS256 + 1; scheme++) {
            struct pp_error error = {0};
            bool same_key = (scheme == CRYPTO_ES256 && rows[i].scheme == CRYPTO_ECDSA_SHA256) ||
                            (scheme == CRYPTO_RS256 && rows[i].scheme == CRYPTO_RSA_PSS_SHA256);
            if (scheme == (int)rows[i].scheme || (same_key && scheme == CRYPTO_ES256))
                continue;
            assert_false(crypto_public_verify(key, (enum crypto_scheme)scheme, KEYS_MESSAGE,
                                              strlen(KEYS_MESSAGE), signature.data, signature.size, &error));
            /* One key, and still a signature of one scheme is none of the other's. */
            assert_int_equal(error.code, same_key ? PP_E_AUTH : PP_E_INVALID);
        }
    }
}

/* Wycheproof, rsa_pss_2048_sha256_mgf1_32_test.json: test cases 1, 3 and 6, salt of 32 bytes. */
#define WYCHEPROOF_KEY                                                                                       \
    "-----BEGIN PUBLIC KEY-----\n"                                                                           \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAorRRoH0KpfluRVZxUTVQ\n"                                     \
    "UUqKW0YuvvcXCU+h/ugiJOY3+XRtP3yv0xh42AMltu9aFwD2WQO0aUKeidbqyIRQ\n"                                     \
    "l7WrOTGJ25JRLtincRoSU/rNIPecFegkfz0+QuRuSMmOJUov6XZTE6A+/48X4aAp\n"                                     \
    "OXofomqNzib0kO2BKZYV2YFMItphBCjgnH2WWFlCZvXAIdD87KCNlFoSvoLeTR7O\n"                                     \
    "a0wDFFtdNJXU7VQR64eNrwX9evw+Ca2g8RJkIvWQl1oZaYFvSGmLy7obTZyuedRg\n"                                     \
    "2Pn4Xnl1AF2bwixOWsD3waRdElaaYoB9O5oC5aUw53MGb0U9H1tMLpz3ggKD90K5\n"                                     \
    "1QIDAQAB\n"                                                                                             \
    "-----END PUBLIC KEY-----"

static const char *const wycheproof_pss[][2] = {
    {"", "4f01e0c12b08625ecac89a69231906edf826380f37c959a96690d046316d68ffce9d5c471694fcebfc6b45534864689256e"
         "4fc81c78e"
         "583f675d0c94b449647451e81beff01a11a516d5e5ce3f1a910437cb8a3a5096b19fb15f4524a35b23d89cdba12cf5b71aa"
         "c1047b28c"
         "562df7c5542c34ce23a182cf7e0e231934b17294799d44877a1d68ef1b8f073619b7618e6b7c22db20030d98cf591ffc3d4"
         "da5f58613"
         "ecd5ecfc3b40a1d02f40891ca43695cd4c088b05a8054c89c595a47e274816f35384226f74459ee63e25a1bfc03c3604905"
         "52ec38343"
         "f8ace502f065303b00bc0ec320711b211fde92e57feb9013c3609342495ec0d7cabdec21e54acc38"},
    {"54657374", "401eb03cdb47ca88033e3030f6bdecbac8f5c8fc1dd6a13d23d379ed9a2b309891d13d74fea9d21d159b9e6d8f3"
                 "7efa2489962e24555f56d"
                 "d434ff1d31ce4f9f5abd3f22cbea8b691d6a11e44efb83e2bca155e6a164325e0fde2a8865afd5c9f51161a9d61"
                 "5f62af7ec2e31b3e5ab64"
                 "9c164490d31d88cfae35b84aea7925690f929a144b6d2f48e8fb894a52deecd1b9a6496990c4ecf1588699a42ca"
                 "cd10c53af350514e4291e"
                 "a9a058e77f101e32c1c0cefa61d945f7bc931f8bd19e7ba3169358a60e5a8b0123bc3199b9fdcafe8e519c41ba6"
                 "75491a27b85e44ef2d772"
                 "77c10fe107293c8290186913bc9a99b640d8da041b64f31eab1d35920985f4a5"},
    {"61", "4e68a8375e086990bde05fc4bbde2d368f8d96a5bbcf16d9239fcdd45942d764fc2317d90f4f62ec80059490240be8f32"
           "dfc32414a427c7e"
           "34be25ed0dcaee6927881e797db97a0341fdde459b9cc915d0a348e15dcbfe1b0780472f52a887faffc988a9ceb677e1c"
           "f5638e44a9d6f25"
           "32417ed0bde5d67f5dc9229ef1f3cfd9cb46c695738fd006cc62d02f5df76996270223060f72505ccfbdf4e88d961e2e7"
           "763705480335148"
           "ecdd23d1202c26a963860dc769a43e44c72285092ba7f24d81844e612bf03f9c2ddd4e5960622f71672f4e42b8a8f36c6"
           "847a05f70400207"
           "471c575d6a960fac1de809118efb52903ca37f12d40f6de74decb9a5b8a415d4"},
};

static void verify_accepts_the_published_pss_vectors(void **state) {
    (void)state;
    PP_AUTO(crypto_public) struct crypto_public *key = load(WYCHEPROOF_KEY);
    for (size_t i = 0; i < PP_COUNT(wycheproof_pss); i++) {
        struct pp_error error = {0};
        struct bytes message = from_hex(wycheproof_pss[i][0]), signature = from_hex(wycheproof_pss[i][1]);
        assert_true(crypto_public_verify(key, CRYPTO_RSA_PSS_SHA256, message.data, message.size,
                                         signature.data, signature.size, &error));
        message.data[message.size++] = 0;
        assert_false(crypto_public_verify(key, CRYPTO_RSA_PSS_SHA256, message.data, message.size,
                                          signature.data, signature.size, &error));
    }
}

/* RFC 8032 §7.1, test 2, with the key as its 32 bytes. */
static void verify_takes_raw_ed25519_keys(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct bytes raw = from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    struct bytes signature = from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1"
                                      "e43e15996e458f3613d0f11d8c387b2e"
                                      "aeb4302aeeb00d291612bb0c00");
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_ed25519(raw.data, &error);
    if (!crypto_public_has_ed25519()) {
        assert_null(key);
        assert_int_equal(error.code, PP_E_UNSUPPORTED);
        return;
    }
    assert_true(crypto_public_verify(key, CRYPTO_ED25519, "\x72", 1, signature.data, signature.size, &error));
    assert_false(
        crypto_public_verify(key, CRYPTO_ED25519, "\x73", 1, signature.data, signature.size, &error));
}

static void refuse_key(const char *pem) {
    struct pp_error error = {0};
    assert_null(crypto_public_load_pem(pem, strlen(pem), &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_true(error.message[0]);
}

static void verify_refuses_keys_that_it_does_not_know(void **state) {
    (void)state;
    refuse_key("");
    refuse_key(KEYS_RSA_1024_PUBLIC);
    refuse_key(KEYS_K256_PUBLIC);
    refuse_key(KEYS_P256_SEC1);
    refuse_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    refuse_key("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n");
    struct pp_error error = {0};
    static const char large[CRYPTO_PUBLIC_DOCUMENT_MAX + 1];
    assert_null(crypto_public_load_der(large, sizeof large, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_null(crypto_public_load_der("", 0, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

/* A point that is not on the curve makes no key. */
static void verify_refuses_a_point_off_the_curve(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct bytes der = from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                                "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229a");
    assert_null(crypto_public_load_der(der.data, der.size, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

/* One key has one text: else one key would have many ids. */
static void verify_takes_rsa_keys_in_der_only(void **state) {
    (void)state;
    static const char *const labels[] = {"PUBLIC KEY", NULL};
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_PUBLIC_DOCUMENT_MAX);
    assert_true(pem_decode(KEYS_RSA_PUBLIC, strlen(KEYS_RSA_PUBLIC), labels, &der, NULL));
    size_t size = der.size;
    assert_true(pp_buf_add(&der, "", 1, NULL));
    struct pp_error error = {0};
    assert_null(crypto_public_load_der(der.data, size + 1, &error)); /* a byte behind the end */
    assert_int_equal(error.code, PP_E_INVALID);
    /* 30 82 LL LL, AlgorithmIdentifier of 15 bytes, BIT STRING 03 82 LL LL 00, RSAPublicKey */
    assert_null(crypto_public_load_der(der.data + 24, size - 24, &error)); /* a bare RSAPublicKey */
    assert_string_equal(error.message, "public key: not in DER");
    uint8_t longer[1024] = {0x30, 0x83, 0x00, der.data[2], der.data[3]};
    memcpy(longer + 5, der.data + 4, size - 4);
    assert_null(crypto_public_load_der(longer, size + 1, &error)); /* a length in three bytes */
    assert_string_equal(error.message, "public key: not in DER");
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_der(der.data, size, &error);
    assert_non_null(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify_accepts_signatures_of_openssl),
        cmocka_unit_test(verify_refuses_every_changed_byte_of_a_signature_and_other_messages),
        cmocka_unit_test(verify_refuses_a_scheme_that_does_not_fit_the_key),
        cmocka_unit_test(verify_accepts_the_published_pss_vectors),
        cmocka_unit_test(verify_takes_raw_ed25519_keys),
        cmocka_unit_test(verify_refuses_keys_that_it_does_not_know),
        cmocka_unit_test(verify_refuses_a_point_off_the_curve),
        cmocka_unit_test(verify_takes_rsa_keys_in_der_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
