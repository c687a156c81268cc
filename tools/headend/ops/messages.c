#include "headend/ops/messages.h"

#include <string.h>

#include "base/clock.h"
#include "headend/ops/device.h"

/* ---- Sending ---- */

bool message_add(struct db *db, const struct message *message, const char *key, struct pp_error *error) {
    pp_autojsontext char *texts = cJSON_PrintUnformatted(message->texts);
    pp_autojsontext char *targets = cJSON_PrintUnformatted(message->targets);
    if (!texts || !targets)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return db_run(db, error, DB_MESSAGE_ADD, DB_TEXT(message->id), DB_INT(message->severity),
                  DB_TEXT(urgent_style_name(message->style)), DB_TEXT(urgent_sound_name(message->sound)),
                  DB_TEXT(texts), DB_TEXT(targets), DB_INT(message->made), DB_INT(message->begins),
                  DB_INT(message->ends), DB_TEXT(message->sent_by), DB_TEXT(key), DB_TEXT(message->asked));
}

bool messages_open(struct db *db, const char *sent_by, int64_t *all, int64_t *own, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_MESSAGE_OPEN, DB_INT(pp_clock_realtime_s()), DB_TEXT(sent_by));
    if (!row || !db_next(row, "message", error))
        return false;
    *all = db_int(row, 0);
    *own = db_int(row, 1);
    return true;
}

bool message_aim(struct db *db, const char *id, enum message_target target, const char *value, int64_t viewer,
                 struct pp_error *error) {
    static const enum db_statement statements[] = {
        [MESSAGE_TO_ALL] = DB_MESSAGE_TARGET_ALL,     [MESSAGE_TO_SCREEN] = DB_MESSAGE_TARGET_SCREEN,
        [MESSAGE_TO_SITE] = DB_MESSAGE_TARGET_SITE,   [MESSAGE_TO_TAG] = DB_MESSAGE_TARGET_TAG,
        [MESSAGE_TO_GROUP] = DB_MESSAGE_TARGET_GROUP,
    };
    return db_run(db, error, statements[target], DB_TEXT(id), DB_TEXT(value), DB_INT(viewer));
}

bool message_count(struct db *db, const char *id, int64_t viewer, struct message_counts *counts,
                   struct pp_error *error) {
    int64_t heard = pp_clock_realtime_s() - DEVICE_ONLINE_S;
    db_autorow struct db_row *row =
        db_query(db, error, DB_MESSAGE_COUNTS, DB_TEXT(id), DB_INT(viewer), DB_INT(heard));
    if (!row || !db_next(row, "message", error))
        return false;
    *counts = (struct message_counts){
        .screens = db_int(row, 0), .forbidden = db_int(row, 1), .offline = db_int(row, 2)};
    return true;
}

bool message_settle(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_MESSAGE_SCREENS_SET, DB_TEXT(id)) &&
           db_run(db, error, DB_MESSAGE_SCREENS_WAKE, DB_TEXT(id));
}

bool message_cancel(struct db *db, const char *id, bool *done, struct pp_error *error) {
    if (!db_run(db, error, DB_MESSAGE_CANCEL, DB_INT(pp_clock_realtime_s()), DB_TEXT(id)))
        return false;
    *done = db_changes(db) > 0;
    return !*done || db_run(db, error, DB_MESSAGE_SCREENS_WAKE, DB_TEXT(id));
}

/* ---- Reading ---- */

void message_finish(struct message *message) {
    cJSON_Delete(message->texts);
    cJSON_Delete(message->targets);
    *message = (struct message){0};
}

static bool message_read(struct db_row *row, struct message *message, struct pp_error *error) {
    *message = (struct message){.severity = (enum urgent_severity)(db_int(row, 1) % URGENT_SEVERITIES),
                                .made = db_int(row, 6),
                                .begins = db_int(row, 7),
                                .ends = db_int(row, 8),
                                .cancelled = db_int(row, 9),
                                .screens = db_int(row, 12),
                                .shown = db_int(row, 13)};
    snprintf(message->id, sizeof message->id, "%s", db_text(row, 0));
    snprintf(message->sent_by, sizeof message->sent_by, "%s", db_text(row, 10));
    snprintf(message->asked, sizeof message->asked, "%s", db_text(row, 11));
    message->texts = cJSON_Parse(db_text(row, 4));
    message->targets = cJSON_Parse(db_text(row, 5));
    if (urgent_style_find(db_text(row, 2), &message->style) &&
        urgent_sound_find(db_text(row, 3), &message->sound) && message->texts && message->targets)
        return true;
    message_finish(message);
    return pp_fail(error, PP_E_INVALID, "a message of the database is damaged");
}

