#include "headend/http/path_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

struct row {
    const char *method, *pattern;
};

static const struct row rows[] = {
    {"GET", "/"},
    {"GET", "/admin"},
    {"GET", "/admin/"},
    {"GET", "/api/v1/screens"},
    {"POST", "/api/v1/screens"},
    {"GET", "/api/v1/screens/{id:uuid}"},
    {"PATCH", "/api/v1/screens/{id:uuid}"},
    {"GET", "/api/v1/screens/export"},
    {"DELETE", "/api/v1/screens/{name}"},
    {"GET", "/api/v1/screens/{id:uuid}/commands/{command:number}"},
    {"GET", "/api/v1/screens/{id:uuid}/commands/{command}"},
    {"GET", "/api/v1/screens/{other}/logs"},
    {"GET", "/repo/{path...}"},
    {"PUT", "/repo/targets/{name}"},
};

static struct path_map *map_make(void) {
    struct pp_error error = {0};
    struct path_map *map = path_map_create(&error);
    assert_non_null(map);
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_true(path_map_add(map, rows[i].method, rows[i].pattern, &rows[i], &error));
    return map;
}

/* The pattern that is found; with what is missing, "404" or "405 METHODS". */
static const char *found(const struct path_map *map, const char *method, const char *raw) {
    static char text[PATH_ALLOW_SIZE + 8];
    struct path path;
    struct path_match match = {0};
    const struct row *row = path_parse(&path, raw) ? path_map_find(map, method, &path, &match) : NULL;
    if (row)
        return row->pattern;
    snprintf(text, sizeof text, match.exists ? "405 %s" : "404", match.allow);
    return text;
}

static void map_finds_the_most_particular_row(void **state) {
    (void)state;
    struct path_map *map = map_make();
    static const struct {
        const char *method, *path, *pattern;
    } cases[] = {
        {"GET", "/", "/"},
        {"HEAD", "/", "/"},
        {"GET", "/admin", "/admin"},
        {"GET", "/admin/", "/admin/"},
        {"GET", "/admin/x", "404"},
        {"GET", "/admi", "404"},
        {"GET", "/adminx", "404"},
        {"GET", "/Admin", "404"},
        {"GET", "/%61dmin", "/admin"},
        {"GET", "/%2561dmin", "404"},
        {"GET", "//admin", "404"},
        {"GET", "/admin//", "404"},
        {"GET", "/./admin", "404"},
        {"GET", "/api/v1/screens", "/api/v1/screens"},
        {"POST", "/api/v1/screens", "/api/v1/screens"},
        {"PUT", "/api/v1/screens", "405 GET, POST"},
        {"GET", "/api/v1/screens/", "404"},
        {"GET", "/api/v1", "404"},
        {"GET", "/api/v1/screens/" ID, "/api/v1/screens/{id:uuid}"},
        {"HEAD", "/api/v1/screens/" ID, "/api/v1/screens/{id:uuid}"},
        {"DELETE", "/api/v1/screens/" ID, "/api/v1/screens/{name}"},
        {"PUT", "/api/v1/screens/" ID, "405 GET, PATCH, DELETE"},
        {"GET", "/api/v1/screens/lobby", "405 DELETE"},
        {"GET", "/api/v1/screens/export", "/api/v1/screens/export"},
        {"DELETE", "/api/v1/screens/export", "/api/v1/screens/{name}"},
        {"GET", "/api/v1/screens/" ID "/commands/7", "/api/v1/screens/{id:uuid}/commands/{command:number}"},
        {"GET", "/api/v1/screens/" ID "/commands/07", "/api/v1/screens/{id:uuid}/commands/{command}"},
        {"GET", "/api/v1/screens/" ID "/commands/9007199254740992",
         "/api/v1/screens/{id:uuid}/commands/{command}"},
        {"GET", "/api/v1/screens/" ID "/commands/9007199254740991",
         "/api/v1/screens/{id:uuid}/commands/{command:number}"},
        {"GET", "/api/v1/screens/lobby/commands/7", "404"},
        {"GET", "/api/v1/screens/export/logs", "/api/v1/screens/{other}/logs"},
        {"GET", "/api/v1/screens/" ID "/logs", "/api/v1/screens/{other}/logs"},
        {"GET", "/api/v1/screens/" ID "%2flogs", "404"},
        {"GET", "/repo", "404"},
        {"GET", "/repo/", "404"},
        {"GET", "/repo/a", "/repo/{path...}"},
        {"GET", "/repo/a/b/c.json", "/repo/{path...}"},
        {"GET", "/repo/targets/x", "/repo/{path...}"},
        {"PUT", "/repo/targets/x", "/repo/targets/{name}"},
        {"PUT", "/repo/targets/x/y", "405 GET"},
        {"DELETE", "/repo/targets/x", "405 PUT, GET"},
        {"get", "/", "405 GET"},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++)
        assert_string_equal(found(map, cases[i].method, cases[i].path), cases[i].pattern);
    path_map_destroy(map);
}

