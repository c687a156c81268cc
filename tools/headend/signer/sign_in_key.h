/*
 * What people show to sign in at a screen (a password, an ID token) goes to the headend encrypted to a key of its own,
 * which the signed state names: whoever ends TLS on the way learns neither.
 */
#ifndef HEADEND_SIGNER_SIGN_IN_KEY_H
#define HEADEND_SIGNER_SIGN_IN_KEY_H

#include "base/buf.h"
#include "base/json.h"
#include "headend/base/home.h"

#define SIGN_IN_TYPE      "pingplay-sign-in"
#define SIGN_IN_CLEAR_MAX (20 * 1024) /* bytes */

struct sign_in_key;

/* keys/sign-in.pem, made where there is none. One for all threads. */
struct sign_in_key *sign_in_key_open(const struct home *home, struct pp_error *error);
void sign_in_key_close(struct sign_in_key *key);

/* Its JWK, for a state. The caller deletes it. */
cJSON *sign_in_key_jwk(const struct sign_in_key *key, struct pp_error *error);
/* Appends what a screen has encrypted. */
PP_MUST_USE bool sign_in_key_decrypt(struct sign_in_key *key, const char *device, const void *token,
                                     size_t size, struct pp_buf *clear, struct pp_error *error);

/* Appends what only this headend reads again, with `typ`, for that screen: to be kept. And back. */
PP_MUST_USE bool sign_in_key_seal(const struct sign_in_key *key, const char *typ, const char *device,
                                  const void *clear, size_t size, struct pp_buf *sealed,
                                  struct pp_error *error);
PP_MUST_USE bool sign_in_key_unseal(struct sign_in_key *key, const char *typ, const char *device,
                                    const char *sealed, struct pp_buf *clear, struct pp_error *error);

#endif
