#include "headend/http/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void path_splits_and_decodes_each_segment_once(void **state) {
    (void)state;
    static const struct {
        const char *raw, *whole, *segments; /* these with '|' between */
    } cases[] = {
        {"/", "/", ""},
        {"/v1/state", "/v1/state", "v1|state"},
        {"/admin/", "/admin/", "admin|"},
        {"/v1/caf%C3%A9/", "/v1/café/", "v1|café|"},
        {"/%76%31/state", "/v1/state", "v1|state"},
        {"/a%20b/c+d", "/a b/c+d", "a b|c+d"},
        {"/%252e%252E/%2525", "/%2e%2E/%25", "%2e%2E|%25"},
        {"/.../.a/a.", "/.../.a/a.", "...|.a|a."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct path path;
        char joined[PATH_SIZE] = "";
        assert_true(path_parse(&path, cases[i].raw));
        for (size_t s = 0; s < path.count; s++) {
            strcat(joined, s ? "|" : "");
            strcat(joined, path_segment(&path, s));
            assert_string_equal(path_rest(&path, s), path.whole + path.starts[s]);
        }
        assert_string_equal(joined, cases[i].segments);
        assert_string_equal(path.whole, cases[i].whole);
    }
}

static void path_refuses_what_could_be_read_in_two_ways(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",          "v1/state", "*",          "https://host/v1",
        "//",        "//v1",     "/v1//state", "/a/b//",
        "/.",        "/..",      "/a/../b",    "/a/./b",
        "/%2e%2e/b", "/a/%2E",   "/.%2e/b",    "/a%2fb",
        "/a%2Fb",    "/a%00",    "/a%00b/c",   "/a%0ab",
        "/a%1f",     "/a%7f",    "/a%c2%80",   "/a%",
        "/a%4",      "/a%zz",    "/a%+1",      "/%ff",
        "/%c3",      "/%c0%af",  "/%ed%a0%80", "/a\tb",
    };
    struct path path;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (path_parse(&path, bad[i]))
            fail_msg("taken: %s", bad[i]);
    }
}

static void path_has_caps(void **state) {
    (void)state;
    struct path path;
    char raw[PATH_SIZE + 1];
    memset(raw, 'a', sizeof raw);
    raw[0] = '/';
    raw[PATH_SIZE] = 0;
    assert_false(path_parse(&path, raw));
    raw[PATH_SIZE - 1] = 0;
    assert_true(path_parse(&path, raw));
    char many[2 * (PATH_SEGMENTS_MAX + 1) + 1] = "";
    for (size_t i = 0; i < PATH_SEGMENTS_MAX; i++)
        strcat(many, "/a");
    assert_true(path_parse(&path, many));
    assert_int_equal(path.count, PATH_SEGMENTS_MAX);
    strcat(many, "/");
    assert_false(path_parse(&path, many));
}

static void percent_decoding_changes_nothing_where_it_fails(void **state) {
    (void)state;
    char text[] = "%41%4";
    size_t size = strlen(text);
    assert_false(percent_decode(text, &size));
    assert_string_equal(text, "%41%4");
    assert_int_equal(size, 5);
    char nul[] = "a%00b";
    size = 5;
    assert_true(percent_decode(nul, &size));
    assert_int_equal(size, 3);
    assert_memory_equal(nul, "a\0b", 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_splits_and_decodes_each_segment_once),
        cmocka_unit_test(path_refuses_what_could_be_read_in_two_ways),
        cmocka_unit_test(path_has_caps),
        cmocka_unit_test(percent_decoding_changes_nothing_where_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
