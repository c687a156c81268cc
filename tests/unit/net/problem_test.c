#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "net/problem.h"

static void problem_is_read_and_unknown_members_are_passed_over(void **state) {
    (void)state;
    static const char text[] =
        "{\"type\":\"about:blank\",\"title\":\"Not found\",\"status\":404,\"detail\":\"no such "
        "object\",\"code\":\"no_object\",\"instance\":{}}";
    struct net_problem problem;
    assert_true(net_problem_parse(text, strlen(text), &problem, NULL));
    assert_int_equal(problem.status, 404);
    assert_string_equal(problem.title, "Not found");
    assert_string_equal(problem.detail, "no such object");
    assert_string_equal(problem.code, "no_object");
}

static void malformed_problems_are_refused_whole(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "[]",
        "\"title\"",
        "{\"title\":1}",
        "{\"title\":\"a\",\"status\":\"404\"}",
        "{\"status\":99}",
        "{\"detail\":[]}",
        "{\"title\":\"a\",\"title\":\"b\"}",
        "{\"title\":\"a\"",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct net_problem problem = {.status = 7};
        assert_false(net_problem_parse(rows[i], strlen(rows[i]), &problem, NULL));
        assert_int_equal(problem.status, 7);
    }
}

static void over_long_texts_are_refused(void **state) {
    (void)state;
    char text[NET_PROBLEM_TEXT_MAX + 32] = "{\"title\":\"";
    struct net_problem problem;
    memset(text + strlen(text), 'x', NET_PROBLEM_TEXT_MAX);
    strcat(text, "\"}");
    assert_false(net_problem_parse(text, strlen(text), &problem, NULL));
}

static void check(int status, const char *type, const char *body, enum pp_code code, const char *says) {
    struct net_response response = {.ok = true, .status = status, .content_type = type};
    struct pp_error error = {0};
    response.body = PP_BUF_INIT(1000);
    assert_true(pp_buf_add_text(&response.body, body, NULL));
    assert_false(net_response_check(&response, &error));
    assert_int_equal(error.code, code);
    assert_string_equal(error.message, says);
    pp_buf_finish(&response.body);
}

static void error_line_says_what_the_answer_tells(void **state) {
    (void)state;
    const char *problem = "{\"title\":\"Refused\",\"detail\":\"token used\",\"code\":\"token_used\"}";
    check(401, "application/problem+json", problem, PP_E_DENIED,
          "HTTP 401: Refused: token used (token_used)");
    check(403, "application/problem+json; charset=utf-8", "{\"title\":\"No\"}", PP_E_DENIED, "HTTP 403: No");
    check(404, "text/html", problem, PP_E_NOTFOUND, "HTTP 404");
    check(500, "application/problem+json", "not json", PP_E_HTTP, "HTTP 500");
    check(302, "application/problem+jsonx", problem, PP_E_HTTP, "HTTP 302");
    check(400, "application/problem+json", "{\"title\":\"line\\nbreak\"}", PP_E_HTTP, "HTTP 400: line?break");
}

static void success_is_no_error_and_a_failed_call_keeps_its_own(void **state) {
    (void)state;
    struct net_response response = {.ok = true, .status = 204, .content_type = ""};
    struct pp_error error = {0};
    assert_true(net_response_check(&response, &error));
    response.ok = false;
    pp_fail(&response.error, PP_E_TLS, "bad");
    assert_false(net_response_check(&response, &error));
    assert_int_equal(error.code, PP_E_TLS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_is_read_and_unknown_members_are_passed_over),
        cmocka_unit_test(malformed_problems_are_refused_whole),
        cmocka_unit_test(over_long_texts_are_refused),
        cmocka_unit_test(error_line_says_what_the_answer_tells),
        cmocka_unit_test(success_is_no_error_and_a_failed_call_keeps_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
