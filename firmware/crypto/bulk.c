#include "crypto/bulk.h"

#include <psa/crypto.h>

#include "crypto/compat_mbedtls.h"
#include "crypto/hkdf.h"

struct crypto_gcm {
    const struct bulk_backend *backend;
    void *object;
};

struct crypto_sha256 {
    const struct bulk_backend *backend;
    void *object;
};

const struct bulk_backend *bulk_default(void) {
    const struct bulk_backend *openssl = bulk_openssl();
    return openssl ? openssl : bulk_mbedtls();
}

struct crypto_gcm *crypto_gcm_create(const void *key, size_t key_size, struct pp_error *error) {
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = calloc(1, sizeof *gcm);
    if (!gcm) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    if (key_size != 16 && key_size != 32) {
        pp_fail(error, PP_E_INVALID, "AES key of %zu bytes, not 16 or 32", key_size);
        return NULL;
    }
    gcm->backend = bulk_default();
    gcm->object = gcm->backend->gcm_create(key, key_size, error);
    return gcm->object ? pp_steal(&gcm) : NULL;
}

void crypto_gcm_destroy(struct crypto_gcm *gcm) {
    if (!gcm)
        return;
    if (gcm->backend)
        gcm->backend->gcm_destroy(gcm->object);
    free(gcm);
}

static bool gcm_check(size_t size, size_t aad_size, struct pp_error *error) {
    if (size > BULK_GCM_MAX || aad_size > BULK_GCM_MAX)
        return pp_fail(error, PP_E_LIMIT, "AES-GCM: more than %d bytes at once", BULK_GCM_MAX);
    return true;
}

bool crypto_gcm_seal(struct crypto_gcm *gcm, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad,
                     size_t aad_size, const void *in, size_t size, void *out, struct pp_error *error) {
    return gcm_check(size, aad_size, error) &&
           gcm->backend->gcm_seal(gcm->object, nonce, aad, aad_size, in, size, out, error);
}

bool crypto_gcm_open(struct crypto_gcm *gcm, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad,
                     size_t aad_size, const void *in, size_t size, void *out, struct pp_error *error) {
    if (size < BULK_TAG_SIZE)
        return pp_fail(error, PP_E_AUTH, "AES-GCM: %zu bytes are shorter than a tag", size);
    return gcm_check(size, aad_size, error) &&
           gcm->backend->gcm_open(gcm->object, nonce, aad, aad_size, in, size, out, error);
}

struct crypto_sha256 *crypto_sha256_create(struct pp_error *error) {
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = calloc(1, sizeof *hash);
    if (!hash) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    hash->backend = bulk_default();
    hash->object = hash->backend->sha256_create(error);
    return hash->object ? pp_steal(&hash) : NULL;
}

bool crypto_sha256_update(struct crypto_sha256 *hash, const void *data, size_t size, struct pp_error *error) {
    return !size || hash->backend->sha256_update(hash->object, data, size, error);
}

bool crypto_sha256_finish(struct crypto_sha256 *hash, uint8_t digest[BULK_SHA256_SIZE],
                          struct pp_error *error) {
    return hash->backend->sha256_finish(hash->object, digest, error);
}

void crypto_sha256_destroy(struct crypto_sha256 *hash) {
    if (!hash)
        return;
    if (hash->backend)
        hash->backend->sha256_destroy(hash->object);
    free(hash);
}

bool crypto_sha256(const void *data, size_t size, uint8_t digest[BULK_SHA256_SIZE], struct pp_error *error) {
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = crypto_sha256_create(error);
    return hash && crypto_sha256_update(hash, data, size, error) && crypto_sha256_finish(hash, digest, error);
}

bool crypto_sha512(const void *data, size_t size, uint8_t digest[BULK_SHA512_SIZE], struct pp_error *error) {
    size_t length = 0;
    if (!compat_psa_init(error))
        return false;
    psa_status_t status =
        psa_hash_compute(PSA_ALG_SHA_512, data ? data : "", size, digest, BULK_SHA512_SIZE, &length);
    if (status || length != BULK_SHA512_SIZE)
        return pp_fail(error, PP_E_STATE, "SHA-512 (PSA %d)", (int)status);
    return true;
}

/* One operation of each kind makes the libraries load and allocate whatever they put off to their first use.
 */
bool crypto_prepare(struct pp_error *error) {
    uint8_t key[32] = {0};
    uint8_t nonce[BULK_NONCE_SIZE] = {0};
    uint8_t sealed[sizeof key + BULK_TAG_SIZE];
    if (!crypto_hkdf(CRYPTO_SHA256, key, sizeof key, NULL, 0, NULL, 0, key, sizeof key, error))
        return false;
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(key, sizeof key, error);
    return gcm && crypto_gcm_seal(gcm, nonce, NULL, 0, key, sizeof key, sealed, error) &&
           crypto_gcm_open(gcm, nonce, NULL, 0, sealed, sizeof sealed, sealed, error) &&
           crypto_sha256(key, sizeof key, key, error);
}
