/* ctl/held_key.h, with pipes in the place of input devices: they carry the kernel's events, but cannot say what is
 * down when they
 * are opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/held_key.h"
#include "ctl/key_names.h"
#include "support/test_folder.h"

#define HOLD_MS 10000
#define T0      1000 /* ms: when each test begins */

struct stage {
    char folder[TEST_FOLDER_SIZE];
    struct held_key key;
    int ends[3]; /* the test's, of event0 … */
};

static void device_add(struct stage *stage, int number) {
    char path[TEST_FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/event%d", stage->folder, number);
    assert_int_equal(mkfifo(path, 0600), 0);
    stage->ends[number] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(stage->ends[number] >= 0);
}

static void device_remove(struct stage *stage, int number) {
    char path[TEST_FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/event%d", stage->folder, number);
    assert_int_equal(unlink(path), 0);
    close(stage->ends[number]);
    stage->ends[number] = -1;
}

static void say(const struct stage *stage, int number, uint16_t type, uint16_t code, int32_t value) {
    const struct input_event event = {.type = type, .code = code, .value = value};
    assert_int_equal(write(stage->ends[number], &event, sizeof event), sizeof event);
}

static void press(const struct stage *stage, int number, uint16_t code, int32_t value) {
    say(stage, number, EV_KEY, code, value);
    say(stage, number, EV_SYN, SYN_REPORT, 0);
}

static int set_up(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    struct pp_error error;
    memset(stage->ends, -1, sizeof stage->ends);
    test_folder_make(stage->folder);
    device_add(stage, 0);
    *state = stage;
    return held_key_open(&stage->key, stage->folder, KEY_F12, HOLD_MS, T0, &error) ? 0 : -1;
}

static int tear_down(void **state) {
    struct stage *stage = *state;
    held_key_close(&stage->key);
    for (int i = 0; i < 3; i++) {
        if (stage->ends[i] >= 0)
            close(stage->ends[i]);
    }
    test_folder_remove(stage->folder);
    free(stage);
    return 0;
}

static bool held_at(struct stage *stage, int64_t now_ms) {
    held_key_read(&stage->key, now_ms);
    return held_key_is_held(&stage->key, now_ms);
}

static void a_key_counts_when_it_was_down_for_so_long_without_a_break(void **state) {
    struct stage *stage = *state;
    assert_false(held_at(stage, T0 + HOLD_MS));
    press(stage, 0, KEY_F12, 1);
    assert_false(held_at(stage, T0));
    press(stage, 0, KEY_F12, 2); /* it repeats */
    assert_false(held_at(stage, T0 + HOLD_MS - 1));
    assert_true(held_at(stage, T0 + HOLD_MS));
}

static void letting_go_begins_it_anew_also_for_a_moment(void **state) {
    struct stage *stage = *state;
    press(stage, 0, KEY_F12, 1);
    assert_false(held_at(stage, T0));
    press(stage, 0, KEY_F12, 0);
    press(stage, 0, KEY_F12, 1);
    assert_false(held_at(stage, T0 + HOLD_MS));
    assert_true(held_at(stage, T0 + 2 * HOLD_MS));
    press(stage, 0, KEY_F12, 0);
    assert_false(held_at(stage, T0 + 3 * HOLD_MS));
}

static void another_key_and_other_events_do_not_count(void **state) {
    struct stage *stage = *state;
    press(stage, 0, KEY_F11, 1);
    say(stage, 0, EV_REL, KEY_F12, 1);
    assert_false(held_at(stage, T0));
    assert_false(held_at(stage, T0 + HOLD_MS));
}

static void a_device_that_comes_later_counts_and_one_that_goes_lets_go(void **state) {
    struct stage *stage = *state;
    device_add(stage, 1);
    assert_false(held_at(stage, T0));
    press(stage, 1, KEY_F12, 1);
    assert_false(held_at(stage, T0 + 1));
    device_remove(stage, 1);
    assert_false(held_at(stage, T0 + HOLD_MS + 1));
}

static void one_of_two_keyboards_is_enough_and_the_first_begins(void **state) {
    struct stage *stage = *state;
    device_add(stage, 1);
    press(stage, 0, KEY_F12, 1);
    assert_false(held_at(stage, T0));
    press(stage, 1, KEY_F12, 1);
    assert_false(held_at(stage, T0 + HOLD_MS / 2));
    press(stage, 0, KEY_F12, 0);
    assert_true(held_at(stage, T0 + HOLD_MS));
}

static void more_devices_than_it_takes_do_no_harm(void **state) {
    struct stage *stage = *state;
    char path[TEST_FOLDER_SIZE + 16];
    for (int i = 100; i < 100 + 2 * HELD_KEY_DEVICES_MAX; i++) {
        snprintf(path, sizeof path, "%s/event%d", stage->folder, i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_false(held_at(stage, T0));
    press(stage, 0, KEY_F12, 1);
    assert_false(held_at(stage, T0));
    assert_true(held_at(stage, T0 + HOLD_MS));
}

static void waiting_ends_with_the_time_unless_the_key_is_down(void **state) {
    struct stage *stage = *state;
    assert_false(held_key_wait(&stage->key, pp_clock_monotonic_ms()));
    press(stage, 0, KEY_F12, 1);
    assert_true(held_key_wait(&stage->key, pp_clock_monotonic_ms() + 60000));
    assert_true(stage->key.since_ms != 0);
}

static void keys_have_names_or_numbers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint16_t code;
    } rows[] = {{"f12", KEY_F12},
                {"restart", KEY_RESTART},
                {"408", KEY_RESTART},
                {"0", 0},
                {"", 0},
                {"F12", 0},
                {"768", 0},
                {"-1", 0},
                {"4x", 0},
                {"f13", 0}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        uint16_t code = 0;
        assert_int_equal(key_name_parse(rows[i].name, &code), rows[i].code != 0);
        assert_int_equal(code, rows[i].code);
    }
}

int main(void) {
#define key_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        key_test(a_key_counts_when_it_was_down_for_so_long_without_a_break),
        key_test(letting_go_begins_it_anew_also_for_a_moment),
        key_test(another_key_and_other_events_do_not_count),
        key_test(a_device_that_comes_later_counts_and_one_that_goes_lets_go),
        key_test(one_of_two_keyboards_is_enough_and_the_first_begins),
        key_test(more_devices_than_it_takes_do_no_harm),
        key_test(waiting_ends_with_the_time_unless_the_key_is_down),
        cmocka_unit_test(keys_have_names_or_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
