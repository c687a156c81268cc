#include "headend/ops/admin_session.h"

#include "base/clock.h"
#include "headend/db/db.h"

#define SEEN_EVERY_S 30 /* the last use is not written more often */

bool admin_session_start(struct db *db, int64_t admin, const struct admin_client *client,
                         char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    char id[UUID_TEXT_SIZE];
    char agent[ADMIN_AGENT_MAX + 1];
    int64_t now = pp_clock_realtime_s();
    snprintf(agent, sizeof agent, "%s", client->agent);
    text_mend(agent);
    return secret_make(token, error) && secret_hash("admin-session", token, hash, error) &&
           uuid_make(id, error) &&
           db_run(db, error, DB_ADMIN_SESSION_MAKE_ROOM, DB_INT(admin), DB_INT(ADMIN_SESSIONS_MAX - 1)) &&
           db_run(db, error, DB_ADMIN_SESSION_ADD, DB_BLOB(hash, sizeof hash), DB_INT(admin), DB_INT(now),
                  DB_INT(now), DB_TEXT(id), DB_TEXT(client->address), DB_TEXT(agent));
}

bool admin_session_each(struct db *db, int64_t admin,
                        bool (*each)(void *arg, const struct admin_session *session), void *arg,
                        struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_SESSION_EACH, DB_INT(admin),
                                             DB_INT(now - ADMIN_IDLE_S), DB_INT(now - ADMIN_LIFETIME_S));
    if (!row)
        return false;
    while (db_next(row, "session", &end)) {
        struct admin_session session = {.created = db_int(row, 1), .seen = db_int(row, 2)};
        snprintf(session.id, sizeof session.id, "%s", db_text(row, 0));
        snprintf(session.address, sizeof session.address, "%s", db_text(row, 3));
        snprintf(session.agent, sizeof session.agent, "%s", db_text(row, 4));
        snprintf(session.name, sizeof session.name, "%s", db_text(row, 5));
        if (!each(arg, &session))
            return pp_fail(error, PP_E_NOMEM, "sessions: cannot be listed");
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool session_changed(struct db *db, struct pp_error *error) {
    return db_changes(db) ? true : pp_fail(error, PP_E_NOTFOUND, "there is no such session");
}

bool admin_session_rename(struct db *db, int64_t admin, const char *id, const char *name,
                          struct pp_error *error) {
    return text_check("name", name, 0, TEXT_NAME_MAX, error) &&
           db_run(db, error, DB_ADMIN_SESSION_NAME, DB_TEXT(name), DB_INT(admin), DB_TEXT(id)) &&
           session_changed(db, error);
}

bool admin_session_remove(struct db *db, int64_t admin, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_ADMIN_SESSION_REMOVE_ONE, DB_INT(admin), DB_TEXT(id)) &&
           session_changed(db, error);
}

bool admin_session_remove_others(struct db *db, int64_t admin, const char *keep, struct pp_error *error) {
    return db_run(db, error, DB_ADMIN_SESSION_REMOVE_OTHERS, DB_INT(admin), DB_TEXT(keep));
}

bool admin_session_end(struct db *db, const char *token, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    return secret_hash("admin-session", token, hash, error) &&
           db_run(db, error, DB_ADMIN_SESSION_REMOVE, DB_BLOB(hash, sizeof hash));
}

bool admin_session_purge(struct db *db, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    return db_run(db, error, DB_ADMIN_SESSION_PURGE, DB_INT(now - ADMIN_IDLE_S),
                  DB_INT(now - ADMIN_LIFETIME_S), DB_INT(now + ADMIN_CLOCK_S));
}

/* A present session, and when it was last used. */
static bool session_read(struct db *db, const char *token, struct admin *admin, int64_t *seen,
                         struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    if (!secret_hash("admin-session", token, hash, error))
        return false;
    db_autorow struct db_row *row =
        db_query(db, error, DB_ADMIN_SESSION_FIND, DB_BLOB(hash, sizeof hash), DB_INT(now - ADMIN_IDLE_S),
                 DB_INT(now - ADMIN_LIFETIME_S), DB_INT(now + ADMIN_CLOCK_S));
    if (!row || !db_next(row, "session", error))
        return false;
    admin->id = db_int(row, 0);
    snprintf(admin->name, sizeof admin->name, "%s", db_text(row, 1));
    snprintf(admin->session, sizeof admin->session, "%s", token);
    *seen = db_int(row, 2);
    snprintf(admin->session_id, sizeof admin->session_id, "%s", db_text(row, 3));
    return true;
}

bool admin_session_look(struct db *db, const char *token, struct admin *admin, struct pp_error *error) {
    int64_t seen;
    return session_read(db, token, admin, &seen, error);
}

bool admin_session_find(struct db *db, const char *token, struct admin *admin, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t seen;
    int64_t now = pp_clock_realtime_s();
    if (!session_read(db, token, admin, &seen, error))
        return false;
    if (now - seen < SEEN_EVERY_S)
        return true;
    return secret_hash("admin-session", token, hash, error) &&
           db_run_unsynced(db, error, DB_ADMIN_SESSION_SEEN, DB_INT(now), DB_BLOB(hash, sizeof hash));
}
