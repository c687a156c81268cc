#include "headend/ops/feed_push.h"

#include <string.h>

#include "headend/values/csv.h"

enum feed_push_outcome feed_push_admit(struct db *db, struct feed_push *push, struct pp_error *error) {
    struct feed_key key = {0};
    struct pp_error why = {0};
    bool may = false;
    if (!feed_key_of_text(db, push->key, &key, &why)) {
        pp_fail(error, why.code, "%s", why.message);
        return why.code == PP_E_AUTH      ? FEED_PUSH_NO_KEY
               : why.code == PP_E_EXPIRED ? FEED_PUSH_KEY_END
                                          : FEED_PUSH_FAILED;
    }
    snprintf(push->key_id, sizeof push->key_id, "%s", key.id);
    if (!feed_key_may(db, &key, push->feed, &may, error))
        return FEED_PUSH_FAILED;
    feed_key_note_used(db, &key);
    if (may)
        return FEED_PUSH_TAKEN;
    pp_fail(error, PP_E_DENIED, "this key is not for a feed of this name");
    return FEED_PUSH_NOT_ITS;
}

/* The value as JSON: as it came, or made of CSV. */
static bool value_read(const struct feed_push *push, struct pp_buf *json, struct pp_error *error) {
    return push->media == FEED_CSV ? csv_to_json(push->body, push->size, json, error)
                                   : pp_buf_add(json, push->body, push->size, error);
}

/* Where there is nothing wrong with the value, the feed is not told. */
static enum feed_push_outcome refuse(struct db *db, const struct feed_push *push,
                                     enum feed_push_outcome outcome, const struct pp_error *why,
                                     struct pp_error *error) {
    char text[SCHEMA_PLACE_SIZE + PP_ERROR_MESSAGE_MAX + 4];
    pp_fail(error, why->code, "%s", why->message);
    if (why->code != PP_E_INVALID && why->code != PP_E_LIMIT)
        return FEED_PUSH_FAILED;
    snprintf(text, sizeof text, "%s%s%s", push->fault.place, *push->fault.place ? ": " : "", why->message);
    feed_note_refusal(db, push->feed, text);
    return outcome;
}

enum feed_push_outcome feed_push_keep(struct db *db, struct feed_push *push, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(FEED_VALUE_MAX);
    char by[FEED_BY_MAX + 1];
    struct feed feed;
    struct feed_key key;
    struct pp_error why = {0};
    if (!feed_key_find(db, push->key_id, &key, error) || !feed_find(db, push->feed, &feed, error))
        return FEED_PUSH_FAILED;
    if (!value_read(push, &json, &why))
        return refuse(db, push, why.code == PP_E_LIMIT ? FEED_PUSH_LARGE : FEED_PUSH_BROKEN, &why, error);
    pp_autojson cJSON *value = pp_json_parse(pp_buf_text(&json), json.size, FEED_VALUE_MAX, &why);
    if (!value)
        return refuse(db, push, FEED_PUSH_BROKEN, &why, error);
    if (!feed_value_check(&feed, value, json.size, &push->fault, &why))
        return refuse(db, push, json.size > (uint64_t)feed.value_max ? FEED_PUSH_LARGE : FEED_PUSH_SCHEMA,
                      &why, error);
    snprintf(by, sizeof by, "key %s", key.name);
    if (!feed_value_keep(db, &feed, pp_buf_text(&json), json.size, by, error))
        return FEED_PUSH_FAILED;
    push->version = feed.version;
    return FEED_PUSH_TAKEN;
}
