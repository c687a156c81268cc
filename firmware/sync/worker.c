/* The worker: waits for a request, a retry or the next slice of the scrub, and does it. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "sync/internal.h"

#define SCRUB_SLICE      (512 * 1024) /* bytes between two looks at `cancel` */
#define SUSPECT_PAUSE_MS 30000        /* until an object that could not be read is tried again */

enum work { WORK_NONE, WORK_STOP, WORK_DOCUMENTS, WORK_PASS, WORK_SCRUB };

static int64_t earlier(int64_t a, int64_t b) {
    return !a || (b && b < a) ? b : a;
}

static void wait_until(struct sync *sync, int64_t due_ms) {
    if (!due_ms) {
        pthread_cond_wait(&sync->wake, &sync->lock);
        return;
    }
    struct timespec due = {.tv_sec = due_ms / 1000, .tv_nsec = due_ms % 1000 * 1000000};
    pthread_cond_timedwait(&sync->wake, &sync->lock, &due);
}

/* Whether an object under suspicion is to be read. Lock held. */
static bool suspect_is_due(const struct sync *sync, int64_t now) {
    return (sync->suspected || sync->suspect_left) && sync->suspect_at_ms <= now;
}

/* What is due. Lock held. */
static enum work work_due(const struct sync *sync, int64_t now) {
    if (sync->stop)
        return WORK_STOP;
    if (sync_documents_requested(sync) && sync->documents_at_ms <= now)
        return WORK_DOCUMENTS;
    if (sync->requested || (sync->has_target && sync->pass_at_ms && sync->pass_at_ms <= now))
        return WORK_PASS;
    return suspect_is_due(sync, now) || (sync->scrub_at_ms && sync->scrub_at_ms <= now) ? WORK_SCRUB
                                                                                        : WORK_NONE;
}

/* Lock held; 0: nothing will be by itself. */
static int64_t next_due(const struct sync *sync) {
    bool suspected = sync->suspected || sync->suspect_left;
    int64_t look = earlier(sync->has_target ? sync->pass_at_ms : 0,
                           sync_documents_requested(sync) ? sync->documents_at_ms : 0);
    return earlier(earlier(sync->scrub_at_ms, suspected ? sync->suspect_at_ms : 0), look);
}

/* For what goes to the network. Lock held. */
static void prepare_client(struct sync *sync) {
    struct pp_error error = {0};
    atomic_store(&sync->cancel, false);
    if (!net_client_set_identity(sync->client, sync->identity.certificate, sync->identity.key, &error))
        pp_log_warning("sync: %s", error.message);
    net_client_share_cookie(sync->client, sync->identity.cookie);
    net_client_set_prover(sync->client, &sync->identity.prover);
}

/* Sleeps until something is due; with a pass comes its target, and an identity for the client. */
static enum work wait_for_work(struct sync *sync, struct sync_target *target) {
    enum work work;
    pthread_mutex_lock(&sync->lock);
    while ((work = work_due(sync, pp_clock_monotonic_ms())) == WORK_NONE)
        wait_until(sync, next_due(sync));
    if (work == WORK_PASS) {
        *target = sync->target;
        sync->requested = false;
        sync->pass_at_ms = 0;
        atomic_store(&sync->asked_again, false);
    }
    if (work == WORK_PASS || work == WORK_DOCUMENTS)
        prepare_client(sync);
    pthread_mutex_unlock(&sync->lock);
    return work;
}

static void counters_clear(struct sync *sync) {
    atomic_store(&sync->counters.objects_total, 0);
    atomic_store(&sync->counters.objects_done, 0);
    atomic_store(&sync->counters.bytes_total, 0);
    atomic_store(&sync->counters.bytes_done, 0);
}

/* Between 7/8 and 9/8 of the pause, so that a fleet does not look as one. */
static void schedule_check_of_repository(struct sync *sync) {
    uint32_t random = 0;
    int64_t pause = sync->look_pause_ms;
    if (pause >= 0 && crypto_random(&random, sizeof random, NULL))
        sync->pass_at_ms = pp_clock_monotonic_ms() + pause - pause / 8 + random % (pause / 4 + 1);
}

