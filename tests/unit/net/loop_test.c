#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"

struct trace {
    struct net_loop *loop;
    struct net_timer timers[4]; /* add_timer's */
    size_t timer_count;
    struct net_timer other;
    struct net_watch *watch;
    char text[64];
    int calls;
    int fd;
    short revents;
};

static struct net_loop *new_loop(void) {
    struct pp_error error = {0};
    struct net_loop *loop = net_loop_create(&error);
    assert_non_null(loop);
    return loop;
}

static void run(struct net_loop *loop) {
    struct pp_error error = {0};
    assert_true(net_loop_run(loop, &error));
}

static void add_timer(struct trace *trace, int64_t due_ms, net_loop_callback *callback) {
    struct net_timer *timer = &trace->timers[trace->timer_count++ % PP_COUNT(trace->timers)];
    net_timer_start(timer, trace->loop, due_ms, callback, trace);
}

static void note_a(void *arg) {
    strcat(((struct trace *)arg)->text, "a");
}

static void note_b(void *arg) {
    strcat(((struct trace *)arg)->text, "b");
}

static void stop(void *arg) {
    net_loop_stop(((struct trace *)arg)->loop);
}

static void loop_runs_timers_in_the_order_of_their_times(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    int64_t now = pp_clock_monotonic_ms();
    add_timer(&trace, now + 30, stop);
    add_timer(&trace, now + 20, note_b);
    add_timer(&trace, now + 10, note_a);
    add_timer(&trace, now + 20, note_a);
    run(loop);
    assert_string_equal(trace.text, "aba");
    assert_true(pp_clock_monotonic_ms() >= now + 30);
}

static void cancel_other(void *arg) {
    struct trace *trace = arg;
    strcat(trace->text, "c");
    net_timer_stop(&trace->other);
}

static void timer_cancelled_by_one_due_at_the_same_time_does_not_run(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    add_timer(&trace, 0, cancel_other);
    net_timer_start(&trace.other, loop, 0, note_a, &trace);
    add_timer(&trace, 1, stop);
    run(loop);
    assert_string_equal(trace.text, "c");
}

static void timer_started_anew_runs_once_at_its_new_time(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    int64_t now = pp_clock_monotonic_ms();
    net_timer_start(&trace.other, loop, now, note_a, &trace);
    net_timer_start(&trace.other, loop, now + 20, note_b, &trace);
    assert_true(net_timer_is_running(&trace.other));
    add_timer(&trace, now + 10, note_a);
    add_timer(&trace, now + 30, stop);
    run(loop);
    assert_string_equal(trace.text, "ab");
    assert_false(net_timer_is_running(&trace.other));
    net_timer_stop(&trace.other); /* which does no harm */
}

static void again(void *arg) {
    struct trace *trace = arg;
    trace->calls++;
    assert_false(net_timer_is_running(&trace->other));
    net_timer_start(&trace->other, trace->loop, 0, again, trace);
}

#ifndef PP_SANITIZED /* a sanitizer ends the program where there is no memory */
static void take_all_memory(void) {
    struct rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    for (size_t size = 1 << 20; size; size /= 2) {
        while (malloc(size))
            ;
    }
}
#endif

