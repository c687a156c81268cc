#include "crypto/key.h"

#include <string.h>

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
    assert_true(crypto_pk_point(crypto_key_pk(key), point, &error));
    assert_is_hex(point, sizeof point, RFC6979_POINT);
    assert_int_equal(crypto_mbedtls_random(NULL, noise, sizeof noise), 0);
    assert_memory_not_equal(noise, zero, sizeof noise);
    assert_false(crypto_mbedtls_fail(&error, PP_E_INVALID, -0x3d00, "parse"));
    assert_string_equal(error.message, "parse (mbedTLS -0x3D00)");
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
    assert_true(jwk_to_point(jwk, back, &error));
    assert_memory_equal(back, point.data, sizeof back);
    cJSON_free(text);
    cJSON_Delete(jwk);
}

static void jwk_refuses_other_keys_and_names_the_member(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"{\"kty\":\"RSA\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}", "kty"},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\",\"y\":\"\"}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"\"}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}", "x"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        uint8_t point[CRYPTO_POINT_SIZE];
        cJSON *jwk = cJSON_Parse(rows[i][0]);
        assert_false(jwk_to_point(jwk, point, &error));
        assert_non_null(strstr(error.message, rows[i][1]));
        cJSON_Delete(jwk);
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
        cmocka_unit_test(jwk_refuses_other_keys_and_names_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
