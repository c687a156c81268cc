/*
 * The secret that a provider has given for its client (RFC 6749 §2.3.1), where it is a confidential one: screens in
 * mode sso show it there. How it is kept, signer/client_secret.h says.
 */
#ifndef HEADEND_PUBLIC_CLIENT_SECRET_H
#define HEADEND_PUBLIC_CLIENT_SECRET_H

#include "base/error.h"

#define CLIENT_SECRET_MAX       255 /* bytes: what a screen takes (firmware/access/client_auth.h) */
#define CLIENT_SECRET_TOKEN_MAX 2048

/* Visible ASCII (RFC 6749 §A.2). */
PP_MUST_USE bool client_secret_check(const char *secret, struct pp_error *error);
/* One line of a file. Wipe it when done. */
PP_MUST_USE bool client_secret_read(const char *path, char secret[CLIENT_SECRET_MAX + 1],
                                    struct pp_error *error);

#endif
