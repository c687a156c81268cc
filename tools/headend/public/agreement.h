/*
 * A screen's agreement key: what only that screen is to read (its channel's key) is encrypted to it (JWE, RFC 7516,
 * ECDH-ES). The screen announces it with each session, in a JWS by its device key, so that nobody between can put
 * in one of his own:
 *
 *     {"alg":"ES256","kid":"<thumbprint of the device key>","typ":"pingplay-agreement-key"}
 *     {"aud":"pingplay-headend","iat":…,"jwk":{"kty":"EC","crv":"P-256","x":…,"y":…}}
 */
#ifndef HEADEND_PUBLIC_AGREEMENT_H
#define HEADEND_PUBLIC_AGREEMENT_H

#include "crypto/jwk.h"

#define AGREEMENT_TYPE      "pingplay-agreement-key"
#define AGREEMENT_AUDIENCE  "pingplay-headend"
#define AGREEMENT_TOKEN_MAX 4096 /* characters */

/* The key that a token announces, once the device key's signature over it is known to be good. */
PP_MUST_USE bool agreement_read(const char *token, size_t size, const uint8_t device_key[CRYPTO_POINT_SIZE],
                                uint8_t agreement[CRYPTO_POINT_SIZE], struct pp_error *error);

/* Appends a secret of that kind as a JWE to it. `device` is the screen's id. */
PP_MUST_USE bool agreement_seal(const uint8_t agreement[CRYPTO_POINT_SIZE], const char *typ,
                                const char *device, const void *secret, size_t size, struct pp_buf *token,
                                struct pp_error *error);
/* Appends a channel's key as a JWE to it: a JWK "oct" (RFC 7518 §6.4). */
PP_MUST_USE bool agreement_seal_key(const uint8_t agreement[CRYPTO_POINT_SIZE], const char *device,
                                    const void *key, size_t size, struct pp_buf *token,
                                    struct pp_error *error);

#endif
