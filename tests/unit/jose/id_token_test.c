#include "jose/id_token.h"

#include <string.h>

#include "crypto/jwk.h"
#include "jose/discovery.h"
#include "jose_test_support.h"

#define NOW    1795900000
#define ISSUER "https://login.example.org"

/* Made with another implementation. */
static const char rsa_modulus[] =
    "pd0eMGBd5K7nmPApYHrLTeDk0J0uQPXxCWxM471VWI2Q0P-gby7gVZiQg9GmsBY0fR4BAas3rn9h7cc--bazYNAIM7PaZCyv"
    "t8KrIJzxpqk__YwftBUXb1NlbiT2ZIxGqeJglMkeb2T4BOFFJl3VOuF22jxjQh4jbs0Mlp2hHvbmq1f5RQT-pFMBJPtHT3Xp"
    "XJVxGS5aeSibewPxPDFft-kcgdQZnouQd_y9IPyX3zveqAlMS_0T_-i9rsIcnmr9nMUBOqOT5qstfEN1p2wTP1TWUiAATTip"
    "jlJoH75RNLKcqZ2iOcFxDDCZDRg5dpwtQcMX91B3qqasit7MwX5SlQ";
static const char rsa_token[] =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIiwieDV0IjoiQUFBQSJ9.eyJpc3MiOiJodHRwczovL2xvZ2l"
    "uLmV4YW1wbGUub3JnIiwic3ViIjoidTEiLCJhdWQiOiJzY3JlZW5zIiwiaWF0IjoxNzk1OTAwMDAwLCJleHAiOjE3OTU5MDA"
    "2MDAsIm5hbWUiOiJBZGEifQ.Bx1LDCb7udIaLNkYhBi_JsFFCmSfmFE-2WRnFbOck_Q0FnJx9nMnhgeaXBWNYQ8LFGzaxGe1"
    "vf-uRR-851CBZV-BSK3RSEWX-HEPmg1hfCEFVEoDFejF8v3W0s3XYIFR3cGmUzDsgjiEwbQ0Ims74Rc_0co2wSgD1_qsNbL2"
    "5BxNH_XbEpJ1_TJzmhVJX3QFsMFyLLR36a-j1exAmyoUMrpoQG-9c4X4mF7luQMJpTBVxHRzSRWBCU7uH4XHJ7-hbJojpNfL"
    "rhTrrxwYuoQrrMOqxFg2emtavHx4Qp4016TyNoKtkszXCzE7FIPVdMPQINrpMdapq41lYezKBKZjxw";

static const struct id_token_demands usual = {
    .issuer = ISSUER, .client_id = "screens", .nonce = "n-1", .now_s = NOW, .skew_s = 60, .age_max_s = 600};

/* One key for each algorithm, and some that are none of ours. */
static void make_keys(struct crypto_key **key, struct key_set *keys) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char json[4096];
    *key = key_of_number(RFC7518_BOB_D);
    assert_true(crypto_key_public_point(*key, point, NULL));
    cJSON *jwk = jwk_from_point(point, NULL);
    char *text = cJSON_PrintUnformatted(jwk);
    text[strlen(text) - 1] = 0;
    snprintf(
        json, sizeof json,
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"e1\"},7,%s,\"kid\":\"e1\",\"use\":\"sig\"},"
        "%s,\"kid\":\"enc\",\"use\":\"enc\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"},"
        "{\"kty\":\"RSA\",\"kid\":\"r1\",\"alg\":\"RS256\",\"e\":\"AQAB\",\"n\":\"%s\"},"
        "{\"kty\":\"RSA\",\"kid\":\"r2\",\"alg\":\"RS512\",\"e\":\"AQAB\",\"n\":\"%s\"},"
        "{\"kty\":\"RSA\",\"kid\":\"r3\",\"e\":\"AQAB\",\"n\":\"AQAB\"}]}",
        text, text, rsa_modulus, rsa_modulus);
    cJSON_free(text);
    cJSON_Delete(jwk);
    struct pp_error error = {0};
    if (!key_set_parse(json, strlen(json), keys, &error))
        fail_msg("%s", error.message);
}

