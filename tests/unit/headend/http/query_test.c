#include "headend/http/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void query_decodes_once_and_finds_the_first(void **state) {
    (void)state;
    struct query query = {0};
    query_add(&query, "q", "site 45%20caf%C3%A9%2525");
    query_add(&query, "%71", "second");
    query_add(&query, "empty", "");
    query_add(&query, "bare", NULL);
    assert_int_equal(query.state, QUERY_GOOD);
    assert_string_equal(query_get(&query, "q"), "site 45 café%25");
    assert_string_equal(query_get(&query, "empty"), "");
    assert_null(query_get(&query, "bare"));
    assert_null(query_get(&query, "other"));
    assert_string_equal(query_doubled(&query), "q");
    query_finish(&query);
    assert_null(query_get(&query, "q"));
}

static void query_tells_what_is_no_text(void **state) {
    (void)state;
    static const char *const bad[] = {"%", "%4", "%zz", "%ff", "%00", "a%0ab", "%c2%9b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct query query = {0};
        query_add(&query, "q", bad[i]);
        assert_int_equal(query.state, QUERY_BAD);
        assert_null(query_get(&query, "q"));
        assert_string_equal(query.fields[0].value, bad[i]);
        assert_null(query_doubled(&query));
        query_finish(&query);
    }
}

static void query_has_caps(void **state) {
    (void)state;
    struct query query = {0};
    char value[QUERY_MAX];
    memset(value, 'a', sizeof value);
    value[QUERY_MAX - 2] = 0;
    query_add(&query, "q", value);
    assert_int_equal(query.state, QUERY_TOO_LONG);
    query_finish(&query);
    value[QUERY_MAX - 3] = 0;
    query_add(&query, "q", value);
    assert_int_equal(query.state, QUERY_GOOD);
    query_add(&query, "", NULL);
    assert_int_equal(query.state, QUERY_TOO_LONG);
    query_finish(&query);
    for (size_t i = 0; i < QUERY_FIELDS_MAX; i++)
        query_add(&query, "a", "b");
    assert_int_equal(query.state, QUERY_GOOD);
    query_add(&query, "a", "b");
    assert_int_equal(query.state, QUERY_TOO_LONG);
    assert_int_equal(query.count, QUERY_FIELDS_MAX);
    query_finish(&query);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_decodes_once_and_finds_the_first),
        cmocka_unit_test(query_tells_what_is_no_text),
        cmocka_unit_test(query_has_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
