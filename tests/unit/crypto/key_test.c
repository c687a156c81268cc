#include "crypto/key.h"

#include <string.h>

#include "crypto/ecdsa_der.h"
#include "crypto/jwk.h"
#include "crypto/key_mbedtls.h"
#include "crypto/pem.h"
#include "crypto/verify.h"
#include "crypto_test_support.h"
#include "keys.h"

/* RFC 6979 §A.2.5, P-256 with SHA-256: the key as SEC 1 DER without its public half. */
#define RFC6979_KEY                                                                                          \
    "30310201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a00a06082a8648ce3d030107"
#define RFC6979_POINT                                                                                        \
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1" \
    "b20c2d7e"                                                                                               \
    "9f5177a3c294d4462299"

static const struct {
    const char *message, *signature;
} rfc6979_vectors[] = {
    {"sample", "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
               "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {"test", "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
             "0220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
};

static struct crypto_key *rfc6979_key(void) {
    struct pp_error error = {0};
    struct bytes der = from_hex(RFC6979_KEY);
    struct crypto_key *key = crypto_key_load_der(der.data, der.size, &error);
    assert_non_null(key);
    return key;
}

static void key_signs_as_rfc_6979_prescribes(void **state) {
    (void)state;
    PP_AUTO(crypto_key) struct crypto_key *key = rfc6979_key();
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_error error = {0};
    assert_true(crypto_key_public_point(key, point, &error));
    assert_is_hex(point, sizeof point, RFC6979_POINT);
    for (size_t i = 0; i < PP_COUNT(rfc6979_vectors); i++) {
        struct pp_buf signature pp_autobuf = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
        const char *message = rfc6979_vectors[i].message;
        assert_true(crypto_key_sign(key, message, strlen(message), &signature, &error));
        assert_is_hex(signature.data, signature.size, rfc6979_vectors[i].signature);
    }
}

static void assert_same_public(const struct crypto_key *a, const struct crypto_key *b) {
    uint8_t left[CRYPTO_POINT_SIZE], right[CRYPTO_POINT_SIZE];
    struct pp_error error = {0};
    assert_true(crypto_key_public_point(a, left, &error));
    assert_true(crypto_key_public_point(b, right, &error));
    assert_memory_equal(left, right, sizeof left);
}

static void key_made_is_saved_loaded_and_signs(void **state) {
    (void)state;
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(&error);
    assert_non_null(key);
    struct pp_buf der pp_autobuf = PP_BUF_INIT(512), pem pp_autobuf = PP_BUF_INIT(512);
    struct pp_buf public pp_autobuf = PP_BUF_INIT(512), signature pp_autobuf = PP_BUF_INIT(100);
    assert_true(crypto_key_save_der(key, &der, &error));
    assert_true(crypto_key_save_pem(key, &pem, &error));
    PP_AUTO(crypto_key) struct crypto_key *from_der = crypto_key_load_der(der.data, der.size, &error);
    PP_AUTO(crypto_key) struct crypto_key *from_pem = crypto_key_load_pem(pem.data, pem.size, &error);
    assert_same_public(key, from_der);
    assert_same_public(key, from_pem);
    assert_true(crypto_key_public_der(key, &public, &error));
    assert_true(crypto_key_sign(from_der, "text", 4, &signature, &error));
    PP_AUTO(crypto_public)
    struct crypto_public *verifier = crypto_public_load_der(public.data, public.size, &error);
    assert_true(crypto_public_verify(verifier, CRYPTO_ECDSA_SHA256, "text", 4, signature.data, signature.size,
                                     &error));
}

static void keys_made_differ(void **state) {
    (void)state;
    uint8_t left[CRYPTO_POINT_SIZE], right[CRYPTO_POINT_SIZE];
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *a = crypto_key_generate(&error);
    PP_AUTO(crypto_key) struct crypto_key *b = crypto_key_generate(&error);
    assert_true(crypto_key_public_point(a, left, &error) && crypto_key_public_point(b, right, &error));
    assert_memory_not_equal(left, right, sizeof left);
}

static void key_reads_what_openssl_writes(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct pp_buf public pp_autobuf = PP_BUF_INIT(512);
    PP_AUTO(crypto_key)
    struct crypto_key *sec1 = crypto_key_load_pem(KEYS_P256_SEC1, strlen(KEYS_P256_SEC1), &error);
    PP_AUTO(crypto_key)
    struct crypto_key *pkcs8 = crypto_key_load_pem(KEYS_P256_PKCS8, strlen(KEYS_P256_PKCS8), &error);
    assert_non_null(sec1);
    assert_non_null(pkcs8);
    assert_same_public(sec1, pkcs8);
    assert_true(crypto_key_public_pem(sec1, &public, &error));
    assert_string_equal(pp_buf_text(&public), KEYS_P256_PUBLIC);
    public.size = 0;
    assert_true(crypto_key_save_pem(sec1, &public, &error));
    assert_string_equal(pp_buf_text(&public), KEYS_P256_SEC1);
}

static void refuse_key(const char *pem) {
    struct pp_error error = {0};
    assert_null(crypto_key_load_pem(pem, strlen(pem), &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_true(error.message[0]);
}

static void key_refuses_what_is_no_p256_private_key(void **state) {
    (void)state;
    refuse_key("");
    refuse_key(KEYS_P384_PRIVATE);
    refuse_key(KEYS_K256_PRIVATE);
    refuse_key(KEYS_P256_PUBLIC);
    refuse_key("-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----\n");
    refuse_key("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
    refuse_key("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE");
    struct pp_error error = {0};
    static const char large[CRYPTO_KEY_DOCUMENT_MAX + 1];
    assert_null(crypto_key_load_der(large, sizeof large, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void key_saving_obeys_the_buffers_cap(void **state) {
    (void)state;
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = rfc6979_key();
    struct pp_buf small pp_autobuf = PP_BUF_INIT(20);
    assert_false(crypto_key_save_der(key, &small, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_false(crypto_key_sign(key, "x", 1, &small, &error));
    assert_int_equal(small.size, 0);
}

static void key_lends_its_context_to_writers_of_x509(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t point[CRYPTO_POINT_SIZE], noise[16] = {0}, zero[16] = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = rfc6979_key();
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    assert_true(crypto_key_to_pk(key, &pk, &error));
    assert_true(crypto_pk_point(&pk, point, &error));
    mbedtls_pk_free(&pk);
    assert_is_hex(point, sizeof point, RFC6979_POINT);
    assert_int_equal(crypto_mbedtls_random(NULL, noise, sizeof noise), 0);
    assert_memory_not_equal(noise, zero, sizeof noise);
    assert_false(crypto_mbedtls_fail(&error, PP_E_INVALID, -0x3d00, "parse"));
    assert_string_equal(error.message, "parse (mbedTLS -0x3D00)");
}

/* ---- Signatures as r and s side by side ---- */

static void key_signs_raw_what_it_signs_in_der(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = rfc6979_key();
    assert_true(crypto_key_sign_raw(key, "sample", 6, signature, &error));
    assert_is_hex(signature, sizeof signature,
                  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
}

/* Of 600 signatures some two have a number with a leading zero byte: both lengths of DER go to and fro. */
static void raw_signatures_verify_whatever_their_numbers_lengths(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t point[CRYPTO_POINT_SIZE], signature[CRYPTO_SIGNATURE_RAW_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = rfc6979_key();
    assert_true(crypto_key_public_point(key, point, &error));
    PP_AUTO(crypto_public) struct crypto_public *public = crypto_public_load_point(point, &error);
    assert_non_null(public);
    int short_numbers = 0;
    for (int i = 0; i < 600; i++) {
        assert_true(crypto_key_sign_raw(key, &i, sizeof i, signature, &error));
        assert_true(
            crypto_public_verify(public, CRYPTO_ES256, &i, sizeof i, signature, sizeof signature, &error));
        short_numbers += !signature[0] + !signature[32];
    }
    assert_true(short_numbers > 0); /* deterministic: RFC 6979 */
}

static void refuse_der(const char *hex) {
    struct bytes der = from_hex(hex);
    uint8_t raw[2 * ECDSA_P256_SIZE];
    assert_false(ecdsa_der_to_raw(der.data, der.size, raw));
}

static void conversion_takes_the_strict_form_only(void **state) {
    (void)state;
    struct bytes der = from_hex("3007020101020200ff");
    uint8_t raw[2 * ECDSA_P256_SIZE], back[ECDSA_P256_DER];
    refuse_der("3008020101020200ff");   /* the length counts more than there is */
    refuse_der("3007020101020200ff00"); /* a byte behind the end */
    refuse_der("30060201010202017f");   /* a length that leads over the end */
    refuse_der("30070201010202007f");   /* a leading zero too many */
    refuse_der("30060201010201ff");     /* negative */
    refuse_der("308107020101020200ff"); /* a length in two bytes that fits in one */
    refuse_der("3003020101");
    refuse_der("");
    assert_true(ecdsa_der_to_raw(der.data, der.size, raw));
    assert_is_hex(raw, sizeof raw,
                  "0000000000000000000000000000000000000000000000000000000000000001"
                  "00000000000000000000000000000000000000000000000000000000000000ff");
    assert_int_equal(ecdsa_der_from_raw(raw, back), der.size);
    assert_memory_equal(back, der.data, der.size);
    memset(raw, 0xff, sizeof raw);
    assert_int_equal(ecdsa_der_from_raw(raw, back), ECDSA_P256_DER);
    assert_true(ecdsa_der_strict(back, ECDSA_P256_DER, ECDSA_P256_SIZE));
    /* a number of 33 bytes */
    struct bytes large = from_hex("3026022101000000000000000000000000000000"
                                  "0000000000000000000000000000000000020101");
    assert_true(ecdsa_der_strict(large.data, large.size, 33));
    assert_false(ecdsa_der_to_raw(large.data, large.size, raw));
}

static void a_public_key_needs_a_point_of_the_curve(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct bytes point = from_hex(RFC6979_POINT);
    assert_true(crypto_point_check(point.data, &error));
    point.data[64] ^= 1;
    assert_false(crypto_point_check(point.data, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_string_equal(error.message, "not a point of P-256");
    assert_null(crypto_public_load_point(point.data, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    point.data[64] ^= 1;
    point.data[0] = 3;
    assert_false(crypto_point_check(point.data, &error));
    assert_string_equal(error.message, "not an uncompressed point");
    assert_null(crypto_public_load_point(point.data, &error));
}

/* ---- ECDH; more of it in wycheproof_test.c ---- */

static void two_keys_agree_on_one_secret(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t a_point[CRYPTO_POINT_SIZE], b_point[CRYPTO_POINT_SIZE];
    uint8_t a_secret[CRYPTO_SECRET_SIZE], b_secret[CRYPTO_SECRET_SIZE], zero[CRYPTO_SECRET_SIZE] = {0};
    PP_AUTO(crypto_key) struct crypto_key *a = crypto_key_generate(&error);
    PP_AUTO(crypto_key) struct crypto_key *b = crypto_key_generate(&error);
    assert_true(crypto_key_public_point(a, a_point, &error) && crypto_key_public_point(b, b_point, &error));
    assert_true(crypto_key_agree(a, b_point, a_secret, &error));
    assert_true(crypto_key_agree(b, a_point, b_secret, &error));
    assert_memory_equal(a_secret, b_secret, sizeof a_secret);
    assert_memory_not_equal(a_secret, zero, sizeof zero);
    b_point[40] ^= 1;
    assert_false(crypto_key_agree(a, b_point, a_secret, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_memory_equal(a_secret, zero, sizeof zero);
    b_point[40] ^= 1;
    b_point[0] = 2;
    assert_false(crypto_key_agree(a, b_point, a_secret, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

/* ---- Thumbprints. The expected one was computed with node's crypto, from the JSON text of RFC 7638 §3. ----
 */

static void jwk_thumbprint_is_that_of_rfc_7638(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct bytes point = from_hex(RFC6979_POINT);
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE];
    char text[JWK_THUMBPRINT_TEXT_SIZE];
    assert_true(jwk_thumbprint(point.data, thumbprint, &error));
    assert_is_hex(thumbprint, sizeof thumbprint,
                  "0cebf1bc9880748a95588905b79843b42ba75cb174055e3e246bf87fe00b4a6d");
    assert_true(jwk_thumbprint_text(point.data, text, &error));
    assert_string_equal(text, "DOvxvJiAdIqVWIkFt5hDtCunXLF0BV4-JGv4f-ALSm0");
    point.data[0] = 2;
    assert_false(jwk_thumbprint(point.data, thumbprint, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

static void jwk_carries_a_point_both_ways(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct bytes point = from_hex(RFC6979_POINT);
    uint8_t back[CRYPTO_POINT_SIZE];
    cJSON *jwk = jwk_from_point(point.data, &error);
    char *text = cJSON_PrintUnformatted(jwk);
    assert_string_equal(
        text, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y\","
              "\"y\":\"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk\"}");
    assert_true(jwk_to_point(jwk, JWK_VERIFY, back, &error));
    assert_memory_equal(back, point.data, sizeof back);
    cJSON_free(text);
    cJSON_Delete(jwk);
}

/* RFC 7517 §A.1, the EC key; node's crypto says that it is on the curve. */
#define RFC7517_EC                                                                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","               \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"}"
#define JWK_POINT                                                                                            \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y\","                \
    "\"y\":\"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk\""

static bool read_jwk(const char *text, enum jwk_purpose purpose, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE] = {0}, zero[CRYPTO_POINT_SIZE] = {0};
    cJSON *jwk = cJSON_Parse(text);
    assert_non_null(jwk);
    bool read = jwk_to_point(jwk, purpose, point, error);
    assert_true(read || !memcmp(point, zero, sizeof point));
    cJSON_Delete(jwk);
    return read;
}

static void jwk_is_taken_for_what_it_says_it_is_for(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool verify, agree;
    } rows[] = {
        {RFC7517_EC, false, true},
        {"{" JWK_POINT "}", true, true},
        {"{" JWK_POINT ",\"use\":\"sig\"}", true, false},
        {"{" JWK_POINT ",\"use\":\"enc\",\"ext\":true}", false, true},
        {"{" JWK_POINT ",\"use\":7}", false, false},
        {"{" JWK_POINT ",\"alg\":\"ES256\",\"kid\":\"a\"}", true, false},
        {"{" JWK_POINT ",\"alg\":\"ECDH-ES\"}", false, true},
        {"{" JWK_POINT ",\"alg\":\"ECDH-ES+A128KW\"}", false, false},
        {"{" JWK_POINT ",\"key_ops\":[\"verify\"]}", true, false},
        {"{" JWK_POINT ",\"key_ops\":[]}", false, true},
        {"{" JWK_POINT ",\"key_ops\":[\"deriveBits\",1]}", false, false},
        {"{" JWK_POINT ",\"key_ops\":\"verify\"}", false, false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_int_equal(read_jwk(rows[i].text, JWK_VERIFY, &error), rows[i].verify);
        assert_int_equal(read_jwk(rows[i].text, JWK_AGREE, &error), rows[i].agree);
    }
}

static void jwk_refuses_other_keys_and_names_the_member(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"{\"kty\":\"RSA\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}", "\"kty\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\",\"y\":\"\"}", "\"crv\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"\"}", "\"x\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}", "\"x\""},
        {"{" JWK_POINT ",\"d\":\"AAAA\"}", "\"d\""},
        {"{" JWK_POINT ",\"d\":null}", "\"d\""},
        /* 31 bytes, 33, padding, bits behind the end, another point */
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y\","
         "\"y\":\"A_4QCLi8maQa6elWKLxk8vGyDC1-n1F3o8KU1EYimQ\"}",
         "\"y\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y\","
         "\"y\":\"AHkD_hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\"}",
         "\"y\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y=\","
         "\"y\":\"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk\"}",
         "\"x\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z\","
         "\"y\":\"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk\"}",
         "\"x\""},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y\","
         "\"y\":\"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpg\"}",
         "\"y\""},
        {"[]", "\"kty\""},
        {"\"text\"", "\"kty\""},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_false(read_jwk(rows[i][0], JWK_VERIFY, &error));
        assert_true(error.code == PP_E_INVALID || error.code == PP_E_LIMIT);
        assert_non_null(strstr(error.message, rows[i][1]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_signs_as_rfc_6979_prescribes),
        cmocka_unit_test(key_made_is_saved_loaded_and_signs),
        cmocka_unit_test(keys_made_differ),
        cmocka_unit_test(key_reads_what_openssl_writes),
        cmocka_unit_test(key_refuses_what_is_no_p256_private_key),
        cmocka_unit_test(key_saving_obeys_the_buffers_cap),
        cmocka_unit_test(key_lends_its_context_to_writers_of_x509),
        cmocka_unit_test(jwk_thumbprint_is_that_of_rfc_7638),
        cmocka_unit_test(jwk_carries_a_point_both_ways),
        cmocka_unit_test(jwk_is_taken_for_what_it_says_it_is_for),
        cmocka_unit_test(jwk_refuses_other_keys_and_names_the_member),
        cmocka_unit_test(key_signs_raw_what_it_signs_in_der),
        cmocka_unit_test(raw_signatures_verify_whatever_their_numbers_lengths),
        cmocka_unit_test(conversion_takes_the_strict_form_only),
        cmocka_unit_test(a_public_key_needs_a_point_of_the_curve),
        cmocka_unit_test(two_keys_agree_on_one_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
