/*
 * How long to wait before trying again: "decorrelated jitter" between 1 s and 5 min. Each wait is drawn
 * between the least and three times the one before, so that a fleet whose server comes back does not return
 * as one. Pure: the same seed gives the same waits.
 */
#ifndef PP_NET_RETRY_H
#define PP_NET_RETRY_H

#include <stdint.h>

#define NET_RETRY_LEAST_MS    1000
#define NET_RETRY_MOST_MS     (5 * 60 * 1000)
#define NET_RETRY_AFTER_MAX_S 3600 /* a server's wish for longer is cut to this */

struct net_retry {
    uint64_t random; /* state of the generator */
    int64_t last_ms; /* the wait given last, 0 after a success */
};

void net_retry_init(struct net_retry *retry, uint64_t seed);
void net_retry_init_random(struct net_retry *retry); /* seeded by the kernel */
void net_retry_reset(struct net_retry *retry);       /* after a success */

/* The next wait in ms. `retry_after_s` is the server's Retry-After (-1 none): never sooner than that, with up
 * to a tenth more, and capped. */
int64_t net_retry_next_ms(struct net_retry *retry, int64_t retry_after_s);

#endif
