#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "net/cookie.h"

#define NAME "__Host-pingplay"

static void cookie_of_the_headend_is_taken(void **state) {
    (void)state;
    struct net_cookie cookie;
    assert_true(net_cookie_parse(NAME "=h3Tz_-09; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000",
                                 NAME, &cookie, NULL));
    assert_string_equal(cookie.pair, NAME "=h3Tz_-09");
    assert_int_equal(cookie.max_age_s, 2592000);
}

static void attributes_are_found_in_any_case_and_order(void **state) {
    (void)state;
    struct net_cookie cookie;
    assert_true(net_cookie_parse(
        NAME "=v;httponly;SECURE;  path=/ ;expires=Wed, 21 Oct 2026 07:28:00 GMT;x=y", NAME, &cookie, NULL));
    assert_int_equal(cookie.max_age_s, -1);
}

static void very_long_max_age_is_cut(void **state) {
    (void)state;
    struct net_cookie cookie;
    assert_true(
        net_cookie_parse(NAME "=v; Path=/; Secure; HttpOnly; Max-Age=999999999999", NAME, &cookie, NULL));
    assert_int_equal(cookie.max_age_s, NET_COOKIE_MAX_AGE_MAX);
}

static void cookies_that_break_the_rules_are_refused_and_say_why(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } rows[] = {
        {NAME "=v; Path=/; HttpOnly", "cookie " NAME ": without Secure"},
        {NAME "=v; Path=/; Secure", "cookie " NAME ": without HttpOnly"},
        {NAME "=v; Secure; HttpOnly", "cookie " NAME ": without Path=/"},
        {NAME "=v; Secure; HttpOnly; Path=/app", "cookie: Path is not /"},
        {NAME "=v; Secure; HttpOnly; Path", "cookie: Path is not /"},
        {NAME "=v; Secure; HttpOnly; Path=/; Path=/", "cookie: Path twice"},
        {NAME "=v; Secure; Secure; HttpOnly; Path=/", "cookie: Secure twice"},
        {NAME "=v; Secure; HttpOnly; Path=/; Domain=example.org", "cookie: has a Domain"},
        {NAME "=v; Secure; HttpOnly; Path=/; Max-Age=-1", "cookie: invalid Max-Age"},
        {NAME "=v; Secure; HttpOnly; Path=/; Max-Age=", "cookie: invalid Max-Age"},
        {NAME "=v; Secure; HttpOnly; Path=/; Max-Age=1; Max-Age=2", "cookie: Max-Age twice"},
        {NAME "=a b; Secure; HttpOnly; Path=/", "cookie " NAME ": invalid character in its value"},
        {NAME "=\"v\"; Secure; HttpOnly; Path=/", "cookie " NAME ": invalid character in its value"},
        {NAME "2=v; Secure; HttpOnly; Path=/", "cookie: not " NAME},
        {"other=v; Secure; HttpOnly; Path=/", "cookie: not " NAME},
        {"", "cookie: not " NAME},
        {NAME "=v;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7", "cookie: more than 16 attributes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct net_cookie cookie = {.pair = "untouched"};
        struct pp_error error = {0};
        assert_false(net_cookie_parse(rows[i].line, NAME, &cookie, &error));
        assert_string_equal(error.message, rows[i].says);
        assert_string_equal(cookie.pair, "untouched");
    }
}

static void over_long_cookie_is_refused(void **state) {
    (void)state;
    char line[NET_COOKIE_MAX + 64] = NAME "=";
    struct net_cookie cookie;
    struct pp_error error = {0};
    memset(line + strlen(line), 'v', NET_COOKIE_MAX);
    assert_false(net_cookie_parse(line, NAME, &cookie, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void answer_must_set_the_cookie_exactly_once(void **state) {
    (void)state;
    struct net_header headers[] = {
        {"set-cookie", "other=1; Path=/"},
        {"set-cookie", NAME "=v; Path=/; Secure; HttpOnly"},
        {"set-cookie", NAME "=w; Path=/; Secure; HttpOnly"},
    };
    struct net_response response = {.headers = headers, .header_count = 2};
    struct net_cookie cookie;
    struct pp_error error = {0};
    assert_true(net_response_cookie(&response, NAME, &cookie, &error));
    assert_string_equal(cookie.pair, NAME "=v");
    response.header_count = 1;
    assert_false(net_response_cookie(&response, NAME, &cookie, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    response.header_count = 3;
    assert_false(net_response_cookie(&response, NAME, &cookie, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookie_of_the_headend_is_taken),
        cmocka_unit_test(attributes_are_found_in_any_case_and_order),
        cmocka_unit_test(very_long_max_age_is_cut),
        cmocka_unit_test(cookies_that_break_the_rules_are_refused_and_say_why),
        cmocka_unit_test(over_long_cookie_is_refused),
        cmocka_unit_test(answer_must_set_the_cookie_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
