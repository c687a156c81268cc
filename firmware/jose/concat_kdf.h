/* The Concat key derivation function (SP 800-56A §5.8.2.1, with SHA-256) as JOSE uses it (RFC 7518 §4.6.2). */
#ifndef PP_JOSE_CONCAT_KDF_H
#define PP_JOSE_CONCAT_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/key.h"

#define CONCAT_KDF_KEY_MAX   32  /* bytes: one round of SHA-256 */
#define CONCAT_KDF_PARTY_MAX 128 /* bytes of "apu" and "apv" */

/* What the key is for, and who agrees on it. */
struct concat_kdf {
    const char *algorithm; /* "enc" for direct agreement, e.g. "A256GCM" */
    const void *apu, *apv; /* PartyUInfo and PartyVInfo without their lengths; NULL where there is none */
    size_t apu_size, apv_size;
};

/* `size` bytes of a key from the secret that two keys agreed on. PP_E_LIMIT over the caps. */
PP_MUST_USE bool concat_kdf(const struct concat_kdf *kdf, const uint8_t secret[CRYPTO_SECRET_SIZE], void *key,
                            size_t size, struct pp_error *error);

#endif
