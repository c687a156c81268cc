/* Many objects at once over few connections, each resumed where it was cut. */
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "net/problem.h"
#include "sync/committer.h"
#include "sync/internal.h"
#include "sync/writer.h"

#define IN_FLIGHT_MAX 8 /* requests under way */
#define TRIES_MAX     5 /* one after the other that brought next to nothing */
#define PROGRESS_LEAST                                                                                       \
    (64 * 1024)               /* bytes; a try that came so much further is followed by the next at once */
#define TURN_MAX_MS      1000 /* `cancel` and the timers are looked at so often at least */
#define OBJECT_URL_EXTRA (sizeof "/objects/ab/" + PP_HEX_SIZE(STORE_HASH_SIZE))

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_COMMITTING, JOB_DONE };

struct job {
    struct fetcher *fetcher;
    const struct store_need *need;
    enum job_state state;
    struct store_partial *partial; /* while running, and while it is held */
    struct writer_stream stream;   /* to it, while running */
    struct net_call *call;         /* while running */
    uint64_t began_at;             /* offset of this try */
    uint64_t best;                 /* offset that a try came to, at most */
    int64_t due_ms;                /* CLOCK_MONOTONIC, while waiting */
    unsigned tries, lies;          /* in vain, and with a wrong answer */
    struct net_retry retry;
};

struct fetcher {
    struct sync *sync;
    struct committer *committer;
    struct writer *writer;
    struct job *jobs;
    size_t count, running, left; /* jobs in all, under way, not done */
    size_t held;                 /* jobs that wait with their partial open */
    bool look;                   /* a job may be startable */
    const struct sync_newer *newer;
    int64_t next_due_ms; /* of the jobs that wait; 0 none */
    struct sync_fetched *outcome;
    bool failed;
    struct pp_error error;
};

static void fetcher_fail(struct fetcher *fetcher, const struct job *job, const struct pp_error *why) {
    char name[PP_HEX_SIZE(STORE_HASH_SIZE)];
    if (fetcher->failed)
        return;
    pp_hex_encode(job->need->sha256, STORE_HASH_SIZE, name);
    fetcher->failed = true;
    fetcher->error = *why;
    pp_wrap(&fetcher->error, "object %.16s", name);
}

/* ---- What becomes of a try ---- */

static void job_wait(struct job *job, int64_t wait_ms) {
    job->state = JOB_WAITING;
    job->due_ms = pp_clock_monotonic_ms() + wait_ms;
    job->fetcher->look = true;
}

/* One that goes on at once keeps its partial open: what is there need not be hashed again. */
static void job_hold(struct job *job) {
    if (job->fetcher->held < IN_FLIGHT_MAX) {
        job->fetcher->held++;
        return;
    }
    store_partial_keep(job->partial);
    job->partial = NULL;
}

/* Cut, slow, or the server is in trouble: goes on from where it stopped. Only bytes that no try had before
 * count: a server that ignores Range, and always breaks off, would be asked for ever. */
static void job_retry(struct job *job, const struct net_response *response, const struct pp_error *why) {
    uint64_t offset = store_partial_offset(job->partial);
    bool progress = offset >= job->best + PROGRESS_LEAST;
    if (offset > job->best)
        job->best = offset;
    if (progress && response->retry_after_s < 0) {
        job->tries = 0;
        net_retry_reset(&job->retry);
        job_hold(job);
        job_wait(job, 0);
        return;
    }
    store_partial_keep(job->partial);
    job->partial = NULL;
    job->tries = progress ? 0 : job->tries + 1;
    if (job->tries >= TRIES_MAX) {
        job->fetcher->outcome->retry_after_s = response->retry_after_s;
        fetcher_fail(job->fetcher, job, why);
    } else {
        job_wait(job, net_retry_next_ms(&job->retry, response->retry_after_s));
    }
}

