#include "headend/ops/feed_channel.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/bulk.h"
#include "crypto/seal.h"

static bool names_add(struct db *db, const char *channel, const cJSON *manifest, struct pp_error *error) {
    const cJSON *feed;
    cJSON_ArrayForEach(feed, cJSON_GetObjectItemCaseSensitive(manifest, "feeds")) {
        if (!db_run(db, error, DB_CHANNEL_FEED_ADD, DB_TEXT(channel), DB_TEXT(feed->string)))
            return false;
    }
    return true;
}

bool feed_channel_add(struct db *db, const char *channel, const cJSON *manifest, struct pp_error *error) {
    const cJSON *feed;
    cJSON_ArrayForEach(feed, cJSON_GetObjectItemCaseSensitive(manifest, "feeds")) {
        struct feed found;
        struct pp_error missing = {0};
        if (!feed_find(db, feed->string, &found, &missing))
            return pp_fail(error, missing.code == PP_E_NOTFOUND ? PP_E_INVALID : missing.code,
                           "there is no feed \"%.63s\"", feed->string);
    }
    return names_add(db, channel, manifest, error);
}

bool feed_channel_empty(struct db *db, const char *channel, struct pp_error *error) {
    return db_run(db, error, DB_CHANNEL_FEED_REMOVE, DB_TEXT(channel));
}

/* The manifests that the channel's screens may show: the present one, and that of a rollout. */
static bool manifests_read(struct db *db, const char *channel, cJSON *manifests, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_FEED_MANIFESTS, DB_TEXT(channel));
    if (!row)
        return false;
    while (db_next(row, "version", &end)) {
        cJSON *manifest = cJSON_Parse(db_text(row, 0));
        if (!manifest)
            return pp_fail(error, PP_E_INVALID, "database: a version that cannot be read");
        cJSON_AddItemToArray(manifests, manifest);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool feed_channel_settle(struct db *db, const char *channel, struct pp_error *error) {
    const cJSON *manifest;
    pp_autojson cJSON *manifests = cJSON_CreateArray();
    if (!manifests_read(db, channel, manifests, error))
        return false;
    if (cJSON_GetArraySize(manifests) && !feed_channel_empty(db, channel, error))
        return false;
    cJSON_ArrayForEach(manifest, manifests) {
        if (!names_add(db, channel, manifest, error))
            return false;
    }
    return true;
}

static bool pending_next(struct db *db, char channel[CHANNEL_ID_MAX + 1], struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_FEED_PENDING, DB_TEXT(channel));
    if (!row || !db_next(row, "publish", error))
        return false;
    snprintf(channel, CHANNEL_ID_MAX + 1, "%s", db_text(row, 0));
    return true;
}

