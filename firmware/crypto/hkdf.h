/* HKDF, the extract-and-expand key derivation of RFC 5869. */
#ifndef PP_CRYPTO_HKDF_H
#define PP_CRYPTO_HKDF_H

#include <stddef.h>

#include "base/error.h"

enum crypto_hash { CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512 };

/* `ikm` is the input key; `salt` and `info` may be empty. `out_size` is at most 255 times the hash's size,
 * PP_E_LIMIT over that. */
PP_MUST_USE bool crypto_hkdf(enum crypto_hash hash, const void *ikm, size_t ikm_size, const void *salt,
                             size_t salt_size, const void *info, size_t info_size, void *out, size_t out_size,
                             struct pp_error *error);

#endif