bool message_find(struct db *db, const char *id, int64_t viewer, struct message *message,
                  struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_MESSAGE_FIND, DB_TEXT(id), DB_INT(viewer));
    return row && db_next(row, "message", error) && message_read(row, message, error);
}

bool message_seen(struct db *db, const char *id, int64_t viewer) {
    message_auto struct message message = {0};
    struct pp_error error = {0};
    return message_find(db, id, viewer, &message, &error);
}

bool message_find_key(struct db *db, const char *sent_by, const char *key, struct message *message,
                      struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_MESSAGE_FIND_KEY, DB_TEXT(sent_by), DB_TEXT(key), DB_INT(0));
    return row && db_next(row, "message", error) && message_read(row, message, error);
}

bool message_each(struct db *db, int64_t viewer, bool (*each)(void *arg, const struct message *message),
                  void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    bool more = true;
    db_autorow struct db_row *row = db_query(db, error, DB_MESSAGE_LIST, DB_INT(viewer),
                                             DB_INT(MESSAGES_LISTED_MAX), DB_INT(pp_clock_realtime_s()));
    if (!row)
        return false;
    while (more && db_next(row, "message", &end)) {
        message_auto struct message message = {0};
        if (!message_read(row, &message, error))
            return false;
        more = each(arg, &message);
    }
    return !more || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static void add_time(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    if (!seconds) {
        cJSON_AddNullToObject(object, name);
        return;
    }
    pp_time_format(seconds, text);
    cJSON_AddStringToObject(object, name, text);
}

static const char *state_of(const struct message *message, int64_t now) {
    return message->cancelled      ? "cancelled"
           : now >= message->ends  ? "over"
           : now < message->begins ? "waiting"
                                   : "running";
}

cJSON *message_json(const struct message *message, bool with_targets, struct pp_error *error) {
    pp_autojson cJSON *object = cJSON_CreateObject();
    const char *state = state_of(message, pp_clock_realtime_s());
    cJSON_AddStringToObject(object, "id", message->id);
    cJSON_AddStringToObject(object, "state", state);
    cJSON_AddStringToObject(object, "severity", urgent_severity_name(message->severity));
    cJSON_AddStringToObject(object, "style", urgent_style_name(message->style));
    cJSON_AddStringToObject(object, "sound", urgent_sound_name(message->sound));
    cJSON_AddItemToObject(object, "texts", cJSON_Duplicate(message->texts, true));
    if (with_targets)
        cJSON_AddItemToObject(object, "targets", cJSON_Duplicate(message->targets, true));
    add_time(object, "sent", message->made);
    add_time(object, "from", message->begins);
    add_time(object, "until", message->ends);
    add_time(object, "cancelled", message->cancelled);
    cJSON_AddStringToObject(object, "sent_by", message->sent_by);
    cJSON_AddNumberToObject(object, "screens", (double)message->screens);
    if (!cJSON_AddNumberToObject(object, "shown", (double)message->shown)) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    return pp_steal(&object);
}

bool message_add_screens(struct db *db, const char *id, int64_t viewer, cJSON *object,
                         struct pp_error *error) {
    struct pp_error end = {0};
    int64_t heard = pp_clock_realtime_s() - DEVICE_ONLINE_S;
    cJSON *list = cJSON_AddArrayToObject(object, "recipients");
    db_autorow struct db_row *row =
        db_query(db, error, DB_MESSAGE_SCREENS, DB_TEXT(id), DB_INT(viewer), DB_INT(MESSAGE_SCREENS_MAX));
    if (!row)
        return false;
    while (db_next(row, "message", &end)) {
        cJSON *screen = cJSON_CreateObject();
        cJSON_AddStringToObject(screen, "id", db_text(row, 0));
        cJSON_AddStringToObject(screen, "name", db_text(row, 1));
        cJSON_AddStringToObject(screen, "site", db_text(row, 2));
        cJSON_AddBoolToObject(screen, "shown", db_int(row, 3) != 0);
        add_time(screen, "since", db_int(row, 4));
        cJSON_AddBoolToObject(screen, "online", db_int(row, 5) >= heard);
        cJSON_AddItemToArray(list, screen);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* ---- Screens ---- */

static bool state_add(struct db_row *row, cJSON *list, struct pp_error *error) {
    cJSON *texts = cJSON_Parse(db_text(row, 6));
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "id", db_text(row, 0));
    cJSON_AddStringToObject(item, "severity",
                            urgent_severity_name((enum urgent_severity)(db_int(row, 1) % URGENT_SEVERITIES)));
    cJSON_AddStringToObject(item, "style", db_text(row, 2));
    cJSON_AddStringToObject(item, "sound", db_text(row, 3));
    cJSON_AddNumberToObject(item, "from", (double)db_int(row, 4));
    cJSON_AddNumberToObject(item, "until", (double)db_int(row, 5));
    cJSON_AddItemToObject(item, "texts", texts);
    cJSON_AddItemToArray(list, item);
    return texts || pp_fail(error, PP_E_INVALID, "a message of the database is damaged");
}

static struct db_row *of_device(struct db *db, const char *device, int64_t count, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    return db_query(db, error, DB_MESSAGE_OF_DEVICE, DB_TEXT(device), DB_INT(now),
                    DB_INT(now + URGENT_AHEAD_MAX_S), DB_INT(count));
}

/* FNV-1a. */
static uint32_t hash_of(const char *id) {
    uint32_t hash = 2166136261U;
    for (const char *at = id; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619U;
    return hash;
}

bool messages_choice(struct db *db, const char *device, uint32_t *choice, struct pp_error *error) {
    struct pp_error end = {0};
    size_t count = 0;
    uint32_t sum = 0;
    db_autorow struct db_row *row = of_device(db, device, URGENT_LIST_MAX + 1, error);
    *choice = 0;
    if (!row)
        return false;
    while (db_next(row, "message", &end)) {
        if (count++ < URGENT_LIST_MAX)
            sum += hash_of(db_text(row, 0)); /* in whatever order */
    }
    if (count > URGENT_LIST_MAX)
        *choice = sum ? sum : 1;
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool messages_add(struct db *db, const char *device, cJSON *state, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = of_device(db, device, URGENT_LIST_MAX, error);
    if (!row)
        return false;
    pp_autojson cJSON *list = cJSON_CreateArray();
    while (db_next(row, "message", &end)) {
        if (!state_add(row, list, error))
            return false;
    }
    if (end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    if (cJSON_GetArraySize(list))
        cJSON_AddItemToObject(state, "messages", pp_steal(&list));
    return true;
}

/* One at a time is on a screen: "" none. */
static const char *shown_of(const cJSON *status) {
    const cJSON *item;
    int count = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(status, "messages")) {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "id"));
        if (++count > URGENT_LIST_MAX)
            break;
        if (id && uuid_valid(id) && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "shown")))
            return id;
    }
    return "";
}

bool messages_note(struct db *db, const char *device, const cJSON *status, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    const char *id = shown_of(status);
    if (!db_run(db, error, DB_MESSAGE_HIDDEN, DB_TEXT(device), DB_TEXT(id)))
        return false;
    bool changed = db_changes(db) > 0;
    if (*id && !db_run(db, error, DB_MESSAGE_SHOWN, DB_TEXT(device), DB_TEXT(id), DB_INT(now)))
        return false;
    changed = changed || (*id && db_changes(db) > 0);
    /* Who listens is told; of one that ended just now as well. */
    return !changed ||
           db_run(db, error, DB_MESSAGE_TOUCH_OF_DEVICE, DB_TEXT(device), DB_INT(now - MESSAGE_SCREENS_S));
}

bool messages_clean(struct db *db, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    return db_run(db, error, DB_MESSAGE_SCREENS_FORGET, DB_INT(now - MESSAGE_SCREENS_S)) &&
           db_run(db, error, DB_MESSAGE_FORGET, DB_INT(now), DB_INT(MESSAGES_KEPT_MAX));
}
