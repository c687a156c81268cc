/* An administrator's session, as pages and the API know it: a cookie. Callers hold db_lock. */
#ifndef HEADEND_SERVER_ADMIN_H
#define HEADEND_SERVER_ADMIN_H

#include "headend/server/request.h"

#define ADMIN_COOKIE "__Host-pingplay-admin"

/* Fills request->admin, and lets the connection count as an administrator's. PP_E_NOTFOUND without a session. */
PP_MUST_USE bool admin_recognise(struct request *request, struct pp_error *error);

/* Somebody has shown who he is: a new session, whose token is a secret, in the place of the one that his browser
 * had. */
PP_MUST_USE bool admin_enter(struct request *request, int64_t admin, char token[SECRET_TEXT_SIZE],
                             struct pp_error *error);

/* Set-Cookie of an administrator's browser; max_age_s 0 takes it away. */
void admin_cookie_set(struct reply *reply, const char *name, const char *value, int64_t max_age_s);

#endif
