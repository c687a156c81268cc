#include "crypto/hmac.h"

#include <string.h>

#define BLOCK_SIZE 64 /* bytes, of SHA-256 */

/* SHA-256 of a block and what follows it. */
static bool hash_two(const uint8_t block[BLOCK_SIZE], const void *data, size_t size,
                     uint8_t digest[BULK_SHA256_SIZE], struct pp_error *error) {
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = crypto_sha256_create(error);
    return hash && crypto_sha256_update(hash, block, BLOCK_SIZE, error) &&
           crypto_sha256_update(hash, data, size, error) && crypto_sha256_finish(hash, digest, error);
}

bool crypto_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                        uint8_t mac[BULK_SHA256_SIZE], struct pp_error *error) {
    uint8_t block[BLOCK_SIZE] = {0};
    uint8_t inner[BULK_SHA256_SIZE];
    if (key_size <= BLOCK_SIZE)
        memcpy(block, key, key_size);
    bool ok = key_size <= BLOCK_SIZE || crypto_sha256(key, key_size, block, error);
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] ^= 0x36;
    ok = ok && hash_two(block, data, size, inner, error);
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] ^= 0x36 ^ 0x5c;
    ok = ok && hash_two(block, inner, sizeof inner, mac, error);
    pp_wipe(block, sizeof block);
    pp_wipe(inner, sizeof inner);
    return ok;
}
