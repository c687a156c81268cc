#include "headend/ops/publish_run.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/ops/channel.h"
#include "headend/ops/draft.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_object.h"
#include "headend/ops/publish_steps.h"
#include "headend/ops/publish_version.h"
#include "headend/ops/rollout_watch.h"
#include "headend/signing/signing.h"

#define PROGRESS_MS 500 /* between two times that it is written down how far it is */

/* One job that somebody is at work on. */
struct run {
    struct home *home;
    struct tuf_repo *repo;
    const struct publish_runner *runner;
    const struct publish_job *job;
    uint64_t bytes;
    int64_t told_at; /* ms, CLOCK_MONOTONIC */
};

/* How far it is, and whether to go on. */
static bool run_read(void *arg, uint64_t bytes, struct pp_error *error) {
    struct run *run = arg;
    int64_t now = pp_clock_monotonic_ms();
    run->bytes += bytes;
    if (run->runner->stops && run->runner->stops(run->runner->arg))
        return pp_fail(error, PP_E_CANCELLED, "the server stops");
    if (now < run->told_at + PROGRESS_MS)
        return true;
    run->told_at = now;
    db_lock(run->home->db);
    bool ok = publish_job_progress(run->home->db, run->job->id, run->bytes, error);
    db_unlock(run->home->db);
    return ok;
}

static bool publication_load(const struct run *run, struct publication *publication, struct pp_error *error) {
    struct db *db = run->home->db;
    if (!run->job->document)
        return pp_fail(error, PP_E_INVALID, "database: a job without what is to be published");
    db_lock(db);
    bool ok =
        publication_make(db, run->job->document, run->job->pins, pp_clock_realtime_s(), publication, error) &&
        publication_open_keys(db, publication, error);
    db_unlock(db);
    return ok;
}

static bool run_publish(struct run *run, struct pp_error *error) {
    publication_auto struct publication publication = {0};
    struct publish_result result;
    const struct publish_watch watch = {.read = run_read, .arg = run};
    pp_autojsontext char *document = cJSON_PrintUnformatted(run->job->document);
    const struct publish_record record = {.author = run->job->author,
                                          .note = run->job->note,
                                          .document = document ? document : "",
                                          .job = run->job->id,
                                          .plan = run->job->plan};
    if (!publication_load(run, &publication, error))
        return false;
    const struct publish_options options = {.renderers = run->runner->renderers,
                                            .record = &record,
                                            .originals = publication.originals,
                                            .watch = &watch};
    return publish_under_lock(run->home, run->repo, run->job->channel, &publication.playlist, &options,
                              &result, error);
}

/* ---- A version again ---- */

/* What is to be published when this one is, and is no other than what is published now, follows: the version of it
 * that does, 0 none. */
