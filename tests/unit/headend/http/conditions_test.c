#include "headend/http/conditions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "headend/http/problems.h"

static void accept_takes_types_as_particular_as_they_are(void **state) {
    (void)state;
    static const struct {
        const char *accept;
        bool json, events;
    } cases[] = {
        {NULL, true, true},
        {"", true, true},
        {" ", true, true},
        {"*/*", true, true},
        {"application/json", true, false},
        {"APPLICATION/JSON; charset=utf-8", true, false},
        {"application/*;q=0.1", true, false},
        {"text/html, application/xhtml+xml, */*;q=0.8", true, true},
        {"text/html", false, false},
        {"text/event-stream", false, true},
        {"application/json;q=0, */*", false, true},
        {"*/*, application/json; q=0.000", false, true},
        {"application/*;q=0, application/json", true, false},
        {"application/json;q=0.001", true, false},
        {"application/jsonx, application/jso, application, json", false, false},
        {"text/plain;a=\",application/json\"", false, false},
        {",, application/json ,", true, false},
        {"*/*;q=0", false, false},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        if (accept_takes(cases[i].accept, "application/json") != cases[i].json ||
            accept_takes(cases[i].accept, "text/event-stream") != cases[i].events)
            fail_msg("Accept: %s", cases[i].accept);
    }
}

static void encodings_are_taken_by_their_names(void **state) {
    (void)state;
    static const struct {
        const char *accept;
        bool br, gzip;
    } cases[] = {
        {NULL, false, false},
        {"", false, false},
        {"gzip, deflate, br, zstd", true, true},
        {"BR", true, false},
        {"br;q=0, gzip;q=0.5", false, true},
        {"gzip;q=0.000 , br;q=0.001", true, false},
        {"*", false, false},
        {"brotli, xgzip, gzi", false, false},
        {",,br,", true, false},
        {"identity", false, false},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        if (encoding_takes(cases[i].accept, "br") != cases[i].br ||
            encoding_takes(cases[i].accept, "gzip") != cases[i].gzip)
            fail_msg("Accept-Encoding: %s", cases[i].accept);
    }
}

static void if_match_compares_strongly(void **state) {
    (void)state;
    assert_int_equal(if_match(NULL, "\"a\""), CONDITION_MISSING);
    assert_int_equal(if_match("\"a\"", "\"a\""), CONDITION_MET);
    assert_int_equal(if_match("\"b\" , \"a\"", "\"a\""), CONDITION_MET);
    assert_int_equal(if_match("*", "\"a\""), CONDITION_MET);
    assert_int_equal(if_match("*", NULL), CONDITION_FAILED);
    assert_int_equal(if_match("\"a\"", NULL), CONDITION_FAILED);
    assert_int_equal(if_match("W/\"a\"", "\"a\""), CONDITION_FAILED);
    assert_int_equal(if_match("a", "\"a\""), CONDITION_FAILED);
    assert_int_equal(if_match("\"b,\"a\"\"", "\"a\""), CONDITION_FAILED);
    assert_int_equal(if_match("", "\"a\""), CONDITION_FAILED);
    assert_int_equal(if_match("\"A\"", "\"a\""), CONDITION_FAILED);
}

static void a_change_of_what_is_not_known_is_answered(void **state) {
    (void)state;
    static const struct {
        const char *header;
        unsigned status;
    } cases[] = {{"\"a\"", 0}, {"\"b\"", 412}, {NULL, 428}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        struct reply reply = {0};
        assert_int_equal(reply_allows_change(&reply, cases[i].header, "\"a\""), !cases[i].status);
        assert_int_equal(reply.status, cases[i].status);
        if (reply.response)
            MHD_destroy_response(reply.response);
    }
}

static void etag_is_of_the_bytes(void **state) {
    (void)state;
    char etag[ETAG_SIZE];
    char other[ETAG_SIZE];
    assert_true(etag_make("abc", 3, etag, NULL));
    assert_string_equal(etag, "\"ba7816bf8f01cfea\""); /* FIPS 180-4's example */
    assert_true(etag_make("abd", 3, other, NULL));
    assert_string_not_equal(etag, other);
}

static void problems_have_codes_of_their_own_and_statuses_of_errors(void **state) {
    (void)state;
    for (enum problem i = 0; i < PROBLEMS; i++) {
        assert_in_range(problem_status(i), 400, 599);
        assert_non_null(MHD_get_reason_phrase_for(problem_status(i)));
        for (enum problem j = 0; j < i; j++)
            assert_string_not_equal(problem_code(i), problem_code(j));
    }
    assert_int_equal(problem_status(PROBLEM_CHANGED), 412);
    assert_int_equal(problem_status(PROBLEM_CONDITION_REQUIRED), 428);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_takes_types_as_particular_as_they_are),
        cmocka_unit_test(encodings_are_taken_by_their_names),
        cmocka_unit_test(if_match_compares_strongly),
        cmocka_unit_test(a_change_of_what_is_not_known_is_answered),
        cmocka_unit_test(etag_is_of_the_bytes),
        cmocka_unit_test(problems_have_codes_of_their_own_and_statuses_of_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
