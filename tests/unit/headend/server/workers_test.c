#include "headend/server/workers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define PIECES 1000

struct job {
    struct work work;
    struct tally *tally;
    size_t rounds;
};

struct tally {
    pthread_mutex_t mutex;
    pthread_cond_t change;
    struct workers *workers;
    size_t done, inside;
};

static void job_run(struct work *work) {
    struct job *job = (struct job *)(void *)work;
    pthread_mutex_lock(&job->tally->mutex);
    job->tally->done++;
    pthread_mutex_unlock(&job->tally->mutex);
    if (--job->rounds)
        workers_add(job->tally->workers, &job->work);
}

static void all_work_is_done_and_may_be_handed_over_again(void **state) {
    (void)state;
    struct tally tally = {.mutex = PTHREAD_MUTEX_INITIALIZER, .workers = workers_create(NULL)};
    struct job *jobs = calloc(PIECES, sizeof *jobs);
    assert_non_null(tally.workers);
    for (size_t i = 0; i < PIECES; i++) {
        jobs[i] = (struct job){.work = {.run = job_run}, .tally = &tally, .rounds = 3};
        workers_add(tally.workers, &jobs[i].work);
    }
    workers_drain(tally.workers);
    assert_int_equal(tally.done, 3 * PIECES);
    workers_destroy(tally.workers);
    free(jobs);
}

/* Goes on once all threads are inside. */
static void job_meet(struct work *work) {
    struct job *job = (struct job *)(void *)work;
    struct tally *tally = job->tally;
    pthread_mutex_lock(&tally->mutex);
    tally->inside++;
    pthread_cond_broadcast(&tally->change);
    while (tally->inside < WORKERS_THREADS)
        pthread_cond_wait(&tally->change, &tally->mutex);
    pthread_mutex_unlock(&tally->mutex);
}

static void one_that_waits_keeps_no_other_from_working(void **state) {
    (void)state;
    struct tally tally = {.mutex = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    struct job jobs[WORKERS_THREADS];
    tally.workers = workers_create(NULL);
    for (size_t i = 0; i < WORKERS_THREADS; i++) {
        jobs[i] = (struct job){.work = {.run = job_meet}, .tally = &tally};
        workers_add(tally.workers, &jobs[i].work);
    }
    workers_destroy(tally.workers); /* does them first */
    assert_int_equal(tally.inside, WORKERS_THREADS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_work_is_done_and_may_be_handed_over_again),
        cmocka_unit_test(one_that_waits_keeps_no_other_from_working),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
