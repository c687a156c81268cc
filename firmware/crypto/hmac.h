/* HMAC-SHA-256 (RFC 2104, FIPS 198-1). */
#ifndef PP_CRYPTO_HMAC_H
#define PP_CRYPTO_HMAC_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/bulk.h"

PP_MUST_USE bool crypto_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                                    uint8_t mac[BULK_SHA256_SIZE], struct pp_error *error);

#endif
