/*
 * The thread on which a client's calls are made, where its loop must not wait for a key.
 *
 *   owner: net_client_start ─► posted ─► thread: signs, connects, transfers ─► ended ─► owner: on_done
 *
 * OpenSSL asks for a handshake's signature in the midst of it and takes no "later". So libcurl has a loop here, with
 * its own multi handle, that may stand still as long as the key does; the calls themselves are what goes to and fro,
 * and belong to one side at a time (enum net_call_place). README.md says why it is not done by OpenSSL's jobs.
 *
 * Nobody knows whether a key will ever answer. What waits for one says so; after as long as a connection may take the
 * owner ends all calls in its own name, and the thread throws away what is left of them once it goes on.
 *
 * A thread whose loop fails, for want of memory, ends. Its calls end with it, and after a while the owner begins
 * another, with a loop of its own; until then new calls are refused in the words of that failure.
 */
#include <errno.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "net/client_internal.h"
#include "net/retry.h"

TAILQ_HEAD(owned_calls, net_call);

struct net_thread {
    struct net_client *client;
    struct net_loop
        *loop; /* the thread's, once it is started; NULL: between one that has broken and the next */
    pthread_t thread;
    bool started;
    int fd; /* eventfd: for the owner there is something to see below */
    struct net_watch *watch;
    pthread_mutex_t lock; /* over what follows, and each call's place */
    struct net_calls posted, ended;
    bool stop;
    bool any_cancelled;     /* of the thread's calls */
    int64_t waits_since_ms; /* for a key; CLOCK_MONOTONIC; 0: it does not */
    struct pp_error
        broken; /* why the thread has ended by itself, until there is another; PP_OK: it has not */
    /* The owner's alone. */
    struct owned_calls owned; /* those that are not cancelled */
    struct net_timer overdue;
    int64_t silent_since_ms;  /* the wait that did not come to its end in time; 0: none */
    struct net_timer renewal; /* of a thread that has broken */
    struct net_retry retry;   /* reset by an answer */
    /* The thread's alone. */
    struct pp_error key_error; /* of the last signature; PP_OK: it was made, or the failure is told */
};

static void tell_owner(struct net_thread *thread) {
    uint64_t one = 1;
    /* Fails only where the counter is full, and then the descriptor is readable anyway. */
    ssize_t written = write(thread->fd, &one, sizeof one);
    (void)written;
}

/* ---- On the thread ---- */

static struct net_call *take(struct net_thread *thread, struct net_calls *list, enum net_call_place place) {
    pthread_mutex_lock(&thread->lock);
    struct net_call *call = TAILQ_FIRST(list);
    if (call) {
        net_call_delist(call);
        call->place = place;
    }
    pthread_mutex_unlock(&thread->lock);
    return call;
}

void net_thread_end(struct net_thread *thread, struct net_call *call) {
    net_call_delist(call);
    pthread_mutex_lock(&thread->lock);
    bool cancelled = call->cancelled;
    if (!cancelled) {
        call->place = NET_CALL_ENDED;
        net_call_enlist(call, &thread->ended);
        tell_owner(thread);
    }
    pthread_mutex_unlock(&thread->lock);
    if (cancelled)
        net_call_destroy(call);
}

static void begin_posted(struct net_thread *thread) {
    struct net_call *call;
    while ((call = take(thread, &thread->posted, NET_CALL_THERE))) {
        if (!net_call_begin(call, &call->response.error))
            net_thread_end(thread, call);
    }
}

/* Whether the thread is to go on. */
static bool obey(struct net_thread *thread) {
    pthread_mutex_lock(&thread->lock);
    bool stop = thread->stop;
    thread->loop->unsettled |= thread->any_cancelled;
    thread->any_cancelled = false;
    pthread_mutex_unlock(&thread->lock);
    if (stop)
        return false;
    begin_posted(thread);
    return true;
}

static void *thread_main(void *arg) {
    struct net_thread *thread = arg;
    struct pp_error error = {0};
    while (obey(thread)) {
        if (net_loop_turn(thread->loop, -1, &error))
            continue;
        pthread_mutex_lock(&thread->lock);
        thread->broken = error;
        tell_owner(thread);
        pthread_mutex_unlock(&thread->lock);
        break;
    }
    return NULL;
}

/* Only what takes long is worth the owner's while, but who knows that before. */
static void set_waits(struct net_thread *thread, int64_t since_ms) {
    pthread_mutex_lock(&thread->lock);
    thread->waits_since_ms = since_ms;
    tell_owner(thread);
    pthread_mutex_unlock(&thread->lock);
}

void net_thread_wait_begin(struct net_thread *thread) {
    if (thread)
        set_waits(thread, pp_clock_monotonic_ms());
}

void net_thread_wait_end(struct net_thread *thread) {
    if (thread)
        set_waits(thread, 0);
}

