/* Internal: keys that this process keeps. The number is all there is of one, in memory of its own (base/secret.h); what
 * mbedTLS wants to have is made of it for each use, and wiped. */
#ifndef PP_CRYPTO_KEY_SOFTWARE_H
#define PP_CRYPTO_KEY_SOFTWARE_H

#include <mbedtls/pk.h>

#include "crypto/key.h"

extern const struct crypto_keeper key_software;

/* A context of it, of a P-256 private key; NULL on failure. */
void *key_software_keep(mbedtls_pk_context *pk, const uint8_t point[CRYPTO_POINT_SIZE],
                        struct pp_error *error);
/* The same of a private number that is one, and its point. */
void *key_software_keep_number(const uint8_t number[CRYPTO_SECRET_SIZE],
                               const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error);
/* Into one that was initialised, for the caller to free, which wipes it. */
PP_MUST_USE bool key_software_to_pk(const void *context, mbedtls_pk_context *pk, struct pp_error *error);

#endif
