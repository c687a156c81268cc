/* Administrators' sessions in the browser. Callers hold db_lock. */
#ifndef HEADEND_ADMIN_SESSION_H
#define HEADEND_ADMIN_SESSION_H

#include "headend/http.h"

#define ADMIN_COOKIE       "__Host-pingplay-admin"
#define ADMIN_VISIT_COOKIE "__Host-pingplay-visit" /* before signing in, for the form's CSRF token */
#define ADMIN_IDLE_S       1800
#define ADMIN_LIFETIME_S   43200 /* 12 hours, however busy */
#define ADMIN_CLOCK_S                                                                                        \
    300 /* the clock may be put back by so much; a session begun further in the future would hardly end */

/* For ROUTE_ADMIN: fills request->admin and, for a form, request->form after checking where it comes from
 * (CSRF). Without a session, leads to the sign-in page. */
bool admin_authenticate(struct request *request, struct reply *reply);
/* Parses request->form and refuses one whose token does not fit the cookie's value, or that another site
 * sent. */
bool admin_form(struct request *request, struct reply *reply, const char *cookie);

PP_MUST_USE bool admin_session_start(struct db *db, int64_t admin, char token[SECRET_TEXT_SIZE],
                                     struct pp_error *error);
PP_MUST_USE bool admin_session_end(struct db *db, const char *token, struct pp_error *error);
PP_MUST_USE bool admin_session_purge(struct db *db, struct pp_error *error);
/* Set-Cookie for the session; max_age_s 0 takes it away. */
void admin_cookie_set(struct reply *reply, const char *name, const char *value, int64_t max_age_s);

#endif
