/*
 * The one event loop of a thread: file descriptors, timers and every HTTPS transfer of the clients made on it
 * wait in a single curl_multi_poll. With nothing to do it sleeps without bound.
 *
 * Everything here belongs to the thread that runs the loop, except net_loop_wake and net_loop_stop, which any
 * thread may call. Callbacks may add and remove watches and timers, their own included, and may start and
 * cancel calls; they may not run or destroy the loop.
 */
#ifndef PP_NET_LOOP_H
#define PP_NET_LOOP_H

#include <poll.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/error.h"
#include "base/mem.h"

struct net_loop;
struct net_watch;

typedef void net_watch_callback(void *arg, short revents); /* poll(2)'s, with POLLERR, POLLHUP, POLLNVAL */
typedef void net_loop_callback(void *arg);

/* NULL with PP_E_NOMEM. */
struct net_loop *net_loop_create(struct pp_error *error);

/* Every client made on the loop is destroyed before it; watches left are dropped, timers stopped. NULL is allowed.
 */
void net_loop_destroy(struct net_loop *loop);
PP_DEFINE_AUTO(net_loop, struct net_loop, net_loop_destroy)

/* Calls back whenever one of `events` (POLLIN, POLLOUT, POLLPRI), an error or a hang-up is there. The
 * descriptor stays the caller's and is closed only after net_loop_unwatch. Errors: PP_E_NOMEM. */
struct net_watch *net_loop_watch(struct net_loop *loop, int fd, short events, net_watch_callback *callback,
                                 void *arg, struct pp_error *error);
void net_loop_unwatch(struct net_loop *loop, struct net_watch *watch); /* NULL is allowed */

/* A timer is a field of what it belongs to, so that starting one cannot fail. Zeroed memory is a stopped
 * timer; its owner stops it before that memory goes. The fields are the loop's. */
TAILQ_HEAD(net_timers, net_timer);
struct net_timer {
    TAILQ_ENTRY(net_timer) link;
    struct net_timers *list; /* the one it is in; NULL: stopped */
    int64_t due_ms;
    net_loop_callback *callback;
    void *arg;
};

/* Calls back once at `due_ms` (CLOCK_MONOTONIC, base/clock.h) or soon after. A timer that is running begins
 * anew; from the moment its callback is entered it is stopped. Timers due at once run in the order of their
 * times. */
void net_timer_start(struct net_timer *timer, struct net_loop *loop, int64_t due_ms,
                     net_loop_callback *callback, void *arg);
/* The same, `wait_ms` from now. */
void net_timer_start_in(struct net_timer *timer, struct net_loop *loop, int64_t wait_ms,
                        net_loop_callback *callback, void *arg);
void net_timer_stop(struct net_timer *timer); /* also where it is stopped already */
bool net_timer_is_running(const struct net_timer *timer);

/* Runs until net_loop_stop. A stop that came before it is honoured at once; each stop ends one run. */
PP_MUST_USE bool net_loop_run(struct net_loop *loop, struct pp_error *error);

/* One turn: waits at most `wait_ms` (-1 without bound) for something to do, does it. */
PP_MUST_USE bool net_loop_turn(struct net_loop *loop, int wait_ms, struct pp_error *error);

void net_loop_stop(struct net_loop *loop); /* from any thread */

/* Ends the sleep of the loop, from any thread; one that comes before it is not lost. */
void net_loop_wake(struct net_loop *loop);

#endif
