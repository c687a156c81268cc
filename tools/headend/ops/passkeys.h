/*
 * Administrators' passkeys: credentials of their devices, each for the host name at which it was made
 * (webauthn/webauthn.h). Callers hold db_lock.
 */
#ifndef HEADEND_OPS_PASSKEYS_H
#define HEADEND_OPS_PASSKEYS_H

#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/webauthn/answer.h"

struct db;

#define PASSKEYS_MAX 16 /* of one person */

struct passkey {
    char id[UUID_TEXT_SIZE];
    char name[TEXT_NAME_MAX + 1];
    char host[CLIENT_ORIGIN_MAX + 1];
    char transports[TRANSPORTS_SIZE];
    uint8_t credential[CREDENTIAL_ID_MAX];
    size_t credential_size; /* bytes */
    bool backed_up;
    int64_t created, used; /* s since 1970; 0 never */
};

/* What an account is called towards authenticators: random, so that it tells nobody whose it is. Made with its first
 * use. */
PP_MUST_USE bool passkey_user_handle(struct db *db, int64_t admin, uint8_t handle[USER_HANDLE_SIZE],
                                     struct pp_error *error);

/* Whether the answer is a new passkey's, in this binding (passkey_challenge.h). PP_E_AUTH, PP_E_EXPIRED, PP_E_INVALID,
 * PP_E_UNSUPPORTED. */
PP_MUST_USE bool passkey_check_new(struct db *db, const struct webauthn_party *party, const char *binding,
                                   const struct webauthn_answer *answer,
                                   struct webauthn_credential *credential, struct pp_error *error);
/* Keeps it. PP_E_STATE where it is known already, anybody's; PP_E_LIMIT where there are PASSKEYS_MAX. */
PP_MUST_USE bool passkey_add(struct db *db, const struct webauthn_party *party, int64_t admin,
                             const char *name, const struct webauthn_answer *answer,
                             const struct webauthn_credential *credential, char id[UUID_TEXT_SIZE],
                             struct pp_error *error);

/* Whose passkey has answered. PP_E_AUTH of one that is unknown, does not fit or was perhaps copied; PP_E_EXPIRED,
 * PP_E_INVALID. */
PP_MUST_USE bool passkey_sign_in(struct db *db, const struct webauthn_party *party, const char *binding,
                                 const struct webauthn_answer *answer, int64_t *admin,
                                 char name[TEXT_NAME_MAX + 1], struct pp_error *error);

/* Those of one person, in the order in which they were made. False where `each` says so, or on failure. */
PP_MUST_USE bool passkey_each(struct db *db, int64_t admin,
                              bool (*each)(void *arg, const struct passkey *passkey), void *arg,
                              struct pp_error *error);
/* PP_E_NOTFOUND of another person's, too. */
PP_MUST_USE bool passkey_rename(struct db *db, int64_t admin, const char *id, const char *name,
                                struct pp_error *error);
/* PP_E_STATE where it is the only way in. */
PP_MUST_USE bool passkey_remove(struct db *db, int64_t admin, const char *id, struct pp_error *error);

#endif
