#include "headend/ops/setup_link.h"

#include "base/clock.h"
#include "headend/db/db.h"
#include "headend/ops/users.h"

#define PURPOSE "setup-link"

bool setup_link_wanted(struct db *db, bool *wanted, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_COUNT);
    if (!row || !db_next(row, "administrators", error))
        return false;
    *wanted = db_int(row, 0) == 0;
    return true;
}

bool setup_link_make(struct db *db, char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    bool wanted = false;
    db_autochange struct db_change change = {0};
    if (!secret_make(token, error) || !secret_hash(PURPOSE, token, hash, error) ||
        !db_change_begin(&change, db, error) || !setup_link_wanted(db, &wanted, error))
        return false;
    if (!wanted)
        return pp_fail(error, PP_E_STATE, "there is an administrator already, who can sign in");
    return db_run(db, error, DB_SETUP_LINKS_REMOVE) &&
           db_run(db, error, DB_SETUP_LINK_ADD, DB_BLOB(hash, sizeof hash),
                  DB_INT(pp_clock_realtime_s() + SETUP_LINK_S)) &&
           db_change_commit(&change, error);
}

/* With a clock that was put back a link would last longer than it was made for: it does not. */
bool setup_link_check(struct db *db, const char *token, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    bool wanted = false;
    int64_t now = pp_clock_realtime_s();
    if (!secret_hash(PURPOSE, token, hash, error) || !setup_link_wanted(db, &wanted, error))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_SETUP_LINK_FIND, DB_BLOB(hash, sizeof hash),
                                             DB_INT(now), DB_INT(now + SETUP_LINK_S));
    if (!row || !db_next(row, "set-up link", error))
        return false;
    return wanted ? true : pp_fail(error, PP_E_NOTFOUND, "there is an administrator already");
}

/* In a change of the caller's. */
static bool account_make(struct db *db, const char *token, const char *name, const char *encoded,
                         int64_t *admin, struct pp_error *error) {
    return setup_link_check(db, token, error) && user_insert(db, name, encoded, admin, error);
}

bool setup_link_redeem(struct db *db, const char *token, const char *name, const char *encoded,
                       int64_t *admin, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && account_make(db, token, name, encoded, admin, error) &&
           db_change_commit(&change, error);
}

bool setup_link_handle(const char *token, uint8_t handle[USER_HANDLE_SIZE], struct pp_error *error) {
    return secret_hash("setup-user-handle", token, handle, error);
}

bool setup_link_redeem_passkey(struct db *db, const char *token, const char *name,
                               const struct webauthn_party *party, const struct webauthn_answer *answer,
                               const char *passkey_name, int64_t *admin, struct pp_error *error) {
    struct webauthn_credential credential;
    uint8_t handle[USER_HANDLE_SIZE];
    char id[UUID_TEXT_SIZE];
    db_autochange struct db_change change = {0};
    /* The challenge is taken whatever comes of it. */
    return passkey_check_new(db, party, token, answer, &credential, error) &&
           setup_link_handle(token, handle, error) && db_change_begin(&change, db, error) &&
           account_make(db, token, name, "", admin, error) &&
           db_run(db, error, DB_ADMIN_HANDLE_SET, DB_BLOB(handle, sizeof handle), DB_INT(*admin)) &&
           passkey_add(db, party, *admin, passkey_name, answer, &credential, id, error) &&
           db_change_commit(&change, error);
}
