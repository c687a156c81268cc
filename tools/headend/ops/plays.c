#include "headend/ops/plays.h"

#include <string.h>

#include "base/clock.h"
#include "headend/ops/device.h"

#define DAY_S        86400
#define MANIFEST_MAX (8 * 1024 * 1024) /* bytes */
#define SEEN_AT      "presence_at"     /* in `meta`: when it was looked at who is there */

/* ---- Which content it was ---- */

struct play {
    char channel[CHANNEL_ID_MAX + 1], item[TEXT_NAME_MAX + 1];
    char content[UUID_TEXT_SIZE], title[TEXT_NAME_MAX + 1];
    int64_t at, shown_ms, late, version;
};

static const char *text_of(const cJSON *object, const char *name, size_t max) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text && strlen(text) <= max && text_check(name, text, 0, max, NULL) ? text : "";
}

static int64_t number_of(const cJSON *object, const char *name, int64_t max) {
    int64_t number = 0;
    (void)!pp_json_integer(object, name, 0, max, &number, NULL);
    return number;
}

/* The object that an item of a manifest shows: "o1" is 1; 0 where there is none. */
static long object_of(const cJSON *manifest, const char *item) {
    const cJSON *playlist;
    const cJSON *entry;
    cJSON_ArrayForEach(playlist, cJSON_GetObjectItemCaseSensitive(manifest, "playlists")) {
        cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(playlist, "items")) {
            const char *id = text_of(entry, "id", TEXT_NAME_MAX);
            const char *object = text_of(entry, "object", 32);
            if (strcmp(id, item) == 0)
                return *object == 'o' ? strtol(object + 1, NULL, 10) : 0;
        }
    }
    return 0;
}

static bool object_find(struct db *db, struct play *play, int64_t number, long place,
                        struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_PLAY_OBJECT, DB_TEXT(play->channel), DB_INT(number), DB_INT(place));
    if (!row)
        return false;
    if (!db_next(row, "object", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    snprintf(play->content, sizeof play->content, "%s", db_text(row, 0));
    snprintf(play->title, sizeof play->title, "%.*s",
             (int)text_fit(db_text(row, 1), strlen(db_text(row, 1)), TEXT_NAME_MAX), db_text(row, 1));
    return true;
}

/* Of a version that has gone, nothing is known. */
static bool content_find_of(struct db *db, struct play *play, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_PLAY_VERSION, DB_TEXT(play->channel), DB_INT(play->version), DB_INT(play->at));
    if (!row)
        return false;
    if (!db_next(row, "version", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    int64_t number = db_int(row, 0);
    pp_autojson cJSON *manifest = cJSON_Parse(db_text(row, 1));
    long object = object_of(manifest, play->item);
    db_row_finish(row);
    return object < 1 || object_find(db, play, number, object - 1, error);
}

/* ---- Into its day ---- */

/* A clock that is far off counts as now. */
static int64_t moment_of(const cJSON *item, int64_t now) {
    int64_t at = 0;
    if (!pp_json_time(item, "shown_at", &at, NULL) || at > now + DAY_S ||
        at < now - (int64_t)PLAYS_DAYS * DAY_S)
        return now;
    return at;
}

static bool kinds_count(struct db *db, const char *device, int64_t day, int64_t *count,
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PLAY_DAY_COUNT, DB_TEXT(device), DB_INT(day));
    if (!row || !db_next(row, "play", error))
        return false;
    *count = db_int(row, 0);
    return true;
}

bool plays_note(struct db *db, const char *device, const cJSON *item, int64_t now, struct pp_error *error) {
    int64_t count = 0;
    struct play play = {.at = moment_of(item, now),
                        .shown_ms = number_of(item, "shown_ms", PLAY_SHOWN_MAX),
                        .late = number_of(item, "frames_late", PLAY_LATE_MAX),
                        .version = number_of(item, "manifest_version", PP_JSON_INTEGER_MAX)};
    snprintf(play.channel, sizeof play.channel, "%s", text_of(item, "channel", CHANNEL_ID_MAX));
    snprintf(play.item, sizeof play.item, "%s", text_of(item, "item", TEXT_NAME_MAX));
    if (!kinds_count(db, device, play.at / DAY_S, &count, error))
        return false;
    if (count >= PLAYS_KINDS_MAX)
        *play.channel = *play.item = 0;
    else if (!content_find_of(db, &play, error))
        return false;
    return db_run(db, error, DB_PLAY_DAY_ADD, DB_INT(play.at / DAY_S), DB_TEXT(device), DB_TEXT(play.channel),
                  DB_TEXT(play.item), DB_TEXT(play.content), DB_TEXT(play.title), DB_INT(play.shown_ms),
                  DB_INT(play.late));
}

/* ---- Who is there ---- */

static bool presence_at_read(struct db *db, int64_t *at, struct pp_error *error) {
    pp_autofree char *text = db_meta_get(db, SEEN_AT, error);
    if (!text)
        return false;
    *at = strtoll(text, NULL, 10);
    return true;
}

static bool presence_at_write(struct db *db, int64_t at, struct pp_error *error) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)at);
    return db_meta_set(db, SEEN_AT, text, error);
}

static bool days_forget(struct db *db, int64_t now, struct pp_error *error) {
    int64_t oldest = now / DAY_S - PLAYS_DAYS;
    return db_run(db, error, DB_PLAY_DAY_FORGET, DB_INT(oldest)) &&
           db_run(db, error, DB_PRESENCE_FORGET, DB_INT(oldest)) &&
           db_run(db, error, DB_HEADEND_DAY_FORGET, DB_INT(oldest));
}

