#include "fleet/loop.h"

#include <sys/epoll.h>

#include "base/clock.h"

#define EVENTS_AT_A_TIME 256

struct loop {
    int fd;
    struct loop_timer **heap; /* from 1: each is due no later than its children, 2 n and 2 n + 1 */
    size_t count, room;
    const volatile sig_atomic_t *ended; /* NULL: none */
};

struct loop *loop_create(struct pp_error *error) {
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    loop->fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->fd >= 0)
        return loop;
    pp_fail_errno(error, "epoll");
    free(loop);
    return NULL;
}

void loop_destroy(struct loop *loop) {
    if (!loop)
        return;
    pp_close(&loop->fd);
    free(loop->heap);
    free(loop);
}

bool loop_watch(struct loop *loop, struct loop_source *source, uint32_t events, struct pp_error *error) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (source->events == events)
        return true;
    int how = source->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(loop->fd, how, source->fd, &event) < 0)
        return pp_fail_errno(error, "epoll");
    source->events = events;
    return true;
}

void loop_close(struct loop *loop, struct loop_source *source) {
    if (source->events)
        (void)epoll_ctl(loop->fd, EPOLL_CTL_DEL, source->fd, NULL);
    source->events = 0;
    pp_close(&source->fd);
}

/* ---- Timers ---- */

static void heap_put(struct loop *loop, size_t place, struct loop_timer *timer) {
    loop->heap[place] = timer;
    timer->place = place;
}

static void heap_rise(struct loop *loop, size_t place, struct loop_timer *timer) {
    for (; place > 1 && loop->heap[place / 2]->at_ms > timer->at_ms; place /= 2)
        heap_put(loop, place, loop->heap[place / 2]);
    heap_put(loop, place, timer);
}

static void heap_sink(struct loop *loop, size_t place, struct loop_timer *timer) {
    for (size_t child; (child = 2 * place) <= loop->count; place = child) {
        if (child < loop->count && loop->heap[child + 1]->at_ms < loop->heap[child]->at_ms)
            child++;
        if (loop->heap[child]->at_ms >= timer->at_ms)
            break;
        heap_put(loop, place, loop->heap[child]);
    }
    heap_put(loop, place, timer);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer) {
    size_t place = timer->place;
    timer->place = 0;
    if (!place)
        return;
    struct loop_timer *last = loop->heap[loop->count--];
    if (last == timer)
        return;
    if (place > 1 && loop->heap[place / 2]->at_ms > last->at_ms)
        heap_rise(loop, place, last);
    else
        heap_sink(loop, place, last);
}

static bool heap_has_room(struct loop *loop) {
    if (loop->count + 1 < loop->room)
        return true;
    size_t room = loop->room ? 2 * loop->room : 1024;
    struct loop_timer **heap = reallocarray(loop->heap, room, sizeof *heap);
    if (!heap)
        return false;
    loop->heap = heap;
    loop->room = room;
    return true;
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t wait_ms) {
    loop_timer_stop(loop, timer);
    timer->at_ms = pp_clock_monotonic_ms() + wait_ms;
    if (heap_has_room(loop))
        heap_rise(loop, ++loop->count, timer);
    else
        timer->on_due(timer->arg);
}

static void run_timers(struct loop *loop) {
    int64_t now_ms = pp_clock_monotonic_ms();
    while (loop->count && loop->heap[1]->at_ms <= now_ms) {
        struct loop_timer *timer = loop->heap[1];
        loop_timer_stop(loop, timer);
        timer->on_due(timer->arg);
    }
}

/* ---- Running ---- */

static int wait_for(const struct loop *loop, int64_t until_ms) {
    int64_t at_ms = loop->count && loop->heap[1]->at_ms < until_ms ? loop->heap[1]->at_ms : until_ms;
    int64_t wait_ms = at_ms - pp_clock_monotonic_ms();
    return wait_ms > 0 ? (int)wait_ms : 0;
}

void loop_end_with(struct loop *loop, const volatile sig_atomic_t *ended) {
    loop->ended = ended;
}

bool loop_run(struct loop *loop, int64_t limit_ms, bool (*done)(void *arg), void *arg) {
    int64_t end_ms = pp_clock_monotonic_ms() + limit_ms;
    int64_t look_ms = 0;
    for (;;) {
        int64_t now_ms = pp_clock_monotonic_ms();
        if (now_ms >= look_ms) {
            if (done(arg))
                return true;
            if (now_ms >= end_ms || (loop->ended && *loop->ended))
                return false;
            look_ms = now_ms + LOOP_LOOK_MS;
        }
        struct epoll_event events[EVENTS_AT_A_TIME];
        int count = epoll_wait(loop->fd, events, EVENTS_AT_A_TIME, wait_for(loop, look_ms));
        for (int i = 0; i < count; i++) {
            struct loop_source *source = events[i].data.ptr;
            if (source->events) /* it was not closed by one of those before it */
                source->on_ready(source->arg, events[i].events);
        }
        run_timers(loop);
    }
}
