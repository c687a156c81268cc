#include "headend/ops/admin_session.h"

#include "base/clock.h"
#include "headend/db/db.h"

#define SEEN_EVERY_S 30 /* the last use is not written more often */

bool admin_session_start(struct db *db, int64_t admin, char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    return secret_make(token, error) && secret_hash("admin-session", token, hash, error) &&
           db_run(db, error, DB_ADMIN_SESSION_ADD, DB_BLOB(hash, sizeof hash), DB_INT(admin), DB_INT(now),
                  DB_INT(now));
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
