#include "headend/ops/users.h"

#include <argon2.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "headend/ops/actor.h"

/* OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. */
#define ARGON2_PASSES     2
#define ARGON2_MEMORY_KIB 19456
#define ARGON2_LANES      1
#define ARGON2_SALT_SIZE  16 /* bytes */
#define ARGON2_HASH_SIZE  32 /* bytes */

/* Of the same cost, with a hash of zeros. */
static const char nobody[] =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool password_encode(const char *password, char encoded[PASSWORD_ENCODED_MAX], struct pp_error *error) {
    uint8_t salt[ARGON2_SALT_SIZE];
    if (!crypto_random(salt, sizeof salt, error))
        return false;
    int status =
        argon2id_hash_encoded(ARGON2_PASSES, ARGON2_MEMORY_KIB, ARGON2_LANES, password, strlen(password),
                              salt, sizeof salt, ARGON2_HASH_SIZE, encoded, PASSWORD_ENCODED_MAX);
    return status == ARGON2_OK ? true
                               : pp_fail(error, PP_E_NOMEM, "password: %s", argon2_error_message(status));
}

bool user_check(const char *name, const char *password, struct pp_error *error) {
    return text_check("name", name, 1, TEXT_NAME_MAX, error) &&
           text_check("password", password, PASSWORD_MIN, PASSWORD_MAX, error);
}

static bool room_check(struct db *db, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_COUNT);
    return row && db_next(row, "count", error) &&
           (db_int(row, 0) <= USERS_MAX ||
            pp_fail(error, PP_E_LIMIT, "at most %d people may sign in", USERS_MAX));
}

bool user_insert(struct db *db, const char *name, const char *encoded, int64_t *id, struct pp_error *error) {
    static const struct grant all = {.role = ROLE_ADMIN, .scope = SCOPE_WHOLE};
    char kept[PASSWORD_ENCODED_MAX];
    if (!db_run(db, error, DB_ADMIN_ADD, DB_TEXT(name), DB_TEXT(encoded), DB_INT(pp_clock_realtime_s())))
        return false;
    if (!db_changes(db))
        return pp_fail(error, PP_E_STATE, "there is an administrator %s already", name);
    /* Whoever has a link to set this headend up has come too late. */
    return user_find(db, name, id, kept, error) && room_check(db, error) && grant_add(db, *id, &all, error) &&
           db_run(db, error, DB_SETUP_LINKS_REMOVE);
}

bool user_add(struct db *db, const char *name, const char *password, struct pp_error *error) {
    char encoded[PASSWORD_ENCODED_MAX];
    int64_t id = 0;
    db_autochange struct db_change change = {0};
    return user_check(name, password, error) && password_encode(password, encoded, error) &&
           db_change_begin(&change, db, error) && user_insert(db, name, encoded, &id, error) &&
           db_change_commit(&change, error);
}

static bool user_changed(struct db *db, const char *name, struct pp_error *error) {
    return db_changes(db) ? true : pp_fail(error, PP_E_NOTFOUND, "there is no administrator %s", name);
}

bool user_password(struct db *db, const char *name, const char *password, struct pp_error *error) {
    char encoded[PASSWORD_ENCODED_MAX];
    db_autochange struct db_change change = {0};
    return user_check(name, password, error) && password_encode(password, encoded, error) &&
           db_change_begin(&change, db, error) &&
           db_run(db, error, DB_ADMIN_PASSWORD_SET, DB_TEXT(encoded), DB_TEXT(name)) &&
           user_changed(db, name, error) && db_run(db, error, DB_ADMIN_SESSIONS_END, DB_TEXT(name)) &&
           db_change_commit(&change, error);
}

bool user_has_password(struct db *db, int64_t id, bool *has, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_HAS_PASSWORD, DB_INT(id));
    if (!row || !db_next(row, "administrator", error))
        return false;
    *has = db_int(row, 0) != 0;
    return true;
}

bool user_password_keep(struct db *db, int64_t id, const char *encoded, struct pp_error *error) {
    return db_run(db, error, DB_ADMIN_PASSWORD_OF, DB_TEXT(encoded), DB_INT(id)) &&
           (db_changes(db) || pp_fail(error, PP_E_NOTFOUND, "there is no such administrator"));
}

static bool an_admin_stays(struct db *db, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_GRANT_COUNT_ADMINS);
    return row && db_next(row, "count", error) &&
           (db_int(row, 0) > 0 ||
            pp_fail(error, PP_E_STATE, "nobody else is an administrator of the whole: add another first"));
}

