/*
 * For programs that do more than a renderer does (sandbox.h), and still not everything: which paths they may reach
 * (landlock(7)), and which system calls they make (seccomp(2)). Both for good, for this process and all that it starts.
 */
#ifndef PP_SANDBOX_CONFINE_H
#define PP_SANDBOX_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum sandbox_right {
    SANDBOX_READ = 1 << 0,    /* files, and the names in folders */
    SANDBOX_WRITE = 1 << 1,   /* and make, rename and remove what is below a folder */
    SANDBOX_EXECUTE = 1 << 2, /* start programs */
    SANDBOX_LIST = 1 << 3,    /* the names in folders alone */
    SANDBOX_REMOVE = 1 << 4,  /* files */
};

/* A folder with all that is below it, or a file: that one, not another that is given its name later. */
struct sandbox_path {
    const char *path; /* one that is not there is passed over */
    unsigned rights;  /* enum sandbox_right */
};

/* Nothing but these may be opened, made, removed or started any more. `network` leaves TCP. *held is false where the
 * kernel has no Landlock. Call it while there is one thread: others that run already are not held. */
PP_MUST_USE bool sandbox_confine_paths(const struct sandbox_path *paths, size_t count, bool network,
                                       bool *held, struct pp_error *error);

/* Only calls that are named may be made, and what threads and memory need; memory never becomes executable. Sockets
 * that are made, programs that are started and processes that are looked into end this one; else the answer is EPERM.
 */
PP_MUST_USE bool sandbox_confine_calls(const char *const *names, size_t count, struct pp_error *error);
/* For one that starts programs, which are in its filter and close a cage of their own in it: only calls that these need
 * to be loaded and closed up, and what they do then. Of sockets there are pairs alone, files are those that the paths
 * allow (sandbox_confine_paths); looks into other processes end it, everything else is answered with EPERM. */
PP_MUST_USE bool sandbox_confine_starter(struct pp_error *error);
/* All calls may be made but those that reach into other processes or the kernel: they end this one. */
PP_MUST_USE bool sandbox_refuse_calls(struct pp_error *error);
/* No socket can be made but of this machine's processes (unix(7)): the answer is EACCES. */
PP_MUST_USE bool sandbox_refuse_network(struct pp_error *error);

#endif
