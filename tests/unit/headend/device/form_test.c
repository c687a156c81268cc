#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/mem.h"
#include "headend/device/repo_files.h"
#include "page/form.h"

static bool parse(struct form *form, const char *text) {
    return form_parse(form, text, strlen(text), NULL);
}

static void form_decodes_names_and_values(void **state) {
    (void)state;
    form_auto struct form form = {0};
    assert_true(parse(&form, "a=1&b=x+y%20z&c&%C3%A9=%26%3D&&e="));
    assert_string_equal(form_get(&form, "a"), "1");
    assert_string_equal(form_get(&form, "b"), "x y z");
    assert_string_equal(form_get(&form, "c"), "");
    assert_string_equal(form_get(&form, "\xc3\xa9"), "&=");
    assert_string_equal(form_get(&form, "missing"), "");
    assert_int_equal(form.count, 5);
}

static void form_refuses_what_is_malformed(void **state) {
    (void)state;
    static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "a=%00", "a=%1b", "a=1&a=2", "%=1", "a=%4&b=1"};
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        form_auto struct form form = {0};
        assert_false(parse(&form, bad[i]));
    }
}

static void form_refuses_too_many_fields(void **state) {
    (void)state;
    char text[512] = "";
    for (int i = 0; i <= FORM_FIELDS_MAX; i++)
        sprintf(text + strlen(text), "f%d=&", i);
    struct pp_error error = {0};
    form_auto struct form form = {0};
    assert_false(form_parse(&form, text, strlen(text), &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void cookie_is_found_by_its_whole_name(void **state) {
    (void)state;
    char value[COOKIE_VALUE_MAX];
    assert_true(cookie_find("a=1; __Host-x=abc; b=2", "__Host-x", value));
    assert_string_equal(value, "abc");
    assert_true(cookie_find("x=;y=2", "x", value));
    assert_string_equal(value, "");
    assert_false(cookie_find("xx=1; ax=2", "x", value));
    assert_false(cookie_find("x=1; x=2", "x", value));
    assert_false(cookie_find(NULL, "x", value));
    char longer[COOKIE_VALUE_MAX + 3] = "x=";
    memset(longer + 2, 'a', COOKIE_VALUE_MAX);
    assert_false(cookie_find(longer, "x", value));
}

static void range_is_read_as_rfc_9110_says(void **state) {
    (void)state;
    static const struct {
        const char *header;
        uint64_t size;
        enum range_kind kind;
        uint64_t first, last;
    } cases[] = {
        {"bytes=0-0", 10, RANGE_PART, 0, 0},         {"bytes=3-", 10, RANGE_PART, 3, 9},
        {"BYTES=3-100", 10, RANGE_PART, 3, 9},       {"bytes=-3", 10, RANGE_PART, 7, 9},
        {"bytes=-30", 10, RANGE_PART, 0, 9},         {"bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0}, {"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-1", 0, RANGE_UNSATISFIABLE, 0, 0},  {"bytes=5-4", 10, RANGE_WHOLE, 0, 0},
        {"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 0},    {"bytes=", 10, RANGE_WHOLE, 0, 0},
        {"bytes=a-b", 10, RANGE_WHOLE, 0, 0},        {"bytes=0-99999999999999999999", 10, RANGE_WHOLE, 0, 0},
        {"items=0-1", 10, RANGE_WHOLE, 0, 0},        {NULL, 10, RANGE_WHOLE, 0, 0},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        uint64_t first = 0;
        uint64_t last = 0;
        assert_int_equal(range_parse(cases[i].header, cases[i].size, &first, &last), cases[i].kind);
        assert_int_equal(first, cases[i].first);
        assert_int_equal(last, cases[i].last);
    }
}

static void etags_match_in_lists(void **state) {
    (void)state;
    assert_true(etag_matches("\"a\"", "\"a\""));
    assert_true(etag_matches("\"b\", W/\"a\" ,\"c\"", "\"a\""));
    assert_true(etag_matches("*", "\"a\""));
    assert_false(etag_matches("\"ab\"", "\"a\""));
    assert_false(etag_matches("\"a\"b", "\"a\""));
    assert_false(etag_matches("", "\"a\""));
    assert_false(etag_matches(NULL, "\"a\""));
}

static void wait_is_taken_from_preferences_and_capped(void **state) {
    (void)state;
    assert_int_equal(prefer_wait("wait=50", 60), 50);
    assert_int_equal(prefer_wait("respond-async, wait=5", 60), 5);
    assert_int_equal(prefer_wait("wait=9999", 60), 60);
    assert_int_equal(prefer_wait("wait=x", 60), 0);
    assert_int_equal(prefer_wait("await=5", 60), 0);
    assert_int_equal(prefer_wait(NULL, 60), 0);
}

static void language_is_the_preferred_of_the_two(void **state) {
    (void)state;
    assert_string_equal(language_choose("fr"), "fr");
    assert_string_equal(language_choose("fr-CH, en;q=0.9"), "fr");
    assert_string_equal(language_choose("en, fr"), "en");
    assert_string_equal(language_choose("en;q=0.5, fr;q=0.8"), "fr");
    assert_string_equal(language_choose("de, fr;q=0"), "en");
    assert_string_equal(language_choose("frr"), "en");
    assert_string_equal(language_choose(NULL), "en");
}

static void repository_paths_stay_inside_of_it(void **state) {
    (void)state;
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const char *const good[] = {"metadata/timestamp.json", "metadata/1.root.json",
                                       ("targets/channels/lobby/" HASH ".manifest.sealed"),
                                       ("objects/01/" HASH)};
    static const char *const bad[] = {"",
                                      "metadata",
                                      "metadata/",
                                      "metadata/.json",
                                      "metadata/../ca.key",
                                      "metadata/a/b.json",
                                      "targets/../../x",
                                      "targets/.x",
                                      "targets//x",
                                      "/etc/passwd",
                                      "objects/02/" HASH,
                                      "objects/01/" HASH "0",
                                      "objects/draft",
                                      "keys/root.pem",
                                      "targets/a b"};
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(repo_path_valid(good[i]));
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(repo_path_valid(bad[i]));
    assert_false(repo_path_immutable("metadata/timestamp.json"));
    assert_true(repo_path_immutable("metadata/12.snapshot.json"));
    assert_true(repo_path_immutable("targets/channels/x/" HASH ".manifest.sealed"));
    assert_false(repo_path_immutable("targets/plain"));
    assert_true(repo_path_immutable("objects/01/" HASH));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_decodes_names_and_values),
        cmocka_unit_test(form_refuses_what_is_malformed),
        cmocka_unit_test(form_refuses_too_many_fields),
        cmocka_unit_test(cookie_is_found_by_its_whole_name),
        cmocka_unit_test(range_is_read_as_rfc_9110_says),
        cmocka_unit_test(etags_match_in_lists),
        cmocka_unit_test(wait_is_taken_from_preferences_and_capped),
        cmocka_unit_test(language_is_the_preferred_of_the_two),
        cmocka_unit_test(repository_paths_stay_inside_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
