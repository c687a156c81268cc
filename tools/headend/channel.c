#include "headend/channel.h"

#include "base/clock.h"
#include "crypto/random.h"

#define CHANNEL_COLUMNS "SELECT id, title, key, publish FROM channel "

static bool channel_read(sqlite3_stmt *row, struct channel *channel, struct pp_error *error) {
    *channel = (struct channel){.publish = db_int(row, 3)};
    snprintf(channel->id, sizeof channel->id, "%s", db_text(row, 0));
    snprintf(channel->title, sizeof channel->title, "%s", db_text(row, 1));
    return db_bytes(row, 2, channel->key, sizeof channel->key, error);
}

bool channel_find(struct db *db, const char *id, struct channel *channel, struct pp_error *error) {
    db_autostmt sqlite3_stmt *row = db_query(db, error, CHANNEL_COLUMNS "WHERE id = ?", "s", id);
    return row && db_next(row, "channel", error) && channel_read(row, channel, error);
}

bool channel_known(struct db *db, const char *id, struct channel *channel, struct pp_error *error) {
    struct pp_error missing = {0};
    if (channel_find(db, id, channel, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND ? pp_fail(error, PP_E_NOTFOUND, "there is no channel \"%s\"", id)
                                         : pp_fail(error, missing.code, "%s", missing.message);
}

bool channel_make(struct db *db, const char *id, const char *title, bool *made, struct pp_error *error) {
    uint8_t key[CHANNEL_KEY_SIZE];
    if (!channel_id_check(id, error) || !text_check("title", title, 1, TEXT_NAME_MAX, error) ||
        !crypto_random(key, sizeof key, error))
        return false;
    bool ok =
        db_run(db, error,
               "INSERT INTO channel(id, title, key, created) VALUES(?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
               "ssbi", id, title, (const void *)key, sizeof key, pp_clock_realtime_s());
    pp_wipe(key, sizeof key);
    *made = ok && db_changes(db) > 0;
    return ok;
}

bool channel_ensure(struct db *db, const char *id, struct pp_error *error) {
    bool made;
    return channel_make(db, id, id, &made, error);
}

/* Screens that are not retired. */
static bool channel_has_none(struct db *db, const char *id, struct pp_error *error) {
    db_autostmt sqlite3_stmt *row =
        db_query(db, error, "SELECT count(*) FROM device WHERE channel = ? AND status <> 'retired'", "s", id);
    if (!row || !db_next(row, "channel", error))
        return false;
    return db_int(row, 0) ? pp_fail(error, PP_E_STATE,
                                    "%lld screens show channel \"%s\": --move-to names another one for them",
                                    (long long)db_int(row, 0), id)
                          : true;
}

bool channel_leave(struct db *db, const char *id, const char *move_to, struct pp_error *error) {
    if (!move_to)
        return channel_has_none(db, id, error);
    return db_run(
        db, error,
        "UPDATE device SET channel = ?, version = version + 1 WHERE channel = ? AND status <> 'retired'",
        "ss", move_to, id);
}

bool channel_delete(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && channel_has_none(db, id, error) &&
           db_run(db, error, "UPDATE device SET channel = NULL WHERE channel = ?", "s", id) &&
           db_run(db, error, "DELETE FROM publish WHERE channel = ?", "s", id) &&
           db_run(db, error, "DELETE FROM channel_old_key WHERE channel = ?", "s", id) &&
           db_run(db, error, "DELETE FROM object_channel WHERE channel = ?", "s", id) &&
           db_run(db, error, "DELETE FROM channel WHERE id = ?", "s", id) && db_change_commit(&change, error);
}

bool channel_each(struct db *db, bool (*each)(void *arg, const struct channel *channel), void *arg,
                  struct pp_error *error) {
    db_autostmt sqlite3_stmt *row = db_query(db, error, CHANNEL_COLUMNS "ORDER BY title, id", "");
    if (!row)
        return false;
    struct pp_error end = {0};
    struct channel channel;
    while (db_next(row, "channel", &end)) {
        if (!channel_read(row, &channel, error))
            return false;
        if (!each(arg, &channel))
            break;
    }
    pp_wipe(&channel, sizeof channel);
    return end.code == PP_E_NOTFOUND || end.code == PP_OK ? true
                                                          : pp_fail(error, end.code, "%s", end.message);
}