/* A wrong answer: wrong hash, wrong length, a range nobody asked for. Nothing of it is kept. */
static void job_reject_object(struct job *job, const struct pp_error *why) {
    store_partial_discard(job->partial);
    job->partial = NULL;
    job->best = 0;
    pp_log_warning("sync: wrong answer: %s", why->message);
    if (++job->lies >= SYNC_WRONG_HASHES_MAX)
        fetcher_fail(job->fetcher, job, why);
    else
        job_wait(job, net_retry_next_ms(&job->retry, -1));
}

static void job_give_up(struct job *job, const struct net_response *response, const struct pp_error *why) {
    store_partial_keep(job->partial);
    job->partial = NULL;
    job->fetcher->outcome->retry_after_s = response->retry_after_s;
    fetcher_fail(job->fetcher, job, why);
}

static void job_commit(struct job *job) {
    job->state = JOB_COMMITTING;
    committer_add(job->fetcher->committer, job->partial, job);
    job->partial = NULL;
}

static bool status_is_transient(int status) {
    return status == 408 || status == 429 || status >= 500;
}

static void job_answered(struct job *job, const struct net_response *response) {
    struct pp_error why = {0};
    if (response->status == 416) {
        pp_fail(&why, PP_E_INVALID, "the server has fewer bytes than it sent before");
        job_reject_object(job, &why);
    } else if (!net_response_check(response, &why)) {
        if (status_is_transient(response->status))
            job_retry(job, response, &why);
        else
            job_give_up(job, response, &why);
    } else if (response->status != 200 && response->status != 206) {
        pp_fail(&why, PP_E_HTTP, "HTTP %d without the object", response->status);
        job_give_up(job, response, &why);
    } else if (store_partial_offset(job->partial) == store_partial_length(job->partial)) {
        job_commit(job);
    } else {
        pp_fail(&why, PP_E_INVALID, "answer ends after %llu of %llu bytes",
                (unsigned long long)store_partial_offset(job->partial),
                (unsigned long long)store_partial_length(job->partial));
        job_reject_object(job, &why);
    }
}

static void job_failed(struct job *job, const struct net_response *response, const struct pp_error *why) {
    switch (why->code) {
    case PP_E_NET:
    case PP_E_PORTAL:
        job_retry(job, response, why);
        break;
    case PP_E_INVALID:
    case PP_E_LIMIT:
        job_reject_object(job, why);
        break;
    default:
        job_give_up(job, response, why);
    }
}

static void job_on_done(void *arg, const struct net_response *response) {
    struct job *job = arg;
    struct pp_error why = {0};
    bool written = writer_drain(&job->stream, &why);
    job->call = NULL;
    job->fetcher->running--;
    job->fetcher->look = true;
    if (!written)
        job_failed(job, response, &why);
    else if (!response->ok)
        job_failed(job, response, &response->error);
    else
        job_answered(job, response);
}

/* ---- A try ---- */

/* The head of a 200 or 206. A server that does not know Range sends everything again. */
static bool job_on_start(void *arg, const struct net_response *head, struct pp_error *error) {
    struct job *job = arg;
    uint64_t length = store_partial_length(job->partial);
    if (head->status == 200) {
        if (store_partial_offset(job->partial) && !store_partial_restart(job->partial, error))
            return false;
        job->began_at = 0;
    } else if (job->began_at == 0 || head->range_start != (int64_t)job->began_at) {
        return pp_fail(error, PP_E_INVALID, "range from byte %lld, not %llu", (long long)head->range_start,
                       (unsigned long long)job->began_at);
    } else if (head->range_total >= 0 && (uint64_t)head->range_total != length) {
        return pp_fail(error, PP_E_INVALID, "%lld bytes in all, not %llu", (long long)head->range_total,
                       (unsigned long long)length);
    }
    if (head->content_length >= 0 && (uint64_t)head->content_length != length - job->began_at)
        return pp_fail(error, PP_E_INVALID, "%lld bytes to come, not %llu", (long long)head->content_length,
                       (unsigned long long)(length - job->began_at));
    writer_begin(job->fetcher->writer, job->partial, &job->stream);
    return true;
}

