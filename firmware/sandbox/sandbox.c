#include "sandbox/sandbox.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "base/privileges.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"

#define THREADS_MAX 64 /* of a process with a user namespace of its own */
/* Those it keeps and the rings that the player gives it. What it could send away through its sockets, as none
 * of our renderers does, is held against this, too (ETOOMANYREFS, unix(7)). */
#define DESCRIPTORS_MAX 16

static int compare_fds(const void *left, const void *right) {
    int a = *(const int *)left, b = *(const int *)right;
    return (a > b) - (a < b);
}

/* Closes the gaps between the kept descriptors, then everything behind the last one. */
static bool close_others(const struct sandbox_config *config, struct pp_error *error) {
    if (config->keep_count > SANDBOX_KEEP_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d descriptors to keep", SANDBOX_KEEP_MAX);
    int keep[SANDBOX_KEEP_MAX];
    memcpy(keep, config->keep, config->keep_count * sizeof *keep);
    qsort(keep, config->keep_count, sizeof *keep, compare_fds);
    unsigned first = 0;
    for (size_t i = 0; i < config->keep_count; i++) {
        if (keep[i] < 0)
            return pp_fail(error, PP_E_INVALID, "descriptor %d cannot be kept", keep[i]);
        unsigned kept = (unsigned)keep[i];
        if (kept > first && syscall(SYS_close_range, first, kept - 1, 0) < 0)
            return pp_fail_errno(error, "close_range");
        first = kept + 1;
    }
    if (syscall(SYS_close_range, first, ~0U, 0) < 0)
        return pp_fail_errno(error, "close_range");
    return true;
}

/* With a user namespace an ordinary user may have the others too; where that is switched off, root still may.
 */
static bool leave_namespaces(void) {
    const int others = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS;
    if (unshare(CLONE_NEWUSER | others) == 0 || unshare(CLONE_NEWUSER) == 0)
        return true;
    /* Best effort: the filter lets through no call that could reach another namespace. */
    int result = unshare(others);
    (void)result;
    return false;
}

/* `more`: between what it is told by a signal and where it is killed by one that says nothing. */
static bool set_limit_and(int resource, const char *name, uint64_t value, uint64_t more,
                          struct pp_error *error) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return pp_fail_errno(error, "getrlimit of %s", name);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < value)
        value = limit.rlim_max; /* a tighter one, set by the service manager, stays */
    bool room = limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= value + more;
    limit = (struct rlimit){.rlim_cur = value, .rlim_max = room ? value + more : value};
    if (setrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return pp_fail_errno(error, "setrlimit of %s", name);
    return true;
}

static bool set_limit(int resource, const char *name, uint64_t value, struct pp_error *error) {
    return set_limit_and(resource, name, value, 0, error);
}

static bool limit_memory(uint64_t bytes, struct pp_error *error) {
#ifdef PP_SANITIZED
    (void)bytes; /* the sanitizer's shadow alone is terabytes of private mappings */
    (void)error;
    return true;
#else
    /* Private memory is what costs; the address space also holds libraries, stacks and the frame ring. */
    return bytes == 0 || (set_limit(RLIMIT_DATA, "memory", bytes, error) &&
                          set_limit(RLIMIT_AS, "address space", 4 * bytes, error));
#endif
}

static bool set_limits(const struct sandbox_config *config, bool own_users, struct pp_error *error) {
    /* Threads are counted per user, so without a user namespace a limit would count other programs too. */
    if (own_users && !set_limit(RLIMIT_NPROC, "threads", THREADS_MAX, error))
        return false;
    /* SIGXCPU first, so that whoever waits for it sees what it died of; then, should it ignore that, SIGKILL. */
    if (config->cpu_max > 0 && !set_limit_and(RLIMIT_CPU, "CPU time", config->cpu_max, 1, error))
        return false;
    return limit_memory(config->memory_max, error) && set_limit(RLIMIT_CORE, "core file", 0, error);
}

/* Only without files to load: a library that may write its cache would be killed for the attempt. */
static bool set_file_limits(struct pp_error *error) {
    return set_limit(RLIMIT_FSIZE, "file size", 0, error) &&
           set_limit(RLIMIT_NOFILE, "descriptors", DESCRIPTORS_MAX, error);
}

static bool give_up_privileges(struct pp_error *error) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_NO_NEW_PRIVS");
    if (!pp_capabilities_drop(error))
        return false;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_DUMPABLE");
    return true;
}

bool sandbox_enter(const struct sandbox_config *config, uint8_t *level, struct pp_error *error) {
    bool loader = config->profile == SANDBOX_LOADER;
    *level = 0;
    if (!close_others(config, error))
        return pp_wrap(error, "sandbox");
    bool own_users = leave_namespaces();
    if (own_users)
        *level |= SANDBOX_USER_NAMESPACE;
    if (!give_up_privileges(error))
        return pp_wrap(error, "sandbox");
    *level |= SANDBOX_NO_NEW_PRIVS;
    if (sandbox_landlock(loader))
        *level |= SANDBOX_LANDLOCK;
    if (!set_limits(config, own_users, error))
        return pp_wrap(error, "sandbox");
    if (loader)
        return true;
    if (!set_file_limits(error) || !sandbox_filter(error))
        return pp_wrap(error, "sandbox");
    *level |= SANDBOX_SECCOMP;
    return true;
}
