/* What can be done with urgent messages (operations.c). */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/bulk.h"
#include "headend/ops/messages.h"
#include "headend/ops/operation.h"
#include "headend/ops/preview.h"

#define DURATION_MIN_S 10
#define PICTURE_WIDTH  640 /* pixels, unless another size is asked for */
#define PICTURE_HEIGHT 360

/* Whose grants decide what may be done, and what is seen; 0: all. */
static int64_t user_of(const struct op *op) {
    return op->actor->kind == ACTOR_PERSON ? op->actor->user : 0;
}

static int64_t viewer_of(const struct op *op) {
    return actor_may(op->actor, RIGHT_VIEW) ? 0 : user_of(op);
}

/* ---- Whom it is for ---- */

static const struct {
    const char *name;
    enum message_target target;
} lists[] = {{"screens", MESSAGE_TO_SCREEN},
             {"sites", MESSAGE_TO_SITE},
             {"tags", MESSAGE_TO_TAG},
             {"groups", MESSAGE_TO_GROUP}};

static bool refuse_targets(struct op *op, struct pp_error *error, const char *why) {
    return op_fail(op, "targets", PP_E_INVALID, error, "targets: %s", why);
}

static bool list_good(const cJSON *list) {
    const cJSON *value;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) < 1 || cJSON_GetArraySize(list) > OP_IDS_MAX)
        return false;
    cJSON_ArrayForEach(value, list) {
        if (!cJSON_IsString(value) || !*value->valuestring || strlen(value->valuestring) > TEXT_NAME_MAX)
            return false;
    }
    return true;
}

/* "all", or lists. */
static bool targets_check(struct op *op, const cJSON *targets, struct pp_error *error) {
    const cJSON *member;
    bool all = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(targets, "all"));
    if (all && cJSON_GetArraySize(targets) == 1)
        return true;
    if (all)
        return refuse_targets(op, error, "all, or some");
    cJSON_ArrayForEach(member, targets) {
        size_t i = 0;
        while (i < PP_COUNT(lists) && strcmp(lists[i].name, member->string) != 0)
            i++;
        if (i == PP_COUNT(lists) || !list_good(member))
            return refuse_targets(op, error,
                                  "all: true, or lists of at most 500: screens, groups, sites, tags");
    }
    return cJSON_GetArraySize(targets) || refuse_targets(op, error, "there are none");
}

/* A site is meant as a whole, also where nobody sees all that stands there; so is "all". */
static bool places_allowed(struct op *op, const cJSON *targets, struct pp_error *error) {
    const cJSON *site;
    if (cJSON_HasObjectItem(targets, "all") && !actor_may(op->actor, RIGHT_OPERATE))
        return pp_fail(error, PP_E_DENIED, "%s may not do this for all screens", op->actor->name);
    cJSON_ArrayForEach(site, cJSON_GetObjectItemCaseSensitive(targets, "sites")) {
        const struct place place = {site->valuestring, ""};
        if (!actor_may_at(op->actor, RIGHT_VIEW, &place))
            return op_fail(op, "targets", PP_E_NOTFOUND, error, "targets: no such site");
        if (!actor_may_at(op->actor, RIGHT_OPERATE, &place))
            return pp_fail(error, PP_E_DENIED, "%s may not do this at all of these sites", op->actor->name);
    }
    return true;
}

static bool targets_aim(struct op *op, const char *id, const cJSON *targets, struct pp_error *error) {
    if (cJSON_HasObjectItem(targets, "all"))
        return message_aim(op->db, id, MESSAGE_TO_ALL, "", viewer_of(op), error);
    for (size_t i = 0; i < PP_COUNT(lists); i++) {
        const cJSON *value;
        cJSON_ArrayForEach(value, cJSON_GetObjectItemCaseSensitive(targets, lists[i].name)) {
            if (!message_aim(op->db, id, lists[i].target, value->valuestring, viewer_of(op), error))
                return false;
        }
    }
    return true;
}

/* Those that it is for are its own from here on. */
static bool aim(struct op *op, const char *id, const cJSON *targets, struct message_counts *counts,
                struct pp_error *error) {
    if (!targets_check(op, targets, error) || !places_allowed(op, targets, error) ||
        !targets_aim(op, id, targets, error) || !message_count(op->db, id, user_of(op), counts, error))
        return false;
    return !counts->forbidden ||
           pp_fail(error, PP_E_DENIED, "%s may not do this at all of these screens", op->actor->name);
}

/* ---- What it says ---- */

