#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "access/oauth.h"
#include "base/mem.h"

#define CODE                                                                                                 \
    "\"device_code\":\"dc/1\",\"user_code\":\"BCDF-GHJK\",\"verification_uri\":\"https://h:8443/enrol\""

static bool parse(const char *text, struct oauth_device_answer *answer, struct pp_error *error) {
    return oauth_parse_device(text, strlen(text), answer, error);
}

static void device_answer_is_read(void **state) {
    (void)state;
    struct oauth_device_answer answer;
    assert_true(parse("{" CODE ",\"verification_uri_complete\":\"https://h:8443/enrol?user_code=BCDF-GHJK\","
                      "\"expires_in\":600,\"interval\":7,\"more\":[1]}",
                      &answer, NULL));
    assert_string_equal(answer.device_code, "dc/1");
    assert_string_equal(answer.user_code, "BCDF-GHJK");
    assert_string_equal(answer.verification_uri, "https://h:8443/enrol");
    assert_string_equal(answer.verification_uri_complete, "https://h:8443/enrol?user_code=BCDF-GHJK");
    assert_int_equal(answer.expires_in_s, 600);
    assert_int_equal(answer.interval_s, 7);
}

static void interval_is_five_seconds_where_the_server_gives_none(void **state) {
    (void)state;
    struct oauth_device_answer answer;
    assert_true(parse("{" CODE ",\"expires_in\":1}", &answer, NULL));
    assert_int_equal(answer.interval_s, 5);
    assert_string_equal(answer.verification_uri_complete, "");
    assert_true(parse("{" CODE ",\"expires_in\":1,\"interval\":0}", &answer, NULL));
    assert_int_equal(answer.interval_s, 1);
    assert_true(parse("{" CODE ",\"expires_in\":99999999}", &answer, NULL));
    assert_int_equal(answer.expires_in_s, ACCESS_EXPIRES_MAX_S);
}

static void device_answers_that_cannot_be_used_are_refused_whole(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "[]",
        "{" CODE "}",
        "{" CODE ",\"expires_in\":0}",
        "{" CODE ",\"expires_in\":-1}",
        "{" CODE ",\"expires_in\":\"600\"}",
        "{" CODE ",\"expires_in\":1.5}",
        "{" CODE ",\"expires_in\":600,\"interval\":\"5\"}",
        "{" CODE ",\"expires_in\":600,\"interval\":-1}",
        "{" CODE ",\"expires_in\":600,\"interval\":301}",
        "{" CODE ",\"expires_in\":600,\"verification_uri_complete\":\"http://h/\"}",
        "{" CODE ",\"expires_in\":600,\"verification_uri_complete\":7}",
        "{\"user_code\":\"B\",\"verification_uri\":\"https://h\",\"expires_in\":600}",
        "{\"device_code\":\"\",\"user_code\":\"B\",\"verification_uri\":\"https://h\",\"expires_in\":600}",
        "{\"device_code\":\"a b\",\"user_code\":\"B\",\"verification_uri\":\"https://h\",\"expires_in\":600}",
        "{\"device_code\":1,\"user_code\":\"B\",\"verification_uri\":\"https://h\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"verification_uri\":\"https://h\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"\\u00e9\",\"verification_uri\":\"https://"
        "h\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"12345678901234567\",\"verification_uri\":\"https://h\","
        "\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"http://h\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"https://\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"https:///x\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"https://"
        "good@evil\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"https://h/a "
        "b\",\"expires_in\":600}",
        "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"javascript:x\",\"expires_in\":"
        "600}",
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct oauth_device_answer answer = {.interval_s = 77};
        struct pp_error error = {0};
        assert_false(parse(rows[i], &answer, &error));
        assert_int_equal(strncmp(error.message, "device authorization: ", 22), 0);
        assert_int_equal(answer.interval_s, 77);
    }
}

