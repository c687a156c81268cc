#include "trust/digest.h"

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"

static bool parse_one(const cJSON *hashes, const char *name, uint8_t *digest, size_t size, bool *has,
                      struct pp_error *error) {
    const cJSON *hash = cJSON_GetObjectItemCaseSensitive(hashes, name);
    *has = hash != NULL;
    if (!hash)
        return true;
    return pp_hex_decode(hash->valuestring, digest, size, error) || pp_wrap(error, "hash %s", name);
}

bool trust_digests_parse(const cJSON *hashes, struct trust_digests *out, struct pp_error *error) {
    *out = (struct trust_digests){0};
    if (!parse_one(hashes, "sha256", out->sha256, sizeof out->sha256, &out->has_sha256, error) ||
        !parse_one(hashes, "sha512", out->sha512, sizeof out->sha512, &out->has_sha512, error))
        return false;
    if (!out->has_sha256 && !out->has_sha512)
        return pp_fail(error, PP_E_UNSUPPORTED, "no hash of a known algorithm (sha256, sha512)");
    return true;
}

bool trust_digests_verify(const struct trust_digests *digests, const void *data, size_t size,
                          struct pp_error *error) {
    uint8_t digest[TRUST_SHA512_SIZE];
    if (digests->has_sha256) {
        if (!crypto_sha256(data, size, digest, error))
            return false;
        if (memcmp(digest, digests->sha256, TRUST_SHA256_SIZE) != 0)
            return pp_fail(error, PP_E_AUTH, "SHA-256 differs");
    }
    if (digests->has_sha512) {
        if (!crypto_sha512(data, size, digest, error))
            return false;
        if (memcmp(digest, digests->sha512, TRUST_SHA512_SIZE) != 0)
            return pp_fail(error, PP_E_AUTH, "SHA-512 differs");
    }
    return true;
}
