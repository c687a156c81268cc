/* A child process that locks itself up and then does one thing; how it ended is what the tests look at. */
#ifndef TESTS_UNIT_SANDBOX_CHILD_H
#define TESTS_UNIT_SANDBOX_CHILD_H

#include <sys/types.h>

#include "sandbox/sandbox.h"

#define CHILD_REFUSED 99 /* exit status: sandbox_enter failed */

struct child {
    const char *name;
    void (*act)(void);     /* in the sandbox; the child then exits with status 0 */
    void (*prepare)(void); /* before it; NULL: nothing */
    struct sandbox_config config;
};

/* What waitpid tells of it. */
int child_run(const struct child *child);
/* Starts it without waiting. */
pid_t child_start(const struct child *child);

#endif
