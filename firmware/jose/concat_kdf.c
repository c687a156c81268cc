#include "jose/concat_kdf.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/bulk.h"

#define KDF_INPUT_MAX (64 + CRYPTO_SECRET_SIZE + 3 * CONCAT_KDF_PARTY_MAX) /* bytes */

static bool add_number(struct pp_buf *input, size_t number, struct pp_error *error) {
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                             (uint8_t)number};
    return pp_buf_add(input, bytes, sizeof bytes, error);
}

/* A length of 32 bits before it, also where it is empty. */
static bool add_counted(struct pp_buf *input, const void *data, size_t size, struct pp_error *error) {
    if (size > CONCAT_KDF_PARTY_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d bytes about a party", CONCAT_KDF_PARTY_MAX);
    return add_number(input, size, error) && pp_buf_add(input, data, size, error);
}

bool concat_kdf(const struct concat_kdf *kdf, const uint8_t secret[CRYPTO_SECRET_SIZE], void *key,
                size_t size, struct pp_error *error) {
    pp_autobuf struct pp_buf input = PP_BUF_INIT(KDF_INPUT_MAX);
    uint8_t digest[BULK_SHA256_SIZE];
    if (size > CONCAT_KDF_KEY_MAX)
        return pp_fail(error, PP_E_LIMIT, "key of more than %d bytes", CONCAT_KDF_KEY_MAX);
    /* round ‖ Z ‖ AlgorithmID ‖ PartyUInfo ‖ PartyVInfo ‖ SuppPubInfo (bits of the key) */
    if (!add_number(&input, 1, error) || !pp_buf_add(&input, secret, CRYPTO_SECRET_SIZE, error) ||
        !add_counted(&input, kdf->algorithm, strlen(kdf->algorithm), error) ||
        !add_counted(&input, kdf->apu, kdf->apu_size, error) ||
        !add_counted(&input, kdf->apv, kdf->apv_size, error) || !add_number(&input, size * 8, error) ||
        !crypto_sha256(input.data, input.size, digest, error))
        return pp_wrap(error, "Concat KDF");
    memcpy(key, digest, size);
    pp_wipe(digest, sizeof digest);
    return true;
}
