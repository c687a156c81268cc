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
 * earlier poll is answered. */
bool waiters_suspend(struct waiters *waiters, struct request *request, uint64_t generation);

/* How many wait. */
uint64_t waiters_count(struct waiters *waiters);

/* Something has changed: all go on. */
void waiters_wake(struct waiters *waiters);
/* Those whose time is over go on. Returns when the next is due (ms, CLOCK_MONOTONIC), or INT64_MAX. */
int64_t waiters_expire(struct waiters *waiters);
/* All go on, and none can wait any more. */
void waiters_stop(struct waiters *waiters);
bool waiters_stopping(struct waiters *waiters);

#endif
