#include "headend/ingest/cage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/privileges.h"
#include "headend/base/locked.h"
#include "headend/ingest/content_check.h"
#include "sandbox/confine.h"

#define PATHS_MAX       16
#define DESCRIPTORS_MAX 64
#define MEMORY_MAX                                                                                           \
    (1024ull * 1024 * 1024)         /* bytes of private memory: a renderer's limit (render/media/limits.h) */
#define CPU_S (4 * CONTENT_CHECK_S) /* s of CPU time, of each that is started for one file */

/* What programs are made of, and read until they are closed up. */
static const struct sandbox_path system_paths[] = {
    {"/usr", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/lib", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/lib64", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/bin", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/etc", SANDBOX_READ},
    {"/proc", SANDBOX_READ},
    {"/sys", SANDBOX_READ},
    {"/dev/null", SANDBOX_READ | SANDBOX_WRITE},
    {"/dev/urandom", SANDBOX_READ},
};

struct paths {
    char *real[PATHS_MAX]; /* freed */
    struct sandbox_path all[PP_COUNT(system_paths) + PATHS_MAX];
    size_t added;
};

static void paths_finish(struct paths *paths) {
    for (size_t i = 0; i < paths->added; i++)
        free(paths->real[i]);
}

/* Where they are in truth: a build's are links. One that is not there is told when it is started. */
static bool paths_fill(struct paths *paths, const char *const *programs, struct pp_error *error) {
    memcpy(paths->all, system_paths, sizeof system_paths);
    for (; *programs; programs++) {
        if (paths->added == PATHS_MAX)
            return pp_fail(error, PP_E_LIMIT, "more than %d programs", PATHS_MAX);
        char *real = realpath(*programs, NULL);
        if (!real)
            continue;
        paths->real[paths->added] = real;
        paths->all[PP_COUNT(system_paths) + paths->added++] =
            (struct sandbox_path){real, SANDBOX_READ | SANDBOX_EXECUTE};
    }
    return true;
}

static bool limit(__rlimit_resource_t resource, rlim_t value, struct pp_error *error) {
    struct rlimit present;
    if (getrlimit(resource, &present) < 0)
        return pp_fail_errno(error, "getrlimit");
    if (present.rlim_max < value)
        value = present.rlim_max;
    return setrlimit(resource, &(struct rlimit){value, value}) == 0 || pp_fail_errno(error, "setrlimit");
}

static bool limits_set(struct pp_error *error) {
    if (!limit(RLIMIT_CORE, 0, error) || !limit(RLIMIT_NOFILE, DESCRIPTORS_MAX, error) ||
        !limit(RLIMIT_FSIZE, IPC_RING_MAX, error) || !limit(RLIMIT_CPU, CPU_S, error))
        return false;
#ifdef PP_SANITIZED
    return true; /* the shadow alone is terabytes */
#else
    return limit(RLIMIT_DATA, MEMORY_MAX, error);
#endif
}

/* When memory is short, these go, and not the server. Best effort. */
static void prefer_for_oom_kill(void) {
    pp_autoclose int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, "1000", 4);
}

bool ingest_cage_enter(const char *const *programs, struct pp_error *error) {
    PP_CLEANUP(paths_finish) struct paths paths = {.added = 0};
    bool held = false;
    tzset(); /* before its file is out of reach */
    prefer_for_oom_kill();
    locked_memory_keep();
    if (!paths_fill(&paths, programs, error) || !pp_capabilities_drop(error) ||
        !sandbox_confine_paths(paths.all, PP_COUNT(system_paths) + paths.added, false, &held, error))
        return pp_wrap(error, "ingest");
    if (!held)
        pp_log_warning("ingest: this system has no Landlock: it may reach files of its user");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return pp_fail_errno(error, "ingest: PR_SET_DUMPABLE");
    return (limits_set(error) && sandbox_confine_starter(error)) || pp_wrap(error, "ingest");
}