/* ---- A key that says when it is waited for ---- */

struct asked_key {
    struct net_thread *thread;
    struct crypto_key *key;
};

static bool asked_sign(void *context, const uint8_t digest[CRYPTO_DIGEST_SIZE],
                       uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    struct asked_key *asked = context;
    net_thread_wait_begin(asked->thread);
    bool made = crypto_key_sign_digest(asked->key, digest, signature, error);
    net_thread_wait_end(asked->thread);
    asked->thread->key_error = (struct pp_error){0};
    return made || pp_fail(&asked->thread->key_error, error->code, "%s", error->message);
}

bool net_thread_explain(struct net_thread *thread, struct pp_error *error) {
    if (!thread || !thread->key_error.code)
        return false;
    *error = thread->key_error;
    thread->key_error = (struct pp_error){0};
    pp_wrap(error, "handshake");
    return true;
}

static bool asked_agree(void *context, const uint8_t peer[CRYPTO_POINT_SIZE],
                        uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error) {
    struct asked_key *asked = context;
    return crypto_key_agree(asked->key, peer, secret, error);
}

static void asked_destroy(void *context) {
    struct asked_key *asked = context;
    if (!asked)
        return;
    crypto_key_destroy(asked->key);
    free(asked);
}

static const struct crypto_keeper asked_keeper = {
    .name = "asked for", .sign = asked_sign, .agree = asked_agree, .destroy = asked_destroy};

struct crypto_key *net_thread_key(struct net_thread *thread, struct crypto_key *key, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!thread)
        return crypto_key_ref(key);
    if (!crypto_key_public_point(key, point, error))
        return NULL;
    struct asked_key *asked = calloc(1, sizeof *asked);
    if (!asked) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *asked = (struct asked_key){.thread = thread, .key = crypto_key_ref(key)};
    return crypto_key_of_keeper(&asked_keeper, asked, point, error);
}

/* ---- On the owner's thread ---- */

static void disown(struct net_thread *thread, struct net_call *call) {
    TAILQ_REMOVE(&thread->owned, call, owned);
}

static void finish_ended(struct net_thread *thread) {
    struct net_call *call;
    while ((call = take(thread, &thread->ended, NET_CALL_HERE))) {
        disown(thread, call);
        if (call->response.ok)
            net_retry_reset(&thread->retry);
        net_call_finish(call);
    }
}

void net_thread_cancel(struct net_thread *thread, struct net_call *call) {
    disown(thread, call);
    pthread_mutex_lock(&thread->lock);
    bool there = call->place == NET_CALL_THERE;
    if (there)
        call->cancelled = thread->any_cancelled = true;
    else
        net_call_delist(call);
    pthread_mutex_unlock(&thread->lock);
    if (there)
        net_loop_wake(thread->loop);
    else
        net_call_destroy(call);
}

/* One that the thread has not ended yet. */
static struct net_call *next_unended(struct net_thread *thread) {
    struct net_call *call;
    pthread_mutex_lock(&thread->lock);
    TAILQ_FOREACH(call, &thread->owned, owned) {
        if (call->place != NET_CALL_ENDED)
            break;
    }
    pthread_mutex_unlock(&thread->lock);
    return call;
}

/* In the thread's stead. Whoever hears of it may cancel the others. */
static void end_all(struct net_thread *thread, const struct pp_error *error) {
    struct net_call *call;
    while ((call = next_unended(thread))) {
        struct net_fetch *fetch = call->fetch;
        struct net_request request = call->request;
        struct net_response response = {0};
        net_response_init(&response, 0);
        response.error = *error;
        net_thread_cancel(thread, call);
        if (fetch) {
            *fetch->response = response;
            fetch->over = true;
        } else if (request.on_done) {
            request.on_done(request.arg, &response);
        }
    }
}

static void say_silent(const struct net_thread *thread, struct pp_error *error) {
    pp_fail(error, PP_E_TPM_ABSENT, "the key does not answer: no signature came within %ld s",
            thread->client->connect_timeout_ms / 1000);
}

static void on_overdue(void *arg);
static void on_renewal(void *arg);

/* What the thread has broken at may be over in a while. */
static void await_renewal(struct net_thread *thread, const struct pp_error *why) {
    if (net_timer_is_running(&thread->renewal))
        return;
    int64_t wait_ms = net_retry_next_ms(&thread->retry, -1);
    pp_log_error("the thread of calls has ended: %s; another begins in %lld s", why->message,
                 (long long)(wait_ms / 1000));
    net_timer_start_in(&thread->renewal, thread->client->loop, wait_ms, on_renewal, thread);
}

