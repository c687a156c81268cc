/* The player's one clock: us, CLOCK_MONOTONIC, in every field and argument named …_us that is a moment. */
#ifndef PP_PLAYER_CLOCK_H
#define PP_PLAYER_CLOCK_H

#include <stdint.h>
#include <time.h>

#define PLAYER_NEVER INT64_MAX /* a moment that does not come */

static inline int64_t player_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t player_earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

#endif