static bool job_on_data(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct job *job = arg;
    struct sync *sync = job->fetcher->sync;
    if (!writer_write(&job->stream, data, size, error))
        return false;
    job->fetcher->outcome->bytes += size;
    atomic_fetch_add(&sync->counters.bytes_done, size);
    return true;
}

static void object_url(const struct sync *sync, const struct store_need *need, char *url, size_t size) {
    char name[PP_HEX_SIZE(STORE_HASH_SIZE)];
    pp_hex_encode(need->sha256, STORE_HASH_SIZE, name);
    snprintf(url, size, "%s/objects/%.2s/%s", sync->repo_url, name, name);
}

static bool job_request(struct job *job, struct pp_error *error) {
    struct sync *sync = job->fetcher->sync;
    char url[SYNC_URL_MAX + OBJECT_URL_EXTRA];
    object_url(sync, job->need, url, sizeof url);
    struct net_request request = {
        .path = url,
        .response_max = job->need->length > SIZE_MAX ? SIZE_MAX : (size_t)job->need->length,
        .range_from = job->began_at,
        .low_speed_bytes = 1,
        .low_speed_s = sync->stall_s,
        .send_cookie = true,
        .use_identity = true,
        .on_start = job_on_start,
        .on_data = job_on_data,
        .on_done = job_on_done,
        .arg = job,
    };
    job->call = net_client_start(sync->client, &request, error);
    return job->call != NULL;
}

static bool job_open(struct job *job, struct pp_error *error) {
    struct sync *sync = job->fetcher->sync;
    if (job->partial)
        job->fetcher->held--;
    else
        job->partial =
            store_partial_begin(sync->store, job->need->sha256, job->need->length, &sync->cancel, error);
    if (!job->partial)
        return false;
    job->began_at = store_partial_offset(job->partial);
    if (job->began_at > job->best)
        job->best = job->began_at;
    return true;
}

static void job_start(struct job *job) {
    struct fetcher *fetcher = job->fetcher;
    struct pp_error why = {0};
    if (!job_open(job, &why)) {
        fetcher_fail(fetcher, job, &why);
        return;
    }
    if (job->began_at == job->need->length) {
        job_commit(job);
        return;
    }
    if (!job_request(job, &why)) {
        store_partial_keep(job->partial);
        job->partial = NULL;
        fetcher_fail(fetcher, job, &why);
        return;
    }
    job->state = JOB_RUNNING;
    fetcher->running++;
}

/* ---- All of them ---- */

static bool may_start(struct fetcher *fetcher) {
    return !fetcher->failed && !atomic_load(&fetcher->sync->cancel) && fetcher->running < IN_FLIGHT_MAX &&
           committer_load(fetcher->committer) + fetcher->running < COMMITTER_QUEUE_MAX;
}

static void start_jobs(struct fetcher *fetcher) {
    int64_t now = pp_clock_monotonic_ms();
    bool room = may_start(fetcher);
    fetcher->look = false;
    fetcher->next_due_ms = 0;
    for (size_t i = 0; i < fetcher->count; i++) {
        struct job *job = &fetcher->jobs[i];
        if (job->state != JOB_WAITING)
            continue;
        if (job->due_ms > now) {
            if (!fetcher->next_due_ms || job->due_ms < fetcher->next_due_ms)
                fetcher->next_due_ms = job->due_ms;
        } else if (room) {
            job_start(job);
            room = may_start(fetcher);
        }
    }
}

static void take_commits(struct fetcher *fetcher) {
    struct commit commit;
    while (committer_take(fetcher->committer, &commit)) {
        struct job *job = commit.owner;
        fetcher->look = true;
        if (commit.ok) {
            job->state = JOB_DONE;
            fetcher->left--;
            fetcher->outcome->objects++;
            atomic_fetch_add(&fetcher->sync->counters.objects_done, 1);
        } else if (commit.error.code == PP_E_AUTH) {
            job_reject_object(job, &commit.error);
        } else {
            fetcher_fail(fetcher, job, &commit.error);
        }
    }
}