static void parameters_are_found_by_name(void **state) {
    (void)state;
    struct path_map *map = map_make();
    struct path path;
    struct path_match match;
    assert_true(path_parse(&path, "/api/v1/screens/" ID "/commands/caf%C3%A9%2521"));
    const struct row *row = path_map_find(map, "GET", &path, &match);
    assert_non_null(row);
    assert_string_equal(path_parameter(&match, row->pattern, &path, "id"), ID);
    assert_string_equal(path_parameter(&match, row->pattern, &path, "command"), "café%21");
    assert_null(path_parameter(&match, row->pattern, &path, "comman"));
    assert_null(path_parameter(&match, row->pattern, &path, "screens"));
    assert_null(path_parameter(&match, row->pattern, &path, ""));
    assert_true(path_parse(&path, "/repo/a/%62/c"));
    row = path_map_find(map, "GET", &path, &match);
    assert_string_equal(path_parameter(&match, row->pattern, &path, "path"), "a/b/c");
    path_map_destroy(map);
}

static void map_refuses_bad_patterns_and_second_rows(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "a",
        "/{}",
        "/{id",
        "/id}",
        "/a{id}",
        "/{id}b",
        "/{id:}",
        "/{id:text}",
        "/{path...}/x",
        "//",
        "/a//b",
        "/{Id}",
        "/{a}{b}",
        "/{a:uuid:x}",
        "/{a..}",
        "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
    };
    struct pp_error error = {0};
    struct path_map *map = map_make();
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        if (path_map_add(map, "GET", bad[i], &rows[0], &error))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(error.code, PP_E_INVALID);
    }
    assert_false(path_map_add(map, "GET", "/api/v1/screens/{screen:uuid}", &rows[0], &error));
    assert_string_equal(error.message, "two routes for the same requests: GET /api/v1/screens/{screen:uuid}");
    path_map_destroy(map);
}

/* 900 rows that share what they can: each is found, and no other. */
static void map_of_hundreds_of_rows_finds_each(void **state) {
    (void)state;
    enum { KINDS = 150, EACH = 6 };
    static char patterns[KINDS * EACH][64];
    static const struct {
        const char *before, *after, *path_before, *path_after;
    } forms[EACH] = {
        {"/api/v1/", "", "/api/v1/", ""},
        {"/api/v1/", "/{id:uuid}", "/api/v1/", "/" ID},
        {"/api/v1/", "/{id:number}", "/api/v1/", "/12"},
        {"/api/v1/{any}/", "", "/api/v1/other/", ""},
        {"/api/v1/", "/{id:uuid}/{name}", "/api/v1/", "/" ID "/x"},
        {"/api/v1/{a}/{b}/{c}/", "", "/api/v1/a/b/c/", ""},
    };
    struct pp_error error = {0};
    struct path_map *map = path_map_create(&error);
    for (size_t i = 0; i < PP_COUNT(patterns); i++) {
        snprintf(patterns[i], sizeof patterns[i], "%skind%d%s", forms[i % EACH].before, (int)(i / EACH),
                 forms[i % EACH].after);
        assert_true(path_map_add(map, "GET", patterns[i], patterns[i], &error));
    }
    for (size_t i = 0; i < PP_COUNT(patterns); i++) {
        char raw[PATH_SIZE];
        struct path path;
        struct path_match match;
        snprintf(raw, sizeof raw, "%skind%d%s", forms[i % EACH].path_before, (int)(i / EACH),
                 forms[i % EACH].path_after);
        assert_true(path_parse(&path, raw));
        assert_ptr_equal(path_map_find(map, "GET", &path, &match), patterns[i]);
    }
    path_map_destroy(map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_finds_the_most_particular_row),
        cmocka_unit_test(parameters_are_found_by_name),
        cmocka_unit_test(map_refuses_bad_patterns_and_second_rows),
        cmocka_unit_test(map_of_hundreds_of_rows_finds_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
