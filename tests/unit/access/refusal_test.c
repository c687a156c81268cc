#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/refusal.h"

#define PROBLEM "application/problem+json"
#define RETIRED                                                                                              \
    "{\"type\":\"urn:pingplay:problem:screen-retired\",\"status\":403,\"code\":\"screen-retired\"}"
#define REVOKED                                                                                              \
    "{\"type\":\"urn:pingplay:problem:certificate-revoked\",\"status\":401,\"code\":\"certificate-"          \
    "revoked\"}"

static enum access_refusal refusal_of(bool ok, int status, const char *type, const char *body) {
    struct net_response response = {.ok = ok, .status = status, .content_type = type};
    response.body = PP_BUF_INIT(1000);
    assert_true(pp_buf_add_text(&response.body, body, NULL));
    enum access_refusal refusal = access_refusal_of(&response);
    pp_buf_finish(&response.body);
    return refusal;
}

static void the_headends_own_words_are_refusals(void **state) {
    (void)state;
    assert_int_equal(refusal_of(true, 403, PROBLEM, RETIRED), ACCESS_REFUSAL_RETIRED);
    assert_int_equal(refusal_of(true, 403, PROBLEM "; charset=utf-8", RETIRED), ACCESS_REFUSAL_RETIRED);
    assert_int_equal(refusal_of(true, 403, PROBLEM,
                                "{\"type\":\"urn:pingplay:problem:screen-unknown\",\"title\":\"Forbidden\","
                                "\"status\":403,\"detail\":\"…\",\"code\":\"screen-unknown\"}"),
                     ACCESS_REFUSAL_UNKNOWN);
    assert_int_equal(refusal_of(true, 401, PROBLEM, REVOKED), ACCESS_REFUSAL_REVOKED);
}

static void whatever_else_is_answered_is_none(void **state) {
    (void)state;
    static const struct {
        bool ok;
        int status;
        const char *type, *body;
    } rows[] = {
        {true, 403, "", ""},
        {true, 403, "text/html", "<html><body><h1>403 Forbidden</h1>nginx</body></html>"},
        {true, 403, "text/html", RETIRED},
        {true, 403, "application/json", RETIRED},
        {true, 403, PROBLEM, "{}"},
        {true, 403, PROBLEM, "{\"title\":\"Blocked by the firewall\",\"status\":403}"},
        {true, 403, PROBLEM, "{\"code\":\"screen-retired\",\"status\":403}"},
        {true, 403, PROBLEM, "{\"type\":\"urn:pingplay:problem:screen-retired\",\"status\":403}"},
        {true, 403, PROBLEM,
         "{\"type\":\"urn:pingplay:problem:screen-retired\",\"code\":\"screen-retired\"}"},
        {true, 403, PROBLEM, "{\"type\":\"about:blank\",\"status\":403,\"code\":\"screen-retired\"}"},
        {true, 403, PROBLEM,
         "{\"type\":\"urn:pingplay:problem:screen-retired\",\"status\":403,\"code\":\"screen-unknown\"}"},
        {true, 403, PROBLEM,
         "{\"type\":\"urn:pingplay:problem:slow-down\",\"status\":403,\"code\":\"slow-down\"}"},
        {true, 403, PROBLEM, RETIRED "x"},
        {true, 401, PROBLEM, RETIRED},
        {true, 403, PROBLEM, REVOKED},
        {true, 401, "text/html", REVOKED},
        {true, 401, PROBLEM, "{\"title\":\"certificate-revoked\",\"status\":401}"},
        {true, 401, PROBLEM,
         "{\"type\":\"urn:pingplay:problem:certificate-invalid\",\"status\":401,\"code\":\"certificate-"
         "invalid\"}"},
        {true, 200, PROBLEM, RETIRED},
        {false, 403, PROBLEM, RETIRED}, /* cut */
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_int_equal(refusal_of(rows[i].ok, rows[i].status, rows[i].type, rows[i].body),
                         ACCESS_REFUSAL_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headends_own_words_are_refusals),
        cmocka_unit_test(whatever_else_is_answered_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
