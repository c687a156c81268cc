/*
 * Temporary display points: how a person signs in at a screen, and for how long that is good there. The screen's state
 * has its channel's key only meanwhile. One session a screen. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_PERSON_SESSION_H
#define HEADEND_OPS_PERSON_SESSION_H

#include "base/options.h"
#include "headend/base/user_code.h"
#include "headend/ops/device.h"
#include "headend/ops/users.h"
#include "headend/public/client_secret.h"

#define PERSON_NAME_MAX      256 /* bytes of a subject or a name */
#define PERSON_CLIENT_MAX    128 /* bytes of a client id, a scope or a claim's name */
#define PERSON_AUTH_MAX      31
#define PERSON_REASON_MAX    24 /* bytes with the NUL */
#define PERSON_SESSION_S     (8 * 3600)
#define PERSON_MOST_S        (12 * 3600) /* with all that it was renewed */
#define PERSON_SESSION_MAX_S (7 * 86400)
#define PERSON_ALLOWED_MAX   PP_OPTION_LIST_MAX

/* What the admin has set. */
struct person_policy {
    int64_t session_s, most_s;           /* s of a session; of one with all its renewals */
    char password[PASSWORD_ENCODED_MAX]; /* Argon2's form; "" none */
    char issuer[PERSON_NAME_MAX + 1];    /* of the OpenID Connect provider; "" none */
    char client_id[PERSON_CLIENT_MAX + 1];
    char scope[PERSON_CLIENT_MAX + 1];
    char groups_claim[PERSON_CLIENT_MAX + 1];
    char client_auth[PERSON_AUTH_MAX + 1];           /* "none", "client_secret_basic", "client_secret_post" */
    char client_secret[CLIENT_SECRET_TOKEN_MAX + 1]; /* encrypted; "" none */
    char code[USER_CODE_SIZE];                       /* that the screen shows while nobody is signed in */
    char nonce[SECRET_TEXT_SIZE];                    /* of its next sign-in at the provider */
    char reason[PERSON_REASON_MAX]; /* why nobody is: "expired", "signed-out", "changed"; "" nobody was yet */
};
/* PP_E_NOTFOUND where the screen has none. */
PP_MUST_USE bool person_policy_find(struct db *db, const char *device, struct person_policy *policy,
                                    struct pp_error *error);
/* By the code that a screen shows; its id. */
PP_MUST_USE bool person_policy_find_code(struct db *db, const char code[USER_CODE_SIZE],
                                         char device[UUID_TEXT_SIZE], struct pp_error *error);

/* What is to be set: the mode, and for the temporary ones the rest. `password` NULL leaves the one there is. */
struct person_settings {
    enum device_access mode;
    uint64_t session_s, most_s;
    const char *password;
    const char *issuer, *client_id, *scope, *groups_claim;
    /* As it is to be kept; NULL: the one there is, as long as it is the same client of the same provider. */
    const char *client_secret;
    const char *client_auth;       /* NULL: as it is, or by HTTP Basic where a secret is given */
    struct pp_option_list allowed; /* "anyone", "sub:…", "email:…", "group:…" */
};
/* Which field is no good: "times", "issuer", "client_id", "scope", "groups_claim", "allow", "client_auth" or
 * "password"; NULL: all are. */
const char *person_settings_problem(struct db *db, const char *device, const struct person_settings *settings,
                                    struct pp_error *error);
/* Checks it whole, and takes it: whoever is signed in there is not any more. */
PP_MUST_USE bool person_settings_save(struct db *db, const char *device,
                                      const struct person_settings *settings, struct pp_error *error);
/* The mode alone, with what was set for it before, as part of a change. PP_E_INVALID where that is not enough for
 * anybody to sign in. */
PP_MUST_USE bool person_mode_save(struct db *db, const char *device, enum device_access mode,
                                  struct pp_error *error);

struct person_session {
    char id[UUID_TEXT_SIZE];
    char subject[PERSON_NAME_MAX + 1], name[PERSON_NAME_MAX + 1];
    int64_t started, expires, until; /* s since 1970; it is not renewed beyond the last */
    char nonce[SECRET_TEXT_SIZE];    /* of the sign-in: a token that renews it has the same, or none */
};
/* PP_E_NOTFOUND where nobody is signed in at `now`. */
PP_MUST_USE bool person_session_find(struct db *db, const char *device, int64_t now,
                                     struct person_session *session, struct pp_error *error);

/* The screen at which the browser with that cookie has signed in. */
PP_MUST_USE bool person_session_find_phone(struct db *db, const char *phone, char device[UUID_TEXT_SIZE],
                                           struct pp_error *error);

struct person {
    const char *subject, *name;
    const char *token; /* what was shown, good for one session: an ID token; NULL none */
    int64_t token_expires;
    const char *phone; /* the cookie of the browser that signed in, and may sign out; NULL: none did */
};
/* Begins a session of that person's, or renews it where it is the same one's. PP_E_AUTH for a token that was used
 * before, or while somebody else is signed in; PP_E_EXPIRED where it cannot be renewed any more. */
PP_MUST_USE bool person_session_open(struct db *db, const char *device, const struct person *person,
                                     int64_t now, struct pp_error *error);
/* Whether the policy lets in who has one of these. `has` says of a claim's name and value whether it is so. */
PP_MUST_USE bool person_allowed(struct db *db, const char *device,
                                bool (*has)(void *arg, const char *kind, const char *value), void *arg,
                                bool *allowed, struct pp_error *error);
/* Appends who is let in, one a line, as `allowed` above. */
#define PERSON_ALLOWED_LIST_MAX (PERSON_ALLOWED_MAX * (PERSON_NAME_MAX + 1))
PP_MUST_USE bool person_allowed_list(struct db *db, const char *device, struct pp_buf *lines,
                                     struct pp_error *error);
PP_MUST_USE bool person_session_end(struct db *db, const char *device, const char *reason,
                                    struct pp_error *error);
/* Ends those whose time is over; *ended: there were some. */
PP_MUST_USE bool person_sessions_purge(struct db *db, int64_t now, bool *ended, struct pp_error *error);

#endif
