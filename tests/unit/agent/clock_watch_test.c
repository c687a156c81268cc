#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/clock_watch.h"

#define HOUR  (60 * 60 * 1000LL)
#define DAY   (24 * HOUR)
#define BUILT (1767225600LL * 1000) /* 2026-01-01T00:00:00Z, ms since 1970 */

/* The kernel's clocks, as a test wants them, and a wall clock and a watch over them. */
struct clocks {
    int64_t realtime_ms, boottime_ms;
    bool synchronised;
    int64_t read_costs_ms; /* boottime, for each look at the system's clock */
    struct pp_wall_clock wall;
    struct clock_watch watch;
};

static int64_t kernel_realtime(void *arg) {
    struct clocks *clocks = arg;
    clocks->realtime_ms += clocks->read_costs_ms;
    clocks->boottime_ms += clocks->read_costs_ms;
    return clocks->realtime_ms;
}

static int64_t kernel_boottime(void *arg) {
    return ((struct clocks *)arg)->boottime_ms;
}

static bool kernel_synchronised(void *arg) {
    return ((struct clocks *)arg)->synchronised;
}

static void begin(struct clocks *clocks, int64_t realtime_ms, bool synchronised) {
    const struct pp_wall_clock_kernel kernel = {.realtime_ms = kernel_realtime,
                                                .boottime_ms = kernel_boottime,
                                                .synchronised = kernel_synchronised,
                                                .arg = clocks};
    *clocks = (struct clocks){.realtime_ms = realtime_ms, .boottime_ms = 7000, .synchronised = synchronised};
    pp_wall_clock_init(&clocks->wall, BUILT, BUILT, &kernel);
    clock_watch_init(&clocks->watch, &clocks->wall);
}

/* `ms` pass, by which the system's clock is then `set_ms` off; whether that is told as this. */
static void pass(struct clocks *clocks, int64_t ms, int64_t set_ms, const char *told) {
    struct clock_jump jump;
    char text[CLOCK_WATCH_TEXT_SIZE] = "";
    clocks->boottime_ms += ms;
    clocks->realtime_ms += ms + set_ms;
    if (clock_watch_look(&clocks->watch, &jump))
        clock_jump_print(&jump, text);
    assert_string_equal(text, told);
    assert_false(clock_watch_look(&clocks->watch, &jump)); /* once */
}

static void a_synchronised_clock_that_is_set_takes_the_time_in_effect_along(void **state) {
    struct clocks clocks;
    (void)state;
    begin(&clocks, BUILT + 10 * DAY, true);
    pass(&clocks, 5000, 2 * HOUR,
         "the system's clock forwards by 7200 s to 2026-01-11T02:00:05Z;"
         " the time in effect forwards by 7200 s to 2026-01-11T02:00:05Z");
    pass(&clocks, 5000, -3 * HOUR,
         "the system's clock backwards by 10800 s to 2026-01-10T23:00:10Z;"
         " the time in effect backwards by 10800 s to 2026-01-10T23:00:10Z");
}

static void a_clock_that_nobody_keeps_right_is_set_before_the_last_signed_time(void **state) {
    struct clocks clocks;
    (void)state;
    begin(&clocks, BUILT, false);
    pass(&clocks, 5000, -DAY,
         "the system's clock backwards by 86400 s to 2025-12-31T00:00:05Z;"
         " the time in effect unmoved at 2026-01-01T00:00:05Z");
}

static void a_signed_time_moves_the_time_in_effect_alone(void **state) {
    struct clocks clocks;
    (void)state;
    begin(&clocks, 1000, false);
    pp_wall_clock_raise(&clocks.wall, BUILT + 21 * DAY);
    pass(&clocks, 4000, 0,
         "the system's clock unmoved at 1970-01-01T00:00:05Z;"
         " the time in effect forwards by 1814400 s to 2026-01-22T00:00:04Z");
}

/* Half a second in five is more than anybody slews by; a leap second; a week of suspension; a loop that was held up. */
static void neither_slewing_nor_a_leap_second_nor_suspension_is_a_jump(void **state) {
    struct clocks clocks;
    (void)state;
    begin(&clocks, BUILT + DAY, true);
    for (int i = 0; i < 1000; i++)
        pass(&clocks, 5000, i % 2 ? 500 : 400, "");
    pass(&clocks, 5000, -1000, "");
    pass(&clocks, 7 * DAY, 0, "");
    pass(&clocks, 60 * 1000, 0, "");
}

static void what_cannot_be_read_at_once_is_not_held_against_each_other(void **state) {
    struct clocks clocks;
    struct clock_jump jump;
    (void)state;
    begin(&clocks, BUILT + DAY, true);
    clocks.read_costs_ms = 3000;
    assert_false(clock_watch_look(&clocks.watch, &jump));
    clocks.read_costs_ms = 0;
    pass(&clocks, 5000, 0, "");
    clocks.read_costs_ms = 3000;
    clocks.realtime_ms += HOUR;
    assert_false(clock_watch_look(&clocks.watch, &jump));
    clocks.read_costs_ms = 0; /* the next look sees it */
    assert_true(clock_watch_look(&clocks.watch, &jump));
    assert_int_equal(jump.system.by_ms, HOUR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_synchronised_clock_that_is_set_takes_the_time_in_effect_along),
        cmocka_unit_test(a_clock_that_nobody_keeps_right_is_set_before_the_last_signed_time),
        cmocka_unit_test(a_signed_time_moves_the_time_in_effect_alone),
        cmocka_unit_test(neither_slewing_nor_a_leap_second_nor_suspension_is_a_jump),
        cmocka_unit_test(what_cannot_be_read_at_once_is_not_held_against_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
