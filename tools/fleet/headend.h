/* The headend that is measured: a process of ours, its commands, and what it takes of the machine. */
#ifndef FLEET_HEADEND_H
#define FLEET_HEADEND_H

#include <stdint.h>
#include <sys/types.h>

#include "fleet/job.h"

#define HEADEND_WORDS_MAX 32 /* more options of `serve` */

struct headend {
    const char *program; /* pingplay-headend */
    const char *dir;
    const char *log; /* a file for what it says */
    char *const *words;
    size_t word_count;
    pid_t pid;       /* 0: it does not run */
    uint16_t port;   /* 0: not chosen yet */
    int out;         /* what it writes until it listens, -1 none */
    char said[4096]; /* by that */
};

/* Starts it, on the port of before. It listens once headend_listens says so: ask it now and then. */
PP_MUST_USE bool headend_start(struct headend *headend, struct pp_error *error);
bool headend_listens(struct headend *headend);
/* Whether it is over, after a signal or of itself: `pid` is 0 then. */
bool headend_is_over(struct headend *headend);
/* Ends it, and waits for that. */
void headend_finish(struct headend *headend);

/* Runs one of its commands: `name`, `second` (NULL: none), the folder, and the words that follow up to a NULL. */
PP_MUST_USE bool headend_command(const struct headend *headend, struct job *job, struct pp_error *error,
                                 const char *name, const char *second, ...);

/* What it and its children take: kibibytes of memory (what they share counted once; their resident sets where the
 * kernel does not say), and ms of processor time. */
struct headend_use {
    int64_t memory_kib, cpu_ms;
};
struct headend_use headend_use(const struct headend *headend);

#endif