static bool words_read(struct op *op, struct message *message, struct pp_error *error) {
    const char *style = op_text(op, "style");
    const char *sound = op_text(op, "sound");
    if (!urgent_severity_find(op_text(op, "severity"), &message->severity))
        return op_fail(op, "severity", PP_E_INVALID, error,
                       "severity: must be info, warning, severe or extreme");
    message->style = message->severity >= URGENT_SEVERE ? URGENT_FULL : URGENT_BAND;
    message->sound = urgent_sound_of(message->severity);
    if (*style && !urgent_style_find(style, &message->style))
        return op_fail(op, "style", PP_E_INVALID, error, "style: must be full or band");
    return !*sound || urgent_sound_find(sound, &message->sound) ||
           op_fail(op, "sound", PP_E_INVALID, error, "sound: must be keep, duck or mute");
}

/* As a screen reads them. */
static bool texts_read(struct op *op, struct message *message, struct pp_error *error) {
    static const char *const names[] = {"language", "title", "text"};
    struct urgent urgent = {0};
    struct pp_error why = {0};
    const cJSON *text;
    if (!urgent_texts_parse(op->request, &urgent, &why))
        return op_fail(op, "texts", why.code, error, "%s", why.message);
    cJSON_ArrayForEach(text, cJSON_GetObjectItemCaseSensitive(op->request, "texts")) {
        const cJSON *member;
        cJSON_ArrayForEach(member, text) {
            size_t i = 0;
            while (i < PP_COUNT(names) && strcmp(names[i], member->string) != 0)
                i++;
            if (i == PP_COUNT(names))
                return op_fail(op, "texts", PP_E_INVALID, error, "texts: %.32s: no such member",
                               member->string);
        }
    }
    message->texts = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(op->request, "texts"), true);
    return message->texts || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool time_read(struct op *op, const char *name, int64_t *seconds, struct pp_error *error) {
    return !op_has(op, name) || pp_time_parse(op_text(op, name), seconds, NULL) ||
           op_fail(op, name, PP_E_INVALID, error, "%s: must be a time like 2026-03-01T08:00:00Z", name);
}

/* There is no message without an end. */
static bool times_read(struct op *op, struct message *message, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    const char *field = op_has(op, "until") ? "until" : "duration_s";
    message->made = message->begins = now;
    if (op_has(op, "until") == op_has(op, "duration_s"))
        return op_fail(op, "until", PP_E_INVALID, error, "until: either that or duration_s is needed");
    if (!time_read(op, "from", &message->begins, error) || !time_read(op, "until", &message->ends, error))
        return false;
    if (message->begins < now)
        message->begins = now;
    if (message->begins > now + URGENT_AHEAD_MAX_S)
        return op_fail(op, "from", PP_E_LIMIT, error, "from: at most %d days ahead",
                       URGENT_AHEAD_MAX_S / 86400);
    if (op_has(op, "duration_s") && op_integer(op, "duration_s") <= URGENT_LIFETIME_MAX_S)
        message->ends = message->begins + op_integer(op, "duration_s");
    else if (op_has(op, "duration_s"))
        message->ends = INT64_MAX;
    if (message->ends < message->begins + DURATION_MIN_S)
        return op_fail(op, field, PP_E_LIMIT, error, "%s: it would be shown for less than %d s", field,
                       DURATION_MIN_S);
    return message->ends - message->begins <= URGENT_LIFETIME_MAX_S ||
           op_fail(op, field, PP_E_LIMIT, error, "%s: it would be shown for more than %d days", field,
                   URGENT_LIFETIME_MAX_S / 86400);
}

static bool asked_read(struct op *op, struct message *message, struct pp_error *error) {
    uint8_t hash[BULK_SHA256_SIZE];
    pp_autojsontext char *text = cJSON_PrintUnformatted(op->request);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!crypto_sha256(text, strlen(text), hash, error))
        return false;
    pp_hex_encode(hash, sizeof hash, message->asked);
    return true;
}

static bool request_read(struct op *op, struct message *message, struct pp_error *error) {
    if (!words_read(op, message, error) || !texts_read(op, message, error) || !times_read(op, message, error))
        return false;
    snprintf(message->sent_by, sizeof message->sent_by, "%s", op->actor->name);
    message->targets = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(op->request, "targets"), true);
    return (message->targets || pp_fail(error, PP_E_NOMEM, "out of memory")) &&
           uuid_make(message->id, error) && asked_read(op, message, error);
}

/* ---- Sending ---- */

static bool shows_targets(const struct op *op, const struct message *message) {
    return !viewer_of(op) || strcmp(message->sent_by, op->actor->name) == 0;
}

