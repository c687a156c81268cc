/*
 * Publishes that somebody has asked for, and what became of them. One is asked for by an operation (op_publish.c), and
 * carried out by whoever holds the publish lock next (publish_run.h): the server, on a thread of its own, or the
 * command.
 *
 *   approval -> waiting -> running -> done | failed        approval -> declined
 *
 * Kinds: publish, files (of a command), restore, unpublish, remove; and finish and cancel, of a rollout (rollout.h).
 *
 * What it publishes is kept with it until it ends. A job is done in the same transaction as its publish. One that is
 * "running" while somebody else holds the lock was interrupted: it waits again, three times at most; what came from
 * files of a command has failed. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_PUBLISH_JOB_H
#define HEADEND_OPS_PUBLISH_JOB_H

#include "base/json.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define PUBLISH_JOB_KEEP_S   2592000 /* after its end: 30 days */
#define PUBLISH_JOBS_SHOWN   50      /* of a channel, the newest */
#define PUBLISH_NOTE_MAX     TEXT_NAME_MAX
#define PUBLISH_DOCUMENT_MAX (256 * 1024) /* bytes of a draft */

struct publish_job {
    char id[UUID_TEXT_SIZE];
    char channel[CHANNEL_ID_MAX + 1];
    char kind[16], state[16];
    int64_t created, started, ended; /* s since 1970; 0 not yet */
    char author[TEXT_NAME_MAX + 1];
    int64_t admin; /* who that is; 0 the command line */
    char note[PUBLISH_NOTE_MAX + 1];
    char argument[CHANNEL_ID_MAX +
                  1];      /* the channel that screens move to, the version that is restored, the rollout */
    uint64_t bytes, total; /* that have been read, and that are to be */
    int64_t attempts;
    int64_t publish; /* its number; 0 not yet */
    char error[PP_ERROR_MESSAGE_MAX];
    char decided_by[TEXT_NAME_MAX + 1];
    cJSON *document, *pins; /* what is published, and its content then; NULL without, and at its end */
    cJSON *plan;            /* of a rollout (rollout_plan.h); NULL: all screens have it at once */
};
void publish_job_finish(struct publish_job *job);
#define publish_job_auto PP_CLEANUP(publish_job_finish)

/* Gives it an id. PP_E_STATE where another one of the channel's is under way. */
PP_MUST_USE bool publish_job_add(struct db *db, struct publish_job *job, struct pp_error *error);
/* PP_E_NOTFOUND. */
PP_MUST_USE bool publish_job_find(struct db *db, const char *id, struct publish_job *job,
                                  struct pp_error *error);
/* The one that waits for longest. PP_E_NOTFOUND. */
PP_MUST_USE bool publish_job_next(struct db *db, struct publish_job *job, struct pp_error *error);
/* Whether any waits, or was interrupted. */
PP_MUST_USE bool publish_job_any(struct db *db, bool *any, struct pp_error *error);
/* Of a channel, the newest first. */
PP_MUST_USE bool publish_job_each(struct db *db, const char *channel,
                                  bool (*each)(void *arg, const struct publish_job *job), void *arg,
                                  struct pp_error *error);

PP_MUST_USE bool publish_job_start(struct db *db, const char *id, struct pp_error *error);
/* It is for whoever comes next. */
PP_MUST_USE bool publish_job_leave(struct db *db, const char *id, struct pp_error *error);
/* As far as it is; a power cut may undo it. */
PP_MUST_USE bool publish_job_progress(struct db *db, const char *id, uint64_t bytes, struct pp_error *error);
/* With the rows of its publish. */
PP_MUST_USE bool publish_job_is_made(struct db *db, const char *id, int64_t publish, struct pp_error *error);
PP_MUST_USE bool publish_job_end(struct db *db, const char *id, const char *state, const char *why,
                                 struct pp_error *error);
/* It has failed, which is written down or, where even that fails, logged. Without db_lock. */
void publish_job_fail(struct db *db, const char *id, const struct pp_error *why);
/* Whatever has not begun of a channel that is removed. Within the caller's transaction. */
PP_MUST_USE bool publish_job_forsake(struct db *db, const char *channel, struct pp_error *error);
/* Somebody agrees, or declines, with a reason or "". PP_E_STATE where it waits for nobody. */
PP_MUST_USE bool publish_job_approve(struct db *db, const char *id, const char *by, struct pp_error *error);
PP_MUST_USE bool publish_job_decline(struct db *db, const char *id, const char *by, const char *reason,
                                     struct pp_error *error);
/* Those whose publishes became public with this snapshot are done. Before the publishes' rows change. */
PP_MUST_USE bool publish_job_settle_public(struct db *db, int64_t snapshot, struct pp_error *error);
/* Of those who have gone. Who calls holds the publish lock, and has settled the publishes. */
PP_MUST_USE bool publish_job_settle(struct db *db, struct pp_error *error);
PP_MUST_USE bool publish_job_purge(struct db *db, int64_t now, struct pp_error *error);

#endif
