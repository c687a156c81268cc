/*
 * What each of many may send: so many requests and bytes at once, and so many a second from then on (a token bucket of
 * each kind). A screen that comes back after a long time offline has much to tell; one in wrong hands could keep the
 * database busy for all others, and so could who holds a feed's key. Kept in memory only. Callers hold db_lock.
 */
#ifndef HEADEND_SERVER_ALLOWANCE_H
#define HEADEND_SERVER_ALLOWANCE_H

#include "base/error.h"
#include "headend/base/secret.h"

struct allowance_rates {
    int64_t requests, requests_a_second; /* at once; from then on */
    int64_t bytes, bytes_a_second;
};
/* Of a screen's reports. */
#define ALLOWANCE_OF_SCREENS                                                                                 \
    ((struct allowance_rates){                                                                               \
        .requests = 200, .requests_a_second = 2, .bytes = 4 * 1024 * 1024, .bytes_a_second = 16 * 1024})
/* Of the values that come with one key. */
#define ALLOWANCE_OF_FEED_KEYS                                                                               \
    ((struct allowance_rates){                                                                               \
        .requests = 100, .requests_a_second = 10, .bytes = 4 * 1024 * 1024, .bytes_a_second = 128 * 1024})

struct allowance;
struct allowance *allowance_create(const struct allowance_rates *rates, struct pp_error *error);
void allowance_destroy(struct allowance *allowance);

/* Takes a request of `bytes` out of the allowance of who has this id at `now_ms` (CLOCK_MONOTONIC). 0, or the seconds
 * after which it may come again: nothing is taken then. */
int64_t allowance_take(struct allowance *allowance, const char *id, uint64_t bytes, int64_t now_ms);
/* Forgets those who have all of theirs again; how many are remembered then. */
size_t allowance_purge(struct allowance *allowance, int64_t now_ms);

#endif