static bool answer(struct op *op, const char *id, int64_t viewer, struct pp_error *error) {
    message_auto struct message message = {0};
    if (!message_find(op->db, id, viewer, &message, error))
        return false;
    cJSON_Delete(op->result->value);
    op->result->value = message_json(&message, shows_targets(op, &message), error);
    return op->result->value != NULL;
}

/* A program that has heard no answer asks again with the same key, and gets the same message. */
static bool known(struct op *op, const struct message *asked, bool *found, struct pp_error *error) {
    struct pp_error why = {0};
    const char *key = op_text(op, "key");
    message_auto struct message message = {0};
    *found = false;
    if (strlen(key) > MESSAGE_KEY_MAX)
        return op_fail(op, "key", PP_E_LIMIT, error, "key: at most %d bytes", MESSAGE_KEY_MAX);
    if (!*key || !message_find_key(op->db, op->actor->name, key, &message, &why))
        return !*key || why.code == PP_E_NOTFOUND || pp_fail(error, why.code, "%s", why.message);
    if (strcmp(message.asked, asked->asked) != 0)
        return op_fail(op, "key", PP_E_STATE, error, "another message was sent with this key");
    *found = true;
    return answer(op, message.id, viewer_of(op), error);
}

static bool counts_good(struct op *op, const struct message_counts *counts, struct pp_error *error) {
    if (op_has(op, "count") && op_integer(op, "count") != counts->screens)
        return op_fail(op, "count", PP_E_STATE, error, "it would be for %lld screens now",
                       (long long)counts->screens);
    return counts->screens || op_fail(op, "targets", PP_E_INVALID, error, "targets: no screen is meant");
}

static bool note(struct op *op, const struct message *message, struct pp_error *error) {
    snprintf(op->target, sizeof op->target, "%s", message->id);
    op->after = message_json(message, true, error);
    return op->after != NULL;
}

/* Screens have room for few, and people too. */
static bool room(struct op *op, struct pp_error *error) {
    int64_t all, own;
    if (!messages_open(op->db, op->actor->name, &all, &own, error))
        return false;
    if (all >= MESSAGES_OPEN_MAX)
        return pp_fail(error, PP_E_STATE,
                       "%d messages run or wait: one has to be cancelled before another is sent",
                       MESSAGES_OPEN_MAX);
    return op->actor->kind != ACTOR_PERSON || own < MESSAGES_OWN_MAX ||
           pp_fail(error, PP_E_STATE, "%d messages of yours run or wait: cancel one before you send another",
                   MESSAGES_OWN_MAX);
}

bool op_message_send(struct op *op, struct pp_error *error) {
    const char *key = op_text_or_null(op, "key");
    struct message_counts counts = {0};
    bool found = false;
    message_auto struct message message = {0};
    if (!request_read(op, &message, error) || !known(op, &message, &found, error) || found)
        return found;
    if (!room(op, error) || !message_add(op->db, &message, key && *key ? key : NULL, error) ||
        !aim(op, message.id, message.targets, &counts, error) || !counts_good(op, &counts, error) ||
        !message_settle(op->db, message.id, error) || !messages_clean(op->db, error))
        return false;
    op->wakes = true;
    message.screens = counts.screens;
    return note(op, &message, error) && answer(op, message.id, viewer_of(op), error);
}

/* How many it would be for: as if it were sent, and then not. */
bool op_message_count(struct op *op, struct pp_error *error) {
    struct message_counts counts = {0};
    db_autochange struct db_change change = {0};
    message_auto struct message message = {.texts = cJSON_CreateArray()};
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(op->request, "targets");
    message.targets = cJSON_Duplicate(targets, true);
    if (!db_change_begin(&change, op->db, error) || !uuid_make(message.id, error) ||
        !message_add(op->db, &message, NULL, error) || !aim(op, message.id, targets, &counts, error))
        return false;
    cJSON_AddNumberToObject(op_answer(op), "count", (double)counts.screens);
    return cJSON_AddNumberToObject(op_answer(op), "offline", (double)counts.offline) != NULL;
}

/* ---- What it looks like ---- */

static bool side_read(struct op *op, const char *name, int64_t usual, int64_t *side, struct pp_error *error) {
    *side = op_has(op, name) ? op_integer(op, name) : usual;
    return (*side >= PREVIEW_SIDE_MIN && *side <= PREVIEW_SIDE_MAX) ||
           op_fail(op, name, PP_E_LIMIT, error, "%s: must be %d to %d pixels", name, PREVIEW_SIDE_MIN,
                   PREVIEW_SIDE_MAX);
}

