/* Long polls that wait for a change. A waiting request is suspended in libmicrohttpd and costs no thread. */
#ifndef HEADEND_SERVER_WAITERS_H
#define HEADEND_SERVER_WAITERS_H

#include "headend/server/request.h"

struct waiters *waiters_create(struct pp_error *error);
void waiters_destroy(struct waiters *waiters);

/* To be read before a handler looks at the state; given to waiters_suspend, it shows a change in between. */
uint64_t waiters_generation(struct waiters *waiters);

/* Suspends the request's connection until a change or `request->wait_until`; its handler is then called
 * again. False where there was a change since `generation`: call the handler again at once. A device's
 * earlier poll of the same route is answered. */
bool waiters_suspend(struct waiters *waiters, struct request *request, uint64_t generation);

/* How many wait. */
uint64_t waiters_count(struct waiters *waiters);

/* Something has changed: all go on. */
void waiters_wake(struct waiters *waiters);
/* The same, of what that device alone has to hear: each that goes on is asked for and looked at like a new request, so
 * that a thousand new screens would else cost half a million of them. */
void waiters_wake_device(struct waiters *waiters, const char *device);
/* Those of one route that the function wants; it must not call back. */
void waiters_wake_where(struct waiters *waiters, bool (*wanted)(void *arg, const struct request *request),
                        void *arg);
/* Those whose time is over go on. Returns when to look again (ms, CLOCK_MONOTONIC), a tenth of a second after the next
 * is due at most; INT64_MAX where nobody waits. */
int64_t waiters_expire(struct waiters *waiters);
/* All go on, and none can wait any more. */
void waiters_stop(struct waiters *waiters);
bool waiters_stopping(struct waiters *waiters);

#endif
