/* Internal: what X.509 writers (the device's CSR, the headend's CA) need of a key. Only files that use
 * mbedTLS themselves include this. */
#ifndef PP_CRYPTO_KEY_MBEDTLS_H
#define PP_CRYPTO_KEY_MBEDTLS_H

#include <mbedtls/pk.h>

#include "crypto/key.h"

/* The private key as mbedTLS has it, into a context that was initialised; the caller frees it, which wipes it.
 * PP_E_UNSUPPORTED for one that does not leave its keeper. */
PP_MUST_USE bool crypto_key_to_pk(const struct crypto_key *key, mbedtls_pk_context *pk,
                                  struct pp_error *error);

/* ECDH with a private number (32 bytes, big-endian). */
PP_MUST_USE bool crypto_agree_with_number(const uint8_t *number, const uint8_t peer[CRYPTO_POINT_SIZE],
                                          uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error);

/* The P-256 point of a public or private key, e.g. of a certificate's. PP_E_INVALID for other keys. */
PP_MUST_USE bool crypto_pk_point(mbedtls_pk_context *pk, uint8_t point[CRYPTO_POINT_SIZE],
                                 struct pp_error *error);

/* A random source in the shape that mbedTLS takes (`f_rng`); `context` is not used and may be NULL. */
int crypto_mbedtls_random(void *context, unsigned char *out, size_t size);

/* pp_fail with mbedTLS's error number in words' place: "context (mbedTLS -0x3D00)". */
bool crypto_mbedtls_fail(struct pp_error *error, enum pp_code code, int status, const char *context);

#endif
