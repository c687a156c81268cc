#include "headend/ops/alert_queue.h"

#include <string.h>

#include "base/clock.h"
#include "headend/base/secret.h"

void alert_message_finish(struct alert_message *message) {
    cJSON_Delete(message->facts);
    message->facts = NULL;
}

/* ---- New ones ---- */

static const char *const ways[] = {"mail", "webhook"};

/* How many the recipient got within the hour. */
static bool sent_count(struct db *db, const struct alert_rule *rule, const char *way, const char *target,
                       int64_t now, int64_t *count, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_MESSAGE_SINCE, DB_TEXT(rule->id),
                                             DB_TEXT(way), DB_TEXT(target), DB_INT(now - 3600));
    if (!row || !db_next(row, "message", error))
        return false;
    *count = db_int(row, 0);
    return true;
}

static bool message_add(struct db *db, const char *rule, const char *way, const char *target,
                        const char *status, const char *facts, int64_t now, struct pp_error *error) {
    char id[UUID_TEXT_SIZE];
    return uuid_make(id, error) &&
           db_run(db, error, DB_ALERT_MESSAGE_ADD, DB_TEXT(id), DB_TEXT(rule), DB_TEXT(way), DB_TEXT(target),
                  DB_TEXT(facts), DB_TEXT(status), DB_INT(now), DB_INT(now));
}

static bool target_add(struct db *db, const struct alert_rule *rule, const char *way, const char *target,
                       const char *facts, int64_t now, struct pp_error *error) {
    int64_t count = 0;
    return sent_count(db, rule, way, target, now, &count, error) &&
           message_add(db, rule->id, way, target, count < rule->per_hour ? "waiting" : "held", facts, now,
                       error);
}

bool alert_queue_add(struct db *db, const struct alert_rule *rule, const cJSON *facts, int64_t now,
                     struct pp_error *error) {
    char address[MAIL_ADDRESS_MAX + 1];
    pp_autojsontext char *text = cJSON_PrintUnformatted(facts);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(text) > ALERT_FACTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "an alert has more than %d bytes", ALERT_FACTS_MAX);
    for (const char *at = rule->mail; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        snprintf(address, sizeof address, "%.*s", (int)size, at);
        if (!target_add(db, rule, ways[0], address, text, now, error))
            return false;
        at += size;
    }
    return !*rule->webhook || target_add(db, rule, ways[1], rule->webhook, text, now, error);
}

/* ---- What was held back ---- */

/* The facts of a summary: of the first, what each said. */
static cJSON *summary_make(struct db *db, const struct alert_rule *rule, const char *way, const char *target,
                           int64_t count, struct pp_error *error) {
    struct pp_error end = {0};
    pp_autojson cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "what", "held");
    cJSON_AddStringToObject(facts, "about", alert_kind(rule->about)->name);
    cJSON_AddStringToObject(facts, "rule", rule->name);
    cJSON_AddNumberToObject(facts, "count", (double)count);
    cJSON *list = cJSON_AddArrayToObject(facts, "held");
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_MESSAGE_HELD_FACTS, DB_TEXT(rule->id),
                                             DB_TEXT(way), DB_TEXT(target), DB_INT(ALERT_SUMMED_MAX));
    if (!row)
        return NULL;
    while (db_next(row, "message", &end)) {
        cJSON *held = cJSON_Parse(db_text(row, 0));
        cJSON_DeleteItemFromObjectCaseSensitive(held, "screens");
        if (held)
            cJSON_AddItemToArray(list, held);
    }
    if (end.code == PP_E_NOTFOUND)
        return pp_steal(&facts);
    pp_fail(error, end.code, "%s", end.message);
    return NULL;
}

static bool target_sum(struct db *db, const struct alert_rule *rule, const char *way, const char *target,
                       int64_t held, int64_t now, struct pp_error *error) {
    int64_t count = 0;
    if (!sent_count(db, rule, way, target, now, &count, error))
        return false;
    if (count >= rule->per_hour)
        return true;
    pp_autojson cJSON *facts = summary_make(db, rule, way, target, held, error);
    pp_autojsontext char *text = facts ? cJSON_PrintUnformatted(facts) : NULL;
    return text && message_add(db, rule->id, way, target, "waiting", text, now, error) &&
           db_run(db, error, DB_ALERT_MESSAGE_SUM, DB_INT(now), DB_TEXT(rule->id), DB_TEXT(way),
                  DB_TEXT(target));
}

struct held {
    char way[8], target[WEBHOOK_URL_MAX + 1];
    int64_t count;
};

bool alert_queue_sum(struct db *db, const struct alert_rule *rule, int64_t now, struct pp_error *error) {
    struct held held[ALERT_RECIPIENTS_MAX + 1];
    size_t count = 0;
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_MESSAGE_HELD, DB_TEXT(rule->id));
    if (!row)
        return false;
    while (count < PP_COUNT(held) && db_next(row, "message", &end)) {
        snprintf(held[count].way, sizeof held->way, "%s", db_text(row, 0));
        snprintf(held[count].target, sizeof held->target, "%s", db_text(row, 1));
        held[count++].count = db_int(row, 2);
    }
    db_row_finish(row);
    if (end.code != PP_OK && end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    for (size_t i = 0; i < count; i++) {
        if (!target_sum(db, rule, held[i].way, held[i].target, held[i].count, now, error))
            return false;
    }
    return true;
}

