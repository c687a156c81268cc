/* Administrators. Passwords are kept as Argon2id (RFC 9106) with a salt of their own. */
#ifndef HEADEND_OPS_USERS_H
#define HEADEND_OPS_USERS_H

#include "headend/base/text.h"
#include "headend/db/db.h"
#include "headend/ops/actor.h"

#define USERS_MAX            1000
#define PASSWORD_MIN         10  /* bytes */
#define PASSWORD_MAX         200 /* bytes */
#define PASSWORD_ENCODED_MAX 160 /* bytes of Argon2's encoded form with the NUL */
#define PASSWORD_MADE_SIZE   24  /* bytes of a generated one with the NUL */

/* Whether a name and a password may be an administrator's. */
PP_MUST_USE bool user_check(const char *name, const char *password, struct pp_error *error);
/* With the role admin for the whole. PP_E_STATE where the name is taken. */
PP_MUST_USE bool user_add(struct db *db, const char *name, const char *password, struct pp_error *error);
/* The same of a password's encoded form, "" for none, in a change of the caller's. */
PP_MUST_USE bool user_insert(struct db *db, const char *name, const char *encoded, int64_t *id,
                             struct pp_error *error);
/* Whether an account has one: with passkeys alone it has none. */
PP_MUST_USE bool user_has_password(struct db *db, int64_t id, bool *has, struct pp_error *error);
/* In place of the one before, by its encoded form; ends no session. */
PP_MUST_USE bool user_password_keep(struct db *db, int64_t id, const char *encoded, struct pp_error *error);
/* Nobody signs in, and no session or link is good, until it is undone. PP_E_NOTFOUND; PP_E_STATE where nobody would be
 * left who administers the whole. */
PP_MUST_USE bool user_lock(struct db *db, const char *name, bool locked, struct pp_error *error);
/* Both end the administrator's sessions. PP_E_NOTFOUND. */
PP_MUST_USE bool user_password(struct db *db, const char *name, const char *password, struct pp_error *error);
PP_MUST_USE bool user_remove(struct db *db, const char *name, struct pp_error *error);
/* Adds those of one who may sign in to actor->grants. PP_E_NOTFOUND. */
PP_MUST_USE bool user_grants(struct db *db, const char *name, struct actor *actor, struct pp_error *error);
/* In place of those there are. PP_E_STATE where nobody would have the role admin for the whole. */
PP_MUST_USE bool user_grants_save(struct db *db, const char *name, const struct grant *grants, size_t count,
                                  struct pp_error *error);
/* Somebody who may sign in. */
struct user {
    int64_t id;
    char name[TEXT_NAME_MAX + 1];
    int64_t created;   /* s since 1970 */
    bool has_password; /* or passkeys alone */
    int64_t passkeys;
    bool locked;
    struct actor actor; /* with the grants */
};
/* By name. */
PP_MUST_USE bool user_each(struct db *db, bool (*each)(void *arg, const struct user *user), void *arg,
                           struct pp_error *error);
PP_MUST_USE bool user_name_of(struct db *db, int64_t id, char name[TEXT_NAME_MAX + 1],
                              struct pp_error *error);
/* The id, 0 where there is none, and what password_verify needs: then a hash that nothing fits, so that an
 * unknown name takes as long. */
PP_MUST_USE bool user_find(struct db *db, const char *name, int64_t *id, char encoded[PASSWORD_ENCODED_MAX],
                           struct pp_error *error);
/* Argon2's form of a password, with a salt of its own. */
PP_MUST_USE bool password_encode(const char *password, char encoded[PASSWORD_ENCODED_MAX],
                                 struct pp_error *error);
/* Slow by design: not with db_lock held. */
bool password_verify(const char *encoded, const char *password);

/* A new one: "xxxx-xxxx-xxxx-xxxx-xxx" of 95 random bits. */
PP_MUST_USE bool password_make(char password[PASSWORD_MADE_SIZE], struct pp_error *error);

#endif
