#include "headend/ops/publish_job.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/ops/rollout.h"

void publish_job_finish(struct publish_job *job) {
    cJSON_Delete(job->document);
    cJSON_Delete(job->pins);
    cJSON_Delete(job->plan);
    *job = (struct publish_job){0};
}

/* Nothing else is published meanwhile: what ends it would not say which screens have what. */
static bool rollout_allows(struct db *db, const struct publish_job *job, struct pp_error *error) {
    static const char *const kinds[] = {"finish", "cancel", "remove"};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        if (strcmp(kinds[i], job->kind) == 0)
            return true;
    }
    return rollout_none(db, job->channel, error);
}

static bool channel_is_free(struct db *db, const struct publish_job *job, struct pp_error *error) {
    struct pp_error end = {0};
    bool publish = strcmp(job->kind, "publish") == 0;
    const char *waits = strcmp(job->state, "approval") == 0 ? job->kind : "";
    db_autorow struct db_row *row =
        db_query(db, error, DB_JOB_OPEN, DB_TEXT(job->channel), DB_INT(publish), DB_TEXT(waits));
    if (!row)
        return false;
    if (!db_next(row, "job", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    return pp_fail(error, PP_E_STATE,
                   strcmp(db_text(row, 0), "approval") == 0
                       ? "something else on channel \"%s\" waits for somebody's approval"
                       : "channel \"%s\" is being published already",
                   job->channel);
}

bool publish_job_add(struct db *db, struct publish_job *job, struct pp_error *error) {
    pp_autojsontext char *document = job->document ? cJSON_PrintUnformatted(job->document) : NULL;
    pp_autojsontext char *pins = job->pins ? cJSON_PrintUnformatted(job->pins) : NULL;
    pp_autojsontext char *plan = job->plan ? cJSON_PrintUnformatted(job->plan) : NULL;
    bool running = strcmp(job->state, "running") == 0;
    job->created = pp_clock_realtime_s();
    return channel_is_free(db, job, error) && rollout_allows(db, job, error) && uuid_make(job->id, error) &&
           db_run(db, error, DB_JOB_ADD, DB_TEXT(job->id), DB_TEXT(job->channel), DB_TEXT(job->kind),
                  DB_TEXT(job->state), DB_INT(job->created), DB_TEXT(job->author), DB_INT(job->admin),
                  DB_TEXT(job->note), DB_TEXT(document ? document : ""), DB_TEXT(pins ? pins : ""),
                  DB_TEXT(job->argument), DB_INT((int64_t)job->total), DB_INT(running ? job->created : 0),
                  DB_TEXT(plan ? plan : ""));
}

static void job_read(struct db_row *row, struct publish_job *job) {
    *job = (struct publish_job){.created = db_int(row, 4),
                                .admin = db_int(row, 6),
                                .started = db_int(row, 11),
                                .ended = db_int(row, 12),
                                .bytes = (uint64_t)db_int(row, 13),
                                .total = (uint64_t)db_int(row, 14),
                                .attempts = db_int(row, 15),
                                .publish = db_int(row, 16)};
    snprintf(job->id, sizeof job->id, "%s", db_text(row, 0));
    snprintf(job->channel, sizeof job->channel, "%s", db_text(row, 1));
    snprintf(job->kind, sizeof job->kind, "%s", db_text(row, 2));
    snprintf(job->state, sizeof job->state, "%s", db_text(row, 3));
    snprintf(job->author, sizeof job->author, "%s", db_text(row, 5));
    snprintf(job->note, sizeof job->note, "%s", db_text(row, 7));
    job->document = *db_text(row, 8) ? cJSON_Parse(db_text(row, 8)) : NULL;
    job->pins = *db_text(row, 9) ? cJSON_Parse(db_text(row, 9)) : NULL;
    snprintf(job->argument, sizeof job->argument, "%s", db_text(row, 10));
    snprintf(job->error, sizeof job->error, "%s", db_text(row, 17));
    snprintf(job->decided_by, sizeof job->decided_by, "%s", db_text(row, 18));
    job->plan = *db_text(row, 19) ? cJSON_Parse(db_text(row, 19)) : NULL;
}

static bool job_take(struct db_row *row, struct publish_job *job, struct pp_error *error) {
    *job = (struct publish_job){0};
    if (!row || !db_next(row, "job", error))
        return false;
    job_read(row, job);
    return true;
}

bool publish_job_find(struct db *db, const char *id, struct publish_job *job, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_JOB_FIND, DB_TEXT(id));
    return job_take(row, job, error);
}

bool publish_job_next(struct db *db, struct publish_job *job, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_JOB_NEXT);
    return job_take(row, job, error);
}

