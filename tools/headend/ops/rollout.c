#include "headend/ops/rollout.h"

#include <string.h>

#include "base/clock.h"
#include "headend/ops/feed_channel.h"
#include "headend/ops/publish_version.h"

void rollout_finish(struct rollout *rollout) {
    cJSON_Delete(rollout->reason);
    *rollout = (struct rollout){0};
}

/* ---- Rows ---- */

static bool plan_load(const char *text, struct rollout_plan *plan, struct pp_error *error) {
    pp_autojson cJSON *given = pp_json_parse(text, strlen(text), ROLLOUT_PLAN_TEXT_MAX, error);
    return (given && rollout_plan_parse(given, plan, error)) || pp_wrap(error, "database");
}

static bool rollout_take_row(struct db_row *row, struct rollout *rollout, struct pp_error *error) {
    *rollout = (struct rollout){0};
    if (!row || !db_next(row, "rollout", error) ||
        !db_bytes(row, 4, rollout->sha256, sizeof rollout->sha256, error) ||
        !plan_load(db_text(row, 6), &rollout->plan, error))
        return false;
    snprintf(rollout->id, sizeof rollout->id, "%s", db_text(row, 0));
    snprintf(rollout->channel, sizeof rollout->channel, "%s", db_text(row, 1));
    rollout->version = db_int(row, 2);
    snprintf(rollout->state, sizeof rollout->state, "%s", db_text(row, 3));
    rollout->length = (uint64_t)db_int(row, 5);
    rollout->step = (size_t)db_int(row, 7);
    rollout->stepped = db_int(row, 8);
    rollout->counted = db_int(row, 9);
    rollout->created = db_int(row, 10);
    rollout->ended = db_int(row, 11);
    snprintf(rollout->author, sizeof rollout->author, "%s", db_text(row, 12));
    snprintf(rollout->note, sizeof rollout->note, "%s", db_text(row, 13));
    rollout->reason = *db_text(row, 14) ? cJSON_Parse(db_text(row, 14)) : NULL;
    return true;
}

bool rollout_of_channel(struct db *db, const char *channel, struct rollout *rollout, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ROLLOUT_OF_CHANNEL, DB_TEXT(channel));
    return rollout_take_row(row, rollout, error);
}

bool rollout_newest(struct db *db, const char *channel, struct rollout *rollout, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ROLLOUT_NEWEST, DB_TEXT(channel));
    return rollout_take_row(row, rollout, error);
}

bool rollout_find(struct db *db, const char *id, struct rollout *rollout, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ROLLOUT_FIND, DB_TEXT(id));
    return rollout_take_row(row, rollout, error);
}

bool rollout_running(struct db *db, const char *after, struct rollout *rollout, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ROLLOUT_RUNNING, DB_TEXT(after));
    return rollout_take_row(row, rollout, error);
}

bool rollout_none(struct db *db, const char *channel, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    struct pp_error missing = {0};
    if (rollout_of_channel(db, channel, &rollout, &missing))
        return pp_fail(
            error, PP_E_STATE,
            "a rollout of version %lld is under way on channel \"%s\": finish it or cancel it first",
            (long long)rollout.version, channel);
    return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
}

bool rollout_add(struct db *db, struct rollout *rollout, int64_t snapshot, struct pp_error *error) {
    pp_autojson cJSON *plan = rollout_plan_json(&rollout->plan);
    pp_autojsontext char *text = plan ? cJSON_PrintUnformatted(plan) : NULL;
    int64_t now = pp_clock_realtime_s();
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return uuid_make(rollout->id, error) &&
           db_run(db, error, DB_ROLLOUT_ADD, DB_TEXT(rollout->id), DB_TEXT(rollout->channel),
                  DB_INT(rollout->version), DB_INT(snapshot),
                  DB_BLOB(rollout->sha256, sizeof rollout->sha256), DB_INT((int64_t)rollout->length),
                  DB_TEXT(text), DB_INT(now), DB_TEXT(rollout->author), DB_TEXT(rollout->note));
}

bool rollout_turn(struct db *db, const struct rollout *rollout, const char *turn, int64_t snapshot,
                  struct pp_error *error) {
    return db_run(db, error, DB_ROLLOUT_TURN, DB_TEXT(turn), DB_INT(snapshot),
                  DB_BLOB(rollout->sha256, sizeof rollout->sha256), DB_INT((int64_t)rollout->length),
                  DB_TEXT(rollout->id));
}

bool rollout_halt(struct db *db, const char *id, cJSON *reason, struct pp_error *error) {
    pp_autojson cJSON *taken = reason;
    pp_autojsontext char *text = taken ? cJSON_PrintUnformatted(taken) : NULL;
    return text ? db_run(db, error, DB_ROLLOUT_HALT, DB_TEXT(text), DB_TEXT(id))
                : pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool rollout_resume(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_ROLLOUT_RESUME, DB_INT(pp_clock_realtime_s()), DB_TEXT(id));
}

bool rollout_stepped(struct db *db, const struct rollout *rollout, int64_t now, struct pp_error *error) {
    return db_run(db, error, DB_ROLLOUT_STEP, DB_INT((int64_t)rollout->step), DB_INT(now),
                  DB_TEXT(rollout->id));
}

