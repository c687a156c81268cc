#include "net/retry.h"

#include <sys/random.h>

#include "base/clock.h"

void net_retry_init(struct net_retry *retry, uint64_t seed) {
    *retry = (struct net_retry){.random = seed};
}

void net_retry_init_random(struct net_retry *retry) {
    uint64_t seed = 0;
    /* Only spreads load: where the kernel gives nothing yet, the clock will do. */
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)pp_clock_realtime_ms() ^ (uint64_t)pp_clock_monotonic_ms() << 32;
    net_retry_init(retry, seed);
}

void net_retry_reset(struct net_retry *retry) {
    retry->last_ms = 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(struct net_retry *retry) {
    uint64_t z = retry->random += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static int64_t draw(struct net_retry *retry, int64_t low, int64_t high) {
    return low + (int64_t)(next_random(retry) % (uint64_t)(high - low + 1));
}

int64_t net_retry_next_ms(struct net_retry *retry, int64_t retry_after_s) {
    int64_t most = retry->last_ms > NET_RETRY_LEAST_MS ? retry->last_ms * 3 : NET_RETRY_LEAST_MS * 3;
    retry->last_ms = draw(retry, NET_RETRY_LEAST_MS, most < NET_RETRY_MOST_MS ? most : NET_RETRY_MOST_MS);
    if (retry_after_s < 0)
        return retry->last_ms;
    if (retry_after_s > NET_RETRY_AFTER_MAX_S)
        retry_after_s = NET_RETRY_AFTER_MAX_S;
    int64_t asked = retry_after_s * 1000;
    asked = draw(retry, asked, asked + asked / 10);
    return asked > retry->last_ms ? asked : retry->last_ms;
}
