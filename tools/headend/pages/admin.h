/* Administrators in their browsers: their cookies, and forms that are theirs. Callers hold db_lock. */
#ifndef HEADEND_PAGES_ADMIN_H
#define HEADEND_PAGES_ADMIN_H

#include "headend/server/admin.h"

#define ADMIN_VISIT_COOKIE "__Host-pingplay-visit" /* before signing in, for the form's CSRF token */

/* For ROUTE_ADMIN: fills request->admin and, for a form, request->form after checking where it comes from
 * (CSRF). Without a session, leads to the sign-in page. */
bool admin_authenticate(struct request *request, struct reply *reply);
/* Parses request->form and refuses one whose token does not fit the cookie's value, or that another site
 * sent. */
bool admin_form(struct request *request, struct reply *reply, const char *cookie);

#endif
