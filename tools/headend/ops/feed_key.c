#include "headend/ops/feed_key.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define PURPOSE "feed-key"

static void key_read(struct db_row *row, struct feed_key *key) {
    *key = (struct feed_key){.created = db_int(row, 2),
                             .expires = db_int(row, 3),
                             .used = db_int(row, 4),
                             .revoked = db_int(row, 5)};
    snprintf(key->id, sizeof key->id, "%s", db_text(row, 0));
    snprintf(key->name, sizeof key->name, "%s", db_text(row, 1));
}

static bool count_check(struct db *db, struct pp_error *error) {
    if (!db_run(db, error, DB_FEED_KEY_FORGET, DB_INT(pp_clock_realtime_s() - FEED_KEY_FORGOTTEN_S)))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_KEY_COUNT);
    if (!row || !db_next(row, "key", error))
        return false;
    return db_int(row, 0) < FEED_KEYS_MAX ||
           pp_fail(error, PP_E_STATE, "there are %d keys, and no more than that can be", FEED_KEYS_MAX);
}

static bool feeds_add(struct db *db, const char *id, const cJSON *feeds, struct pp_error *error) {
    const cJSON *feed;
    cJSON_ArrayForEach(feed, feeds) {
        if (!db_run(db, error, DB_FEED_KEY_MAY, DB_TEXT(id), DB_TEXT(feed->valuestring)))
            return false;
    }
    return true;
}

bool feed_key_add(struct db *db, struct feed_key *key, const cJSON *feeds, char text[FEED_KEY_TEXT_SIZE],
                  struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    char secret[SECRET_TEXT_SIZE];
    key->created = pp_clock_realtime_s();
    if (!count_check(db, error) || !uuid_make(key->id, error) || !secret_make(secret, error))
        return false;
    snprintf(text, FEED_KEY_TEXT_SIZE, FEED_KEY_PREFIX "%s", secret);
    pp_wipe(secret, sizeof secret);
    return secret_hash(PURPOSE, text, hash, error) &&
           db_run(db, error, DB_FEED_KEY_ADD, DB_TEXT(key->id), DB_TEXT(key->name),
                  DB_BLOB(hash, sizeof hash), DB_INT(key->created), DB_INT(key->expires)) &&
           feeds_add(db, key->id, feeds, error);
}

bool feed_key_revoke(struct db *db, struct feed_key *key, struct pp_error *error) {
    if (key->revoked)
        return pp_fail(error, PP_E_STATE, "this key was revoked already");
    key->revoked = pp_clock_realtime_s();
    return db_run(db, error, DB_FEED_KEY_REVOKE, DB_INT(key->revoked), DB_TEXT(key->id));
}

bool feed_key_find(struct db *db, const char *id, struct feed_key *key, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_KEY_FIND, DB_TEXT(id));
    if (!row || !db_next(row, "key", error))
        return false;
    key_read(row, key);
    return true;
}

bool feed_key_of_text(struct db *db, const char *text, struct feed_key *key, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    struct pp_error missing = {0};
    if (strlen(text) != FEED_KEY_TEXT_SIZE - 1)
        return pp_fail(error, PP_E_AUTH, "this is no key");
    if (!secret_hash(PURPOSE, text, hash, error))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_KEY_BY_HASH, DB_BLOB(hash, sizeof hash));
    if (!row)
        return false;
    if (!db_next(row, "key", &missing))
        return missing.code == PP_E_NOTFOUND ? pp_fail(error, PP_E_AUTH, "this key is not known")
                                             : pp_fail(error, missing.code, "%s", missing.message);
    key_read(row, key);
    if (key->revoked)
        return pp_fail(error, PP_E_EXPIRED, "this key was revoked");
    return !key->expires || pp_clock_realtime_s() < key->expires ||
           pp_fail(error, PP_E_EXPIRED, "the time of this key is over");
}

bool feed_key_may(struct db *db, const struct feed_key *key, const char *feed, bool *may,
                  struct pp_error *error) {
    struct pp_error missing = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_KEY_FEED, DB_TEXT(key->id), DB_TEXT(feed));
    if (!row)
        return false;
    *may = db_next(row, "feed", &missing);
    return *may || missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
}

void feed_key_note_used(struct db *db, struct feed_key *key) {
    struct pp_error error = {0};
    int64_t now = pp_clock_realtime_s();
    if (now - key->used < FEED_KEY_USED_S && now >= key->used)
        return;
    key->used = now;
    if (!db_run_unsynced(db, &error, DB_FEED_KEY_USED, DB_INT(now), DB_TEXT(key->id)))
        pp_log_warning("key %s: %s", key->id, error.message);
}

static void time_add(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    if (seconds)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static bool feeds_read(struct db *db, const struct feed_key *key, cJSON *list, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_KEY_FEEDS, DB_TEXT(key->id));
    if (!row)
        return false;
    while (db_next(row, "feed", &end))
        cJSON_AddItemToArray(list, cJSON_CreateString(db_text(row, 0)));
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

cJSON *feed_key_json(struct db *db, const struct feed_key *key, int64_t now, struct pp_error *error) {
    bool over = key->expires && now >= key->expires;
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", key->id);
    cJSON_AddStringToObject(object, "name", key->name);
    cJSON_AddStringToObject(object, "state", key->revoked ? "revoked" : over ? "expired" : "active");
    time_add(object, "created", key->created);
    time_add(object, "expires", key->expires);
    time_add(object, "used", key->used);
    time_add(object, "revoked", key->revoked);
    return feeds_read(db, key, cJSON_AddArrayToObject(object, "feeds"), error) ? pp_steal(&object) : NULL;
}

bool feed_keys_json(struct db *db, int64_t now, cJSON *list, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_FEED_KEY_EACH);
    if (!row)
        return false;
    while (db_next(row, "key", &end)) {
        struct feed_key key;
        key_read(row, &key);
        cJSON *object = feed_key_json(db, &key, now, error);
        if (!object)
            return false;
        cJSON_AddItemToArray(list, object);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
