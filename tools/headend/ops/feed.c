#include "headend/ops/feed.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "headend/db/stored_key.h"

#define AD_SIZE (sizeof FEED_AD + FEED_NAME_MAX + 24)

bool feed_name_check(const char *name, struct pp_error *error) {
    return channel_id_check(name, NULL) ||
           pp_fail(error, PP_E_INVALID,
                   "name: 1 to %d lower-case letters, digits and dashes, beginning with a letter or a digit",
                   FEED_NAME_MAX);
}

void feed_begin(struct feed *feed, const char *name) {
    *feed = (struct feed){.value_max = FEED_VALUE_USUAL, .stale_after = FEED_STALE_USUAL_S};
    snprintf(feed->name, sizeof feed->name, "%s", name);
}

/* ---- From a request ---- */

static bool text_take(const cJSON *request, const char *name, char out[TEXT_NAME_MAX + 1], size_t min,
                      struct pp_error *error) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, name));
    if (!text)
        return true;
    if (!text_check(name, text, min, TEXT_NAME_MAX, error))
        return false;
    snprintf(out, TEXT_NAME_MAX + 1, "%s", text);
    return true;
}

static bool number_take(const cJSON *request, const char *name, int64_t max, int64_t *out,
                        struct pp_error *error) {
    return !cJSON_HasObjectItem(request, name) || pp_json_integer(request, name, 1, max, out, error);
}

static bool schema_take(const cJSON *schema, struct feed *feed, struct pp_error *error) {
    struct schema_fault fault;
    struct pp_error why = {0};
    if (!schema)
        return true;
    *feed->schema = 0;
    if (cJSON_IsNull(schema))
        return true;
    if (!schema_check(schema, &fault, &why))
        return pp_fail(error, PP_E_INVALID, "schema: at \"%s\": %s", fault.place, why.message);
    pp_autojsontext char *text = cJSON_PrintUnformatted(schema);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(text) > SCHEMA_SIZE_MAX)
        return pp_fail(error, PP_E_LIMIT, "schema: at most %d bytes", SCHEMA_SIZE_MAX);
    snprintf(feed->schema, sizeof feed->schema, "%s", text);
    return true;
}

bool feed_take(struct feed *feed, const cJSON *request, char field[33], struct pp_error *error) {
    static const char *const fields[] = {"title", "site", "value_max", "stale_after_s", "schema"};
    size_t at = 0;
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(request, "schema");
    bool ok = text_take(request, fields[at], feed->title, 1, error) &&
              text_take(request, fields[++at], feed->site, 0, error) &&
              number_take(request, fields[++at], FEED_VALUE_MAX, &feed->value_max, error) &&
              number_take(request, fields[++at], FEED_STALE_MAX_S, &feed->stale_after, error) &&
              (++at, schema_take(schema, feed, error));
    if (!ok)
        snprintf(field, 33, "%s", fields[at]);
    return ok;
}

/* ---- In the database ---- */

static void feed_read(struct db_row *row, struct feed *feed) {
    *feed = (struct feed){.value_max = db_int(row, 4),
                          .stale_after = db_int(row, 5),
                          .created = db_int(row, 6),
                          .version = db_int(row, 7),
                          .value_time = db_int(row, 8),
                          .value_size = db_int(row, 10),
                          .taken = db_int(row, 11),
                          .refused = db_int(row, 12),
                          .refused_time = db_int(row, 13)};
    snprintf(feed->name, sizeof feed->name, "%s", db_text(row, 0));
    snprintf(feed->title, sizeof feed->title, "%s", db_text(row, 1));
    snprintf(feed->site, sizeof feed->site, "%s", db_text(row, 2));
    snprintf(feed->schema, sizeof feed->schema, "%s", db_text(row, 3));
    snprintf(feed->value_by, sizeof feed->value_by, "%s", db_text(row, 9));
    snprintf(feed->refusal, sizeof feed->refusal, "%s", db_text(row, 14));
}

static bool count_check(struct db *db, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_COUNT);
    if (!row || !db_next(row, "feed", error))
        return false;
    return db_int(row, 0) < FEEDS_MAX ||
           pp_fail(error, PP_E_STATE, "there are %d feeds, and no more than that can be", FEEDS_MAX);
}

bool feed_add(struct db *db, struct feed *feed, struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    char owner[STORED_KEY_OWNER_SIZE];
    feed->created = pp_clock_realtime_s();
    stored_key_of_feed(feed->name, owner);
    bool ok = count_check(db, error) && crypto_random(key, sizeof key, error) &&
              stored_key_seal(db, owner, key, sealed, error);
    pp_wipe(key, sizeof key);
    if (!ok || !db_run(db, error, DB_FEED_ADD, DB_TEXT(feed->name), DB_TEXT(feed->title), DB_TEXT(feed->site),
                       DB_TEXT(feed->schema), DB_INT(feed->value_max), DB_INT(feed->stale_after),
                       DB_INT(feed->created), DB_BLOB(sealed, sizeof sealed)))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_STATE, "there is a feed \"%s\" already", feed->name);
}

bool feed_change(struct db *db, const struct feed *feed, struct pp_error *error) {
    return db_run(db, error, DB_FEED_CHANGE, DB_TEXT(feed->name), DB_TEXT(feed->title), DB_TEXT(feed->site),
                  DB_TEXT(feed->schema), DB_INT(feed->value_max), DB_INT(feed->stale_after));
}

bool feed_remove(struct db *db, const char *name, struct pp_error *error) {
    return db_run(db, error, DB_FEED_REMOVE, DB_TEXT(name));
}

