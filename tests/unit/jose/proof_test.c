#include "jose/proof.h"

#include <string.h>

#include "jose_test_support.h"

#define NOW 1795900000
#define URL "https://screens.example.org:8443/v1/state"

/* RFC 9449 §4.1, figure 2. */
static const char rfc_proof[] =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpD"
    "a0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6"
    "IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGU"
    "uY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NV"
    "Y-FNyJK70nfbV37xRZT3Lg";

struct test_key {
    struct crypto_key *key;
    uint8_t point[CRYPTO_POINT_SIZE];
};

static bool sign_with(void *arg, const void *data, size_t size, uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE],
                      struct pp_error *error) {
    const struct test_key *key = arg;
    return crypto_key_sign_raw(key->key, data, size, signature, error);
}

static struct test_key make_key(void) {
    struct test_key key = {.key = key_of_number(RFC7518_BOB_D)};
    assert_true(crypto_key_public_point(key.key, key.point, NULL));
    return key;
}

static void make(struct test_key *key, const struct proof_request *request, struct pp_buf *token) {
    const struct proof_signer signer = {.point = key->point, .sign = sign_with, .arg = key};
    struct pp_error error = {0};
    assert_true(proof_make(&signer, request, NOW, token, &error));
}

static void the_example_of_the_rfc_is_read(void **state) {
    (void)state;
    struct proof proof = {0};
    struct pp_error error = {0};
    const struct proof_request request = {.method = "POST", .url = "https://server.example.com/token"};
    assert_true(proof_read(rfc_proof, strlen(rfc_proof), &request, &proof, &error));
    assert_string_equal(proof.jti, "-BwC3ESc6acc2lTc");
    assert_string_equal(proof.nonce, "");
    char thumbprint[JWK_THUMBPRINT_TEXT_SIZE];
    assert_true(jwk_thumbprint_text(proof.point, thumbprint, &error));
    assert_string_equal(thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"); /* §6.1: "jkt" */
}

static void what_is_made_is_read_and_never_twice_the_same(void **state) {
    (void)state;
    struct test_key key = make_key();
    const struct proof_request request = {
        .method = "GET", .url = URL "?wait=50#x", .nonce = "n-1", .bound = "cookie"};
    pp_autobuf struct pp_buf one = PP_BUF_INIT(PROOF_TOKEN_MAX);
    pp_autobuf struct pp_buf other = PP_BUF_INIT(PROOF_TOKEN_MAX);
    struct proof first = {0};
    struct proof second = {0};
    struct pp_error error = {0};
    make(&key, &request, &one);
    make(&key, &request, &other);
    assert_true(proof_read(pp_buf_text(&one), one.size, &request, &first, &error));
    assert_true(proof_read(pp_buf_text(&other), other.size, &request, &second, &error));
    assert_string_equal(first.nonce, "n-1");
    assert_memory_equal(first.point, key.point, sizeof first.point);
    assert_string_not_equal(first.jti, second.jti);
    crypto_key_destroy(key.key);
}

static void a_proof_is_of_one_request_alone(void **state) {
    (void)state;
    static const struct {
        struct proof_request request;
        const char *message; /* NULL: it is good */
    } rows[] = {
        {{"GET", URL, NULL, "cookie"}, NULL},
        {{"GET", "HTTPS://SCREENS.example.org:8443/v1/state?x", NULL, "cookie"}, NULL},
        {{"POST", URL, NULL, "cookie"}, "\"htm\""},
        {{"get", URL, NULL, "cookie"}, "\"htm\""},
        {{"GET", URL "/", NULL, "cookie"}, "\"htu\""},
        {{"GET", "https://screens.example.org:8443/v1/State", NULL, "cookie"}, "\"htu\""},
        {{"GET", "https://screens.example.org/v1/state", NULL, "cookie"}, "\"htu\""},
        {{"GET", "https://screens.example.org.evil:8443/v1/state", NULL, "cookie"}, "\"htu\""},
        {{"GET", "http://screens.example.org:8443/v1/state", NULL, "cookie"}, "\"htu\""},
        {{"GET", URL, NULL, "Cookie"}, "\"ath\""},
        {{"GET", URL, NULL, ""}, "\"ath\""},
        {{"GET", URL, NULL, NULL}, "\"ath\""},
    };
    struct test_key key = make_key();
    pp_autobuf struct pp_buf token = PP_BUF_INIT(PROOF_TOKEN_MAX);
    make(&key, &(struct proof_request){.method = "GET", .url = URL, .bound = "cookie"}, &token);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct proof proof = {0};
        struct pp_error error = {0};
        bool good = proof_read(pp_buf_text(&token), token.size, &rows[i].request, &proof, &error);
        assert_int_equal(good, !rows[i].message);
        if (good)
            continue;
        assert_int_equal(error.code, PP_E_AUTH);
        assert_non_null(strstr(error.message, rows[i].message));
        assert_int_equal(proof.point[0], 0);
    }
    crypto_key_destroy(key.key);
}