static void a_set_takes_the_keys_that_verify_and_passes_over_others(void **state) {
    (void)state;
    struct crypto_key *key;
    key_set_auto struct key_set keys = {0};
    make_keys(&key, &keys);
    assert_int_equal(keys.count, 2);
    assert_non_null(key_set_find(&keys, "e1", CRYPTO_ES256));
    assert_non_null(key_set_find(&keys, NULL, CRYPTO_ES256));
    assert_non_null(key_set_find(&keys, "r1", CRYPTO_RS256));
    assert_null(key_set_find(&keys, "e1", CRYPTO_RS256)); /* the algorithm is the key's */
    assert_null(key_set_find(&keys, "r1", CRYPTO_ES256));
    assert_null(key_set_find(&keys, "enc", CRYPTO_ES256));
    assert_null(key_set_find(&keys, "r2", CRYPTO_RS256));
    crypto_key_destroy(key);
}

static void a_token_by_rsa_is_read(void **state) {
    (void)state;
    struct crypto_key *key;
    key_set_auto struct key_set keys = {0};
    id_token_auto struct id_token token = {0};
    struct pp_error error = {0};
    make_keys(&key, &keys);
    if (!id_token_read(rsa_token, strlen(rsa_token), &keys, &usual, &token, &error))
        fail_msg("%s", error.message);
    assert_string_equal(token.subject, "u1");
    assert_string_equal(token.name, "Ada");
    assert_string_equal(token.email, "");
    assert_int_equal(token.expires_s, NOW + 600);
    crypto_key_destroy(key);
}

static bool read_token(const struct crypto_key *key, const struct key_set *keys, const char *header,
                       const char *payload, const struct id_token_demands *demands, struct id_token *out,
                       struct pp_error *error) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    pp_autobuf struct pp_buf token = PP_BUF_INIT(TEST_TOKEN_MAX);
    add_part(&token, header, strlen(header));
    add_part(&token, payload, strlen(payload));
    assert_true(crypto_key_sign_raw(key, token.data, token.size, signature, NULL));
    add_part(&token, signature, sizeof signature);
    return id_token_read(pp_buf_text(&token), token.size, keys, demands, out, error);
}

#define HEAD         "{\"alg\":\"ES256\",\"kid\":\"e1\"}"
#define BODY(claims) "{\"iss\":\"" ISSUER "\",\"sub\":\"u1\"," claims "}"
#define TIMES        "\"iat\":1795900000,\"exp\":1795900600"
#define AUD          "\"aud\":\"screens\","

