#include "headend/ops/channel.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "headend/ops/publish_job.h"

static void channel_read(struct db_row *row, struct channel *channel) {
    *channel = (struct channel){.publish = db_int(row, 2)};
    snprintf(channel->id, sizeof channel->id, "%s", db_text(row, 0));
    snprintf(channel->title, sizeof channel->title, "%s", db_text(row, 1));
}

bool channel_find(struct db *db, const char *id, struct channel *channel, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_FIND, DB_TEXT(id));
    if (!row || !db_next(row, "channel", error))
        return false;
    channel_read(row, channel);
    return true;
}

_Static_assert(CHANNEL_KEY_SIZE == STORED_KEY_SIZE, "stored whole");

bool channel_open_key(struct db *db, struct channel *channel, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    stored_key_of_channel(channel->id, owner);
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_KEY, DB_TEXT(channel->id));
    return row && db_next(row, "channel", error) && stored_key_open(db, owner, row, 0, channel->key, error);
}

bool channel_known(struct db *db, const char *id, struct channel *channel, struct pp_error *error) {
    struct pp_error missing = {0};
    if (channel_find(db, id, channel, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND ? pp_fail(error, PP_E_NOTFOUND, "there is no channel \"%s\"", id)
                                         : pp_fail(error, missing.code, "%s", missing.message);
}

bool channel_make(struct db *db, const char *id, const char *title, bool *made, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t key[CHANNEL_KEY_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    if (!channel_id_check(id, error) || !text_check("title", title, 1, TEXT_NAME_MAX, error))
        return false;
    stored_key_of_channel(id, owner);
    char folded[TEXT_FOLDED_SIZE];
    bool ok =
        crypto_random(key, sizeof key, error) && stored_key_seal(db, owner, key, sealed, error) &&
        db_run(db, error, DB_CHANNEL_ADD, DB_TEXT(id), DB_TEXT(title), DB_TEXT(text_folded(title, folded)),
               DB_BLOB(sealed, sizeof sealed), DB_INT(pp_clock_realtime_s()));
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
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_COUNT_ON_CHANNEL, DB_TEXT(id));
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
    return db_run(db, error, DB_DEVICE_MOVE_CHANNEL, DB_TEXT(move_to), DB_TEXT(id));
}

bool channel_delete(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && channel_has_none(db, id, error) &&
           db_run(db, error, DB_DEVICE_LOSE_CHANNEL, DB_TEXT(id)) && publish_job_forsake(db, id, error) &&
           db_run(db, error, DB_PUBLISH_REMOVE_OF_CHANNEL, DB_TEXT(id)) &&
           db_run(db, error, DB_CHANNEL_OLD_KEYS_REMOVE, DB_TEXT(id)) &&
           db_run(db, error, DB_OBJECT_CHANNEL_REMOVE, DB_TEXT(id)) &&
           db_run(db, error, DB_CHANNEL_REMOVE, DB_TEXT(id)) && db_change_commit(&change, error);
}

bool channel_each(struct db *db, bool (*each)(void *arg, const struct channel *channel), void *arg,
                  struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_EACH);
    if (!row)
        return false;
    struct pp_error end = {0};
    struct channel channel;
    while (db_next(row, "channel", &end)) {
        channel_read(row, &channel);
        if (!each(arg, &channel))
            break;
    }
    return end.code == PP_E_NOTFOUND || end.code == PP_OK ? true
                                                          : pp_fail(error, end.code, "%s", end.message);
}

static struct channel_summary summary_read(struct db_row *row) {
    return (struct channel_summary){.id = db_text(row, 0),
                                    .title = db_text(row, 1),
                                    .publish = db_int(row, 2),
                                    .published = db_int(row, 3),
                                    .screens = db_int(row, 4),
                                    .warnings = db_int(row, 5)};
}

bool channel_summaries(struct db *db,
                       bool (*each)(void *arg, const struct channel_summary *channel, struct pp_error *error),
                       void *arg, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CHANNEL_LIST);
    struct pp_error end = {0};
    if (!row)
        return false;
    while (db_next(row, "channel", &end)) {
        const struct channel_summary summary = summary_read(row);
        if (!each(arg, &summary, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool channel_page(struct db *db, const struct channel_page *wanted,
                  bool (*each)(void *arg, const struct channel_summary *channel, const char *sorted),
                  void *arg, struct pp_error *error) {
    const char *first = wanted->descending ? "\xf4\x8f\xbf\xbf" : ""; /* no character is behind that one */
    char folded[TEXT_FOLDED_SIZE];
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, wanted->descending ? DB_CHANNEL_PAGE_BEFORE : DB_CHANNEL_PAGE_AFTER,
                 DB_TEXT(wanted->after_id ? wanted->after_title : first),
                 DB_TEXT(wanted->after_id ? wanted->after_id : ""), DB_INT(wanted->viewer),
                 DB_TEXT(text_folded(wanted->words, folded)), DB_INT(wanted->count));
    if (!row)
        return false;
    while (db_next(row, "channel", &end)) {
        const struct channel_summary summary = summary_read(row);
        if (!each(arg, &summary, db_text(row, 6)))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool channel_title_set(struct db *db, const char *id, const char *title, struct pp_error *error) {
    char folded[TEXT_FOLDED_SIZE];
    return text_check("title", title, 1, TEXT_NAME_MAX, error) &&
           db_run(db, error, DB_CHANNEL_TITLE_SET, DB_TEXT(title), DB_TEXT(text_folded(title, folded)),
                  DB_TEXT(id));
}

bool channel_published_at(struct db *db, const struct channel *channel, int64_t *when,
                          struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_PUBLISH_WHEN, DB_INT(channel->publish));
    *when = 0;
    if (!row)
        return false;
    if (db_next(row, "publish", &end))
        *when = db_int(row, 0);
    return *when || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
