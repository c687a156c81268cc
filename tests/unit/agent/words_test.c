#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/words.h"

struct journal {
    unsigned lines;
    char last[512];
};

static void on_line(void *arg, const char *line) {
    struct journal *journal = arg;
    journal->lines++;
    snprintf(journal->last, sizeof journal->last, "%s", line);
}

static void lines_are_marked_with_their_item(void **state) {
    (void)state;
    struct journal journal = {0};
    struct words_budget budget = {.write = on_line, .arg = &journal};
    struct words words = {.name = "a1"};
    assert_int_equal(words_take(&words, &budget, "without ", 8, 1), 0);
    assert_int_equal(journal.lines, 0);
    assert_int_equal(words_take(&words, &budget, "sound\nand", 9, 1), 0);
    assert_int_equal(journal.lines, 1);
    assert_string_equal(journal.last, "renderer of a1: without sound");
    words_flush(&words, &budget, 1);
    assert_string_equal(journal.last, "renderer of a1: and");
}

static void nothing_can_be_written_in_the_agent_s_name(void **state) {
    (void)state;
    struct journal journal = {0};
    struct words_budget budget = {.write = on_line, .arg = &journal};
    struct words words = {.name = "a1"};
    static const char forged[] = "\r\033[2K<3>pingplay-agent: \xc2\x9b\n";
    words_take(&words, &budget, forged, sizeof forged - 1, 1);
    assert_string_equal(journal.last, "renderer of a1: \\x0d\\x1b[2K<3>pingplay-agent: \\xc2\\x9b");
}

static void a_line_is_cut(void **state) {
    (void)state;
    struct journal journal = {0};
    struct words_budget budget = {.write = on_line, .arg = &journal};
    struct words words = {.name = "a1"};
    char line[1000];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    words_take(&words, &budget, line, sizeof line, 1);
    assert_int_equal(journal.lines, 1);
    assert_int_equal(strlen(journal.last), strlen("renderer of a1: ") + WORDS_LINE_MAX);
    words_take(&words, &budget, "y\n", 2, 1);
    assert_string_equal(journal.last, "renderer of a1: y");
}

/* Of all renderers together, and then nothing more is to be read for a while. */
static void a_flood_is_stopped(void **state) {
    (void)state;
    struct journal journal = {0};
    struct words_budget budget = {.write = on_line, .arg = &journal};
    struct words one = {.name = "a1"}, other = {.name = "a2"};
    int64_t until_ms = 0;
    for (int i = 0; i < 100; i++)
        until_ms = words_take(i % 2 ? &one : &other, &budget, "x\nx\n", 4, 1000);
    assert_int_equal(journal.lines, WORDS_LINES_MAX + 1);
    assert_non_null(strstr(journal.last, "and more"));
    assert_int_equal(until_ms, 1000 + WORDS_WINDOW_MS);
    assert_int_equal(words_take(&one, &budget, "y\n", 2, until_ms), 0);
    assert_non_null(strstr(journal.last, "y"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_marked_with_their_item),
        cmocka_unit_test(nothing_can_be_written_in_the_agent_s_name),
        cmocka_unit_test(a_line_is_cut),
        cmocka_unit_test(a_flood_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
