#include "jose/claims.h"

#include <string.h>

#include "base/json.h"
#include "jose_test_support.h"

#define NOW 1795900000

static const struct claims_demands usual = {
    .audience = "d-1", .nonce = "Zm9v", .expires = true, .now_s = NOW, .skew_s = 60, .version_min = 7};

static bool check(const char *json, const struct claims_demands *demands, struct claims *claims,
                  struct pp_error *error) {
    pp_autojson cJSON *document = pp_json_parse(json, strlen(json), 4096, NULL);
    assert_non_null(document);
    bool good = claims_check(document, demands, claims, error);
    if (good)
        assert_string_equal(claims->audience, demands->audience);
    claims->audience = NULL; /* it was the document's */
    return good;
}

static void good_claims_are_read(void **state) {
    (void)state;
    struct claims claims = {0};
    struct pp_error error = {0};
    assert_true(
        check("{\"aud\":\"d-1\",\"iat\":1795900060,\"exp\":1795900061,\"nonce\":\"Zm9v\",\"version\":7,"
              "\"other\":[{}]}",
              &usual, &claims, &error));
    assert_int_equal(claims.issued_at, NOW + 60);
    assert_int_equal(claims.expires_at, NOW + 61);
    assert_int_equal(claims.version, 7);
}

static void what_is_not_demanded_may_be_missing(void **state) {
    (void)state;
    struct claims claims = {0};
    struct pp_error error = {0};
    const struct claims_demands least = {.audience = "d-1", .now_s = NOW, .version_min = CLAIMS_NO_VERSION};
    assert_true(check("{\"aud\":\"d-1\",\"iat\":0,\"version\":\"x\",\"nonce\":5}", &least, &claims, &error));
    assert_int_equal(claims.issued_at, 0);
    assert_int_equal(claims.expires_at, 0);
    assert_int_equal(claims.version, CLAIMS_NO_VERSION);
    /* but what has expired by its own word has expired */
    assert_false(check("{\"aud\":\"d-1\",\"iat\":0,\"exp\":9}", &least, &claims, &error));
    assert_int_equal(error.code, PP_E_EXPIRED);
    assert_false(check("{\"aud\":\"d-1\",\"iat\":0,\"exp\":null}", &least, &claims, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

#define REST            ",\"iat\":1795900000,\"exp\":1795900100,\"nonce\":\"Zm9v\",\"version\":7}"
#define TIMES(iat, exp) "{\"aud\":\"d-1\",\"nonce\":\"Zm9v\",\"version\":7,\"iat\":" iat ",\"exp\":" exp "}"
#define LAST            "{\"aud\":\"d-1\",\"iat\":1795900000,\"exp\":1795900100"

static void each_failure_names_the_claim(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {"[]", PP_E_INVALID, "not a JSON object"},
        {"{\"x\":1" REST, PP_E_INVALID, "field \"aud\" is missing"},
        {"{\"aud\":[\"d-1\"]" REST, PP_E_INVALID, "field \"aud\" is not a string"},
        {"{\"aud\":null" REST, PP_E_INVALID, "field \"aud\" is not a string"},
        {"{\"aud\":\"d-2\"" REST, PP_E_AUTH, "\"aud\": it is for somebody else"},
        {"{\"aud\":\"d-1 \"" REST, PP_E_AUTH, "\"aud\": it is for somebody else"},
        {"{\"aud\":\"\"" REST, PP_E_AUTH, "\"aud\": it is for somebody else"},
        {LAST ",\"version\":7}", PP_E_INVALID, "field \"nonce\" is missing"},
        {LAST ",\"version\":7,\"nonce\":1}", PP_E_INVALID, "field \"nonce\" is not a string"},
        {LAST ",\"version\":7,\"nonce\":\"Zm9\"}", PP_E_AUTH, "\"nonce\": it answers another request"},
        {LAST ",\"version\":7,\"nonce\":\"Zm9w\"}", PP_E_AUTH, "\"nonce\": it answers another request"},
        {LAST ",\"version\":7,\"nonce\":\"Zm9vv\"}", PP_E_AUTH, "\"nonce\": it answers another request"},
        {TIMES("\"1795900000\"", "1795900100"), PP_E_INVALID, "field \"iat\" is not an integer"},
        {TIMES("1795900000.5", "1795900100"), PP_E_INVALID, "field \"iat\" is not an integer"},
        {TIMES("-1", "1795900100"), PP_E_INVALID, "field \"iat\" is not between 0 and 9007199254740991"},
        {TIMES("1e300", "1795900100"), PP_E_INVALID, "field \"iat\" is not an integer"},
        {TIMES("1795900061", "1795900100"), PP_E_INVALID, "\"iat\": signed 61 s from now"},
        {TIMES("1795900000", "true"), PP_E_INVALID, "field \"exp\" is not an integer"},
        {TIMES("1795900000", "1795900000"), PP_E_INVALID, "\"exp\" is not after \"iat\""},
        {TIMES("1795899000", "1795899940"), PP_E_EXPIRED, "\"exp\": expired 60 s ago"},
        {LAST ",\"nonce\":\"Zm9v\"}", PP_E_INVALID, "field \"version\" is missing"},
        {LAST ",\"nonce\":\"Zm9v\",\"version\":\"8\"}", PP_E_INVALID, "field \"version\" is not an integer"},
        {LAST ",\"nonce\":\"Zm9v\",\"version\":6}", PP_E_ROLLBACK, "\"version\" 6 is older than 7"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        struct claims claims = {.version = 99};
        assert_false(check(rows[i].json, &usual, &claims, &error));
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(error.code, rows[i].code);
        assert_int_equal(claims.version, 99);
    }
    struct claims claims;
    struct pp_error error = {0};
    assert_false(check("{\"aud\":\"d-1\",\"iat\":1795900000,\"nonce\":\"Zm9v\",\"version\":7}", &usual,
                       &claims, &error));
    assert_string_equal(error.message, "field \"exp\" is missing");
    char large[CLAIMS_TEXT_MAX + 40];
    snprintf(large, sizeof large, "{\"aud\":\"%0*d\"}", CLAIMS_TEXT_MAX + 1, 0);
    assert_false(check(large, &usual, &claims, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void times_are_judged_to_the_second_and_by_the_callers_clock(void **state) {
    (void)state;
    struct claims claims;
    struct claims_demands demands = usual;
    assert_true(check(TIMES("1795900060", "1795900061"), &demands, &claims, NULL));
    assert_true(check(TIMES("1795899000", "1795899941"), &demands, &claims, NULL));
    demands.skew_s = 0;
    assert_false(check(TIMES("1795900001", "1795900061"), &demands, &claims, NULL));
    assert_true(check(TIMES("1795900000", "1795900001"), &demands, &claims, NULL));
    assert_false(check(TIMES("1795899000", "1795900000"), &demands, &claims, NULL));
    demands.any_time = true;
    assert_true(check(TIMES("1795900001", "1795900061"), &demands, &claims, NULL));
    assert_true(check(TIMES("1", "2"), &demands, &claims, NULL));
    assert_int_equal(claims.expires_at, 2);
    assert_false(check(TIMES("2", "1"), &demands, &claims, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_claims_are_read),
        cmocka_unit_test(what_is_not_demanded_may_be_missing),
        cmocka_unit_test(each_failure_names_the_claim),
        cmocka_unit_test(times_are_judged_to_the_second_and_by_the_callers_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
