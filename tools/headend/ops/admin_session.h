/* Administrators' sessions: of each only a hash of its token is kept. Callers hold db_lock. */
#ifndef HEADEND_OPS_ADMIN_SESSION_H
#define HEADEND_OPS_ADMIN_SESSION_H

#include "headend/base/secret.h"
#include "headend/base/text.h"

struct db;

#define ADMIN_IDLE_S     1800
#define ADMIN_LIFETIME_S 43200 /* 12 hours, however busy */
#define ADMIN_CLOCK_S                                                                                        \
    300 /* the clock may be put back by so much; a session begun further in the future would hardly end */

struct admin {
    int64_t id; /* 0 where nobody is signed in */
    char name[TEXT_NAME_MAX + 1];
    char session[SECRET_TEXT_SIZE]; /* its token: a secret */
};

PP_MUST_USE bool admin_session_start(struct db *db, int64_t admin, char token[SECRET_TEXT_SIZE],
                                     struct pp_error *error);
PP_MUST_USE bool admin_session_end(struct db *db, const char *token, struct pp_error *error);
/* PP_E_NOTFOUND where the token is of no present session. */
PP_MUST_USE bool admin_session_find(struct db *db, const char *token, struct admin *admin,
                                    struct pp_error *error);
/* The same without counting as a use, and so without writing: of a body that still comes, of a stream that lasts. */
PP_MUST_USE bool admin_session_look(struct db *db, const char *token, struct admin *admin,
                                    struct pp_error *error);
PP_MUST_USE bool admin_session_purge(struct db *db, struct pp_error *error);

#endif
