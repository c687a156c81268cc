#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/wall_clock.h"

#define HOUR       (60 * 60 * 1000LL)
#define DAY        (24 * HOUR)
#define BUILT      (1790000000LL * 1000) /* ms since 1970 */
#define KEPT       (BUILT + 40 * DAY)
#define NINETEEN70 (5 * HOUR)

/* The kernel's clocks, as a test wants them. */
struct kernel {
    int64_t realtime_ms, boottime_ms;
    bool synchronised;
};

static int64_t kernel_realtime(void *arg) {
    return ((struct kernel *)arg)->realtime_ms;
}

static int64_t kernel_boottime(void *arg) {
    return ((struct kernel *)arg)->boottime_ms;
}

static bool kernel_synchronised(void *arg) {
    return ((struct kernel *)arg)->synchronised;
}

static void start(struct pp_wall_clock *clock, struct kernel *kernel) {
    struct pp_wall_clock_kernel source = {.realtime_ms = kernel_realtime,
                                          .boottime_ms = kernel_boottime,
                                          .synchronised = kernel_synchronised,
                                          .arg = kernel};
    pp_wall_clock_init(clock, BUILT, KEPT, &source);
}

static void pass(struct kernel *kernel, int64_t ms) {
    kernel->realtime_ms += ms;
    kernel->boottime_ms += ms;
}

static void a_clock_of_1970_goes_on_from_the_last_signed_time(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = NINETEEN70, .boottime_ms = 7000};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT);
    pass(&kernel, 3 * DAY + 1);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 3 * DAY + 1);
    pp_wall_clock_raise(&clock, KEPT + DAY); /* a document of the day before yesterday */
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 3 * DAY + 1);
    pp_wall_clock_raise(&clock, KEPT + 5 * DAY);
    pass(&kernel, 2);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 5 * DAY + 2);
}

static void it_is_never_before_the_program_was_built(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = NINETEEN70};
    struct pp_wall_clock_kernel source = {kernel_realtime, kernel_boottime, kernel_synchronised, &kernel};
    struct pp_wall_clock clock;
    pp_wall_clock_init(&clock, BUILT, 0, &source);
    assert_int_equal(pp_wall_clock_now_ms(&clock), BUILT);
    pp_wall_clock_correct(&clock, 1000);
    assert_int_equal(pp_wall_clock_now_ms(&clock), BUILT);
}

static void a_system_clock_ahead_of_the_line_is_used_and_not_kept(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = KEPT + 90 * DAY};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 90 * DAY);
    kernel.synchronised = true;
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 90 * DAY);
    assert_int_equal(pp_wall_clock_line_ms(&clock), KEPT);
    kernel.realtime_ms = KEPT + HOUR; /* it was wrong, and is set right */
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + HOUR);
}

static void a_clock_set_back_does_not_bring_back_what_has_expired(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = KEPT + HOUR};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    pass(&kernel, 10 * DAY);
    kernel.realtime_ms = KEPT - 30 * DAY;
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 10 * DAY);
    kernel.synchronised = true; /* forged network time */
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 10 * DAY);
    assert_false(pp_wall_clock_is_sure(&clock));
    pass(&kernel, DAY);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 11 * DAY);
}

static void forged_network_time_wins_no_more_than_its_day(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = KEPT, .synchronised = true};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    int64_t held = 0;
    for (int hours = 1; hours < 100; hours++) { /* it stands still, to keep something from expiring */
        kernel.boottime_ms += HOUR;
        if (pp_wall_clock_now_ms(&clock) < KEPT + hours * HOUR)
            held = hours * HOUR;
    }
    assert_int_equal(held, WALL_CLOCK_TRUST_MS);
}

static void a_synchronised_clock_is_right_within_a_day_of_the_line(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = KEPT - 2000, .synchronised = true};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT - 2000);
    kernel.synchronised = false;
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT);
}

static void a_signed_time_moves_the_line_a_day_beyond_a_synchronised_clock_and_decides_nothing(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = KEPT + HOUR, .synchronised = true};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    for (int i = 0; i < 50; i++)
        pp_wall_clock_raise(&clock, KEPT + 30 * DAY);
    assert_int_equal(pp_wall_clock_line_ms(&clock), KEPT + HOUR + WALL_CLOCK_AHEAD_MS);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + HOUR);
    pass(&kernel, 100 * DAY);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + HOUR + 100 * DAY);
}

static void where_no_clock_is_sure_the_signed_time_counts_and_can_be_taken_back(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = NINETEEN70};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    pp_wall_clock_raise(&clock, KEPT + 30 * DAY);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 30 * DAY);
    pp_wall_clock_correct(&clock, KEPT + HOUR);
    pass(&kernel, HOUR);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 2 * HOUR);
}

static void a_synchronised_clock_far_behind_the_line_bounds_nothing(void **state) {
    (void)state;
    struct kernel kernel = {.realtime_ms = NINETEEN70, .synchronised = true};
    struct pp_wall_clock clock;
    start(&clock, &kernel);
    pp_wall_clock_correct(&clock, KEPT + 2 * DAY);
    assert_int_equal(pp_wall_clock_now_ms(&clock), KEPT + 2 * DAY);
}

static void the_kernels_clocks_are_those_of_the_system(void **state) {
    (void)state;
    struct pp_wall_clock clock;
    pp_wall_clock_init(&clock, 0, 0, pp_wall_clock_kernel());
    int64_t before_ms = pp_clock_realtime_ms();
    struct pp_time_source source = pp_wall_clock_source(&clock);
    assert_true(pp_time_now_ms(&source) >= before_ms);
    assert_true(pp_wall_clock_line_ms(&clock) >= 0);
    struct pp_time_source none = {0};
    assert_true(pp_time_now_s(&none) >= before_ms / 1000);
    pp_wall_clock_finish(&clock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_of_1970_goes_on_from_the_last_signed_time),
        cmocka_unit_test(it_is_never_before_the_program_was_built),
        cmocka_unit_test(a_system_clock_ahead_of_the_line_is_used_and_not_kept),
        cmocka_unit_test(a_clock_set_back_does_not_bring_back_what_has_expired),
        cmocka_unit_test(forged_network_time_wins_no_more_than_its_day),
        cmocka_unit_test(a_synchronised_clock_is_right_within_a_day_of_the_line),
        cmocka_unit_test(a_signed_time_moves_the_line_a_day_beyond_a_synchronised_clock_and_decides_nothing),
        cmocka_unit_test(where_no_clock_is_sure_the_signed_time_counts_and_can_be_taken_back),
        cmocka_unit_test(a_synchronised_clock_far_behind_the_line_bounds_nothing),
        cmocka_unit_test(the_kernels_clocks_are_those_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