static void over_long_texts_are_refused(void **state) {
    (void)state;
    char text[2048];
    struct oauth_device_answer answer;
    struct pp_error error = {0};
    for (int length = ACCESS_DEVICE_CODE_MAX - 1; length <= ACCESS_DEVICE_CODE_MAX; length++) {
        snprintf(text, sizeof text,
                 "{\"device_code\":\"%0*d\",\"user_code\":\"B\",\"verification_uri\":\"https://"
                 "h\",\"expires_in\":600}",
                 length, 1);
        assert_int_equal(parse(text, &answer, &error), length < ACCESS_DEVICE_CODE_MAX);
    }
    assert_non_null(strstr(error.message, "device_code"));
    for (int length = ACCESS_ADDRESS_MAX - 1; length <= ACCESS_ADDRESS_MAX; length++) {
        snprintf(text, sizeof text,
                 "{\"device_code\":\"d\",\"user_code\":\"B\",\"verification_uri\":\"https://%0*d\","
                 "\"expires_in\":600}",
                 length - 8, 1);
        assert_int_equal(parse(text, &answer, &error), length < ACCESS_ADDRESS_MAX);
    }
    assert_non_null(strstr(error.message, "verification_uri"));
}

static void token_is_read(void **state) {
    (void)state;
    char token[ACCESS_TOKEN_MAX];
    static const char text[] =
        "{\"access_token\":\"a.b-c_d~e+f/g==\",\"token_type\":\"bearer\",\"expires_in\":300}";
    assert_true(oauth_parse_token(text, strlen(text), token, NULL));
    assert_string_equal(token, "a.b-c_d~e+f/g==");
}

static void tokens_that_cannot_be_sent_are_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"access_token\":\"t\"}",
        "{\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"t\",\"token_type\":\"mac\"}",
        "{\"access_token\":\"\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a=b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":5,\"token_type\":\"Bearer\"}",
        "null",
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char token[ACCESS_TOKEN_MAX] = "before";
        assert_false(oauth_parse_token(rows[i], strlen(rows[i]), token, NULL));
        assert_string_equal(token, "before");
    }
}

static bool parse_id(const char *text, struct oauth_id_answer *answer) {
    struct pp_error error = {0};
    return oauth_parse_id(text, strlen(text), answer, &error);
}

/* OpenID Connect Core 1.0 §12.2: a renewal may bring no ID token. */
static void an_answer_without_an_id_token_needs_an_access_token(void **state) {
    (void)state;
    struct oauth_id_answer answer = {0};
    assert_true(parse_id("{\"access_token\":\"a\",\"id_token\":\"i.d.t\",\"refresh_token\":\"r\"}", &answer));
    assert_string_equal(answer.id_token, "i.d.t");
    assert_string_equal(answer.refresh, "r");
    assert_true(parse_id("{\"access_token\":\"a\"}", &answer));
    assert_string_equal(answer.id_token, "");
    assert_string_equal(answer.refresh, "");
    static const char *const refused[] = {"{}", "[]", "{\"id_token\":7,\"access_token\":\"a\"}",
                                          "{\"id_token\":\"\",\"access_token\":\"a\"}",
                                          "{\"access_token\":\"a\",\"refresh_token\":7}"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(parse_id(refused[i], &answer));
}

static void errors_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum oauth_error kind;
    } rows[] = {
        {"{\"error\":\"authorization_pending\"}", OAUTH_AUTHORIZATION_PENDING},
        {"{\"error\":\"slow_down\",\"error_description\":\"x\"}", OAUTH_SLOW_DOWN},
        {"{\"error\":\"access_denied\"}", OAUTH_ACCESS_DENIED},
        {"{\"error\":\"expired_token\"}", OAUTH_EXPIRED_TOKEN},
        {"{\"error\":\"invalid_grant\"}", OAUTH_OTHER},
    };
    enum oauth_error kind;
    char code[64];
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        assert_true(oauth_parse_error(rows[i].text, strlen(rows[i].text), &kind, code, NULL));
        assert_int_equal(kind, rows[i].kind);
    }
    assert_string_equal(code, "invalid_grant");
    assert_false(oauth_parse_error("{}", 2, &kind, code, NULL));
    assert_false(oauth_parse_error("{\"error\":1}", 11, &kind, code, NULL));
    assert_false(oauth_parse_error("<html>", 6, &kind, code, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_answer_is_read),
        cmocka_unit_test(interval_is_five_seconds_where_the_server_gives_none),
        cmocka_unit_test(device_answers_that_cannot_be_used_are_refused_whole),
        cmocka_unit_test(over_long_texts_are_refused),
        cmocka_unit_test(token_is_read),
        cmocka_unit_test(tokens_that_cannot_be_sent_are_refused),
        cmocka_unit_test(an_answer_without_an_id_token_needs_an_access_token),
        cmocka_unit_test(errors_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