/* What tools/preview is told, but for where its programs are. */
bool op_message_picture(struct op *op, struct pp_error *error) {
    struct urgent urgent = {0};
    int64_t width, height;
    message_auto struct message message = {0};
    if (!words_read(op, &message, error) || !texts_read(op, &message, error) ||
        !side_read(op, "width", PICTURE_WIDTH, &width, error) ||
        !side_read(op, "height", PICTURE_HEIGHT, &height, error) ||
        !urgent_texts_parse(op->request, &urgent, error))
        return false;
    const struct urgent_text *text = urgent_choose(&urgent, op_text(op, "language"));
    cJSON *job = op_answer(op);
    cJSON_AddNumberToObject(job, "width", (double)width);
    cJSON_AddNumberToObject(job, "height", (double)height);
    cJSON_AddTrueToObject(job, "still");
    cJSON_AddNumberToObject(job, "ahead_ms", 0);
    cJSON_AddStringToObject(job, "time_zone", "UTC");
    cJSON *shown = cJSON_AddObjectToObject(job, "message");
    cJSON_AddStringToObject(shown, "severity", urgent_severity_name(message.severity));
    cJSON_AddBoolToObject(shown, "band", message.style == URGENT_BAND);
    cJSON_AddStringToObject(shown, "title", text->title);
    return cJSON_AddStringToObject(shown, "text", text->text) || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* ---- What there is ---- */

struct listing {
    const struct op *op;
    cJSON *items;
    struct pp_error error;
};

static bool list_add(void *arg, const struct message *message) {
    struct listing *listing = arg;
    cJSON *object = message_json(message, shows_targets(listing->op, message), &listing->error);
    return object && cJSON_AddItemToArray(listing->items, object);
}

bool op_message_list(struct op *op, struct pp_error *error) {
    struct listing listing = {.op = op, .items = cJSON_AddArrayToObject(op_answer(op), "items")};
    return message_each(op->db, viewer_of(op), list_add, &listing, error) &&
           (!listing.error.code || pp_fail(error, listing.error.code, "%s", listing.error.message));
}

static bool refuse_unknown(struct op *op, struct pp_error *error) {
    return op_fail(op, "message", PP_E_NOTFOUND, error, "there is no such message: %.40s",
                   op_text(op, "message"));
}

static bool find(struct op *op, int64_t viewer, struct message *message, struct pp_error *error) {
    struct pp_error missing = {0};
    const char *id = op_text(op, "message");
    snprintf(op->target, sizeof op->target, "%.36s", id);
    if (message_find(op->db, id, viewer, message, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND ? refuse_unknown(op, error)
                                         : pp_fail(error, missing.code, "%s", missing.message);
}

bool op_message_show(struct op *op, struct pp_error *error) {
    message_auto struct message message = {0};
    if (!find(op, viewer_of(op), &message, error) ||
        !(op->result->value = message_json(&message, shows_targets(op, &message), error)))
        return false;
    return message_add_screens(op->db, message.id, viewer_of(op), op->result->value, error);
}

/* By its sender, wherever its screens are by now; by others who may do something with all of them that are there
 * still. */
static bool may_cancel(struct op *op, const struct message *message, bool own, struct pp_error *error) {
    struct message_counts counts = {0};
    if (own)
        return true;
    if (!message_seen(op->db, message->id, viewer_of(op)))
        return refuse_unknown(op, error);
    if (!message_count(op->db, message->id, user_of(op), &counts, error))
        return false;
    return !(counts.forbidden || (!counts.screens && !actor_may(op->actor, RIGHT_OPERATE))) ||
           pp_fail(error, PP_E_DENIED, "%s may not do this at all of its screens", op->actor->name);
}

bool op_message_cancel(struct op *op, struct pp_error *error) {
    bool done = false;
    message_auto struct message message = {0};
    if (!find(op, 0, &message, error))
        return false;
    bool own = strcmp(message.sent_by, op->actor->name) == 0;
    if (!may_cancel(op, &message, own, error))
        return false;
    if (!message.cancelled && message.ends <= pp_clock_realtime_s())
        return op_fail(op, "message", PP_E_STATE, error, "it is over");
    op->before = message_json(&message, true, error);
    if (!op->before || !message_cancel(op->db, message.id, &done, error) ||
        !answer(op, message.id, own ? 0 : viewer_of(op), error))
        return false;
    op->wakes = done;
    op->after = cJSON_Duplicate(op->result->value, true);
    return op->after || pp_fail(error, PP_E_NOMEM, "out of memory");
}