bool publish_job_any(struct db *db, bool *any, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_JOB_ANY);
    bool found = row && db_next(row, "job", error);
    *any = found && db_int(row, 0) != 0;
    return found;
}

bool publish_job_each(struct db *db, const char *channel,
                      bool (*each)(void *arg, const struct publish_job *job), void *arg,
                      struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_JOB_OF_CHANNEL, DB_TEXT(channel), DB_INT(PUBLISH_JOBS_SHOWN));
    if (!row)
        return false;
    while (db_next(row, "job", &end)) {
        publish_job_auto struct publish_job job = {0};
        job_read(row, &job);
        if (!each(arg, &job))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool publish_job_start(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_JOB_START, DB_INT(pp_clock_realtime_s()), DB_TEXT(id));
}

bool publish_job_leave(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_JOB_LEAVE, DB_TEXT(id));
}

bool publish_job_progress(struct db *db, const char *id, uint64_t bytes, struct pp_error *error) {
    return db_run_unsynced(db, error, DB_JOB_PROGRESS, DB_INT((int64_t)bytes), DB_TEXT(id));
}

bool publish_job_is_made(struct db *db, const char *id, int64_t publish, struct pp_error *error) {
    return db_run(db, error, DB_JOB_PUBLISH_SET, DB_INT(publish), DB_TEXT(id));
}

bool publish_job_end(struct db *db, const char *id, const char *state, const char *why,
                     struct pp_error *error) {
    return db_run(db, error, DB_JOB_END, DB_TEXT(state), DB_TEXT(why), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(id));
}

bool publish_job_forsake(struct db *db, const char *channel, struct pp_error *error) {
    return db_run(db, error, DB_JOB_FORSAKE, DB_INT(pp_clock_realtime_s()), DB_TEXT(channel));
}

void publish_job_fail(struct db *db, const char *id, const struct pp_error *why) {
    struct pp_error error = {0};
    db_lock(db);
    bool ok = publish_job_end(db, id, "failed", why->message, &error);
    db_unlock(db);
    if (!ok)
        pp_log_error("publish %s: %s (%s)", id, why->message, error.message);
}

static bool job_waited(struct db *db, struct pp_error *error) {
    return db_changes(db) || pp_fail(error, PP_E_STATE, "it waits for nobody's approval");
}

bool publish_job_approve(struct db *db, const char *id, const char *by, struct pp_error *error) {
    return db_run(db, error, DB_JOB_APPROVE, DB_TEXT(by), DB_TEXT(id)) && job_waited(db, error);
}

bool publish_job_decline(struct db *db, const char *id, const char *by, const char *reason,
                         struct pp_error *error) {
    return db_run(db, error, DB_JOB_DECLINE, DB_TEXT(by), DB_INT(pp_clock_realtime_s()), DB_TEXT(reason),
                  DB_TEXT(id)) &&
           job_waited(db, error);
}

bool publish_job_settle_public(struct db *db, int64_t snapshot, struct pp_error *error) {
    return db_run(db, error, DB_JOB_DONE_OF_SNAPSHOT, DB_INT(pp_clock_realtime_s()), DB_INT(snapshot));
}

bool publish_job_settle(struct db *db, struct pp_error *error) {
    return db_run(db, error, DB_JOB_SETTLE_FILES, DB_INT(pp_clock_realtime_s())) &&
           db_run(db, error, DB_JOB_SETTLE) && db_run(db, error, DB_JOB_SETTLE_UNMADE);
}

bool publish_job_purge(struct db *db, int64_t now, struct pp_error *error) {
    return db_run(db, error, DB_JOB_PURGE, DB_INT(now - PUBLISH_JOB_KEEP_S));
}
