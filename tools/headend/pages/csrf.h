/* Tokens in forms that show that a form came from a page of ours, made for the same browser: a hash of a
 * secret cookie, for this purpose only. */
#ifndef HEADEND_PAGES_CSRF_H
#define HEADEND_PAGES_CSRF_H

#include "headend/base/secret.h"

#define CSRF_SIZE SECRET_TEXT_SIZE /* bytes of a token with the NUL */

PP_MUST_USE bool csrf_token(const char *cookie, char token[CSRF_SIZE], struct pp_error *error);
/* In constant time. */
bool csrf_check(const char *cookie, const char *token);

#endif
