/* Jobs run in order on one thread of their own, and are finished on the owner's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "base/jobs.h"

#define PATIENCE_MS 20000
#define MANY        100

struct bench {
    struct pp_jobs *jobs;
    pthread_t owner;
    int gate[2]; /* a job that waits reads a byte of it */
    int ran[MANY], ran_count;
    int done[MANY], done_count;
    bool elsewhere, at_home;
};

struct numbered {
    struct pp_job job;
    struct bench *bench;
    int number;
    int again; /* how often it adds itself once more */
    bool waits;
};

static void run(struct pp_job *job) {
    struct numbered *numbered = (struct numbered *)job;
    struct bench *bench = numbered->bench;
    char byte;
    if (numbered->waits)
        assert_int_equal(read(bench->gate[0], &byte, 1), 1);
    bench->elsewhere = bench->elsewhere && !pthread_equal(pthread_self(), bench->owner);
    bench->ran[bench->ran_count++] = numbered->number;
}

static void done(struct pp_job *job) {
    struct numbered *numbered = (struct numbered *)job;
    struct bench *bench = numbered->bench;
    bench->at_home = bench->at_home && pthread_equal(pthread_self(), bench->owner);
    bench->done[bench->done_count++] = numbered->number;
    if (numbered->again-- > 0)
        pp_jobs_add(bench->jobs, job);
}

static struct numbered numbered(struct bench *bench, int number) {
    return (struct numbered){.job = {.run = run, .done = done}, .bench = bench, .number = number};
}

static int setup(void **state) {
    static struct bench bench;
    bench = (struct bench){.owner = pthread_self(), .elsewhere = true, .at_home = true};
    bench.jobs = pp_jobs_create("jobs", NULL);
    assert_int_equal(pipe(bench.gate), 0);
    *state = &bench;
    return bench.jobs ? 0 : -1;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    pp_jobs_destroy(bench->jobs);
    close(bench->gate[0]);
    close(bench->gate[1]);
    return 0;
}

static bool is_readable(const struct bench *bench, int wait_ms) {
    struct pollfd ready = {.fd = pp_jobs_fd(bench->jobs), .events = POLLIN};
    return poll(&ready, 1, wait_ms) == 1;
}

static void jobs_run_in_order_elsewhere_and_are_done_at_home(void **state) {
    struct bench *bench = *state;
    struct numbered jobs[MANY];
    for (int i = 0; i < MANY; i++) {
        jobs[i] = numbered(bench, i);
        pp_jobs_add(bench->jobs, &jobs[i].job);
    }
    while (bench->done_count < MANY) {
        assert_true(is_readable(bench, PATIENCE_MS));
        pp_jobs_finish(bench->jobs);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(bench->ran[i], i);
        assert_int_equal(bench->done[i], i);
    }
    assert_true(bench->elsewhere && bench->at_home);
    pp_jobs_finish(bench->jobs); /* the last of them may have woken us once more */
    assert_false(is_readable(bench, 0));
}

/* The owner does not wait for one that takes its time. */
static void an_owner_goes_on_while_a_job_waits(void **state) {
    struct bench *bench = *state;
    struct numbered slow = numbered(bench, 1);
    struct numbered behind = numbered(bench, 2);
    slow.waits = true;
    pp_jobs_add(bench->jobs, &slow.job);
    pp_jobs_add(bench->jobs, &behind.job);
    assert_false(is_readable(bench, 0));
    pp_jobs_finish(bench->jobs);
    assert_int_equal(bench->done_count, 0);
    assert_int_equal(write(bench->gate[1], "x", 1), 1);
    pp_jobs_wait(bench->jobs);
    assert_int_equal(bench->done_count, 2);
    assert_int_equal(bench->done[0], 1);
    assert_int_equal(bench->done[1], 2);
}

static void waiting_is_also_for_what_is_added_again(void **state) {
    struct bench *bench = *state;
    struct numbered job = numbered(bench, 7);
    job.again = 3;
    pp_jobs_add(bench->jobs, &job.job);
    pp_jobs_wait(bench->jobs);
    assert_int_equal(bench->done_count, 4);
}

static void without_a_thread_a_job_is_done_at_once(void **state) {
    struct bench *bench = *state;
    struct numbered job = numbered(bench, 7);
    pp_jobs_add(NULL, &job.job);
    assert_int_equal(bench->ran_count, 1);
    assert_int_equal(bench->done_count, 1);
    assert_false(bench->elsewhere);
}

static void signals_are_left_to_the_owner(void **state) {
    struct bench *bench = *state;
    sigset_t set;
    sigset_t pending;
    struct numbered job = numbered(bench, 1);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    kill(getpid(), SIGTERM); /* to a thread that has it not blocked, where there is one */
    pp_jobs_add(bench->jobs, &job.job);
    pp_jobs_wait(bench->jobs);
    assert_int_equal(sigpending(&pending), 0);
    assert_true(sigismember(&pending, SIGTERM));
    signal(SIGTERM, SIG_IGN); /* forgets it */
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(jobs_run_in_order_elsewhere_and_are_done_at_home, setup, teardown),
        cmocka_unit_test_setup_teardown(an_owner_goes_on_while_a_job_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_is_also_for_what_is_added_again, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_thread_a_job_is_done_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(signals_are_left_to_the_owner, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
