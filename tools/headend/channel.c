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
