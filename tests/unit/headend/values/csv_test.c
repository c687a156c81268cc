#include "headend/values/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static const struct {
    const char *text, *json; /* NULL: refused, */
    const char *why;         /* with that in it */
} rows[] = {
    {"shop,total\r\n\"Rennes, 2\",1240.5\r\nBrest,n/a\r\n",
     "[{\"shop\":\"Rennes, 2\",\"total\":1240.5},{\"shop\":\"Brest\",\"total\":\"n/a\"}]", NULL},
    {"a\n1\n-0.5\n007\n+1\n1e3\n\"2\"\n.5\n1.\n-",
     "[{\"a\":1},{\"a\":-0.5},{\"a\":\"007\"},{\"a\":\"+1\"},{\"a\":\"1e3\"},{\"a\":\"2\"},{\"a\":\".5\"},"
     "{\"a\":\"1.\"},{\"a\":\"-\"}]",
     NULL},
    {"\xef\xbb\xbf"
     "a,b\n,\"\"",
     "[{\"a\":\"\",\"b\":\"\"}]", NULL},
    {"a\n\"say \"\"no\"\"\nnow\"\n", "[{\"a\":\"say \\\"no\\\"\\u000anow\"}]", NULL},
    {"a\nC:\\x\n", "[{\"a\":\"C:\\\\x\"}]", NULL},
    {"a,b", "[]", NULL},
    {"", NULL, "line 1: a column has a name"},
    {"a,,c\n", NULL, "line 1: a column has a name"},
    {"a,a\n", NULL, "two columns"},
    {"a,b\n1\n", NULL, "line 2: has fewer"},
    {"a,b\n1,2\n1,2,3\n", NULL, "line 3: has more"},
    {"a\n\"x", NULL, "not closed"},
    {"a\n\"x\"y\n", NULL, "comma"},
    {"a\nx\"y\n", NULL, "within a field"},
    {"a\r,b\n", NULL, "comma"},
    {"a\r", NULL, "comma"},
    {"a\n\xff\n", NULL, "not UTF-8"},
};

static void csv_becomes_objects_or_is_refused_with_its_line(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf json = PP_BUF_INIT(4096);
        struct pp_error error = {0};
        bool ok = csv_to_json(rows[i].text, strlen(rows[i].text), &json, &error);
        if (ok != (rows[i].json != NULL))
            fail_msg("row %zu: %s", i, ok ? pp_buf_text(&json) : error.message);
        if (!ok) {
            assert_int_equal(error.code, PP_E_INVALID);
            assert_non_null(strstr(error.message, rows[i].why));
            continue;
        }
        assert_string_equal(pp_buf_text(&json), rows[i].json);
        pp_autojson cJSON *value = pp_json_parse(json.data, json.size, json.size, &error);
        assert_non_null(value);
    }
}

static void csv_that_grows_beyond_its_cap_is_refused(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64 * 1024);
    pp_autobuf struct pp_buf json = PP_BUF_INIT(64 * 1024);
    struct pp_error error = {0};
    assert_true(pp_buf_add_text(&text, "a-column-with-a-name-that-is-rather-long\n", &error));
    for (int i = 0; i < 10000; i++)
        assert_true(pp_buf_add_text(&text, "1\n", &error));
    assert_false(csv_to_json(text.data, text.size, &json, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_becomes_objects_or_is_refused_with_its_line),
        cmocka_unit_test(csv_that_grows_beyond_its_cap_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
