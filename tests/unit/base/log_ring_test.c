#include "base/log_ring.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "test_support.h"

static bool is_readable(const struct pp_log_ring *ring) {
    struct pollfd poller = {.fd = pp_log_ring_fd(ring), .events = POLLIN};
    return poll(&poller, 1, 0) == 1;
}

static void add_numbers(struct pp_log_ring *ring, int from, int to) {
    for (int i = from; i < to; i++) {
        char text[32];
        snprintf(text, sizeof text, "line %d", i);
        pp_log_ring_add(ring, PP_LOG_INFO, text);
    }
}

static void the_last_lines_are_read_in_order_and_lost_ones_are_counted(void **state) {
    (void)state;
    struct pp_error error;
    PP_AUTO(pp_log_ring) struct pp_log_ring *ring = pp_log_ring_create(&error);
    struct pp_log_line line;
    uint64_t lost = 0, position = 0;
    assert_false(pp_log_ring_read(ring, &position, &line, &lost));
    add_numbers(ring, 0, 3);
    position = pp_log_ring_position(ring, 2);
    assert_true(pp_log_ring_read(ring, &position, &line, &lost));
    assert_string_equal(line.text, "line 1");
    assert_true(pp_log_ring_read(ring, &position, &line, &lost));
    assert_false(pp_log_ring_read(ring, &position, &line, &lost));
    assert_int_equal(lost, 0);
    add_numbers(ring, 3, 3 + PP_LOG_RING_LINES + 7);
    assert_true(pp_log_ring_read(ring, &position, &line, &lost));
    assert_int_equal(lost, 7);
    assert_string_equal(line.text, "line 10");
    assert_int_equal(line.level, PP_LOG_INFO);
    assert_int_equal(pp_log_ring_position(ring, UINT64_MAX), 10);
}

static void whoever_follows_is_woken_once_for_what_comes(void **state) {
    (void)state;
    struct pp_error error;
    PP_AUTO(pp_log_ring) struct pp_log_ring *ring = pp_log_ring_create(&error);
    add_numbers(ring, 0, 2);
    assert_false(is_readable(ring));
    pp_log_ring_watch(ring, true);
    assert_false(is_readable(ring));
    add_numbers(ring, 2, 4);
    assert_true(is_readable(ring));
    pp_log_ring_watch(ring, true);
    assert_false(is_readable(ring));
    pp_log_ring_watch(ring, false);
    add_numbers(ring, 4, 5);
    assert_false(is_readable(ring));
}

static void the_log_s_lines_come_in_without_secrets_and_whole(void **state) {
    (void)state;
    struct pp_error error;
    PP_AUTO(pp_log_ring) struct pp_log_ring *ring = pp_log_ring_create(&error);
    struct pp_log_line line;
    uint64_t lost = 0, position = 0;
    char wide[2 * PP_LOG_RING_TEXT_MAX] = "x";
    while (strlen(wide) < sizeof wide - 3)
        strcat(wide, "é");
    pp_log_set_tap(pp_log_ring_add, ring);
    pp_log_warning("sync: token %s", "Zm9vYmFyYmF6cXV4Zm9vYmFyMTIz");
    pp_log_info("%s", wide);
    pp_log_debug("not asked for");
    pp_log_set_tap(NULL, NULL);
    pp_log_info("after it");
    assert_true(pp_log_ring_read(ring, &position, &line, &lost));
    assert_string_equal(line.text, "sync: token Zm9v…(28)");
    assert_int_equal(line.level, PP_LOG_WARNING);
    assert_true(pp_log_ring_read(ring, &position, &line, &lost));
    assert_int_equal(strlen(line.text), PP_LOG_RING_TEXT_MAX - 1 - (PP_LOG_RING_TEXT_MAX - 2) % 2);
    assert_false(pp_log_ring_read(ring, &position, &line, &lost));
}

static void nothing_is_left_of_lines_that_were_cleared(void **state) {
    (void)state;
    struct pp_error error;
    PP_AUTO(pp_log_ring) struct pp_log_ring *ring = pp_log_ring_create(&error);
    struct pp_log_line line;
    uint64_t lost = 0, position = 0;
    add_numbers(ring, 0, 5);
    pp_log_ring_clear(ring);
    assert_false(pp_log_ring_read(ring, &position, &line, &lost));
    add_numbers(ring, 5, 6);
    position = pp_log_ring_position(ring, 10);
    assert_true(pp_log_ring_read(ring, &position, &line, &lost));
    assert_string_equal(line.text, "line 5");
}

static void *add_from_thread(void *ring) {
    for (int i = 0; i < 1000; i++)
        pp_log_ring_add(ring, PP_LOG_INFO, "a line of a thread");
    return NULL;
}

static void lines_of_several_threads_are_all_counted(void **state) {
    (void)state;
    struct pp_error error;
    PP_AUTO(pp_log_ring) struct pp_log_ring *ring = pp_log_ring_create(&error);
    pthread_t threads[4];
    for (size_t i = 0; i < PP_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_from_thread, ring), 0);
    for (size_t i = 0; i < PP_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    uint64_t position = 0, lost = 0, read = 0;
    struct pp_log_line line;
    for (; pp_log_ring_read(ring, &position, &line, &lost); read++)
        assert_string_equal(line.text, "a line of a thread");
    assert_int_equal(lost + read, 4000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_lines_are_read_in_order_and_lost_ones_are_counted),
        cmocka_unit_test(whoever_follows_is_woken_once_for_what_comes),
        cmocka_unit_test(the_log_s_lines_come_in_without_secrets_and_whole),
        cmocka_unit_test(nothing_is_left_of_lines_that_were_cleared),
        cmocka_unit_test(lines_of_several_threads_are_all_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
