/* Tokens that show that a request came from a page of ours, made for the same browser: a hash of a secret cookie, for
 * this purpose only. */
#ifndef HEADEND_SERVER_CSRF_H
#define HEADEND_SERVER_CSRF_H

#include "headend/server/request.h"

#define CSRF_SIZE SECRET_TEXT_SIZE /* bytes of a token with the NUL */

PP_MUST_USE bool csrf_token(const char *cookie, char token[CSRF_SIZE], struct pp_error *error);
/* In constant time. */
bool csrf_check(const char *cookie, const char *token);
/* Whether the browser says that no other site made the request: Sec-Fetch-Site and Origin are the browser's words, not
 * the page's. */
bool csrf_same_origin(const struct request *request);

#endif
