/*
 * Starting a renderer: a program that gets a control socket (wire.h: START_…, SANDBOXED, INFO, FAILED) as its
 * descriptor 3, a pipe as its standard error, and nothing else of its starter's but standard input and output:
 * no other descriptor that is not close-on-exec, no argument, no environment but LANG, no blocked or ignored
 * signal.
 */
#ifndef PP_IPC_PROGRAM_H
#define PP_IPC_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "ipc/launcher.h"

#define IPC_PROGRAM_CONTROL_FD 3              /* in the program */
#define IPC_PROGRAM_LANGUAGE   "LANG=C.UTF-8" /* all of its environment */

struct ipc_program {
    pid_t pid;   /* 0: none */
    int control; /* our end of its control socket, blocking; -1 none */
    int pidfd;   /* readable when it has ended; -1 none */
    int words;   /* what it writes to standard error, non-blocking; it never waits for a reader. -1 none */
};
#define IPC_PROGRAM_NONE ((struct ipc_program){.control = -1, .pidfd = -1, .words = -1})

/* Starts the program at `path` (absolute, or with a slash at least), as our child: by `launcher`, as its
 * user, or, where that is NULL, by ourselves, as our own. After a failure there may be a process already:
 * whoever called kills and reaps what `program` holds, as after success. A launcher does not wait for the
 * program: one that is not there sends FAILED, and has ended. */
PP_MUST_USE bool ipc_program_start(struct ipc_launcher *launcher, const char *path,
                                   struct ipc_program *program, struct pp_error *error);

/* Kills it, if it was not reaped yet. `launcher` as it was started with: nobody else may kill another
 * user's. */
void ipc_program_kill(struct ipc_launcher *launcher, const struct ipc_program *program);

/* How `who` ended, in words, by the status that waitpid gave. */
void ipc_program_describe_end(const char *who, int status, char *text, size_t size);

#endif
