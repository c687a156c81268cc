/*
 * The cage of a renderer. Two functions: enter, report.
 *
 * What holds it, from the outside in (seccomp(2), user_namespaces(7), landlock(7), capabilities(7)):
 *   namespaces    user, network, IPC, mount of its own      best effort: some systems switch them off
 *   Landlock      no right to any path, port or peer        best effort: Linux 5.13
 *   privileges    PR_SET_NO_NEW_PRIVS, no capability, not dumpable, not traceable          required
 *   descriptors   everything is closed but what the caller names                           required
 *   limits        memory, CPU time, no file grows, number of descriptors, no core          required
 *   seccomp       an allow-list of system calls; looks are refused, others kill it          required
 *
 * It fails closed: when something required cannot be had, sandbox_enter says so and the program must end.
 */
#ifndef PP_SANDBOX_SANDBOX_H
#define PP_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SANDBOX_KEEP_MAX   8   /* descriptors that a sandboxed process may keep */
#define SANDBOX_REPORT_MAX 160 /* bytes with the NUL */

enum sandbox_profile {
    /* Everything but seccomp, and files may still be read: for a program that has to load its fonts through
     * libraries that start threads of their own. It is followed by SANDBOX_RENDERER. */
    SANDBOX_LOADER,
    /* Everything. Threads may be started, memory be got, the kept descriptors be used; nothing else. */
    SANDBOX_RENDERER,
};

/* Bits of the level reached; they are the `level` of the wire's SANDBOXED message. */
enum sandbox_level {
    SANDBOX_SECCOMP = 1 << 0,
    SANDBOX_USER_NAMESPACE = 1 << 1,
    SANDBOX_NO_NEW_PRIVS = 1 << 2,
    SANDBOX_LANDLOCK = 1 << 3,
};

struct sandbox_config {
    enum sandbox_profile profile;
    int keep[SANDBOX_KEEP_MAX]; /* descriptors that stay open */
    size_t keep_count;
    uint64_t memory_max; /* bytes of private memory; 0: no limit of our own */
    uint32_t cpu_max;    /* seconds of CPU time of the whole process; 0: no limit */
};

/*
 * Locks the process up, for good. Call it while there is one thread; SANDBOX_RENDERER after SANDBOX_LOADER
 * may be called with more, the filter then covers all of them. `*level` gets what was reached, bits of
 * enum sandbox_level. Errors: PP_E_UNSUPPORTED where the kernel cannot, PP_E_IO.
 */
PP_MUST_USE bool sandbox_enter(const struct sandbox_config *config, uint8_t *level, struct pp_error *error);

/* The level in words, for the journal and the headend: "seccomp, no new privileges, own namespaces, no Landlock". */
void sandbox_report(uint8_t level, char text[SANDBOX_REPORT_MAX]);

#endif