/* Of several headends one looks; where none did for a while, nobody knows. */
bool presence_note(struct db *db, int64_t now, struct pp_error *error) {
    int64_t before = 0;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !presence_at_read(db, &before, error))
        return false;
    int64_t step = now - before;
    if (step >= 0 && step < PRESENCE_STEP_S - 5)
        return true;
    if (step > 0 && step <= PRESENCE_GAP_S &&
        (!db_run(db, error, DB_PRESENCE_ADD, DB_INT(now / DAY_S), DB_INT(step),
                 DB_INT(now - DEVICE_ONLINE_S)) ||
         !db_run(db, error, DB_HEADEND_DAY_ADD, DB_INT(now / DAY_S), DB_INT(step))))
        return false;
    if (now / DAY_S != before / DAY_S && !days_forget(db, now, error))
        return false;
    return presence_at_write(db, now, error) && db_change_commit(&change, error);
}

/* ---- Reports ---- */

bool day_read(const char *text, int64_t *day, struct pp_error *error) {
    char time[PP_RFC3339_SIZE];
    int64_t seconds = 0;
    snprintf(time, sizeof time, "%.10sT00:00:00Z", text);
    if (strlen(text) != DAY_TEXT_SIZE - 1 || !pp_time_parse(time, &seconds, NULL) || seconds < 0)
        return pp_fail(error, PP_E_INVALID, "must be a day like 2026-11-30");
    *day = seconds / DAY_S;
    return true;
}

void day_text(int64_t day, char text[DAY_TEXT_SIZE]) {
    char time[PP_RFC3339_SIZE];
    pp_time_format(day * DAY_S, time);
    snprintf(text, DAY_TEXT_SIZE, "%.10s", time);
}

static const char *any(const char *text) {
    return text ? text : "";
}

static bool gaps_read(struct db *db, struct plays_row *row, struct pp_error *error) {
    db_autorow struct db_row *gaps = db_query(db, error, DB_PLAYS_GAPS, DB_TEXT(row->key));
    if (!gaps || !db_next(gaps, "screen", error))
        return false;
    row->plays_lost = db_int(gaps, 0);
    row->events_missing = db_int(gaps, 1);
    return true;
}

static void row_read(struct db_row *row, struct plays_row *out) {
    *out = (struct plays_row){.plays = db_int(row, 1),
                              .shown_ms = db_int(row, 2),
                              .late = db_int(row, 3),
                              .screens = db_int(row, 4)};
    snprintf(out->key, sizeof out->key, "%s", db_text(row, 0));
    snprintf(out->title, sizeof out->title, "%s", db_text(row, 5));
    snprintf(out->content, sizeof out->content, "%s", db_text(row, 6));
    snprintf(out->channel, sizeof out->channel, "%s", db_text(row, 7));
    snprintf(out->item, sizeof out->item, "%s", db_text(row, 8));
    snprintf(out->name, sizeof out->name, "%s", db_text(row, 9));
    snprintf(out->site, sizeof out->site, "%s", db_text(row, 10));
}

bool plays_report(struct db *db, const struct plays_wanted *wanted,
                  bool (*each)(void *arg, const struct plays_row *row, struct pp_error *error), void *arg,
                  struct pp_error *error) {
    struct pp_error end = {0};
    struct plays_row out;
    bool by_screen = strcmp(wanted->by, "screen") == 0;
    db_autorow struct db_row *row =
        db_query(db, error, DB_PLAYS_REPORT, DB_TEXT(wanted->by), DB_INT(wanted->from), DB_INT(wanted->to),
                 DB_TEXT(any(wanted->site)), DB_TEXT(any(wanted->channel)), DB_TEXT(any(wanted->screen)),
                 DB_TEXT(any(wanted->content)), DB_INT(wanted->viewer), DB_TEXT(any(wanted->after)),
                 DB_INT(wanted->count));
    if (!row)
        return false;
    while (db_next(row, "play", &end)) {
        row_read(row, &out);
        if ((by_screen && !gaps_read(db, &out, error)) || !each(arg, &out, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool uptime_report(struct db *db, const struct plays_wanted *wanted,
                   bool (*each)(void *arg, const struct uptime_row *row, struct pp_error *error), void *arg,
                   struct pp_error *error) {
    struct pp_error end = {0};

    db_autorow struct db_row *row =
        db_query(db, error, DB_UPTIME_REPORT, DB_TEXT(wanted->by), DB_INT(wanted->from), DB_INT(wanted->to),
                 DB_TEXT(any(wanted->site)), DB_TEXT(any(wanted->channel)), DB_TEXT(any(wanted->screen)),
                 DB_INT(wanted->viewer), DB_TEXT(any(wanted->after)), DB_INT(wanted->count));
    if (!row)
        return false;
    while (db_next(row, "screen", &end)) {
        struct uptime_row out = {
            .here_s = db_int(row, 1), .could_s = db_int(row, 2), .screens = db_int(row, 3)};
        snprintf(out.key, sizeof out.key, "%s", db_text(row, 0));
        snprintf(out.name, sizeof out.name, "%s", db_text(row, 4));
        snprintf(out.site, sizeof out.site, "%s", db_text(row, 5));
        if (!each(arg, &out, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