static void each_failure_has_its_name(void **state) {
    (void)state;
    static const struct {
        const char *header, *payload;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {HEAD, BODY(AUD TIMES), PP_OK, ""},
        {"{\"alg\":\"ES256\"}", BODY(AUD TIMES), PP_OK, ""},
        {HEAD, BODY("\"aud\":[\"screens\"]," TIMES), PP_OK, ""},
        {HEAD, BODY("\"aud\":[\"a\",\"screens\"],\"azp\":\"screens\"," TIMES), PP_OK, ""},
        {HEAD, BODY(AUD "\"nonce\":\"n-1\"," TIMES), PP_OK, ""},
        {"{\"alg\":\"none\"}", BODY(AUD TIMES), PP_E_UNSUPPORTED, "alg"},
        {"{\"alg\":\"HS256\",\"kid\":\"r1\"}", BODY(AUD TIMES), PP_E_UNSUPPORTED, "alg"},
        {"{\"alg\":\"RS256\",\"kid\":\"e1\"}", BODY(AUD TIMES), PP_E_NOTFOUND, "key"},
        {"{\"alg\":\"ES256\",\"kid\":\"r1\"}", BODY(AUD TIMES), PP_E_NOTFOUND, "key"},
        {"{\"alg\":\"RS256\",\"kid\":\"r1\"}", BODY(AUD TIMES), PP_E_AUTH, "signature"},
        {"{\"alg\":\"ES256\",\"kid\":\"e2\"}", BODY(AUD TIMES), PP_E_NOTFOUND, "key"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"crit\":[\"exp\"]}", BODY(AUD TIMES), PP_E_UNSUPPORTED, "crit"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"jwk\":{}}", BODY(AUD TIMES), PP_E_UNSUPPORTED, "jwk"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"typ\":\"at+jwt\"}", BODY(AUD TIMES), PP_E_INVALID, "typ"},
        {HEAD, "{\"iss\":\"https://evil.example\",\"sub\":\"u1\"," AUD TIMES "}", PP_E_AUTH, "iss"},
        {HEAD, "{\"iss\":\"" ISSUER "/\",\"sub\":\"u1\"," AUD TIMES "}", PP_E_AUTH, "iss"},
        {HEAD, "{\"sub\":\"u1\"," AUD TIMES "}", PP_E_INVALID, "iss"},
        {HEAD, "{\"iss\":\"" ISSUER "\"," AUD TIMES "}", PP_E_INVALID, "sub"},
        {HEAD, "{\"iss\":\"" ISSUER "\",\"sub\":\"\"," AUD TIMES "}", PP_E_INVALID, "sub"},
        {HEAD, BODY("\"aud\":\"other\"," TIMES), PP_E_AUTH, "aud"},
        {HEAD, BODY("\"aud\":[]," TIMES), PP_E_AUTH, "aud"},
        {HEAD, BODY("\"aud\":7," TIMES), PP_E_INVALID, "aud"},
        {HEAD, BODY(TIMES), PP_E_INVALID, "aud"},
        {HEAD, BODY("\"aud\":[\"a\",\"screens\"]," TIMES), PP_E_INVALID, "azp"},
        {HEAD, BODY("\"aud\":[\"a\",\"screens\"],\"azp\":\"a\"," TIMES), PP_E_AUTH, "azp"},
        {HEAD, BODY(AUD "\"azp\":\"a\"," TIMES), PP_E_AUTH, "azp"},
        {HEAD, BODY(AUD "\"nonce\":\"n-2\"," TIMES), PP_E_AUTH, "nonce"},
        {HEAD, BODY(AUD "\"iat\":1795900000"), PP_E_INVALID, "exp"},
        {HEAD, BODY(AUD "\"exp\":1795900600"), PP_E_INVALID, "iat"},
        {HEAD, BODY(AUD "\"iat\":1795899000,\"exp\":1795899940"), PP_E_EXPIRED, "exp"},
        {HEAD, BODY(AUD "\"iat\":1795899340,\"exp\":1795899941"), PP_OK, ""},
        {HEAD, BODY(AUD "\"iat\":1795900061,\"exp\":1795900600"), PP_E_EXPIRED, "future"},
        {HEAD, BODY(AUD "\"iat\":1795899339,\"exp\":1795900600"), PP_E_EXPIRED, "too long ago"},
        {HEAD, BODY(AUD "\"nbf\":1795900061," TIMES), PP_E_EXPIRED, "future"},
        {HEAD, BODY(AUD "\"iat\":\"1795900000\",\"exp\":1795900600"), PP_E_INVALID, "iat"},
        {HEAD, "[]", PP_E_INVALID, "object"},
        {HEAD, "x", PP_E_INVALID, ""},
    };
    struct crypto_key *key;
    key_set_auto struct key_set keys = {0};
    make_keys(&key, &keys);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        id_token_auto struct id_token token = {0};
        struct pp_error error = {0};
        bool good = read_token(key, &keys, rows[i].header, rows[i].payload, &usual, &token, &error);
        if (error.code != rows[i].code || good != (error.code == PP_OK) ||
            !strstr(error.message, rows[i].message))
            fail_msg("row %zu: %d %s", i, error.code, error.message);
        assert_int_equal(token.claims != NULL, good);
    }
    crypto_key_destroy(key);
}

static void a_nonce_that_was_sent_may_be_demanded(void **state) {
    (void)state;
    struct crypto_key *key;
    key_set_auto struct key_set keys = {0};
    id_token_auto struct id_token token = {0};
    struct id_token_demands strict = usual;
    struct pp_error error = {0};
    strict.nonce_needed = true;
    make_keys(&key, &keys);
    assert_false(read_token(key, &keys, HEAD, BODY(AUD TIMES), &strict, &token, &error));
    assert_non_null(strstr(error.message, "nonce"));
    crypto_key_destroy(key);
}

static void claims_say_who_it_is(void **state) {
    (void)state;
    struct crypto_key *key;
    key_set_auto struct key_set keys = {0};
    id_token_auto struct id_token token = {0};
    id_token_auto struct id_token unverified = {0};
    struct pp_error error = {0};
    make_keys(&key, &keys);
    assert_true(read_token(key, &keys, HEAD,
                           BODY(AUD TIMES ",\"email\":\"ada@example.org\",\"email_verified\":true,"
                                          "\"groups\":[\"lobby\",7,\"staff\"],\"role\":\"x\""),
                           &usual, &token, &error));
    assert_string_equal(token.email, "ada@example.org");
    assert_string_equal(token.name, "ada@example.org");
    assert_true(id_token_claim_has(&token, "groups", "staff"));
    assert_false(id_token_claim_has(&token, "groups", "Staff"));
    assert_true(id_token_claim_has(&token, "role", "x"));
    assert_false(id_token_claim_has(&token, "none", "x"));
    /* anybody may write any address into an account of his that nobody has verified */
    assert_true(read_token(key, &keys, HEAD, BODY(AUD TIMES ",\"email\":\"ada@example.org\""), &usual,
                           &unverified, &error));
    assert_string_equal(unverified.email, "");
    crypto_key_destroy(key);
}

