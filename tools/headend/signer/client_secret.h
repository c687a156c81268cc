/*
 * How a client's secret (public/client_secret.h) is kept: as a JWE to keys/sign-in.pem, for the one screen
 * that it was set for, so that a copy of the database shows none; and a screen gets it as a JWE to its agreement key,
 * as it gets its channel's key.
 */
#ifndef HEADEND_SIGNER_CLIENT_SECRET_H
#define HEADEND_SIGNER_CLIENT_SECRET_H

#include "base/buf.h"
#include "crypto/jwk.h"
#include "headend/public/client_secret.h"
#include "headend/signer/sign_in_key.h"

/* Appends what is to be kept. */
PP_MUST_USE bool client_secret_seal(const struct sign_in_key *key, const char *device, const char *secret,
                                    struct pp_buf *kept, struct pp_error *error);
/* Appends what that screen is to get, of what was kept. */
PP_MUST_USE bool client_secret_send(struct sign_in_key *key, const char *device, const char *kept,
                                    const uint8_t agreement[CRYPTO_POINT_SIZE], struct pp_buf *token,
                                    struct pp_error *error);

#endif