static bool draft_follows(struct db *db, const char *channel, int64_t *follows, struct pp_error *error) {
    struct channel present;
    struct pp_error missing = {0};
    draft_auto struct draft draft = {0};
    version_auto struct version version = {0};
    *follows = 0;
    if (!channel_known(db, channel, &present, error) ||
        !draft_load(db, channel, present.publish, &draft, error))
        return false;
    if (present.publish && !version_find(db, channel, present.publish, &version, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    if (version.document && cJSON_Compare(draft.document, version.document, true))
        *follows = draft.version;
    return true;
}

static bool restore_load(const struct run *run, int64_t number, struct publication *publication,
                         struct version *version, int64_t *follows, struct pp_error *error) {
    struct db *db = run->home->db;
    db_lock(db);
    bool ok = version_find(db, run->job->channel, number, version, error) &&
              publication_of_version(db, run->job->channel, number, publication, error) &&
              draft_follows(db, run->job->channel, follows, error);
    db_unlock(db);
    return ok;
}

/* One that somebody has saved meanwhile stays. */
static bool draft_save_after(const struct run *run, const cJSON *document, int64_t former,
                             struct pp_error *error) {
    struct db *db = run->home->db;
    draft_auto struct draft present = {0};
    return draft_load(db, run->job->channel, 0, &present, error) &&
           (present.version != former ||
            draft_save(db, run->job->channel, document, run->job->author, error));
}

static bool draft_restore(const struct run *run, const cJSON *document, int64_t former,
                          struct pp_error *error) {
    db_autochange struct db_change change = {0};
    db_lock(run->home->db);
    bool ok = db_change_begin(&change, run->home->db, error) &&
              draft_save_after(run, document, former, error) && db_change_commit(&change, error);
    db_unlock(run->home->db);
    return ok;
}

static bool run_restore(struct run *run, struct pp_error *error) {
    int64_t number = strtoll(run->job->argument, NULL, 10);
    publication_auto struct publication publication = {0};
    version_auto struct version version = {0};
    struct publish_result result;
    int64_t follows = 0;
    const struct publish_watch watch = {.read = run_read, .arg = run};
    if (!restore_load(run, number, &publication, &version, &follows, error))
        return false;
    pp_autojsontext char *document = version.document ? cJSON_PrintUnformatted(version.document) : NULL;
    const struct publish_record record = {.author = run->job->author,
                                          .note = run->job->note,
                                          .document = document ? document : "",
                                          .restored = number,
                                          .job = run->job->id};
    const struct publish_options options = {.renderers = run->runner->renderers,
                                            .record = &record,
                                            .originals = publication.originals,
                                            .watch = &watch};
    return publish_under_lock(run->home, run->repo, run->job->channel, &publication.playlist, &options,
                              &result, error) &&
           (!follows || !version.document || draft_restore(run, version.document, follows, error));
}

/* One that was interrupted may have done it already. */
static bool run_unpublish(struct run *run, struct pp_error *error) {
    struct pp_error why = {0};
    return publish_withdraw_under_lock(run->home, run->repo, run->job->channel, &why) ||
           (run->job->attempts && why.code == PP_E_STATE) || pp_fail(error, why.code, "%s", why.message);
}

static bool run_remove(struct run *run, struct pp_error *error) {
    struct pp_error why = {0};
    const char *move_to = *run->job->argument ? run->job->argument : NULL;
    return publish_remove_under_lock(run->home, run->repo, run->job->channel, move_to, &why) ||
           (run->job->attempts && why.code == PP_E_NOTFOUND) || pp_fail(error, why.code, "%s", why.message);
}

/* ---- The end of a rollout ---- */

/* Something has gone wrong since its last step became due, or somebody has halted it. */
static bool last_step_may(const struct run *run, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    db_lock(run->home->db);
    bool known = rollout_find(run->home->db, run->job->argument, &rollout, error);
    db_unlock(run->home->db);
    return known &&
           (strcmp(rollout.state, "halted") != 0 || pp_fail(error, PP_E_STATE, "it was halted meanwhile"));
}

/* It goes on when somebody has seen to it. */
static bool last_step_failed(const struct run *run, const struct pp_error *why, struct pp_error *error) {
    struct pp_error unkept = {0};
    db_lock(run->home->db);
    bool halted =
        rollout_halt(run->home->db, run->job->argument, rollout_reason_of_failure(why->message), &unkept);
    db_unlock(run->home->db);
    return halted ? pp_fail(error, why->code, "%s", why->message)
                  : pp_fail(error, unkept.code, "%s (%s)", why->message, unkept.message);
}

static bool run_finish(struct run *run, struct pp_error *error) {
    struct pp_error why = {0};
    bool by_itself = strcmp(run->job->note, ROLLOUT_LAST_STEP) == 0;
    if (by_itself && !last_step_may(run, error))
        return false;
    if (publish_finish_under_lock(run->home, run->repo, run->job->argument, &why) ||
        (run->job->attempts && why.code == PP_E_STATE))
        return true;
    return by_itself ? last_step_failed(run, &why, error) : pp_fail(error, why.code, "%s", why.message);
}

static bool run_cancel(struct run *run, struct pp_error *error) {
    struct pp_error why = {0};
    return publish_cancel_under_lock(run->home, run->repo, run->job->argument, &why) ||
           (run->job->attempts && why.code == PP_E_STATE) || pp_fail(error, why.code, "%s", why.message);
}

static const struct {
    const char *kind;
    bool (*run)(struct run *run, struct pp_error *error);
} kinds[] = {{"publish", run_publish}, {"restore", run_restore}, {"unpublish", run_unpublish},
             {"remove", run_remove},   {"finish", run_finish},   {"cancel", run_cancel}};

static bool job_run(struct run *run, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        if (strcmp(kinds[i].kind, run->job->kind) == 0)
            return kinds[i].run(run, error);
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "not a job of this version: %s", run->job->kind);
}

/* It has become done with its rows already, but for one that has none. */
static bool job_settle(struct home *home, const struct publish_job *job, bool ok, const struct pp_error *why,
                       struct pp_error *error) {
    db_lock(home->db);
    bool settled =
        ok ? strcmp(job->kind, "publish") == 0 || publish_job_end(home->db, job->id, "done", "", error)
           : publish_job_end(home->db, job->id, "failed", why->message, error);
    db_unlock(home->db);
    return settled;
}

static bool job_start(struct home *home, const struct publish_job *job, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_job_start(home->db, job->id, error);
    db_unlock(home->db);
    return ok;
}

static bool job_leave(struct home *home, const struct publish_job *job, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_job_leave(home->db, job->id, error);
    db_unlock(home->db);
    return ok;
}

/* What a failed publish has left would be done with the next one that has the number of its snapshot. */
static bool repo_settle(struct home *home, struct tuf_repo *repo, struct pp_error *error) {
    tuf_repo_close(repo);
    return signing_repo_open(home->signing, repo, home, error) && publish_settle(home, repo, error);
}

/* Who stops leaves it to whoever comes next. Its failure is written down, and is no failure here: once it is settled
 * what of it is public, so that nobody sees a failed one with the number of a publish that is none. */
static bool job_carry_out(struct run *run, struct pp_error *why, struct pp_error *error) {
    if (!job_start(run->home, run->job, error))
        return false;
    bool ok = job_run(run, why);
    if (!ok && why->code == PP_E_CANCELLED)
        return job_leave(run->home, run->job, error) && pp_fail(error, why->code, "%s", why->message);
    if (!ok) {
        struct pp_error unsettled = {0}; /* whoever comes next does it */
        pp_log_warning("channel %s: %s: %s", run->job->channel, run->job->kind, why->message);
        (void)!repo_settle(run->home, run->repo, &unsettled);
    }
    return job_settle(run->home, run->job, ok, why, error);
}

static bool next_find(struct home *home, struct publish_job *job, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_job_next(home->db, job, error);
    db_unlock(home->db);
    return ok;
}

static bool jobs_are_there(struct home *home, bool *any, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_job_any(home->db, any, error);
    db_unlock(home->db);
    return ok;
}

bool publish_jobs_run(struct home *home, const struct publish_runner *runner, bool *busy,
                      struct pp_error *error) {
    struct pp_error end = {0};
    bool any = false;
    *busy = false;
    if (!jobs_are_there(home, &any, error) || !any)
        return error->code == PP_OK;
    publish_autolock struct publish_lock lock = publish_lock(home, false, &end);
    *busy = !lock.home && end.code == PP_E_STATE;
    if (!lock.home)
        return *busy || pp_fail(error, end.code, "%s", end.message);
    tuf_autorepo struct tuf_repo repo = {0};
    if (!signing_repo_open(home->signing, &repo, home, error) || !publish_settle(home, &repo, error))
        return false;
    for (;;) {
        publish_job_auto struct publish_job job = {0};
        struct pp_error why = {0};
        struct run run = {.home = home, .repo = &repo, .runner = runner, .job = &job};
        if (!next_find(home, &job, &end))
            return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
        if (!job_carry_out(&run, &why, error) || (why.code && !repo_settle(home, &repo, error)))
            return false;
    }
}

static bool job_find(struct home *home, const char *id, struct publish_job *job, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_job_find(home->db, id, job, error);
    db_unlock(home->db);
    return ok;
}

bool publish_job_complete(struct home *home, const struct publish_runner *runner, const char *id,
                          struct pp_error *error) {
    publish_job_auto struct publish_job job = {0};
    struct pp_error why = {0};
    publish_autolock struct publish_lock lock = publish_lock(home, true, error);
    tuf_autorepo struct tuf_repo repo = {0};
    if (!lock.home || !signing_repo_open(home->signing, &repo, home, error) ||
        !publish_settle(home, &repo, error) || !job_find(home, id, &job, error))
        return false;
    struct run run = {.home = home, .repo = &repo, .runner = runner, .job = &job};
    if (strcmp(job.state, "waiting") == 0 && !job_carry_out(&run, &why, error))
        return false;
    if (strcmp(job.state, "failed") == 0)
        return pp_fail(error, PP_E_STATE, "%s", job.error);
    return why.code == PP_OK || pp_fail(error, why.code, "%s", why.message);
}
