#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "test_support.h"

/* Standard error becomes a pipe for the length of a test. */
struct capture {
    int kept, reader;
    char text[4096];
};

static int capture_create(void **state) {
    struct capture *capture = calloc(1, sizeof *capture);
    int ends[2];
    if (!capture || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    fflush(stderr);
    capture->kept = dup(STDERR_FILENO);
    capture->reader = ends[0];
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    unsetenv("JOURNAL_STREAM");
    unsetenv("PINGPLAY_DEBUG");
    *state = capture;
    return 0;
}

static int capture_destroy(void **state) {
    struct capture *capture = *state;
    dup2(capture->kept, STDERR_FILENO);
    close(capture->kept);
    close(capture->reader);
    free(capture);
    return 0;
}

static const char *captured(struct capture *capture) {
    ssize_t size = read(capture->reader, capture->text, sizeof capture->text - 1);
    capture->text[size > 0 ? size : 0] = 0;
    return capture->text;
}

/* Whatever is said: one object a line, with the message as it was. */
static void log_line_is_an_object_where_lines_are_json(void **state) {
    char expected[512];
    pp_log_use_json(true);
    pp_log_warning("C:\\dir \"quoted\"\nand é");
    const char *line = captured(*state);
    snprintf(expected, sizeof expected,
             "\"level\":\"warning\",\"program\":\"%s\",\"message\":\"C:\\\\dir \\\"quoted\\\"?and é\"}\n",
             program_invocation_short_name);
    assert_int_equal(strspn(line + strlen("{\"time\":\""), "0123456789-:T.Z"),
                     strlen("2026-01-05T09:00:00.000Z"));
    assert_string_equal(strstr(line, "\"level\""), expected);
    pp_log_members(PP_LOG_INFO, "request", "\"status\":200");
    assert_non_null(strstr(captured(*state), ",\"message\":\"request\",\"status\":200}\n"));
    pp_log_use_json(false);
    pp_log_members(PP_LOG_INFO, "request", "\"status\":200");
    assert_string_equal(captured(*state), "");
}

static void log_long_line_is_an_object_still(void **state) {
    char text[4000];
    memset(text, '"', sizeof text - 1);
    text[sizeof text - 1] = 0;
    pp_log_use_json(true);
    pp_log_info("%s", text);
    pp_log_use_json(false);
    const char *line = captured(*state);
    assert_string_equal(line + strlen(line) - 5, "\\\"\"}\n");
}

static void log_line_names_a_thing_once(void **state) {
    static const struct {
        const char *prefix, *text, *line;
    } rows[] = {
        {"schedule", "schedule: no such layout", "schedule: no such layout"},
        {"schedule", "schedule: schedule: no such layout", "schedule: no such layout"},
        {"the vault", "the vault: the vault is full", "the vault: the vault is full"},
        {"sync", "sync-failed: x", "sync: sync-failed: x"},
        {"a", "b: a: x", "a: b: a: x"},
        {"a", "a", "a: a"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char expected[256];
        pp_log_info("%s: %s", rows[i].prefix, rows[i].text);
        snprintf(expected, sizeof expected, "%s: info: %s\n", program_invocation_short_name, rows[i].line);
        assert_string_equal(captured(*state), expected);
    }
}

static void log_line_names_program_and_level(void **state) {
    char expected[256];
    pp_log_warning("item %d skipped", 7);
    snprintf(expected, sizeof expected, "%s: warning: item 7 skipped\n", program_invocation_short_name);
    assert_string_equal(captured(*state), expected);
    pp_log_error("x");
    assert_non_null(strstr(captured(*state), ": error: x\n"));
    pp_log_info("x");
    assert_non_null(strstr(captured(*state), ": info: x\n"));
}

static void log_line_has_the_priority_where_the_journal_reads(void **state) {
    struct stat status;
    char stream[64];
    fstat(STDERR_FILENO, &status);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    pp_log_error("disk");
    assert_string_equal(captured(*state), "<3>disk\n");
    setenv("JOURNAL_STREAM", "1:1", 1);
    pp_log_error("disk");
    assert_non_null(strstr(captured(*state), ": error: disk\n"));
}

static void log_keeps_debug_lines_until_asked(void **state) {
    pp_log_debug("detail");
    assert_string_equal(captured(*state), "");
    setenv("PINGPLAY_DEBUG", "1", 1);
    pp_log_debug("detail");
    assert_non_null(strstr(captured(*state), ": debug: detail\n"));
}

static void log_line_cannot_be_forged_or_broken(void **state) {
    pp_log_info("name \"a\nroot: error: b\x1b[2J\"");
    const char *line = captured(*state);
    assert_non_null(strstr(line, "name \"a?root: error: b?[2J\"\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void log_line_turns_and_steers_nothing(void **state) {
    pp_log_info("caf\xc3\xa9 \xc2\x9b"
                "2J \xe2\x80\xaegpj \xff");
    assert_non_null(strstr(captured(*state), "caf\xc3\xa9 ??2J ???gpj ?\n"));
}

static void log_line_is_cut_at_its_cap_and_still_ends(void **state) {
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    pp_log_info("%s", text);
    const char *line = captured(*state);
    assert_true(strlen(line) <= 1024);
    assert_true(strlen(line) > 1000);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void log_leaves_errno_alone(void **state) {
    (void)state;
    errno = EXDEV;
    pp_log_info("x");
    assert_int_equal(errno, EXDEV);
}

#define CAPTURE_TEST(name) cmocka_unit_test_setup_teardown(name, capture_create, capture_destroy)

int main(void) {
    const struct CMUnitTest tests[] = {
        CAPTURE_TEST(log_line_names_program_and_level),
        CAPTURE_TEST(log_line_names_a_thing_once),
        CAPTURE_TEST(log_line_has_the_priority_where_the_journal_reads),
        CAPTURE_TEST(log_keeps_debug_lines_until_asked),
        CAPTURE_TEST(log_line_cannot_be_forged_or_broken),
        CAPTURE_TEST(log_line_turns_and_steers_nothing),
        CAPTURE_TEST(log_line_is_cut_at_its_cap_and_still_ends),
        CAPTURE_TEST(log_leaves_errno_alone),
        CAPTURE_TEST(log_line_is_an_object_where_lines_are_json),
        CAPTURE_TEST(log_long_line_is_an_object_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
