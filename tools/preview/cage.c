#include "preview/cage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/privileges.h"
#include "sandbox/confine.h"

/* A tighter one of whoever started us stays. */
static bool limit(int resource, const char *name, uint64_t value, struct pp_error *error) {
    struct rlimit present;
    if (getrlimit((__rlimit_resource_t)resource, &present) < 0)
        return pp_fail_errno(error, "getrlimit of %s", name);
    if (present.rlim_max != RLIM_INFINITY && present.rlim_max < value)
        value = present.rlim_max;
    const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0 ||
           pp_fail_errno(error, "setrlimit of %s", name);
}

static bool limits_set(struct pp_error *error) {
    (void)!setpriority(PRIO_PROCESS, 0, CAGE_NICE); /* a service may not have the call */
#ifndef PP_SANITIZED                                /* whose shadow alone is terabytes */
    if (!limit(RLIMIT_DATA, "memory", CAGE_MEMORY_MAX, error))
        return false;
#endif
    return limit(RLIMIT_CPU, "CPU time", CAGE_CPU_S, error) &&
           limit(RLIMIT_FSIZE, "file size", CAGE_FILE_MAX, error) &&
           limit(RLIMIT_NOFILE, "descriptors", CAGE_DESCRIPTORS, error) &&
           limit(RLIMIT_CORE, "core file", 0, error);
}

/* Where a program is in truth: a build's are links. */
static bool real_path(const char *folder, const char *name, char **out, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s/%s", folder, name))
        return false;
    *out = realpath(path, NULL);
    return *out || pp_fail_errno(error, "%s", path);
}

bool cage_enter(const struct preview_job *job, struct pp_error *error) {
    pp_autofree char *player = NULL;
    pp_autofree char *renderer = NULL;
    pp_autofree char *status = NULL;
    char folder[32];
    bool held = false;
    snprintf(folder, sizeof folder, "/proc/self/fd/%d", job->folder);
    if (!real_path(job->programs, "pingplay-player", &player, error) ||
        !real_path(job->programs, "pingplay-render-media", &renderer, error) ||
        !real_path(job->programs, "pingplay-render-status", &status, error))
        return false;
    const struct sandbox_path paths[] = {
        {player, SANDBOX_READ | SANDBOX_EXECUTE},
        {renderer, SANDBOX_READ | SANDBOX_EXECUTE},
        {status, SANDBOX_READ | SANDBOX_EXECUTE},
        {folder, SANDBOX_READ},
        {"/usr", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/lib", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/lib64", SANDBOX_READ | SANDBOX_EXECUTE},
        {"/etc", SANDBOX_READ},
        {"/sys", SANDBOX_READ},
        {"/dev/null", SANDBOX_READ | SANDBOX_WRITE},
        {"/dev/urandom", SANDBOX_READ},
    };
    return pp_capabilities_drop(error) && limits_set(error) &&
           sandbox_confine_paths(paths, PP_COUNT(paths), false, &held, error) &&
           sandbox_refuse_network(error) && sandbox_refuse_calls(error);
}