/* In a child: what was taken is not given back. */
static void timer_is_started_where_there_is_no_memory_left(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    pid_t child = fork();
    if (child == 0) {
#ifndef PP_SANITIZED
        take_all_memory();
#endif
        net_timer_start(&trace.other, loop, 0, note_a, &trace);
        _exit(net_timer_is_running(&trace.other) ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void timer_that_starts_itself_anew_does_not_hold_the_turn(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    net_timer_start(&trace.other, loop, 0, again, &trace);
    assert_true(net_loop_turn(loop, -1, NULL));
    assert_int_equal(trace.calls, 1);
    assert_true(net_loop_turn(loop, -1, NULL));
    assert_int_equal(trace.calls, 2);
    net_timer_stop(&trace.other);
}

static void take_byte(void *arg, short revents) {
    struct trace *trace = arg;
    char byte;
    trace->calls++;
    trace->revents = revents;
    if (revents & POLLIN)
        assert_int_equal(read(trace->fd, &byte, 1), 1);
    net_loop_stop(trace->loop);
}

static void watch_is_called_while_there_is_something_to_read(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct trace trace = {.loop = loop, .fd = fds[0]};
    struct net_watch *watch = net_loop_watch(loop, fds[0], POLLIN, take_byte, &trace, NULL);
    assert_non_null(watch);
    assert_int_equal(write(fds[1], "xy", 2), 2);
    run(loop);
    run(loop);
    assert_int_equal(trace.calls, 2);
    assert_true(net_loop_turn(loop, 0, NULL));
    assert_int_equal(trace.calls, 2);
    net_loop_unwatch(loop, watch);
    assert_int_equal(write(fds[1], "z", 1), 1);
    assert_true(net_loop_turn(loop, 0, NULL));
    assert_int_equal(trace.calls, 2);
    close(fds[0]);
    close(fds[1]);
}

static void watch_hears_of_a_hang_up(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct trace trace = {.loop = loop, .fd = fds[0]};
    struct net_watch *watch = net_loop_watch(loop, fds[0], POLLIN, take_byte, &trace, NULL);
    close(fds[1]);
    run(loop);
    assert_int_equal(trace.revents, POLLHUP);
    net_loop_unwatch(loop, watch);
    close(fds[0]);
}

static void unwatch_all(void *arg, short revents) {
    struct trace *traces = arg;
    (void)revents;
    traces->calls++;
    net_loop_unwatch(traces[0].loop, traces[0].watch);
    net_loop_unwatch(traces[0].loop, traces[1].watch);
}

static void watch_removed_by_another_of_the_same_turn_is_not_called(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct trace traces[2] = {{.loop = loop}, {.loop = loop}};
    assert_int_equal(write(fds[1], "x", 1), 1);
    for (int i = 0; i < 2; i++)
        traces[i].watch = net_loop_watch(loop, fds[0], POLLIN, unwatch_all, traces, NULL);
    assert_true(net_loop_turn(loop, -1, NULL));
    assert_true(net_loop_turn(loop, 0, NULL));
    assert_int_equal(traces[0].calls, 1);
    close(fds[0]);
    close(fds[1]);
}

static void many_watches_are_all_served(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace traces[40] = {0};
    int fds[40][2];
    for (int i = 0; i < 40; i++) {
        assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
        traces[i] = (struct trace){.loop = loop, .fd = fds[i][0]};
        assert_non_null(net_loop_watch(loop, fds[i][0], POLLIN, take_byte, &traces[i], NULL));
        assert_int_equal(write(fds[i][1], "x", 1), 1);
    }
    assert_true(net_loop_turn(loop, -1, NULL));
    for (int i = 0; i < 40; i++) {
        assert_int_equal(traces[i].calls, 1);
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

static void *wake_from_outside(void *arg) {
    struct trace *trace = arg;
    net_loop_wake(trace->loop);
    return NULL;
}

static void wake_from_another_thread_ends_the_sleep(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_from_outside, &trace), 0);
    assert_true(net_loop_turn(loop, -1, NULL));
    pthread_join(thread, NULL);
}

static void wake_before_the_sleep_is_not_lost(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    net_loop_wake(loop);
    assert_true(net_loop_turn(loop, -1, NULL));
}

/* One voluntary context switch is one sleep: a loop that polls shows hundreds here. */
static void idle_loop_does_not_wake_up(void **state) {
    (void)state;
    PP_AUTO(net_loop) struct net_loop *loop = new_loop();
    struct trace trace = {.loop = loop};
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct net_watch *watch = net_loop_watch(loop, fds[0], POLLIN, take_byte, &trace, NULL);
    struct rusage before;
    struct rusage after;
    getrusage(RUSAGE_THREAD, &before);
    add_timer(&trace, pp_clock_monotonic_ms() + 500, stop);
    run(loop);
    getrusage(RUSAGE_THREAD, &after);
    assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 0, 4);
    net_loop_unwatch(loop, watch);
    close(fds[0]);
    close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_runs_timers_in_the_order_of_their_times),
        cmocka_unit_test(timer_cancelled_by_one_due_at_the_same_time_does_not_run),
        cmocka_unit_test(timer_that_starts_itself_anew_does_not_hold_the_turn),
        cmocka_unit_test(timer_started_anew_runs_once_at_its_new_time),
        cmocka_unit_test(timer_is_started_where_there_is_no_memory_left),
        cmocka_unit_test(watch_is_called_while_there_is_something_to_read),
        cmocka_unit_test(watch_hears_of_a_hang_up),
        cmocka_unit_test(watch_removed_by_another_of_the_same_turn_is_not_called),
        cmocka_unit_test(many_watches_are_all_served),
        cmocka_unit_test(wake_from_another_thread_ends_the_sleep),
        cmocka_unit_test(wake_before_the_sleep_is_not_lost),
        cmocka_unit_test(idle_loop_does_not_wake_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