static void the_port_of_https_may_stand_there_or_not(void **state) {
    (void)state;
    struct test_key key = make_key();
    pp_autobuf struct pp_buf token = PP_BUF_INIT(PROOF_TOKEN_MAX);
    struct proof proof = {0};
    struct pp_error error = {0};
    make(&key, &(struct proof_request){.method = "GET", .url = "https://a.example:443/x"}, &token);
    assert_true(proof_read(pp_buf_text(&token), token.size,
                           &(struct proof_request){.method = "GET", .url = "https://a.example/x"}, &proof,
                           &error));
    crypto_key_destroy(key.key);
}

/* A token by hand, with a good signature over whatever stands in it. */
static void forge(struct test_key *key, const char *header, const char *payload, struct pp_buf *token) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    add_part(token, header, strlen(header));
    add_part(token, payload, strlen(payload));
    assert_true(crypto_key_sign_raw(key->key, token->data, token->size, signature, NULL));
    add_part(token, signature, sizeof signature);
}

#define BOB                                                                                                  \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","               \
    "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\""
#define HEADER    "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" BOB "}}"
#define CLAIMS(x) "{\"htm\":\"GET\",\"htu\":\"https://a.example/x\"" x "}"
#define GOOD      CLAIMS(",\"iat\":1,\"jti\":\"j\"")

