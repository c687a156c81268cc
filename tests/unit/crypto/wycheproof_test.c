/* The signatures and key agreements of Project Wycheproof (tests/data/wycheproof): valid ones and every kind of
 * invalid one. */
#include "crypto/verify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "crypto/ecdsa_der.h"
#include "crypto/jwk.h"
#include "crypto/key.h"
#include "crypto_test_support.h"

#define VECTORS_MAX  (256 * 1024) /* bytes of a file */
#define LINE_MAX_HEX 10000        /* characters of a line's message or signature */

struct test_vector {
    int id;
    bool valid;
    uint8_t message[LINE_MAX_HEX / 2], signature[LINE_MAX_HEX / 2];
    size_t message_size, signature_size;
};

static void take_hex(const char *text, uint8_t *bytes, size_t *size) {
    *size = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
    assert_true(*size == 0 || pp_hex_decode(text, bytes, *size, NULL));
}

static void take_vector(const char *line, struct test_vector *vector) {
    char result[8];
    static char message[LINE_MAX_HEX], signature[LINE_MAX_HEX];
    assert_int_equal(sscanf(line, "%d %7s %9999s %9999s", &vector->id, result, message, signature), 4);
    vector->valid = strcmp(result, "valid") == 0;
    take_hex(message, vector->message, &vector->message_size);
    take_hex(signature, vector->signature, &vector->signature_size);
}

/* The file's text, for next_line. */
static char *read_vectors(const char *name, struct pp_buf *text) {
    char path[512];
    snprintf(path, sizeof path, PP_TEST_DATA "/wycheproof/%s.txt", name);
    assert_true(pp_file_read(AT_FDCWD, path, text, NULL));
    return (char *)text->data;
}

/* The next line that is no comment; NULL at the end. */
static char *next_line(char **rest) {
    char *line = strtok_r(NULL, "\n", rest);
    return line && *line == '#' ? next_line(rest) : line;
}

/* `point`: its last bytes, which of a key of P-256 are its point. */
static struct crypto_public *take_key(const char *hex, uint8_t point[CRYPTO_POINT_SIZE]) {
    uint8_t der[CRYPTO_PUBLIC_DOCUMENT_MAX];
    size_t size = 0;
    struct pp_error error = {0};
    take_hex(hex, der, &size);
    struct crypto_public *key = crypto_public_load_der(der, size, &error);
    assert_string_equal(error.message, "");
    if (size >= CRYPTO_POINT_SIZE)
        memcpy(point, der + size - CRYPTO_POINT_SIZE, CRYPTO_POINT_SIZE);
    return key;
}

/* mbedTLS says the same of a signature of P-256 in DER as what this build verifies with. */
static bool mbedtls_verifies(const struct test_vector *vector, const uint8_t point[CRYPTO_POINT_SIZE]) {
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    assert_true(crypto_sha256(vector->message, vector->message_size, digest, NULL));
    return ecdsa_der_strict(vector->signature, vector->signature_size, sizeof digest) &&
           bulk_mbedtls()->p256_verify(point, digest, vector->signature, vector->signature_size, NULL);
}

/* Runs a file's tests and returns their count. `other_scheme`: they are signatures of another scheme, so none
 * may verify. `also_first` to `also_last` are tests that we judge as valid on purpose; 0 and 0: none. */
static int run_file(const char *name, enum crypto_scheme scheme, bool other_scheme, int also_first,
                    int also_last) {
    static struct test_vector vector;
    uint8_t point[CRYPTO_POINT_SIZE] = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(VECTORS_MAX);
    struct crypto_public *key = NULL;
    int tests = 0;
    int wrong = 0;
    char *rest = read_vectors(name, &text);
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        if (strncmp(line, "key ", 4) == 0) {
            crypto_public_destroy(key);
            key = take_key(line + 4, point);
            continue;
        }
        take_vector(line, &vector);
        tests++;
        if (also_first <= vector.id && vector.id <= also_last)
            vector.valid = true;
        bool verified = crypto_public_verify(key, scheme, vector.message, vector.message_size,
                                             vector.signature, vector.signature_size, NULL);
        if (scheme == CRYPTO_ECDSA_SHA256)
            assert_int_equal(mbedtls_verifies(&vector, point), verified);
        if (verified != (vector.valid && !other_scheme)) {
            print_message("%s: tcId %d is judged wrongly\n", name, vector.id);
            wrong++;
        }
    }
    crypto_public_destroy(key);
    assert_int_equal(wrong, 0);
    return tests;
}

static void ecdsa_p256_sha256(void **state) {
    (void)state;
    assert_int_equal(run_file("ecdsa_secp256r1_sha256", CRYPTO_ECDSA_SHA256, false, 0, 0), 484);
}

static void es256(void **state) {
    (void)state;
    assert_int_equal(run_file("ecdsa_secp256r1_sha256_p1363", CRYPTO_ES256, false, 0, 0), 262);
}

static void ecdsa_p384_sha384(void **state) {
    (void)state;
    assert_int_equal(run_file("ecdsa_secp384r1_sha384", CRYPTO_ECDSA_SHA384, false, 0, 0), 504);
}

