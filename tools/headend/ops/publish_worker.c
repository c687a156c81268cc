#include "headend/ops/publish_worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "headend/db/home_open.h"
#include "headend/ops/device.h"
#include "headend/ops/publish_run.h"
#include "headend/ops/rollout_watch.h"

/* How long screens may take to be heard again after the headend was away: one poll more. */
#define LISTEN_MS ((DEVICE_ONLINE_S + 60) * 1000)

#define AGAIN_MS  200  /* after somebody else had the lock */
#define LOOK_MS   5000 /* between two looks at rollouts, and at what other processes have asked for */

struct publish_worker {
    struct home *home; /* with a connection of its own */
    char renderers[PP_PATH_MAX];
    struct ingest_lane *lane;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    int64_t began_ms; /* monotonic */
    bool running, woken, ending;
};

static bool worker_ends(void *arg) {
    struct publish_worker *worker = arg;
    pthread_mutex_lock(&worker->mutex);
    bool ending = worker->ending;
    pthread_mutex_unlock(&worker->mutex);
    return ending;
}

/* Whether to look again soon. */
static bool worker_run_jobs(struct publish_worker *worker) {
    const struct publish_runner runner = {.renderers = {.folder = worker->renderers, .lane = worker->lane},
                                          .stops = worker_ends,
                                          .arg = worker};
    struct pp_error error = {0};
    bool busy = false;
    if (!publish_jobs_run(worker->home, &runner, &busy, &error) && error.code != PP_E_CANCELLED)
        pp_log_error("publishing: %s", error.message);
    return busy;
}

/* Their steps, and whether they halt: what that asks for is done at once. */
static bool worker_look(struct publish_worker *worker) {
    struct pp_error error = {0};
    bool running = false;
    bool changed = false;
    bool listened = pp_clock_monotonic_ms() - worker->began_ms >= LISTEN_MS;
    if (!rollouts_look(worker->home->db, pp_clock_realtime_s(), listened, &running, &changed, &error))
        pp_log_error("rollouts: %s", error.message);
    if (changed)
        home_wake(worker->home);
    return changed && worker_run_jobs(worker);
}

/* With the mutex held. */
static void worker_wait(struct publish_worker *worker, bool again) {
    struct timespec until;
    int64_t until_ms = pp_clock_monotonic_ms() + (again ? AGAIN_MS : LOOK_MS);
    until.tv_sec = until_ms / 1000;
    until.tv_nsec = until_ms % 1000 * 1000000L;
    pthread_cond_timedwait(&worker->more, &worker->mutex, &until);
}

static void *worker_run(void *arg) {
    struct publish_worker *worker = arg;
    pthread_mutex_lock(&worker->mutex);
    while (!worker->ending) {
        worker->woken = false;
        pthread_mutex_unlock(&worker->mutex);
        bool again = worker_run_jobs(worker);
        again = worker_look(worker) || again;
        pthread_mutex_lock(&worker->mutex);
        if (!worker->ending && !worker->woken)
            worker_wait(worker, again);
    }
    pthread_mutex_unlock(&worker->mutex);
    return NULL;
}

struct publish_worker *publish_worker_create(const struct home *home, struct ingest_lane *lane,
                                             struct pp_error *error) {
    struct publish_worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    worker->lane = lane;
    worker->began_ms = pp_clock_monotonic_ms();
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->more, &monotonic);
    pthread_condattr_destroy(&monotonic);
    worker->home = home_open_with(home->path, home->signing, error);
    worker->running = worker->home && content_renderers_find(worker->renderers, error) &&
                      pp_thread_start(&worker->thread, "publish", worker_run, worker, error);
    if (worker->running)
        return worker;
    publish_worker_destroy(worker);
    return NULL;
}

void publish_worker_destroy(struct publish_worker *worker) {
    if (!worker)
        return;
    pthread_mutex_lock(&worker->mutex);
    worker->ending = true;
    pthread_cond_signal(&worker->more);
    pthread_mutex_unlock(&worker->mutex);
    if (worker->running)
        pthread_join(worker->thread, NULL);
    home_close(worker->home);
    pthread_cond_destroy(&worker->more);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}

void publish_worker_wake(struct publish_worker *worker) {
    pthread_mutex_lock(&worker->mutex);
    worker->woken = true;
    pthread_cond_signal(&worker->more);
    pthread_mutex_unlock(&worker->mutex);
}
