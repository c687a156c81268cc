#include "headend/ops/user_link.h"

#include "base/clock.h"
#include "headend/ops/users.h"

#define PURPOSE "user-link"

bool user_link_make(struct db *db, const char *name, char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    struct actor actor = {.kind = ACTOR_PERSON};
    return user_grants(db, name, &actor, error) && secret_make(token, error) &&
           secret_hash(PURPOSE, token, hash, error) &&
           db_run(db, error, DB_USER_LINK_ADD, DB_BLOB(hash, sizeof hash), DB_INT(actor.user),
                  DB_INT(pp_clock_realtime_s() + USER_LINK_S));
}

/* With a clock that was put back a link would last longer than it was made for: it does not. */
bool user_link_check(struct db *db, const char *token, int64_t *admin, char name[TEXT_NAME_MAX + 1],
                     struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    if (!secret_hash(PURPOSE, token, hash, error))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_USER_LINK_FIND, DB_BLOB(hash, sizeof hash),
                                             DB_INT(now), DB_INT(now + USER_LINK_S));
    if (!row || !db_next(row, "link", error))
        return false;
    *admin = db_int(row, 0);
    snprintf(name, TEXT_NAME_MAX + 1, "%s", db_text(row, 1));
    return true;
}

bool user_link_redeem(struct db *db, const char *token, const char *encoded, int64_t *admin,
                      struct pp_error *error) {
    char name[TEXT_NAME_MAX + 1];
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && user_link_check(db, token, admin, name, error) &&
           user_password_keep(db, *admin, encoded, error) &&
           db_run(db, error, DB_ADMIN_SESSIONS_END, DB_TEXT(name)) &&
           db_run(db, error, DB_USER_LINK_REMOVE, DB_INT(*admin)) && db_change_commit(&change, error);
}
