#include "headend/base/locked.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

void locked_memory_keep(void) {
    const struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    struct rlimit limit = {0};
    bool unlimited = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
    if (!unlimited && setrlimit(RLIMIT_MEMLOCK, &all) < 0)
        munlockall();
}