static void rsa_pss_sha256(void **state) {
    (void)state;
    /* 67 to 72 have a salt of another length than the key is said to be for. TUF names none (its writers use
     * the hash's and the longest), so every length is taken. */
    assert_int_equal(run_file("rsa_pss_2048_sha256_mgf1_32", CRYPTO_RSA_PSS_SHA256, false, 67, 72), 108);
}

static void rsa_pss_with_a_mask_by_sha1_is_refused(void **state) {
    (void)state;
    assert_int_equal(run_file("rsa_pss_2048_sha256_mgf1sha1_20", CRYPTO_RSA_PSS_SHA256, true, 0, 0), 108);
}

static void ed25519(void **state) {
    (void)state;
    if (crypto_public_has_ed25519())
        assert_int_equal(run_file("ed25519", CRYPTO_ED25519, false, 0, 0), 151);
}

/* ---- ECDH ---- */

struct agreement {
    int id;
    bool valid;
    char private_number[80], public[1024], shared[80];
};

/* A SEC 1 document (RFC 5915) around the number, which some tests write without its leading zeroes or with one
 * too many. */
static struct crypto_key *take_private(const char *hex) {
    char document[200];
    static const char zeroes[] = "0000000000000000000000000000000000000000000000000000000000000000";
    if (strlen(hex) == 66 && strncmp(hex, "00", 2) == 0)
        hex += 2;
    assert_true(strlen(hex) <= 64);
    snprintf(document, sizeof document, "30310201010420%.64s%.64sa00a06082a8648ce3d030107",
             zeroes + strlen(hex), hex);
    struct bytes der = from_hex(document);
    struct crypto_key *key = crypto_key_load_der(der.data, der.size, NULL);
    assert_non_null(key);
    return key;
}

/* False where it is no uncompressed point: crypto_key_agree cannot even be asked. */
static bool take_point(const char *text, uint8_t point[CRYPTO_POINT_SIZE]) {
    return pp_hex_decode(text, point, CRYPTO_POINT_SIZE, NULL);
}

static bool take_jwk(const char *text, uint8_t point[CRYPTO_POINT_SIZE]) {
    char json[768];
    size_t size = 0;
    assert_true(pp_base64url_decode(text, strlen(text), json, sizeof json, &size, NULL));
    pp_autojson cJSON *jwk = pp_json_parse(json, size, sizeof json, NULL);
    assert_non_null(jwk);
    return jwk_to_point(jwk, JWK_AGREE, point, NULL);
}

/* mbedTLS says the same as what keys use in this build. */
static void assert_mbedtls_agrees(const struct crypto_key *key, const uint8_t point[CRYPTO_POINT_SIZE],
                                  bool agreed, const uint8_t secret[CRYPTO_SECRET_SIZE]) {
    uint8_t other[CRYPTO_SECRET_SIZE];
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    const size_t number = 7; /* where it stands in the document (RFC 5915) */
    assert_true(crypto_key_save_der(key, &der, NULL));
    assert_int_equal(bulk_mbedtls()->p256_agree(der.data + number, point, other, NULL), agreed);
    if (agreed)
        assert_memory_equal(other, secret, sizeof other);
}

static bool agrees(const struct agreement *test, bool (*take)(const char *, uint8_t *)) {
    uint8_t point[CRYPTO_POINT_SIZE], secret[CRYPTO_SECRET_SIZE], shared[CRYPTO_SECRET_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = take_private(test->private_number);
    if (!take(test->public, point))
        return false;
    bool agreed = crypto_key_agree(key, point, secret, NULL);
    assert_mbedtls_agrees(key, point, agreed, secret);
    return agreed && pp_hex_decode(test->shared, shared, sizeof shared, NULL) &&
           !memcmp(shared, secret, sizeof secret);
}

static int run_agreements(const char *name, bool (*take)(const char *, uint8_t *)) {
    char result[16];
    struct agreement test;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(VECTORS_MAX);
    int tests = 0;
    int wrong = 0;
    char *rest = read_vectors(name, &text);
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        assert_int_equal(sscanf(line, "%d %15s %79s %1023s %79s", &test.id, result, test.private_number,
                                test.public, test.shared),
                         5);
        tests++;
        /* "acceptable" is a compressed point, which nobody sends us */
        if (agrees(&test, take) != (strcmp(result, "valid") == 0)) {
            print_message("%s: tcId %d is judged wrongly\n", name, test.id);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    return tests;
}

static void ecdh_p256_by_points(void **state) {
    (void)state;
    assert_int_equal(run_agreements("ecdh_secp256r1_ecpoint", take_point), 355);
}

static void ecdh_p256_by_jwk(void **state) {
    (void)state;
    assert_int_equal(run_agreements("ecdh_secp256r1_webcrypto", take_jwk), 149);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecdsa_p256_sha256),
        cmocka_unit_test(es256),
        cmocka_unit_test(ecdh_p256_by_points),
        cmocka_unit_test(ecdh_p256_by_jwk),
        cmocka_unit_test(ecdsa_p384_sha384),
        cmocka_unit_test(rsa_pss_sha256),
        cmocka_unit_test(rsa_pss_with_a_mask_by_sha1_is_refused),
        cmocka_unit_test(ed25519),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
