/* What people can do with feeds and their keys (operations.c). A feed of no site is seen by all who see something, and
 * is the whole's to change; a site's is seen and changed by who may there. */
#include "base/clock.h"
#include "headend/ops/feed_key.h"
#include "headend/ops/operation.h"

static bool may_see(const struct op *op, const struct feed *feed) {
    const struct place place = {feed->site, ""};
    return !*feed->site || actor_may_at(op->actor, RIGHT_VIEW, &place);
}

static bool may_change(const struct op *op, const char *site) {
    const struct place place = {site, ""};
    return *site ? actor_may_at(op->actor, op->operation->right, &place)
                 : actor_may(op->actor, op->operation->right);
}

static bool deny(const struct op *op, struct pp_error *error) {
    return pp_fail(error, PP_E_DENIED, "%s may not do this (%s: needs the right to %s)", op->actor->name,
                   op->operation->name, right_name(op->operation->right));
}

static bool find(struct op *op, struct feed *feed, struct pp_error *error) {
    struct pp_error missing = {0};
    const char *name = op_text(op, "feed");
    snprintf(op->target, sizeof op->target, "%.*s", FEED_NAME_MAX, name);
    bool found = feed_find(op->db, name, feed, &missing);
    if (found && may_see(op, feed))
        return !op->operation->changes || may_change(op, feed->site) || deny(op, error);
    return found || missing.code == PP_E_NOTFOUND
               ? op_fail(op, "feed", PP_E_NOTFOUND, error, "there is no such feed: %.63s", name)
               : pp_fail(error, missing.code, "%s", missing.message);
}

/* For the audit: what people decide of it. */
static cJSON *facts(const struct feed *feed) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "title", feed->title);
    cJSON_AddStringToObject(object, "site", feed->site);
    cJSON_AddStringToObject(object, "schema", feed->schema);
    cJSON_AddNumberToObject(object, "value_max", (double)feed->value_max);
    cJSON_AddNumberToObject(object, "stale_after_s", (double)feed->stale_after);
    return object;
}

static bool answer(struct op *op, const struct feed *feed, struct pp_error *error) {
    cJSON_Delete(op->result->value);
    op->result->value = feed_json(feed, pp_clock_realtime_s());
    return op->result->value || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool take(struct op *op, struct feed *feed, struct pp_error *error) {
    char field[33] = "";
    struct pp_error why = {0};
    if (!feed_take(feed, op->request, field, &why))
        return op_fail(op, field, why.code, error, "%s", why.message);
    return may_change(op, feed->site) || deny(op, error);
}

bool op_feed_add(struct op *op, struct pp_error *error) {
    struct feed feed;
    struct pp_error why = {0};
    const char *name = op_text(op, "feed");
    snprintf(op->target, sizeof op->target, "%.*s", FEED_NAME_MAX, name);
    if (!feed_name_check(name, &why))
        return op_fail(op, "feed", why.code, error, "%s", why.message);
    feed_begin(&feed, name);
    snprintf(feed.title, sizeof feed.title, "%s", name);
    if (!take(op, &feed, error) || !feed_add(op->db, &feed, error))
        return false;
    op->after = facts(&feed);
    return answer(op, &feed, error);
}

bool op_feed_change(struct op *op, struct pp_error *error) {
    struct feed feed;
    if (!find(op, &feed, error))
        return false;
    op->before = facts(&feed);
    if (!take(op, &feed, error) || !feed_change(op->db, &feed, error))
        return false;
    op->after = facts(&feed);
    op->wakes = true;
    return answer(op, &feed, error);
}

bool op_feed_remove(struct op *op, struct pp_error *error) {
    struct feed feed;
    if (!find(op, &feed, error))
        return false;
    op->before = facts(&feed);
    op->wakes = true;
    return feed_remove(op->db, feed.name, error);
}

static bool list_add(void *arg, const struct feed *feed, struct pp_error *error) {
    struct op *op = arg;
    (void)error;
    if (may_see(op, feed))
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(op->result->value, "items"),
                             feed_json(feed, pp_clock_realtime_s()));
    return true;
}

bool op_feed_list(struct op *op, struct pp_error *error) {
    cJSON_AddArrayToObject(op_answer(op), "items");
    return feed_each(op->db, list_add, op, error);
}

