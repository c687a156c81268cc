/*
 * Carries out what was asked for (publish_job.h): takes the publish lock, settles what others have left, and publishes,
 * restores, takes back or removes. Killed at any instant, whoever takes the lock next goes on.
 */
#ifndef HEADEND_OPS_PUBLISH_RUN_H
#define HEADEND_OPS_PUBLISH_RUN_H

#include "headend/base/home.h"
#include "headend/ingest/ask.h"

struct publish_runner {
    struct content_renderers renderers; /* that content is tried out with, where this version has not yet */
    bool (*stops)(void *arg);           /* whether to leave it for later; NULL: never */
    void *arg;
};

/* What waits, one after the other. Without waiting for the lock: *busy says that somebody else has it. */
PP_MUST_USE bool publish_jobs_run(struct home *home, const struct publish_runner *runner, bool *busy,
                                  struct pp_error *error);
/* One that was just asked for, whoever carries it out; waits for the lock. What it fails with is this one's failure. */
PP_MUST_USE bool publish_job_complete(struct home *home, const struct publish_runner *runner, const char *id,
                                      struct pp_error *error);

#endif