/* ---- Their way ---- */

static bool message_read(struct db_row *row, struct alert_message *message, struct pp_error *error) {
    *message = (struct alert_message){.number = db_int(row, 0),
                                      .webhook = strcmp(db_text(row, 3), ways[1]) == 0,
                                      .attempts = db_int(row, 7),
                                      .due = db_int(row, 8),
                                      .created = db_int(row, 9),
                                      .ended = db_int(row, 10)};
    snprintf(message->id, sizeof message->id, "%s", db_text(row, 1));
    snprintf(message->rule, sizeof message->rule, "%s", db_text(row, 2));
    snprintf(message->target, sizeof message->target, "%s", db_text(row, 4));
    snprintf(message->status, sizeof message->status, "%s", db_text(row, 6));
    snprintf(message->reason, sizeof message->reason, "%s", db_text(row, 11));
    snprintf(message->rule_name, sizeof message->rule_name, "%s", db_text(row, 12));
    message->facts = cJSON_Parse(db_text(row, 5));
    return message->facts || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool take(struct db *db, int64_t now, struct alert_message *message, bool *found,
                 struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_MESSAGE_DUE, DB_INT(now));
    if (!row)
        return false;
    if (!db_next(row, "message", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    if (!message_read(row, message, error))
        return false;
    db_row_finish(row);
    message->attempts++;
    *found = true;
    return db_run(db, error, DB_ALERT_MESSAGE_CLAIM, DB_INT(now + ALERT_LEASE_S), DB_INT(message->number),
                  DB_INT(now));
}

bool alert_queue_take(struct db *db, int64_t now, struct alert_message *message, bool *found,
                      struct pp_error *error) {
    db_autochange struct db_change change = {0};
    *message = (struct alert_message){0};
    *found = false;
    return db_change_begin(&change, db, error) && take(db, now, message, found, error) &&
           db_change_commit(&change, error);
}

static int64_t again_after(int64_t attempts) {
    int64_t wait = ALERT_AGAIN_S;
    for (int64_t i = 1; i < attempts && wait < ALERT_AGAIN_MAX_S; i++)
        wait *= 2;
    return wait < ALERT_AGAIN_MAX_S ? wait : ALERT_AGAIN_MAX_S;
}

bool alert_queue_settle(struct db *db, const struct alert_message *message, int64_t now,
                        const struct pp_error *failure, struct pp_error *error) {
    char reason[ALERT_REASON_MAX + 1];
    if (!failure)
        return db_run(db, error, DB_ALERT_MESSAGE_END, DB_TEXT("sent"), DB_TEXT(""), DB_INT(now),
                      DB_INT(message->number));
    snprintf(reason, sizeof reason, "%s", failure->message);
    pp_json_tidy(reason);
    int64_t next = now + again_after(message->attempts);
    if (next < message->created + ALERT_GIVE_UP_S)
        return db_run(db, error, DB_ALERT_MESSAGE_AGAIN, DB_INT(next), DB_TEXT(reason),
                      DB_INT(message->number));
    return db_run(db, error, DB_ALERT_MESSAGE_END, DB_TEXT("failed"), DB_TEXT(reason), DB_INT(now),
                  DB_INT(message->number));
}

bool alert_queue_return(struct db *db, const struct alert_message *message, int64_t now,
                        struct pp_error *error) {
    return db_run(db, error, DB_ALERT_MESSAGE_AGAIN, DB_INT(now), DB_TEXT(message->reason),
                  DB_INT(message->number));
}

bool alert_queue_forget(struct db *db, int64_t now, struct pp_error *error) {
    return db_run(db, error, DB_ALERT_MESSAGE_FORGET, DB_INT(now - ALERT_KEEP_S), DB_INT(ALERT_KEEP_MAX));
}

bool alert_queue_each(struct db *db, int64_t viewer, int64_t before, int64_t count,
                      bool (*each)(void *arg, const struct alert_message *message), void *arg,
                      struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_ALERT_MESSAGE_LIST, DB_INT(before), DB_INT(count), DB_INT(viewer));
    if (!row)
        return false;
    while (db_next(row, "message", &end)) {
        alert_message_auto struct alert_message message = {0};
        if (!message_read(row, &message, error))
            return false;
        if (!each(arg, &message))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static void time_add(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddItemToObject(object, name, seconds ? cJSON_CreateString(text) : cJSON_CreateNull());
}

cJSON *alert_message_json(const struct alert_message *message) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", message->id);
    cJSON_AddStringToObject(object, "rule", message->rule);
    cJSON_AddStringToObject(object, "rule_name", message->rule_name);
    cJSON_AddStringToObject(object, "way", ways[message->webhook ? 1 : 0]);
    cJSON_AddStringToObject(object, "to", message->target);
    cJSON_AddStringToObject(object, "status", message->status);
    cJSON_AddStringToObject(object, "reason", message->reason);
    cJSON_AddNumberToObject(object, "attempts", (double)message->attempts);
    time_add(object, "created", message->created);
    time_add(object, "next", strcmp(message->status, "waiting") == 0 ? message->due : 0);
    time_add(object, "ended", message->ended);
    cJSON_AddItemToObject(object, "facts", cJSON_Duplicate(message->facts, true));
    return object;
}
