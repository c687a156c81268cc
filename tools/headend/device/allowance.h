/*
 * What each screen may send: so many requests and bytes at once, and so many a second from then on (a token bucket of
 * each kind). A screen that comes back after a long time offline has much to tell; one in wrong hands could keep the
 * database busy for all others. Kept in memory only. Callers hold db_lock.
 */
#ifndef HEADEND_DEVICE_ALLOWANCE_H
#define HEADEND_DEVICE_ALLOWANCE_H

#include "base/error.h"
#include "headend/base/secret.h"

#define ALLOWANCE_REQUESTS          200 /* at once */
#define ALLOWANCE_REQUESTS_A_SECOND 2
#define ALLOWANCE_BYTES             (4 * 1024 * 1024) /* at once */
#define ALLOWANCE_BYTES_A_SECOND    (16 * 1024)

struct allowance;
struct allowance *allowance_create(struct pp_error *error);
void allowance_destroy(struct allowance *allowance);

/* Takes a request of `bytes` out of the screen's allowance at `now_ms` (CLOCK_MONOTONIC). 0, or the seconds after which
 * it may come again: nothing is taken then. */
int64_t allowance_take(struct allowance *allowance, const char *screen, uint64_t bytes, int64_t now_ms);
/* Forgets those who have all of theirs again; how many are remembered then. */
size_t allowance_purge(struct allowance *allowance, int64_t now_ms);

#endif