/* A pass that somebody cancelled, or that another one followed at once, has no result. */
static void do_pass(struct sync *sync, const struct sync_target *target) {
    struct sync_result result;
    struct sync_verdict verdict;
    bool ok = sync_pass(sync, target, &result, &verdict);
    counters_clear(sync);
    if (!ok && (atomic_load(&sync->cancel) || result.error.code == PP_E_CANCELLED)) {
        schedule_check_of_repository(sync); /* nobody may have asked for another one */
        return;
    }
    if (ok)
        net_retry_reset(&sync->retry);
    if (ok || verdict.hopeless) {
        schedule_check_of_repository(sync);
    } else {
        result.retry_ms = net_retry_next_ms(&sync->retry, verdict.retry_after_s) + verdict.wait_s * 1000;
        sync->pass_at_ms = pp_clock_monotonic_ms() + result.retry_ms;
    }
    sync_push_result(sync, &result);
}

static void report_bad_object(struct sync *sync, const struct store_scrub *scrub) {
    struct sync_result result = {.kind = SYNC_BAD_OBJECT, .retry_ms = -1};
    memcpy(result.sha256, scrub->sha256, sizeof result.sha256);
    pp_fail(&result.error, PP_E_AUTH, "an object on flash has changed and was set aside");
    sync_push_result(sync, &result);
    pthread_mutex_lock(&sync->lock);
    sync->requested = sync->has_target;
    pthread_mutex_unlock(&sync->lock);
}

/* The flash may have hiccuped: the object is tried again after a pause, and fetched anew only when it could not
 * be read for minutes (store_has then says so). */
static void recheck_suspect(struct sync *sync, const struct store_scrub *scrub) {
    pthread_mutex_lock(&sync->lock);
    sync->suspect_at_ms = pp_clock_monotonic_ms() + SUSPECT_PAUSE_MS;
    if (!sync->suspected) {
        sync->suspect.length = scrub->length;
        memcpy(sync->suspect.sha256, scrub->sha256, sizeof sync->suspect.sha256);
        sync->suspected = true;
    }
    pthread_mutex_unlock(&sync->lock);
}

static bool has_request(struct sync *sync) {
    pthread_mutex_lock(&sync->lock);
    bool waits = sync->stop || sync->requested;
    pthread_mutex_unlock(&sync->lock);
    return waits;
}

/* Where an object is under suspicion the scrub goes on with it, and this turn lasts until it is read; one
 * that was interrupted is followed by another. */
static uint64_t scrub_turn_bytes(struct sync *sync) {
    pthread_mutex_lock(&sync->lock);
    struct store_need suspect = sync->suspect;
    bool suspected = sync->suspected && suspect_is_due(sync, pp_clock_monotonic_ms());
    sync->suspected = sync->suspected && !suspected;
    if (suspected && !store_has(sync->store, suspect.sha256, suspect.length)) {
        sync->requested = sync->has_target;
        suspected = false;
    }
    pthread_mutex_unlock(&sync->lock);
    if (suspected) {
        store_scrub_from(sync->store, suspect.sha256);
        sync->suspect_left = suspect.length;
    }
    return sync->suspect_left ? sync->suspect_left : sync->scrub_step_bytes;
}

static void do_scrub(struct sync *sync) {
    uint64_t left = scrub_turn_bytes(sync);
    bool suspected = sync->suspect_left > 0;
    while (left && !has_request(sync)) {
        struct store_scrub scrub;
        struct pp_error error = {0};
        bool read = store_scrub_step(sync->store, SCRUB_SLICE, &scrub, &error);
        if (!read)
            pp_log_warning("sync: scrub: %s", error.message);
        if (read && scrub.bad)
            report_bad_object(sync, &scrub);
        if (read && scrub.unread)
            recheck_suspect(sync, &scrub);
        bool over = !read || scrub.bad || scrub.unread || scrub.wrapped || scrub.bytes >= left;
        left = over ? 0 : left - scrub.bytes;
    }
    if (suspected)
        sync->suspect_left = left;
    if (sync->scrub_pause_ms >= 0)
        sync->scrub_at_ms = pp_clock_monotonic_ms() + sync->scrub_pause_ms;
}

void *sync_worker_main(void *arg) {
    struct sync *sync = arg;
    struct sync_target target;
    enum work work;
    pthread_setname_np(pthread_self(), "sync");
    if (sync->scrub_pause_ms >= 0)
        sync->scrub_at_ms = pp_clock_monotonic_ms() + sync->scrub_pause_ms;
    while ((work = wait_for_work(sync, &target)) != WORK_STOP) {
        if (work == WORK_PASS)
            do_pass(sync, &target);
        else if (work == WORK_DOCUMENTS)
            sync_documents_look_up(sync);
        else
            do_scrub(sync);
        pp_wipe(&target, sizeof target);
    }
    pp_wipe(&target, sizeof target);
    return NULL;
}
