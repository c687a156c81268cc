/* A command that is run beside the loop, and what it writes. */
#ifndef FLEET_JOB_H
#define FLEET_JOB_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

#define JOB_OUTPUT_MAX 65536 /* bytes */

struct job {
    pid_t pid; /* 0: none */
    int out;   /* what it writes to standard output, in memory */
};

/* `argv` ends with NULL; argv[0] is a path, or looked for as the shell does. Its standard error is ours. */
PP_MUST_USE bool job_start(struct job *job, char *const argv[], struct pp_error *error);
/* Whether it is over. Where it is, its output is appended, and *ok tells whether it ended well; the job is none then.
 * */
bool job_over(struct job *job, bool *ok, struct pp_buf *output);
/* Ends one that is not. */
void job_finish(struct job *job);

/* A command that answers lines with lines. */
struct dialogue {
    pid_t pid;   /* 0: none */
    int in, out; /* what it reads, and what it writes, which does not wait */
};
PP_MUST_USE bool dialogue_start(struct dialogue *dialogue, char *const argv[], struct pp_error *error);
/* It ends with its input. */
void dialogue_finish(struct dialogue *dialogue);

#endif
