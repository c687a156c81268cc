/* Timers by the thousand, and percentiles of what was measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fleet/loop.h"
#include "fleet/samples.h"

#define TIMERS 3000

struct run {
    struct loop_timer timers[TIMERS];
    int64_t last_ms;
    size_t fired, wanted;
    bool in_order;
};

struct tick {
    struct run *run;
    struct loop_timer *timer;
};

static struct tick ticks[TIMERS];

static void on_due(void *arg) {
    const struct tick *tick = arg;
    tick->run->in_order &= tick->timer->at_ms >= tick->run->last_ms;
    tick->run->last_ms = tick->timer->at_ms;
    tick->run->fired++;
}

static bool all_fired(void *arg) {
    const struct run *run = arg;
    return run->fired == run->wanted;
}

static void timers_fire_in_order_and_stopped_ones_do_not(void **unused) {
    static struct run run = {.in_order = true};
    struct pp_error error;
    PP_AUTO(loop) struct loop *loop = loop_create(&error);
    (void)unused;
    assert_non_null(loop);
    for (size_t i = 0; i < TIMERS; i++) {
        ticks[i] = (struct tick){&run, &run.timers[i]};
        run.timers[i] = (struct loop_timer){.on_due = on_due, .arg = &ticks[i]};
        loop_timer_start(loop, &run.timers[i], (int64_t)(i * 7919 % 200));
    }
    for (size_t i = 0; i < TIMERS; i += 3)
        loop_timer_stop(loop, &run.timers[i]);
    run.wanted = TIMERS - TIMERS / 3;
    assert_true(loop_run(loop, 10000, all_fired, &run));
    assert_true(run.in_order);
    assert_false(loop_run(loop, 50, all_fired, &(struct run){.wanted = 1}));
    assert_int_equal(run.fired, run.wanted);
}

static void percentiles_are_those_of_the_nearest_rank(void **unused) {
    struct samples samples = {0};
    (void)unused;
    assert_int_equal(samples_percentile(&samples, 0.5), -1);
    for (int64_t i = 100; i > 0; i--)
        samples_add(&samples, i);
    assert_int_equal(samples_percentile(&samples, 0.5), 50);
    assert_int_equal(samples_percentile(&samples, 0.99), 99);
    assert_int_equal(samples_percentile(&samples, 1), 100);
    samples_finish(&samples);
    assert_int_equal(samples.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_and_stopped_ones_do_not),
        cmocka_unit_test(percentiles_are_those_of_the_nearest_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
