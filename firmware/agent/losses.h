/*
 * Players that died while one manifest was shown: of how many, in how many hours, it is to blame. However long each
 * of them lived: one that dies every hour dies of something, too.
 */
#ifndef PP_AGENT_LOSSES_H
#define PP_AGENT_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOSSES_MAX       3                    /* in the window: too many */
#define LOSSES_WINDOW_MS (6 * 60 * 60 * 1000) /* ms */

struct losses {
    int64_t at_ms[LOSSES_MAX]; /* CLOCK_MONOTONIC, oldest first */
    size_t count;
};

/* Counts one at `now_ms`. Returns whether there were too many: the count then begins anew. */
bool losses_add(struct losses *losses, int64_t now_ms);

#endif
