#include "net/loop.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "net/client_internal.h"

struct net_watch {
    int fd;
    short events;
    bool removed;
    net_watch_callback *callback;
    void *arg;
};

/* libcurl would write the keys of every connection to the file that this names. */
static void forget_key_log(void) {
    if (getenv("SSLKEYLOGFILE"))
        unsetenv("SSLKEYLOGFILE");
}

struct net_loop *net_loop_create(struct pp_error *error) {
    forget_key_log();
    net_tls_ignore_configuration();
    struct net_loop *loop = calloc(1, sizeof *loop);
    if (!loop || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(loop);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    TAILQ_INIT(&loop->calls);
    TAILQ_INIT(&loop->timers);
    TAILQ_INIT(&loop->due);
    loop->multi = curl_multi_init();
    if (!loop->multi || curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) != CURLM_OK) {
        net_loop_destroy(loop);
        pp_fail(error, PP_E_NOMEM, "libcurl's multi interface cannot be set up");
        return NULL;
    }
    return loop;
}

void net_loop_destroy(struct net_loop *loop) {
    if (!loop)
        return;
    struct net_timer *timer;
    while ((timer = TAILQ_FIRST(&loop->timers)))
        net_timer_stop(timer);
    while ((timer = TAILQ_FIRST(&loop->due)))
        net_timer_stop(timer);
    for (size_t i = 0; i < loop->watch_count; i++)
        free(loop->watches[i]);
    free(loop->watches);
    free(loop->polled);
    free(loop->waited);
    if (loop->multi)
        curl_multi_cleanup(loop->multi);
    curl_global_cleanup();
    free(loop);
}

/* Grows one of the three arrays; the others may then be longer than `watch_room` says, which does no harm. */
static bool grow(void *array, size_t count, size_t size) {
    void *old;
    memcpy(&old, array, sizeof old);
    void *larger = reallocarray(old, count, size);
    if (!larger)
        return false;
    memcpy(array, &larger, sizeof larger);
    return true;
}

static bool watch_room(struct net_loop *loop) {
    if (loop->watch_count < loop->watch_room)
        return true;
    size_t room = loop->watch_room ? loop->watch_room * 2 : 8;
    if (!grow(&loop->watches, room, sizeof *loop->watches) ||
        !grow(&loop->polled, room, sizeof *loop->polled) || !grow(&loop->waited, room, sizeof *loop->waited))
        return false;
    loop->watch_room = room;
    return true;
}