bool user_lock(struct db *db, const char *name, bool locked, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run(db, error, DB_ADMIN_LOCK, DB_INT(locked), DB_TEXT(name)) && user_changed(db, name, error) &&
           db_run(db, error, DB_ADMIN_SESSIONS_END, DB_TEXT(name)) && an_admin_stays(db, error) &&
           db_change_commit(&change, error);
}

bool user_remove(struct db *db, const char *name, struct pp_error *error) {
    struct pp_error refused = {0};
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error))
        return false;
    /* The database itself keeps the last one (migrations.c): two that are removed at once are no way around it. */
    if (db_run(db, &refused, DB_ADMIN_REMOVE, DB_TEXT(name)))
        return user_changed(db, name, error) && an_admin_stays(db, error) && db_change_commit(&change, error);
    return strstr(refused.message, DB_LAST_ADMIN)
               ? pp_fail(error, PP_E_STATE, "%s is the last administrator, and stays: add another first",
                         name)
               : pp_fail(error, refused.code, "%s", refused.message);
}

bool user_grants(struct db *db, const char *name, struct actor *actor, struct pp_error *error) {
    char encoded[PASSWORD_ENCODED_MAX];
    if (!user_find(db, name, &actor->user, encoded, error))
        return false;
    pp_wipe(encoded, sizeof encoded);
    return actor->user ? grants_load(db, actor, error)
                       : pp_fail(error, PP_E_NOTFOUND, "there is no administrator %s", name);
}

bool user_grants_save(struct db *db, const char *name, const struct grant *grants, size_t count,
                      struct pp_error *error) {
    struct actor actor = {.kind = ACTOR_PERSON};
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !user_grants(db, name, &actor, error) ||
        !db_run(db, error, DB_GRANT_REMOVE_ALL, DB_INT(actor.user)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!grant_add(db, actor.user, &grants[i], error))
            return false;
    }
    return an_admin_stays(db, error) && db_change_commit(&change, error);
}

bool user_each(struct db *db, bool (*each)(void *arg, const struct user *user), void *arg,
               struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_EACH);
    struct pp_error end = {0};
    if (!row)
        return false;
    while (db_next(row, "administrator", &end)) {
        struct user user = {.id = db_int(row, 0),
                            .created = db_int(row, 2),
                            .has_password = db_int(row, 3) != 0,
                            .passkeys = db_int(row, 4),
                            .locked = db_int(row, 5) != 0,
                            .actor = {.kind = ACTOR_PERSON, .user = db_int(row, 0)}};
        snprintf(user.name, sizeof user.name, "%s", db_text(row, 1));
        if (!grants_load(db, &user.actor, error))
            return false;
        if (!each(arg, &user))
            return true;
    }
    return end.code == PP_E_NOTFOUND ? true : pp_fail(error, end.code, "%s", end.message);
}

bool user_name_of(struct db *db, int64_t id, char name[TEXT_NAME_MAX + 1], struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_NAME, DB_INT(id));
    if (!row || !db_next(row, "administrator", error))
        return false;
    snprintf(name, TEXT_NAME_MAX + 1, "%s", db_text(row, 0));
    return true;
}

bool user_find(struct db *db, const char *name, int64_t *id, char encoded[PASSWORD_ENCODED_MAX],
               struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_FIND, DB_TEXT(name));
    struct pp_error missing = {0};
    if (!row)
        return false;
    bool found = db_next(row, "administrator", &missing);
    if (!found && missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    *id = found ? db_int(row, 0) : 0;
    /* An account without a password, which has passkeys, takes as long as one that is not there. */
    snprintf(encoded, PASSWORD_ENCODED_MAX, "%s", found && *db_text(row, 1) ? db_text(row, 1) : nobody);
    return true;
}

bool password_verify(const char *encoded, const char *password) {
    return argon2id_verify(encoded, password, strlen(password)) == ARGON2_OK;
}

bool password_make(char password[PASSWORD_MADE_SIZE], struct pp_error *error) {
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz023456789"; /* 32, without i, l, o, 1 */
    uint8_t bytes[PASSWORD_MADE_SIZE];
    if (!crypto_random(bytes, sizeof bytes, error))
        return false;
    for (size_t i = 0; i < PASSWORD_MADE_SIZE - 1; i++)
        password[i] = i % 5 == 4 ? '-' : letters[bytes[i] % 32];
    password[PASSWORD_MADE_SIZE - 1] = 0;
    pp_wipe(bytes, sizeof bytes);
    return true;
}