bool feed_find(struct db *db, const char *name, struct feed *feed, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_FIND, DB_TEXT(name));
    if (!row || !db_next(row, "feed", error))
        return false;
    feed_read(row, feed);
    return true;
}

bool feed_each(struct db *db, bool (*each)(void *arg, const struct feed *feed, struct pp_error *error),
               void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    struct feed feed;
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_EACH);
    if (!row)
        return false;
    while (db_next(row, "feed", &end)) {
        feed_read(row, &feed);
        if (!each(arg, &feed, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static void time_add(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    if (seconds)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

cJSON *feed_json(const struct feed *feed, int64_t now) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", feed->name);
    cJSON_AddStringToObject(object, "title", feed->title);
    cJSON_AddStringToObject(object, "site", feed->site);
    if (*feed->schema)
        cJSON_AddRawToObject(object, "schema", feed->schema);
    else
        cJSON_AddNullToObject(object, "schema");
    cJSON_AddNumberToObject(object, "value_max", (double)feed->value_max);
    cJSON_AddNumberToObject(object, "stale_after_s", (double)feed->stale_after);
    time_add(object, "created", feed->created);
    cJSON_AddNumberToObject(object, "version", (double)feed->version);
    time_add(object, "value_time", feed->value_time);
    cJSON_AddStringToObject(object, "value_by", feed->value_by);
    cJSON_AddNumberToObject(object, "value_size", (double)feed->value_size);
    cJSON_AddBoolToObject(object, "stale", !feed->version || now - feed->value_time > feed->stale_after);
    cJSON_AddNumberToObject(object, "taken", (double)feed->taken);
    cJSON_AddNumberToObject(object, "refused", (double)feed->refused);
    time_add(object, "refused_time", feed->refused_time);
    cJSON_AddStringToObject(object, "refusal", feed->refusal);
    return object;
}

/* ---- Its value ---- */

bool feed_value_check(const struct feed *feed, const cJSON *value, size_t size, struct schema_fault *fault,
                      struct pp_error *error) {
    struct pp_error why = {0};
    *fault = (struct schema_fault){0};
    if (size > (uint64_t)feed->value_max)
        return pp_fail(error, PP_E_LIMIT, "a value of this feed has at most %lld bytes",
                       (long long)feed->value_max);
    if (!*feed->schema)
        return true;
    pp_autojson cJSON *schema = pp_json_parse(feed->schema, strlen(feed->schema), SCHEMA_SIZE_MAX, &why);
    if (!schema)
        return pp_fail(error, PP_E_STATE, "the schema of %s: %s", feed->name, why.message);
    return schema_validate(schema, value, fault, error);
}

static void associated_data(const char *name, int64_t version, char text[AD_SIZE]) {
    snprintf(text, AD_SIZE, FEED_AD "%s/%lld", name, (long long)version);
}

bool feed_value_keep(struct db *db, struct feed *feed, const char *json, size_t size, const char *by,
                     struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    char owner[STORED_KEY_OWNER_SIZE];
    char associated[AD_SIZE];
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(FEED_VALUE_MAX + SEAL_HEADER_MAX + 2 * SEAL_TAG_SIZE);
    int64_t now = pp_clock_realtime_ms();
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_VALUE, DB_TEXT(feed->name));
    if (!row || !db_next(row, "feed", error))
        return false;
    stored_key_of_feed(feed->name, owner);
    if (!stored_key_open(db, owner, row, 0, key, error))
        return false;
    feed->version = now > db_int(row, 2) ? now : db_int(row, 2) + 1;
    db_row_finish(row);
    associated_data(feed->name, feed->version, associated);
    bool ok = seal_encrypt(json, size, key, associated, &sealed, error);
    pp_wipe(key, sizeof key);
    feed->value_time = now / 1000;
    feed->value_size = (int64_t)size;
    feed->taken++;
    snprintf(feed->value_by, sizeof feed->value_by, "%s", by);
    return ok && db_run(db, error, DB_FEED_KEEP, DB_TEXT(feed->name), DB_INT(feed->version),
                        DB_INT(feed->value_time), DB_TEXT(feed->value_by), DB_INT(feed->value_size),
                        DB_BLOB(sealed.data, sealed.size));
}

bool feed_value_load(struct db *db, const char *name, struct pp_buf *json, struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    char owner[STORED_KEY_OWNER_SIZE];
    char associated[AD_SIZE];
    size_t size = 0;
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_VALUE, DB_TEXT(name));
    if (!row || !db_next(row, "feed", error))
        return false;
    if (db_is_null(row, 1))
        return pp_fail(error, PP_E_NOTFOUND, "the feed has no value yet");
    stored_key_of_feed(name, owner);
    if (!stored_key_open(db, owner, row, 0, key, error))
        return false;
    associated_data(name, db_int(row, 2), associated);
    const void *sealed = db_blob(row, 1, &size);
    bool ok = seal_decrypt(sealed, size, key, associated, json, error);
    pp_wipe(key, sizeof key);
    return ok;
}

void feed_note_refusal(struct db *db, const char *name, const char *why) {
    char text[FEED_REFUSAL_MAX + 1];
    struct pp_error error = {0};
    snprintf(text, sizeof text, "%.*s", FEED_REFUSAL_MAX, why);
    text_mend(text);
    if (!db_run_unsynced(db, &error, DB_FEED_NOTE_REFUSAL, DB_TEXT(name), DB_INT(pp_clock_realtime_s()),
                         DB_TEXT(text)))
        pp_log_warning("feed %s: %s", name, error.message);
}