static int turn_time(const struct fetcher *fetcher) {
    if (!fetcher->next_due_ms)
        return TURN_MAX_MS;
    int64_t left = fetcher->next_due_ms - pp_clock_monotonic_ms();
    return left < 0 ? 0 : left < TURN_MAX_MS ? (int)left : TURN_MAX_MS;
}

static bool may_continue(struct fetcher *fetcher, struct pp_error *error) {
    struct sync *sync = fetcher->sync;
    bool newer = atomic_exchange(&sync->asked_again, false) && fetcher->newer->came(fetcher->newer->arg);
    if (atomic_load(&sync->cancel))
        return pp_fail(error, PP_E_CANCELLED, "cancelled");
    return !newer || pp_fail(error, PP_E_CANCELLED, "something newer was published");
}

static bool fetcher_run(struct fetcher *fetcher, struct pp_error *error) {
    while (fetcher->left && !fetcher->failed) {
        if (!may_continue(fetcher, error))
            return false;
        if (fetcher->look || (fetcher->next_due_ms && pp_clock_monotonic_ms() >= fetcher->next_due_ms))
            start_jobs(fetcher);
        if (fetcher->failed)
            break;
        if (!net_loop_turn(fetcher->sync->loop, turn_time(fetcher), error))
            return false;
        take_commits(fetcher);
    }
    if (fetcher->failed && error)
        *error = fetcher->error;
    return !fetcher->failed;
}

static void fetcher_finish(struct fetcher *fetcher) {
    for (size_t i = 0; i < fetcher->count; i++) {
        net_call_cancel(fetcher->jobs[i].call);
        (void)!writer_drain(&fetcher->jobs[i].stream, NULL);
        store_partial_keep(fetcher->jobs[i].partial);
    }
    committer_destroy(fetcher->committer);
    writer_destroy(fetcher->writer);
    free(fetcher->jobs);
}

/* Long ones first, so that none is left alone at the end. */
static int compare_jobs(const void *a, const void *b) {
    const struct job *left = a;
    const struct job *right = b;
    return (left->need->length < right->need->length) - (left->need->length > right->need->length);
}

static bool make_jobs(struct fetcher *fetcher, const struct store_need *needs, size_t count,
                      struct pp_error *error) {
    uint64_t bytes = 0;
    fetcher->jobs = calloc(count + 1, sizeof *fetcher->jobs);
    if (!fetcher->jobs)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (store_has(fetcher->sync->store, needs[i].sha256, needs[i].length))
            continue;
        struct job *job = &fetcher->jobs[fetcher->count++];
        *job = (struct job){.fetcher = fetcher, .need = &needs[i]};
        net_retry_init_random(&job->retry);
        bytes += needs[i].length;
    }
    qsort(fetcher->jobs, fetcher->count, sizeof *fetcher->jobs, compare_jobs);
    fetcher->left = fetcher->count;
    fetcher->look = true;
    atomic_store(&fetcher->sync->counters.objects_total, (uint32_t)fetcher->count);
    atomic_store(&fetcher->sync->counters.bytes_total, bytes);
    return true;
}

bool sync_fetch(struct sync *sync, const struct store_need *needs, size_t count,
                const struct sync_newer *newer, struct sync_fetched *outcome, struct pp_error *error) {
    struct fetcher fetcher = {.sync = sync, .newer = newer, .outcome = outcome};
    *outcome = (struct sync_fetched){.retry_after_s = -1};
    if (!make_jobs(&fetcher, needs, count, error))
        return false;
    bool ok = true;
    if (fetcher.left) {
        fetcher.committer = committer_create(sync->loop, error);
        fetcher.writer = fetcher.committer ? writer_create(error) : NULL;
        ok = fetcher.writer && fetcher_run(&fetcher, error);
    }
    fetcher_finish(&fetcher);
    return ok;
}