/* With its value. */
bool op_feed_show(struct op *op, struct pp_error *error) {
    struct feed feed;
    struct pp_error missing = {0};
    pp_autobuf struct pp_buf value = PP_BUF_INIT(FEED_VALUE_MAX);
    if (!find(op, &feed, error) || !answer(op, &feed, error))
        return false;
    if (!feed.version) {
        cJSON_AddNullToObject(op->result->value, "value");
        return true;
    }
    if (!feed_value_load(op->db, feed.name, &value, &missing))
        return pp_fail(error, missing.code, "%s", missing.message);
    return cJSON_AddRawToObject(op->result->value, "value", pp_buf_text(&value)) ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* Typed by a person; the audit has that it was, and not what. */
bool op_feed_value(struct op *op, struct pp_error *error) {
    struct feed feed;
    struct schema_fault fault;
    struct pp_error why = {0};
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(op->request, "value");
    if (!find(op, &feed, error))
        return false;
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!feed_value_check(&feed, value, strlen(text), &fault, &why))
        return op_fail(op, "value", why.code, error, "value%s%s: %s", *fault.place ? " at " : "", fault.place,
                       why.message);
    if (!feed_value_keep(op->db, &feed, text, strlen(text), op->actor->name, error))
        return false;
    op->after = cJSON_CreateObject();
    cJSON_AddNumberToObject(op->after, "version", (double)feed.version);
    op->wakes = true;
    return answer(op, &feed, error);
}

/* ---- Keys ---- */

static bool feeds_check(struct op *op, const cJSON *feeds, struct pp_error *error) {
    struct feed feed;
    const cJSON *name;
    if (!cJSON_GetArraySize(feeds))
        return op_fail(op, "feeds", PP_E_INVALID, error, "feeds: a key is for one feed at least");
    cJSON_ArrayForEach(name, feeds) {
        struct pp_error missing = {0};
        if (!feed_find(op->db, name->valuestring, &feed, &missing))
            return op_fail(op, "feeds", missing.code, error, "feeds: there is no feed %.63s",
                           name->valuestring);
    }
    return true;
}

static bool key_take(struct op *op, struct feed_key *key, struct pp_error *error) {
    struct pp_error why = {0};
    if (!text_check("name", op_text(op, "name"), 1, TEXT_NAME_MAX, &why))
        return op_fail(op, "name", why.code, error, "%s", why.message);
    snprintf(key->name, sizeof key->name, "%s", op_text(op, "name"));
    if (!op_given(op, "expires"))
        return true;
    if (!pp_time_parse(op_text(op, "expires"), &key->expires, &why))
        return op_fail(op, "expires", why.code, error, "expires: %s", why.message);
    return key->expires > pp_clock_realtime_s() ||
           op_fail(op, "expires", PP_E_INVALID, error, "expires: is over already");
}

bool op_feed_key_add(struct op *op, struct pp_error *error) {
    char text[FEED_KEY_TEXT_SIZE];
    struct feed_key key = {0};
    const cJSON *feeds = cJSON_GetObjectItemCaseSensitive(op->request, "feeds");
    if (!key_take(op, &key, error) || !feeds_check(op, feeds, error) ||
        !feed_key_add(op->db, &key, feeds, text, error))
        return false;
    snprintf(op->target, sizeof op->target, "%s", key.id);
    op->after = feed_key_json(op->db, &key, pp_clock_realtime_s(), error);
    op->result->value = feed_key_json(op->db, &key, pp_clock_realtime_s(), error);
    bool ok = op->after && op->result->value &&
              (cJSON_AddStringToObject(op->result->value, "key", text) ||
               pp_fail(error, PP_E_NOMEM, "out of memory"));
    pp_wipe(text, sizeof text);
    return ok;
}

bool op_feed_key_revoke(struct op *op, struct pp_error *error) {
    struct feed_key key;
    struct pp_error missing = {0};
    const char *id = op_text(op, "key");
    snprintf(op->target, sizeof op->target, "%.36s", id);
    if (!feed_key_find(op->db, id, &key, &missing))
        return missing.code == PP_E_NOTFOUND
                   ? op_fail(op, "key", PP_E_NOTFOUND, error, "there is no such key: %.40s", id)
                   : pp_fail(error, missing.code, "%s", missing.message);
    return (op->before = feed_key_json(op->db, &key, pp_clock_realtime_s(), error)) &&
           feed_key_revoke(op->db, &key, error);
}

bool op_feed_key_list(struct op *op, struct pp_error *error) {
    return feed_keys_json(op->db, pp_clock_realtime_s(), cJSON_AddArrayToObject(op_answer(op), "items"),
                          error);
}
