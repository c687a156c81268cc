#include "agent/losses.h"

#include <string.h>

bool losses_add(struct losses *losses, int64_t now_ms) {
    size_t old = 0;
    while (old < losses->count && now_ms - losses->at_ms[old] >= LOSSES_WINDOW_MS)
        old++;
    losses->count -= old;
    memmove(losses->at_ms, losses->at_ms + old, losses->count * sizeof losses->at_ms[0]);
    losses->at_ms[losses->count++] = now_ms;
    if (losses->count < LOSSES_MAX)
        return false;
    losses->count = 0;
    return true;
}
