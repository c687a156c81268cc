/*
 * How this display point shows a provider which of its clients it is (RFC 6749 §2.3.1, RFC 8628 §3.1): by its name
 * alone (a public client), or with the secret that the administrator was given for it:
 *
 *   none                 client_id=screens
 *   client_secret_post   client_id=screens&client_secret=p%26s
 *   client_secret_basic  Authorization: Basic c2NyZWVuczpwJTI2cw==        (of "screens:p%26s")
 *
 * The secret comes in the signed state (policy.h), as a JWE to this display point's agreement key, and stays one in the
 * vault and in memory: it is decrypted for a request, and wiped with that.
 */
#ifndef PP_ACCESS_CLIENT_AUTH_H
#define PP_ACCESS_CLIENT_AUTH_H

#include "base/buf.h"

#define ACCESS_CLIENT_MAX        128  /* bytes of a client id */
#define ACCESS_SECRET_MAX        255  /* bytes */
#define ACCESS_SECRET_TOKEN_MAX  2048 /* characters of it, encrypted */
#define ACCESS_SECRET_TYPE       "pingplay-client-secret"
#define ACCESS_AUTHORIZATION_MAX 2048 /* bytes of the header's line */
/* Characters of its clear text, each at most three of them encoded, and the colon, in base64. */
_Static_assert(sizeof "Authorization: Basic " +
                       (3 * (ACCESS_CLIENT_MAX + ACCESS_SECRET_MAX) + 1 + 2) / 3 * 4 <=
                   ACCESS_AUTHORIZATION_MAX,
               "every client id with every secret fits");

enum access_client_auth { ACCESS_CLIENT_PUBLIC, ACCESS_CLIENT_BASIC, ACCESS_CLIENT_POST };

/* "none", "client_secret_basic" or "client_secret_post" (OpenID Connect Core 1.0 §9). */
bool access_client_auth_read(const char *name, enum access_client_auth *auth);

/* name=value, in the form that HTML posts. */
PP_MUST_USE bool access_form_add(struct pp_buf *form, const char *name, const char *value,
                                 struct pp_error *error);

/* Adds the client to a form; `line` gets the header that goes with it, and is "" where none does. Wipe both when
 * done. `secret` is visible ASCII (RFC 6749 §A.2), and not used for a public client. */
PP_MUST_USE bool access_client_show(enum access_client_auth auth, const char *client_id, const char *secret,
                                    struct pp_buf *form, char line[ACCESS_AUTHORIZATION_MAX],
                                    struct pp_error *error);

#endif