struct net_watch *net_loop_watch(struct net_loop *loop, int fd, short events, net_watch_callback *callback,
                                 void *arg, struct pp_error *error) {
    struct net_watch *watch = calloc(1, sizeof *watch);
    if (!watch || !watch_room(loop)) {
        free(watch);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *watch = (struct net_watch){.fd = fd, .events = events, .callback = callback, .arg = arg};
    loop->watches[loop->watch_count++] = watch;
    return watch;
}

void net_loop_unwatch(struct net_loop *loop, struct net_watch *watch) {
    (void)loop;
    if (watch)
        watch->removed = true;
}

static void sweep_watches(struct net_loop *loop) {
    size_t kept = 0;
    for (size_t i = 0; i < loop->watch_count; i++) {
        if (loop->watches[i]->removed)
            free(loop->watches[i]);
        else
            loop->watches[kept++] = loop->watches[i];
    }
    loop->watch_count = kept;
}

void net_timer_start(struct net_timer *timer, struct net_loop *loop, int64_t due_ms,
                     net_loop_callback *callback, void *arg) {
    net_timer_stop(timer);
    *timer = (struct net_timer){.list = &loop->timers, .due_ms = due_ms, .callback = callback, .arg = arg};
    struct net_timer *later;
    TAILQ_FOREACH(later, &loop->timers, link) {
        if (later->due_ms > due_ms) {
            TAILQ_INSERT_BEFORE(later, timer, link);
            return;
        }
    }
    TAILQ_INSERT_TAIL(&loop->timers, timer, link);
}

void net_timer_start_in(struct net_timer *timer, struct net_loop *loop, int64_t wait_ms,
                        net_loop_callback *callback, void *arg) {
    net_timer_start(timer, loop, pp_clock_monotonic_ms() + wait_ms, callback, arg);
}

void net_timer_stop(struct net_timer *timer) {
    if (timer->list)
        TAILQ_REMOVE(timer->list, timer, link);
    timer->list = NULL;
}

bool net_timer_is_running(const struct net_timer *timer) {
    return timer->list != NULL;
}

void net_loop_stop(struct net_loop *loop) {
    atomic_store(&loop->stopped, true);
    curl_multi_wakeup(loop->multi);
}

void net_loop_wake(struct net_loop *loop) {
    curl_multi_wakeup(loop->multi);
}

/* Until the first timer, at most `wait_ms` (-1 without bound). curl takes its own timers into account. */
static int wait_time(const struct net_loop *loop, int wait_ms) {
    if (loop->unsettled)
        return 0;
    int64_t wait = wait_ms < 0 ? INT_MAX : wait_ms;
    const struct net_timer *first = TAILQ_FIRST(&loop->timers);
    if (first) {
        int64_t left = first->due_ms - pp_clock_monotonic_ms();
        if (left < wait)
            wait = left > 0 ? left : 0;
    }
    return (int)wait;
}

static short curl_events(short events) {
    return (short)((events & POLLIN ? CURL_WAIT_POLLIN : 0) | (events & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
                   (events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
}

static bool sleep_and_transfer(struct net_loop *loop, int wait_ms, struct pp_error *error) {
    for (size_t i = 0; i < loop->watch_count; i++)
        loop->waited[i] =
            (struct curl_waitfd){.fd = loop->watches[i]->fd, .events = curl_events(loop->watches[i]->events)};
    CURLMcode code = curl_multi_poll(loop->multi, loop->waited, (unsigned)loop->watch_count,
                                     wait_time(loop, wait_ms), NULL);
    if (code == CURLM_OK) {
        int running = 0;
        loop->performing = true;
        code = curl_multi_perform(loop->multi, &running);
        loop->performing = false;
    }
    if (code != CURLM_OK)
        return pp_fail(error, PP_E_IO, "event loop: %s", curl_multi_strerror(code));
    return true;
}

static void finish_transfer(CURL *easy, CURLcode result) {
    char *owner = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner) != CURLE_OK || !owner)
        return;
    struct net_transfer *transfer = (struct net_transfer *)(void *)owner;
    transfer->finished(transfer, easy, result);
}

static void dispatch_calls(struct net_loop *loop) {
    int left = 0;
    const CURLMsg *message;
    if (loop->unsettled)
        net_calls_settle(loop);
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg == CURLMSG_DONE)
            finish_transfer(message->easy_handle, message->data.result);
    }
}

/* curl tells neither hang-ups nor errors of foreign descriptors, so they are polled once more without
 * waiting. */
static bool dispatch_watches(struct net_loop *loop, struct pp_error *error) {
    size_t count = loop->watch_count;
    for (size_t i = 0; i < count; i++) {
        bool removed = loop->watches[i]->removed;
        loop->polled[i] =
            (struct pollfd){.fd = removed ? -1 : loop->watches[i]->fd, .events = loop->watches[i]->events};
    }
    int ready = count ? poll(loop->polled, count, 0) : 0;
    if (ready < 0 && errno != EINTR)
        return pp_fail_errno(error, "poll");
    for (size_t i = 0; i < count && ready > 0; i++) {
        struct net_watch *watch = loop->watches[i];
        short revents = loop->polled[i].revents;
        ready -= revents != 0;
        if (revents && !watch->removed)
            watch->callback(watch->arg, revents);
    }
    sweep_watches(loop);
    return true;
}

/* Those due now, and not those that their callbacks add, which wait for the next turn. */
static void dispatch_timers(struct net_loop *loop) {
    int64_t now = pp_clock_monotonic_ms();
    struct net_timer *timer;
    while ((timer = TAILQ_FIRST(&loop->timers)) && timer->due_ms <= now) {
        TAILQ_REMOVE(&loop->timers, timer, link);
        TAILQ_INSERT_TAIL(&loop->due, timer, link);
        timer->list = &loop->due;
    }
    while ((timer = TAILQ_FIRST(&loop->due))) {
        net_timer_stop(timer);
        timer->callback(timer->arg);
    }
}

bool net_loop_turn(struct net_loop *loop, int wait_ms, struct pp_error *error) {
    sweep_watches(loop);
    if (!sleep_and_transfer(loop, wait_ms, error))
        return false;
    dispatch_calls(loop);
    if (!dispatch_watches(loop, error))
        return false;
    dispatch_timers(loop);
    return true;
}

bool net_loop_run(struct net_loop *loop, struct pp_error *error) {
    while (!atomic_exchange(&loop->stopped, false)) {
        if (!net_loop_turn(loop, -1, error))
            return false;
    }
    return true;
}
