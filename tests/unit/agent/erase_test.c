/* agent/erase.h: what a screen that becomes nobody's leaves, and when that was decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "agent/erase.h"
#include "agent/wifi_erasure.h"
#include "base/file.h"
#include "support/test_folder.h"

/* A note of the Wi-Fi's erasure, decided at that moment. */
static void note(const struct test_folder *folder, struct pp_boot_time decided) {
    char text[PP_BOOT_TIME_TEXT];
    pp_boot_time_format(&decided, text);
    assert_true(pp_file_replace(folder->fd, WIFI_ERASURE_FILE, text, strlen(text), 0600, NULL));
}

static struct pp_boot_time noted(const struct test_folder *folder) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PP_BOOT_TIME_TEXT);
    struct pp_boot_time decided;
    assert_true(pp_file_read(folder->fd, WIFI_ERASURE_FILE, &text, NULL));
    assert_true(pp_boot_time_parse(pp_buf_text(&text), &decided, NULL));
    return decided;
}

static bool there(const struct test_folder *folder, const char *name) {
    struct stat about;
    return fstatat(folder->fd, name, &about, 0) == 0;
}

static struct pp_boot_time a_while_ago(void) {
    struct pp_boot_time moment = pp_boot_time_now();
    moment.ms -= 1000;
    return moment;
}

/* A Wi-Fi that somebody sets between two tries is of whom the screen will be. */
static void one_that_is_tried_again_was_decided_when_it_was_begun(void **state) {
    const struct test_folder *folder = *state;
    const struct pp_boot_time begun = a_while_ago();
    note(folder, begun);
    assert_true(pp_dir_make(folder->fd, "objects", 0700, NULL));
    for (int i = 0; i < 2; i++) {
        assert_true(agent_erase(folder->path, true, NULL));
        const struct pp_boot_time decided = noted(folder);
        assert_memory_equal(decided.boot, begun.boot, sizeof begun.boot);
        assert_int_equal(decided.ms, begun.ms);
    }
    assert_false(there(folder, "objects"));
}

/* The one before has come to its end, but for the Wi-Fi: what was set since goes as well. */
static void another_one_is_decided_now(void **state) {
    const struct test_folder *folder = *state;
    const struct pp_boot_time former = a_while_ago();
    note(folder, former);
    assert_true(agent_erase(folder->path, false, NULL));
    const struct pp_boot_time decided = noted(folder), now = pp_boot_time_now();
    assert_true(pp_boot_time_is_later(&decided, &former, &now));
}

/* The flash did not take the note before. */
static void where_no_note_could_be_written_there_is_one_with_the_next_try(void **state) {
    const struct test_folder *folder = *state;
    assert_true(agent_erase(folder->path, true, NULL));
    assert_true(there(folder, WIFI_ERASURE_FILE));
}

/* Half of one says nothing of when: whatever Wi-Fi there is goes, as it does for a note without a moment. */
static void a_note_that_cannot_be_read_stays_one(void **state) {
    const struct test_folder *folder = *state;
    assert_true(pp_file_replace(folder->fd, WIFI_ERASURE_FILE, "x", 1, 0600, NULL));
    assert_true(agent_erase(folder->path, true, NULL));
    assert_true(there(folder, WIFI_ERASURE_FILE));
}

int main(void) {
#define erase_test(name) cmocka_unit_test_setup_teardown(name, test_folder_create, test_folder_destroy)
    const struct CMUnitTest tests[] = {
        erase_test(one_that_is_tried_again_was_decided_when_it_was_begun),
        erase_test(another_one_is_decided_now),
        erase_test(where_no_note_could_be_written_there_is_one_with_the_next_try),
        erase_test(a_note_that_cannot_be_read_stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
