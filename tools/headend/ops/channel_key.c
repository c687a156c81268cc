#include "headend/ops/channel_key.h"

#include "crypto/random.h"

/* The first channel that a statement finds; "" where there is none. */
static bool channel_where(struct db *db, enum db_statement statement, int64_t value,
                          char id[CHANNEL_ID_MAX + 1], struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, statement, DB_INT(value));
    struct pp_error end = {0};
    *id = 0;
    if (!row)
        return false;
    if (!db_next(row, "channel", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    snprintf(id, CHANNEL_ID_MAX + 1, "%s", db_text(row, 0));
    return true;
}

bool channel_key_wanted(struct db *db, char id[CHANNEL_ID_MAX + 1], struct pp_error *error) {
    return channel_where(db, DB_CHANNEL_WANTS_KEY, 0, id, error);
}

bool channel_key_want(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !db_run(db, error, DB_CHANNEL_WANT_KEY, DB_TEXT(id)))
        return false;
    if (!db_changes(db))
        return pp_fail(error, PP_E_NOTFOUND, "no such channel: %s", id);
    return db_run(db, error, DB_OBJECT_EXPOSE_OF_CHANNEL, DB_TEXT(id)) && db_change_commit(&change, error);
}

bool channel_key_begin(struct db *db, struct channel *channel, int64_t snapshot, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    stored_key_of_channel(channel->id, owner);
    return crypto_random(channel->key, sizeof channel->key, error) &&
           stored_key_seal(db, owner, channel->key, sealed, error) &&
           db_run(db, error, DB_CHANNEL_KEY_NEXT, DB_BLOB(sealed, sizeof sealed), DB_INT(snapshot),
                  DB_TEXT(channel->id));
}

bool channel_key_finish(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && db_run(db, error, DB_CHANNEL_OLD_KEY_ADD, DB_TEXT(id)) &&
           db_run(db, error, DB_CHANNEL_OLD_KEYS_TRIM, DB_TEXT(id), DB_INT(CHANNEL_OLD_KEYS_MAX)) &&
           db_run(db, error, DB_CHANNEL_KEY_CHANGE, DB_TEXT(id)) &&
           db_run(db, error, DB_DEVICE_NEW_VERSION_ON_CHANNEL, DB_TEXT(id)) &&
           db_change_commit(&change, error);
}

bool channel_key_settle(struct db *db, int64_t snapshot, bool *changed, struct pp_error *error) {
    char id[CHANNEL_ID_MAX + 1];
    *changed = false;
    for (;;) {
        if (!channel_where(db, DB_CHANNEL_WITH_NEXT_KEY, snapshot, id, error))
            return false;
        if (!*id)
            break;
        if (!channel_key_finish(db, id, error))
            return false;
        *changed = true;
    }
    return db_run(db, error, DB_CHANNEL_KEY_FORGET_NEXT);
}
