/*
 * Work that waits for the flash, away from the thread that must not wait: jobs run one after the other, in the
 * order in which they were added, on a thread of their own, and each is finished on its owner's thread.
 *
 *   owner: pp_jobs_add ──► jobs' thread: run ──► owner, pp_jobs_fd readable: pp_jobs_finish ──► done
 *
 * Everything but `run` belongs to the owner's thread. A job is the caller's memory, so that adding one cannot
 * fail; it is left alone from pp_jobs_add until its `done`.
 */
#ifndef PP_BASE_JOBS_H
#define PP_BASE_JOBS_H

#include "base/error.h"
#include "base/mem.h"

struct pp_job {
    void (*run)(struct pp_job *job);  /* on the jobs' thread; touches what nobody else does meanwhile */
    void (*done)(struct pp_job *job); /* on the owner's; may free the job, or add it again */
    struct pp_job *next;              /* the list's */
};

struct pp_jobs;

/* `name` of the thread, at most 15 bytes. NULL on failure. */
struct pp_jobs *pp_jobs_create(const char *name, struct pp_error *error);
/* Waits for all jobs, those that their `done` adds included. NULL is allowed. */
void pp_jobs_destroy(struct pp_jobs *jobs);
PP_DEFINE_AUTO(pp_jobs, struct pp_jobs, pp_jobs_destroy)

/* With `jobs` NULL the job is run and done at once, from within. */
void pp_jobs_add(struct pp_jobs *jobs, struct pp_job *job);

/* Readable while jobs wait for pp_jobs_finish; borrowed. */
int pp_jobs_fd(const struct pp_jobs *jobs);
/* Calls `done` of those that have run. */
void pp_jobs_finish(struct pp_jobs *jobs);
/* Waits until none is left, and finishes them. NULL is allowed. */
void pp_jobs_wait(struct pp_jobs *jobs);

#endif