static void refuse_changed(void *arg, const char *token, size_t size) {
    struct id_token out = {0};
    struct pp_error error = {0};
    assert_false(id_token_read(token, size, arg, &usual, &out, &error));
}

static void no_character_of_a_token_can_be_changed(void **state) {
    (void)state;
    struct crypto_key *key;
    key_set_auto struct key_set keys = {0};
    pp_autobuf struct pp_buf token = PP_BUF_INIT(TEST_TOKEN_MAX);
    make_keys(&key, &keys);
    assert_true(pp_buf_add_text(&token, rsa_token, NULL));
    change_each_character(&token, refuse_changed, &keys);
    crypto_key_destroy(key);
}

/* ---- discovery.h ---- */

#define ENDPOINTS                                                                                            \
    "\"jwks_uri\":\"https://a.example/jwks\",\"token_endpoint\":\"https://a.example/token\","                \
    "\"device_authorization_endpoint\":\"https://a.example/device?x=1\""

static void a_provider_is_found_by_its_issuer_alone(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {"{\"issuer\":\"" ISSUER "\"," ENDPOINTS "}", PP_OK, ""},
        {"{\"issuer\":\"https://evil.example\"," ENDPOINTS "}", PP_E_AUTH, "issuer"},
        {"{\"issuer\":\"" ISSUER "/\"," ENDPOINTS "}", PP_E_AUTH, "issuer"},
        {"{" ENDPOINTS "}", PP_E_INVALID, "issuer"},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://a.example\"}", PP_E_UNSUPPORTED, "device"},
        {"{\"issuer\":\"" ISSUER "\"," ENDPOINTS ",\"revocation_endpoint\":\"http://a.example\"}",
         PP_E_INVALID, "revocation_endpoint"},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://u@a.example/\",\"token_endpoint\":\"https://a/\","
         "\"device_authorization_endpoint\":\"https://a/\"}",
         PP_E_INVALID, "jwks_uri"},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https:///x\",\"token_endpoint\":\"https://a/\","
         "\"device_authorization_endpoint\":\"https://a/\"}",
         PP_E_INVALID, "jwks_uri"},
        {"[]", PP_E_INVALID, "object"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct discovery found = {0};
        struct pp_error error = {0};
        bool good = discovery_parse(rows[i].json, strlen(rows[i].json), ISSUER, &found, &error);
        if (error.code != rows[i].code || !strstr(error.message, rows[i].message))
            fail_msg("row %zu: %s", i, error.message);
        assert_int_equal(good, *found.keys != 0);
    }
}

static void an_issuer_has_one_address(void **state) {
    (void)state;
    char address[DISCOVERY_ADDRESS_SIZE];
    discovery_address("https://a.example", address);
    assert_string_equal(address, "https://a.example/.well-known/openid-configuration");
    discovery_address("https://a.example/realms/x/", address);
    assert_string_equal(address, "https://a.example/realms/x/.well-known/openid-configuration");
    assert_true(discovery_issuer_check("https://a.example:8443/x", NULL));
    static const char *const none[] = {"http://a.example",    "https://",   "https:///x",
                                       "https://u@a.example", "",           "https://a.example?x",
                                       "https://a.example#x", "https://a b"};
    for (size_t i = 0; i < PP_COUNT(none); i++)
        assert_false(discovery_issuer_check(none[i], NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_takes_the_keys_that_verify_and_passes_over_others),
        cmocka_unit_test(a_token_by_rsa_is_read),
        cmocka_unit_test(each_failure_has_its_name),
        cmocka_unit_test(a_nonce_that_was_sent_may_be_demanded),
        cmocka_unit_test(claims_say_who_it_is),
        cmocka_unit_test(no_character_of_a_token_can_be_changed),
        cmocka_unit_test(a_provider_is_found_by_its_issuer_alone),
        cmocka_unit_test(an_issuer_has_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