static void what_is_not_such_a_proof_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *header, *payload;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {HEADER, GOOD, PP_OK, NULL},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":" BOB "}}", GOOD, PP_E_UNSUPPORTED, "none"},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":" BOB "}}", GOOD, PP_E_UNSUPPORTED, "HS256"},
        {"{\"typ\":\"dpop+jwt\",\"jwk\":" BOB "}}", GOOD, PP_E_INVALID, "\"alg\""},
        {"{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":" BOB "}}", GOOD, PP_E_INVALID, "\"typ\""},
        {"{\"alg\":\"ES256\",\"jwk\":" BOB "}}", GOOD, PP_E_INVALID, "\"typ\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", GOOD, PP_E_INVALID, "\"jwk\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":7}", GOOD, PP_E_INVALID, "\"jwk\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" BOB ",\"d\":\"AA\"}}", GOOD, PP_E_INVALID,
         "\"d\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" BOB ",\"use\":\"enc\"}}", GOOD, PP_E_INVALID,
         "\"use\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"crit\":[\"x\"],\"jwk\":" BOB "}}", GOOD, PP_E_UNSUPPORTED,
         "\"crit\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"x5c\":[],\"jwk\":" BOB "}}", GOOD, PP_E_UNSUPPORTED,
         "\"x5c\""},
        {"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" BOB "},\"jwk\":" BOB "}}", GOOD, PP_E_INVALID,
         ""},
        {HEADER, CLAIMS(",\"jti\":\"j\""), PP_E_INVALID, "\"iat\""},
        {HEADER, CLAIMS(",\"iat\":1"), PP_E_INVALID, "\"jti\""},
        {HEADER, CLAIMS(",\"iat\":1,\"jti\":\"\""), PP_E_INVALID, "\"jti\""},
        {HEADER, CLAIMS(",\"iat\":1,\"jti\":7"), PP_E_INVALID, "\"jti\""},
        {HEADER, CLAIMS(",\"iat\":\"1\",\"jti\":\"j\""), PP_E_INVALID, "\"iat\""},
        {HEADER, CLAIMS(",\"iat\":1,\"jti\":\"j\",\"nonce\":1"), PP_E_INVALID, "\"nonce\""},
        {HEADER, CLAIMS(",\"iat\":1,\"jti\":\"j\",\"ath\":\"x\""), PP_E_AUTH, "\"ath\""},
        {HEADER, "[]", PP_E_INVALID, "object"},
        {HEADER, "{}", PP_E_INVALID, "\"jti\""},
        {HEADER, "{\"iat\":1,\"jti\":\"j\",\"htu\":\"https://a.example/x\"}", PP_E_INVALID, "\"htm\""},
        {HEADER, "{\"iat\":1,\"jti\":\"j\",\"htm\":\"GET\"}", PP_E_INVALID, "\"htu\""},
    };
    struct test_key key = make_key();
    const struct proof_request request = {.method = "GET", .url = "https://a.example/x"};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf token = PP_BUF_INIT(TEST_TOKEN_MAX);
        struct proof proof = {0};
        struct pp_error error = {0};
        forge(&key, rows[i].header, rows[i].payload, &token);
        (void)!proof_read(pp_buf_text(&token), token.size, &request, &proof, &error);
        if (error.code != rows[i].code)
            fail_msg("row %zu: %s", i, error.message);
        if (rows[i].message)
            assert_non_null(strstr(error.message, rows[i].message));
    }
    crypto_key_destroy(key.key);
}

/* Signed by one key, with another one's in the header. */
static void the_signature_is_by_the_key_in_the_header(void **state) {
    (void)state;
    struct test_key key = make_key();
    struct crypto_key *alice = key_of_number(RFC7518_ALICE_D);
    const struct proof_request request = {.method = "GET", .url = "https://a.example/x"};
    const struct proof_signer signer = {
        .point = key.point, .sign = sign_with, .arg = &(struct test_key){.key = alice}};
    pp_autobuf struct pp_buf token = PP_BUF_INIT(PROOF_TOKEN_MAX);
    struct proof proof = {0};
    struct pp_error error = {0};
    assert_true(proof_make(&signer, &request, NOW, &token, &error));
    assert_false(proof_read(pp_buf_text(&token), token.size, &request, &proof, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    crypto_key_destroy(alice);
    crypto_key_destroy(key.key);
}

static void refuse_changed(void *arg, const char *token, size_t size) {
    const struct proof_request *request = arg;
    struct proof proof = {0};
    struct pp_error error = {0};
    assert_false(proof_read(token, size, request, &proof, &error));
}

static void no_character_can_be_changed(void **state) {
    (void)state;
    struct test_key key = make_key();
    struct proof_request request = {.method = "GET", .url = "https://a.example/x", .nonce = "n"};
    pp_autobuf struct pp_buf token = PP_BUF_INIT(PROOF_TOKEN_MAX);
    make(&key, &request, &token);
    change_each_character(&token, refuse_changed, &request);
    crypto_key_destroy(key.key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc_is_read),
        cmocka_unit_test(what_is_made_is_read_and_never_twice_the_same),
        cmocka_unit_test(a_proof_is_of_one_request_alone),
        cmocka_unit_test(the_port_of_https_may_stand_there_or_not),
        cmocka_unit_test(what_is_not_such_a_proof_is_refused_by_name),
        cmocka_unit_test(the_signature_is_by_the_key_in_the_header),
        cmocka_unit_test(no_character_can_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
