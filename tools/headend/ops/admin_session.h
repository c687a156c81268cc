/* Administrators' sessions: of each only a hash of its token is kept. Callers hold db_lock. */
#ifndef HEADEND_OPS_ADMIN_SESSION_H
#define HEADEND_OPS_ADMIN_SESSION_H

#include "headend/base/address.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"

struct db;

#define ADMIN_IDLE_S       1800
#define ADMIN_LIFETIME_S   43200 /* 12 hours, however busy */
#define ADMIN_SESSIONS_MAX 64    /* of one person; the least used goes for one more */
#define ADMIN_AGENT_MAX    200   /* bytes, of what a browser says that it is */
#define ADMIN_CLOCK_S                                                                                        \
    300 /* the clock may be put back by so much; a session begun further in the future would hardly end */

struct admin {
    int64_t id; /* 0 where nobody is signed in */
    char name[TEXT_NAME_MAX + 1];
    char session[SECRET_TEXT_SIZE]; /* its token: a secret */
    char session_id[UUID_TEXT_SIZE];
};

/* Who asks for one, as far as that is told. */
struct admin_client {
    const char *address, *agent; /* the browser's own word */
};

/* One as its owner sees it. */
struct admin_session {
    char id[UUID_TEXT_SIZE];
    int64_t created, seen; /* s since 1970 */
    char address[ADDRESS_TEXT_SIZE];
    char agent[ADMIN_AGENT_MAX + 1];
    char name[TEXT_NAME_MAX + 1]; /* that its owner gave it; "" none */
};

PP_MUST_USE bool admin_session_start(struct db *db, int64_t admin, const struct admin_client *client,
                                     char token[SECRET_TEXT_SIZE], struct pp_error *error);
PP_MUST_USE bool admin_session_end(struct db *db, const char *token, struct pp_error *error);
/* PP_E_NOTFOUND where the token is of no present session. */
PP_MUST_USE bool admin_session_find(struct db *db, const char *token, struct admin *admin,
                                    struct pp_error *error);
/* The same without counting as a use, and so without writing: of a body that still comes, of a stream that lasts. */
PP_MUST_USE bool admin_session_look(struct db *db, const char *token, struct admin *admin,
                                    struct pp_error *error);
/* Somebody's, the last used first; stops where the callback fails. */
PP_MUST_USE bool admin_session_each(struct db *db, int64_t admin,
                                    bool (*each)(void *arg, const struct admin_session *session), void *arg,
                                    struct pp_error *error);
/* One of somebody's, by its id. PP_E_NOTFOUND. */
PP_MUST_USE bool admin_session_rename(struct db *db, int64_t admin, const char *id, const char *name,
                                      struct pp_error *error);
PP_MUST_USE bool admin_session_remove(struct db *db, int64_t admin, const char *id, struct pp_error *error);
/* All of somebody's but one. */
PP_MUST_USE bool admin_session_remove_others(struct db *db, int64_t admin, const char *keep,
                                             struct pp_error *error);
PP_MUST_USE bool admin_session_purge(struct db *db, struct pp_error *error);

#endif
