#include "headend/http/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/encode.h"

static const char *const sorts[] = {"name", "seen", NULL};
static const char *const states[] = {"online", "offline", NULL};
static const struct list_form form = {
    .sorts = sorts, .keys = 2, .searched = true, .filters = {{"state", states}, {"site", NULL}}};
static const struct list_form plain = {.sorts = sorts, .keys = 1};

/* Pairs of names and values, NULL at the end. */
static struct query query_of(const char *const *pairs) {
    struct query query = {0};
    for (; pairs[0]; pairs += 2)
        query_add(&query, pairs[0], pairs[1]);
    return query;
}

static void list_has_defaults(void **state) {
    (void)state;
    struct query query = {0};
    struct list list;
    const char *parameter;
    assert_true(list_read(&list, &form, &query, &parameter, NULL));
    assert_int_equal(list.limit, LIST_LIMIT);
    assert_string_equal(list.sort, "name");
    assert_string_equal(list.q, "");
    assert_false(list.descending || list.begun);
    assert_null(list.filters[0]);
    list_finish(&list);
    assert_true(list_read(&list, NULL, &query, &parameter, NULL));
    list_finish(&list);
}

static void list_reads_what_its_form_has(void **state) {
    (void)state;
    const char *const pairs[] = {"limit", "7",      "sort", "-seen",      "q", "caf%C3%A9 bar",
                                 "state", "online", "site", "Rennes%202", NULL};
    struct query query = query_of(pairs);
    struct list list;
    const char *parameter;
    assert_true(list_read(&list, &form, &query, &parameter, NULL));
    assert_int_equal(list.limit, 7);
    assert_string_equal(list.sort, "seen");
    assert_true(list.descending);
    assert_string_equal(list.q, "café bar");
    assert_ptr_equal(list.filters[0], states[0]);
    assert_string_equal(list.filters[1], "Rennes 2");
    list_finish(&list);
    query_finish(&query);
}

static void cursor_leads_behind_its_row(void **state) {
    (void)state;
    const char *const keys[] = {"Café \"Bar\"\\", "id-1"};
    const char *const ordered[] = {"sort", "-name", NULL};
    struct query query = query_of(ordered);
    struct list list;
    const char *parameter;
    pp_autobuf struct pp_buf cursor = PP_BUF_INIT(LIST_CURSOR_MAX);
    assert_true(list_read(&list, &form, &query, &parameter, NULL));
    assert_true(list_cursor(&list, &form, keys, &cursor, NULL));
    list_finish(&list);
    query_add(&query, "cursor", pp_buf_text(&cursor));
    assert_true(list_read(&list, &form, &query, &parameter, NULL));
    assert_true(list.begun);
    assert_string_equal(list.keys[0], keys[0]);
    assert_string_equal(list.keys[1], keys[1]);
    list_finish(&list);
    query_finish(&query);
    /* of another order, and of a list with fewer keys */
    query_add(&query, "cursor", pp_buf_text(&cursor));
    assert_false(list_read(&list, &form, &query, &parameter, NULL));
    assert_string_equal(parameter, "cursor");
    list_finish(&list);
    query_add(&query, "sort", "-name");
    assert_false(list_read(&list, &plain, &query, &parameter, NULL));
    list_finish(&list);
    query_finish(&query);
}

static void cursor_of_the_longest_keys_fits(void **state) {
    (void)state;
    static char key[LIST_KEY_MAX + 1];
    const char *const keys[] = {key, key};
    struct query query = {0};
    struct list list;
    const char *parameter;
    pp_autobuf struct pp_buf cursor = PP_BUF_INIT(LIST_CURSOR_MAX);
    memset(key, '"', LIST_KEY_MAX);
    assert_true(list_read(&list, &form, &query, &parameter, NULL));
    assert_true(list_cursor(&list, &form, keys, &cursor, NULL));
    query_add(&query, "cursor", pp_buf_text(&cursor));
    list_finish(&list);
    assert_true(list_read(&list, &form, &query, &parameter, NULL));
    assert_string_equal(list.keys[1], key);
    list_finish(&list);
    query_finish(&query);
}

static void list_refuses_by_name(void **state) {
    (void)state;
    static const struct {
        const char *pairs[5], *parameter;
    } cases[] = {
        {{"limit", "0"}, "limit"},
        {{"limit", "1001"}, "limit"},
        {{"limit", "+1"}, "limit"},
        {{"limit", " 1"}, "limit"},
        {{"limit", "1000000"}, "limit"},
        {{"limit", ""}, "limit"},
        {{"sort", ""}, "sort"},
        {{"sort", "nam"}, "sort"},
        {{"sort", "names"}, "sort"},
        {{"state", "Online"}, "state"},
        {{"page", "1"}, "page"},
        {{"q", "a", "q", "a"}, "q"},
        {{"q", "%ff"}, "q"},
        {{"%71%", "a"}, "%71%"},
        {{"cursor", "W10"}, "cursor"},
        {{"cursor", "bnVsbA"}, "cursor"},
        {{"", "a"}, ""},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        struct query query = query_of(cases[i].pairs);
        struct list list;
        const char *parameter;
        struct pp_error error = {0};
        assert_false(list_read(&list, &form, &query, &parameter, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_string_equal(parameter, cases[i].parameter);
        list_finish(&list);
        query_finish(&query);
    }
    const char *const search[] = {"q", "a", NULL};
    struct query query = query_of(search);
    struct list list;
    const char *parameter;
    assert_false(list_read(&list, &plain, &query, &parameter, NULL));
    list_finish(&list);
    assert_false(list_read(&list, NULL, &query, &parameter, NULL));
    list_finish(&list);
    query_finish(&query);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_has_defaults),           cmocka_unit_test(list_reads_what_its_form_has),
        cmocka_unit_test(cursor_leads_behind_its_row), cmocka_unit_test(cursor_of_the_longest_keys_fits),
        cmocka_unit_test(list_refuses_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
