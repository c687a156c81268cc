#include "headend/ops/channel_key.h"

#include "crypto/random.h"

/* The first channel that a condition is true of; "" where there is none. */
static bool channel_where(struct db *db, const char *sql, int64_t value, char id[CHANNEL_ID_MAX + 1],
                          struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, sql, "i", value);
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
    return channel_where(db, "SELECT id FROM channel WHERE leavers > ? ORDER BY id LIMIT 1", 0, id, error);
}

bool channel_key_want(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) ||
        !db_run(db, error, "UPDATE channel SET leavers = leavers + 1 WHERE id = ?", "s", id))
        return false;
    if (!db_changes(db))
        return pp_fail(error, PP_E_NOTFOUND, "no such channel: %s", id);
    return db_run(db, error,
                  "UPDATE object SET exposed = 1 WHERE sha256 IN (SELECT object FROM object_channel WHERE"
                  " channel = ?)",
                  "s", id) &&
           db_change_commit(&change, error);
}

bool channel_key_begin(struct db *db, struct channel *channel, int64_t snapshot, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    stored_key_of_channel(channel->id, owner);
    return crypto_random(channel->key, sizeof channel->key, error) &&
           stored_key_seal(db, owner, channel->key, sealed, error) &&
           db_run(db, error,
                  "UPDATE channel SET next_key = ?, next_snapshot = ?, next_leavers = leavers WHERE id = ?",
                  "bis", (const void *)sealed, sizeof sealed, snapshot, channel->id);
}

bool channel_key_finish(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run(db, error,
                  "INSERT INTO channel_old_key(channel, key) SELECT id, key FROM channel WHERE id = ? AND "
                  "next_key IS NOT NULL AND hex(substr(key, 1, 8)) = (SELECT value FROM meta WHERE name = "
                  "'database_key')", /* one that is spoilt opens nothing */
                  "s", id) &&
           db_run(db, error,
                  "DELETE FROM channel_old_key WHERE channel = ?1 AND number NOT IN (SELECT number FROM "
                  "channel_old_key WHERE channel = ?1 ORDER BY number DESC LIMIT ?2)",
                  "si", id, (int64_t)CHANNEL_OLD_KEYS_MAX) &&
           db_run(db, error,
                  "UPDATE channel SET key = next_key, next_key = NULL, leavers = leavers - next_leavers"
                  " WHERE id = ? AND next_key IS NOT NULL",
                  "s", id) &&
           db_run(db, error,
                  "UPDATE device SET version = version + 1 WHERE channel = ? AND status <> 'retired'", "s",
                  id) &&
           db_change_commit(&change, error);
}

bool channel_key_settle(struct db *db, int64_t snapshot, bool *changed, struct pp_error *error) {
    char id[CHANNEL_ID_MAX + 1];
    *changed = false;
    for (;;) {
        if (!channel_where(db,
                           "SELECT id FROM channel WHERE next_key IS NOT NULL AND next_snapshot = ? LIMIT 1",
                           snapshot, id, error))
            return false;
        if (!*id)
            break;
        if (!channel_key_finish(db, id, error))
            return false;
        *changed = true;
    }
    return db_run(db, error, "UPDATE channel SET next_key = NULL WHERE next_key IS NOT NULL", "");
}