bool rollout_of_screen(struct db *db, const char *device, const char *channel, struct rollout_take *take,
                       struct pp_error *error) {
    struct pp_error end = {0};
    *take = (struct rollout_take){0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_OF_SCREEN, DB_TEXT(channel), DB_TEXT(device));
    if (!row)
        return false;
    if (!db_next(row, "rollout", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    take->taken = true;
    take->version = db_int(row, 0);
    return db_bytes(row, 1, take->sha256, sizeof take->sha256, error);
}

/* ---- Turns ---- */

struct turn {
    struct db *db;
    char id[UUID_TEXT_SIZE], channel[CHANNEL_ID_MAX + 1], name[16];
    int64_t version, snapshot;
    int64_t now; /* s since 1970 */
};

/* With its first step to come. */
static bool turn_start(const struct turn *turn, struct pp_error *error) {
    return db_run(turn->db, error, DB_ROLLOUT_STARTED, DB_INT(turn->now), DB_TEXT(turn->id));
}

static bool title_take(const struct turn *turn, struct pp_error *error) {
    version_auto struct version version = {0};
    struct pp_error missing = {0};
    char folded[TEXT_FOLDED_SIZE];
    if (!version_find(turn->db, turn->channel, turn->version, &version, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(version.manifest, "title");
    return !cJSON_IsString(title) ||
           db_run(turn->db, error, DB_CHANNEL_TITLE_SET, DB_TEXT(title->valuestring),
                  DB_TEXT(text_folded(title->valuestring, folded)), DB_TEXT(turn->channel));
}

static bool end(const struct turn *turn, const char *state, struct pp_error *error) {
    return db_run(turn->db, error, DB_ROLLOUT_END, DB_TEXT(state), DB_INT(turn->now), DB_TEXT(turn->id)) &&
           feed_channel_settle(turn->db, turn->channel, error) &&
           db_run(turn->db, error, DB_DEVICE_NEW_VERSION_ON_CHANNEL, DB_TEXT(turn->channel));
}

/* As if it had been published now. */
static bool turn_finish(const struct turn *turn, struct pp_error *error) {
    return publish_version_withdraw(turn->db, turn->channel, error) &&
           db_run(turn->db, error, DB_VERSION_OF_ROLLOUT_DONE, DB_INT(0), DB_TEXT(turn->channel),
                  DB_INT(turn->version)) &&
           db_run(turn->db, error, DB_CHANNEL_PUBLISH_SET, DB_INT(turn->version), DB_TEXT(turn->channel)) &&
           title_take(turn, error) && end(turn, "done", error);
}

/* It stays among the channel's versions, for as long as one that was replaced now. */
static bool turn_cancel(const struct turn *turn, struct pp_error *error) {
    return db_run(turn->db, error, DB_VERSION_OF_ROLLOUT_DONE, DB_INT(turn->now), DB_TEXT(turn->channel),
                  DB_INT(turn->version)) &&
           end(turn, "cancelled", error);
}

/* Its screens hear of it with the channel's new key. */
static bool turn_reseal(const struct turn *turn, struct pp_error *error) {
    return db_run(turn->db, error, DB_ROLLOUT_RESEALED, DB_TEXT(turn->id));
}

static const struct {
    const char *name;
    bool (*carry_out)(const struct turn *turn, struct pp_error *error);
} turns[] = {
    {"start", turn_start}, {"finish", turn_finish}, {"cancel", turn_cancel}, {"reseal", turn_reseal}};

/* What was never public has not begun, or goes on as it was. */
static bool turn_forget(const struct turn *turn, struct pp_error *error) {
    return strcmp(turn->name, "start") == 0
               ? db_run(turn->db, error, DB_ROLLOUT_REMOVE, DB_TEXT(turn->id))
               : db_run(turn->db, error, DB_ROLLOUT_TURN_FORGET, DB_TEXT(turn->id));
}

static bool turn_settle(const struct turn *turn, int64_t snapshot, bool *changed, struct pp_error *error) {
    if (turn->snapshot != snapshot)
        return turn_forget(turn, error);
    *changed = true;
    for (size_t i = 0; i < PP_COUNT(turns); i++) {
        if (strcmp(turns[i].name, turn->name) == 0)
            return turns[i].carry_out(turn, error) &&
                   db_run(turn->db, error, DB_ROLLOUT_TURN_FORGET, DB_TEXT(turn->id));
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "database: not a rollout of this version: %s", turn->name);
}

/* False at the end as well, with PP_E_NOTFOUND. */
static bool turn_next(struct db *db, struct turn *turn, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ROLLOUT_TURNS);
    if (!row || !db_next(row, "rollout", error))
        return false;
    *turn = (struct turn){
        .db = db, .version = db_int(row, 2), .snapshot = db_int(row, 4), .now = pp_clock_realtime_s()};
    snprintf(turn->id, sizeof turn->id, "%s", db_text(row, 0));
    snprintf(turn->channel, sizeof turn->channel, "%s", db_text(row, 1));
    snprintf(turn->name, sizeof turn->name, "%s", db_text(row, 3));
    return true;
}

bool rollout_settle(struct db *db, int64_t snapshot, bool *changed, struct pp_error *error) {
    for (;;) {
        struct turn turn;
        struct pp_error none = {0};
        if (!turn_next(db, &turn, &none))
            return none.code == PP_E_NOTFOUND || pp_fail(error, none.code, "%s", none.message);
        if (!turn_settle(&turn, snapshot, changed, error))
            return false;
    }
}