bool feed_channels_settle(struct db *db, struct pp_error *error) {
    char channel[CHANNEL_ID_MAX + 1] = "";
    struct pp_error end = {0};
    while (pending_next(db, channel, &end)) {
        if (!feed_channel_settle(db, channel, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

void feed_channels_find(struct db *db, const char *feed, struct feed_channels *channels) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, &end, DB_CHANNEL_FEED_CHANNELS, DB_TEXT(feed), DB_INT(FEED_CHANNELS_MAX + 1));
    *channels = (struct feed_channels){0};
    while (row && channels->count < FEED_CHANNELS_MAX && db_next(row, "channel", &end))
        snprintf(channels->ids[channels->count++], CHANNEL_ID_MAX + 1, "%s", db_text(row, 0));
    channels->all = end.code != PP_E_NOTFOUND;
}

bool feed_channels_has(const struct feed_channels *channels, const char *channel) {
    for (size_t i = 0; i < channels->count; i++) {
        if (strcmp(channels->ids[i], channel) == 0)
            return true;
    }
    return channels->all;
}

static struct db_row *values_query(struct db *db, const char *channel, const char *site,
                                   struct pp_error *error) {
    return db_query(db, error, DB_CHANNEL_FEED_VALUES, DB_TEXT(channel), DB_TEXT(site),
                    DB_INT(FEED_CHANNEL_MAX));
}

/* The key as it stands there, sealed: another one is another text. */
static bool tag_key(struct db *db, const char *channel, struct pp_buf *text, struct pp_error *error) {
    size_t size = 0;
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_FEED_KEY, DB_TEXT(channel));
    if (!row || !db_next(row, "channel", error))
        return false;
    const void *key = db_blob(row, 0, &size);
    return pp_buf_add(text, key, size, error);
}

bool feed_channel_tag(struct db *db, const char *channel, const char *site, char tag[FEED_CHANNEL_TAG_SIZE],
                      struct pp_error *error) {
    uint8_t sha256[BULK_SHA256_SIZE];
    char hex[PP_HEX_SIZE(8)];
    struct pp_error end = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(8192);
    if (!tag_key(db, channel, &text, error))
        return false;
    db_autorow struct db_row *row = values_query(db, channel, site, error);
    if (!row)
        return false;
    while (db_next(row, "feed", &end)) {
        if (!pp_buf_addf(&text, error, " %s %lld %lld", db_text(row, 0), (long long)db_int(row, 1),
                         (long long)db_int(row, 3)))
            return false;
    }
    if (end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    if (!crypto_sha256(text.data, text.size, sha256, error))
        return false;
    pp_hex_encode(sha256, 8, hex);
    snprintf(tag, FEED_CHANNEL_TAG_SIZE, "\"%s\"", hex);
    return true;
}

/* ---- The document ---- */

struct value {
    char name[FEED_NAME_MAX + 1];
    int64_t version, time, stale_after;
};

static bool values_read(struct db *db, const char *channel, const char *site,
                        struct value values[FEED_CHANNEL_MAX], size_t *count, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = values_query(db, channel, site, error);
    *count = 0;
    while (row && *count < FEED_CHANNEL_MAX && db_next(row, "feed", &end)) {
        struct value *value = &values[(*count)++];
        snprintf(value->name, sizeof value->name, "%s", db_text(row, 0));
        value->version = db_int(row, 1);
        value->time = db_int(row, 2);
        value->stale_after = db_int(row, 3);
    }
    return row &&
           (end.code == PP_OK || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message));
}

static bool value_write(struct db *db, const struct value *value, bool first, struct pp_buf *out,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(FEED_VALUE_MAX);
    return feed_value_load(db, value->name, &json, error) &&
           pp_buf_addf(out, error,
                       "%s\"%s\":{\"version\":%lld,\"time\":%lld,\"stale_after_s\":%lld,\"value\":",
                       first ? "" : ",", value->name, (long long)value->version, (long long)value->time,
                       (long long)value->stale_after) &&
           pp_buf_add(out, json.data, json.size, error) && pp_buf_add_text(out, "}", error);
}

static bool document_write(struct db *db, const char *channel, const char *site, struct pp_buf *out,
                           struct pp_error *error) {
    struct value values[FEED_CHANNEL_MAX];
    size_t count = 0;
    if (!values_read(db, channel, site, values, &count, error) ||
        !pp_buf_addf(out, error, "{\"format\":1,\"channel\":\"%s\",\"feeds\":{", channel))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!value_write(db, &values[i], i == 0, out, error))
            return false;
    }
    return pp_buf_add_text(out, "}}", error);
}

bool feed_channel_seal(struct db *db, const char *id, const char *site, struct pp_buf *sealed,
                       struct pp_error *error) {
    struct channel channel;
    char associated[sizeof FEED_CHANNEL_AD + CHANNEL_ID_MAX];
    pp_autobuf struct pp_buf document = PP_BUF_INIT(FEED_CHANNEL_DOCUMENT_MAX);
    snprintf(associated, sizeof associated, FEED_CHANNEL_AD "%s", id);
    bool ok = channel_find(db, id, &channel, error) && channel_open_key(db, &channel, error) &&
              document_write(db, id, site, &document, error) &&
              seal_encrypt(document.data, document.size, channel.key, associated, sealed, error);
    pp_wipe(&channel, sizeof channel);
    return ok;
}
