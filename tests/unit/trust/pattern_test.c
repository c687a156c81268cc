/* PATHPATTERN, specification §4.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trust/pattern.h"

static const struct {
    const char *pattern, *path;
    bool matches;
} rows[] = {
    /* the specification's own examples */
    {"targets/*.tgz", "targets/foo.tgz", true},
    {"targets/*.tgz", "targets/bar.tgz", true},
    {"targets/*.tgz", "targets/foo.txt", false},
    {"foo-version-?.tgz", "foo-version-2.tgz", true},
    {"foo-version-?.tgz", "foo-version-a.tgz", true},
    {"foo-version-?.tgz", "foo-version-alpha.tgz", false},
    {"*.tgz", "foo.tgz", true},
    {"*.tgz", "targets/foo.tgz", false},
    {"foo.tgz", "foo.tgz", true},
    {"foo.tgz", "foo.tgz2", false},
    {"foo.tgz", "foo.tg", false},
    /* stars */
    {"*", "", true},
    {"*", "a", true},
    {"*", "a/", false},
    {"**", "abc", true},
    {"a*b*c", "aXbXbXc", true},
    {"a*b*c", "aXbXbX", false},
    {"*ab", "aab", true},
    {"*/*", "a/b", true},
    {"*/*", "a", false},
    {"*/*", "a/b/c", false},
    {"*a/b", "xa/b", true},
    {"*a/b", "xa/xa/b", false},
    {"channels/lobby/*", "channels/lobby/manifest.sealed", true},
    {"channels/lobby/*", "channels/lobby/x/manifest.sealed", false},
    {"channels/lobby/*", "channels/lobby2/manifest.sealed", false},
    {"channels/*/x", "channels//x", true},
    /* single characters */
    {"?", "", false},
    {"?", "/", false},
    {"a?c", "a/c", false},
    {"?", "é", true},
    {"??", "é", false},
    {"*é*", "caféine", true},
    {"README.md", "README.MD", false},
    /* sets */
    {"[abc]", "b", true},
    {"[abc]", "d", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[!a-c]x", "dx", true},
    {"[!a-c]x", "bx", false},
    {"[!a]", "/", false},
    {"[]]", "]", true},
    {"[a-]", "-", true},
    {"[ab", "[ab", true},
    {"[ab", "a", false},
    {"a[/]b", "a/b", false},
    {"[", "[", true},
    /* nothing special about these */
    {"a\\*", "a\\b", true},
    {".*", ".hidden", true},
    {"*", ".hidden", true},
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
};

static void patterns_match_as_the_specification_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (trust_pattern_matches(rows[i].pattern, rows[i].path) != rows[i].matches)
            fail_msg("\"%s\" and \"%s\": expected %s", rows[i].pattern, rows[i].path,
                     rows[i].matches ? "a match" : "none");
    }
}

/* A matcher that tries every way to share the text among the stars would not come back. */
static void many_stars_take_no_longer(void **state) {
    (void)state;
    char pattern[256] = {0};
    char path[1024] = {0};
    for (size_t i = 0; i + 2 < sizeof pattern; i += 2) {
        pattern[i] = '*';
        pattern[i + 1] = 'a';
    }
    for (size_t i = 0; i + 1 < sizeof path; i++)
        path[i] = 'a';
    path[sizeof path - 2] = 'b';
    assert_false(trust_pattern_matches(pattern, path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_the_specification_says),
        cmocka_unit_test(many_stars_take_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