static void look(struct net_thread *thread) {
    pthread_mutex_lock(&thread->lock);
    int64_t since_ms = thread->waits_since_ms;
    struct pp_error broken = thread->broken;
    pthread_mutex_unlock(&thread->lock);
    int64_t due_ms = since_ms + thread->client->connect_timeout_ms;
    net_timer_stop(&thread->overdue);
    if (thread->silent_since_ms && thread->silent_since_ms != since_ms) {
        pp_log_info("the key answers again");
        thread->silent_since_ms = 0;
    }
    if (broken.code) {
        await_renewal(thread, &broken);
        end_all(thread, &broken);
    } else if (since_ms && pp_clock_monotonic_ms() < due_ms) {
        net_timer_start(&thread->overdue, thread->client->loop, due_ms, on_overdue, thread);
    } else if (since_ms && !thread->silent_since_ms) {
        struct pp_error error = {0};
        thread->silent_since_ms = since_ms;
        say_silent(thread, &error);
        pp_log_error("%s", error.message);
        end_all(thread, &error);
    }
}

static void on_overdue(void *arg) {
    look(arg);
}

static void on_told(void *arg, short revents) {
    struct net_thread *thread = arg;
    uint64_t count;
    ssize_t drained = read(thread->fd, &count, sizeof count);
    (void)drained, (void)revents;
    finish_ended(thread);
    look(thread);
}

bool net_thread_is_usable(struct net_thread *thread, struct pp_error *error) {
    if (thread->silent_since_ms) {
        say_silent(thread, error);
        return false;
    }
    pthread_mutex_lock(&thread->lock);
    struct pp_error broken = thread->broken;
    pthread_mutex_unlock(&thread->lock);
    return !broken.code || pp_fail(error, broken.code, "%s", broken.message);
}

void net_thread_post(struct net_thread *thread, struct net_call *call) {
    TAILQ_INSERT_TAIL(&thread->owned, call, owned);
    pthread_mutex_lock(&thread->lock);
    call->place = NET_CALL_POSTED;
    net_call_enlist(call, &thread->posted);
    pthread_mutex_unlock(&thread->lock);
    net_loop_wake(thread->loop);
}

/* ---- Life ---- */

static void destroy_all(struct net_calls *calls) {
    struct net_call *call;
    while ((call = TAILQ_FIRST(calls)))
        net_call_destroy(call);
}

static void set_broken(struct net_thread *thread, const struct pp_error *why) {
    pthread_mutex_lock(&thread->lock);
    thread->broken = *why;
    pthread_mutex_unlock(&thread->lock);
}

static bool begin(struct net_thread *thread, struct pp_error *error) {
    thread->loop = thread->client->transfers = net_loop_create(error);
    thread->started = thread->loop && net_client_limit_connections(thread->client, error) &&
                      pp_thread_start(&thread->thread, "calls", thread_main, thread, error);
    return thread->started;
}

/* Waits for the thread, which has ended or is told to, and takes its loop and the calls that are left there. */
static void finish(struct net_thread *thread) {
    if (thread->started) {
        pthread_join(thread->thread, NULL);
        destroy_all(&thread->loop->calls);
    }
    thread->started = false;
    net_loop_destroy(pp_steal(&thread->loop));
}

static void on_renewal(void *arg) {
    static const struct pp_error none;
    struct net_thread *thread = arg;
    struct pp_error error = {0};
    finish(thread);
    thread->client->multiplexed = false;
    set_broken(thread, &none);
    if (begin(thread, &error)) {
        pp_log_info("another thread of calls has begun");
        return;
    }
    set_broken(thread, &error);
    await_renewal(thread, &error);
}

struct net_thread *net_thread_create(struct net_client *client, struct pp_error *error) {
    struct net_thread *thread = calloc(1, sizeof *thread);
    if (!thread) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    thread->client = client;
    TAILQ_INIT(&thread->posted);
    TAILQ_INIT(&thread->ended);
    TAILQ_INIT(&thread->owned);
    pthread_mutex_init(&thread->lock, NULL);
    net_retry_init_random(&thread->retry);
    thread->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (thread->fd < 0)
        pp_fail_errno(error, "eventfd");
    thread->watch =
        thread->fd < 0 ? NULL : net_loop_watch(client->loop, thread->fd, POLLIN, on_told, thread, error);
    if (thread->watch && begin(thread, error))
        return thread;
    net_thread_destroy(thread);
    return NULL;
}

void net_thread_destroy(struct net_thread *thread) {
    if (!thread)
        return;
    if (thread->started) {
        pthread_mutex_lock(&thread->lock);
        thread->stop = true;
        pthread_mutex_unlock(&thread->lock);
        net_loop_wake(thread->loop);
    }
    finish(thread);
    destroy_all(&thread->posted);
    destroy_all(&thread->ended);
    net_timer_stop(&thread->overdue);
    net_timer_stop(&thread->renewal);
    net_loop_unwatch(thread->client->loop, thread->watch);
    pthread_mutex_destroy(&thread->lock);
    pp_close(&thread->fd);
    free(thread);
}
