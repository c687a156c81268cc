/*
 * How a rollout goes: who has the new version, what they report, and whether it goes on.
 *
 * Each screen that has it is compared with itself, the day before: what it reports of errors beyond that counts,
 * three at most a screen, so that one alone ends no large rollout. A screen that was heard of when it got the
 * version, and is not any more, is one more, but for as many as would have gone anyway: the share of those that do
 * not have it, and have gone since the first had it. Without such others to compare with none counts as gone.
 * Where all that is more than is tolerated, the rollout halts: nobody else gets the version, and who has it keeps it,
 * until somebody decides. What a screen had kept while it could not be heard counts when it comes.
 */
#ifndef HEADEND_OPS_ROLLOUT_WATCH_H
#define HEADEND_OPS_ROLLOUT_WATCH_H

#include "headend/ops/publish_job.h"
#include "headend/ops/rollout.h"

#define ROLLOUT_SCREEN_ERRORS 3 /* that count of a screen */
#define ROLLOUT_FAILING_SHOWN 20
#define ROLLOUT_KINDS_SHOWN   5

struct rollout_watch {
    int64_t screens, taken, shown; /* on the channel; that have it; and say that they show it */
    int64_t errors, failing,
        excess;         /* reported since they have it; by how many more than the day before; and by how many
                                        that is more */
    int64_t here, gone; /* of those that have it: were heard of then, and are not any more */
    int64_t others, others_gone; /* the same of those that do not */
    int64_t tolerated;
};
PP_MUST_USE bool rollout_watch_look(struct db *db, const struct rollout *rollout, int64_t now,
                                    struct rollout_watch *watch, struct pp_error *error);
/* How many are too many: errors beyond those of the day before, and screens that have gone. */
int64_t rollout_watch_bad(const struct rollout_watch *watch);

/* {"code": "errors", "bad", "tolerated", "errors", "failing", "gone", "here", "others", "others_gone", "kinds": […]}
 * The caller deletes it; NULL on failure. */
cJSON *rollout_watch_reason(struct db *db, const struct rollout *rollout, const struct rollout_watch *watch,
                            struct pp_error *error);
/* {"code": "person", "name"}, {"code": "failed", "words"} */
cJSON *rollout_reason_of_person(const char *name);
cJSON *rollout_reason_of_failure(const char *words);
/* A reason in words, "" for none. */
void rollout_reason_words(const cJSON *reason, char words[PP_ERROR_MESSAGE_MAX]);

/* Adds {"id", "name", "errors", "gone"} for each screen with more errors than before, the worst first. */
PP_MUST_USE bool rollout_failing_add(struct db *db, const struct rollout *rollout, int64_t now, cJSON *array,
                                     struct pp_error *error);
/* All of it, as programs see it; with the names of groups that the viewer may see (screen_group.h). The caller deletes
 * it; NULL on failure. */
cJSON *rollout_describe(struct db *db, const struct rollout *rollout, int64_t viewer, struct pp_error *error);

#define ROLLOUT_LAST_STEP "the last step" /* the note of a job that nobody has asked for */
/* Begins the next step at once. The last one is not begun, but asked for (a job, with author, admin and note of
 * `by`): it changes the repository. */
PP_MUST_USE bool rollout_advance(struct db *db, struct rollout *rollout, const struct publish_job *by,
                                 int64_t now, struct pp_error *error);
/* When the next step is due: s since 1970; 0 when somebody says so, or there is none. */
int64_t rollout_due(const struct rollout *rollout);

/* Looks at each that runs: whoever is new on its channel gets a place; it halts; or its next step begins. *running:
 * there is one that will have to be looked at again; *changed: states of screens, or there is a job. Not `listened`:
 * screens could not be heard until just now, and none counts as gone. Takes db_lock itself. */
PP_MUST_USE bool rollouts_look(struct db *db, int64_t now, bool listened, bool *running, bool *changed,
                               struct pp_error *error);

#endif
