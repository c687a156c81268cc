/*
 * Bulk crypto by mbedTLS, through the PSA Crypto API. A key is put into PSA's store for one operation and
 * taken out again: the store has 32 places only in 2.28, and is not safe between threads there.
 */
#include <psa/crypto.h>

#include "crypto/bulk.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/p256.h"

struct mbedtls_gcm {
    uint8_t key[32];
    size_t key_size; /* bytes: 16 or 32 */
};

struct mbedtls_sha256 {
    psa_hash_operation_t operation;
};

static const uint8_t nothing[1]; /* PSA wants a pointer even to nothing */

static void *mbedtls_gcm_new(const uint8_t *key, size_t key_size, struct pp_error *error) {
    if (!compat_psa_init(error))
        return NULL;
    struct mbedtls_gcm *gcm = calloc(1, sizeof *gcm);
    if (!gcm) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    memcpy(gcm->key, key, key_size);
    gcm->key_size = key_size;
    return gcm;
}

static void mbedtls_gcm_delete(void *object) {
    if (!object)
        return;
    pp_wipe(object, sizeof(struct mbedtls_gcm));
    free(object);
}

static psa_status_t gcm_import(const struct mbedtls_gcm *gcm, psa_key_usage_t usage, psa_key_id_t *id) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
    psa_set_key_usage_flags(&attributes, usage);
    return psa_import_key(&attributes, gcm->key, gcm->key_size, id);
}

static bool mbedtls_gcm_seal(void *object, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad,
                             size_t aad_size, const void *in, size_t size, void *out,
                             struct pp_error *error) {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    size_t written = 0;
    compat_psa_lock();
    psa_status_t status = gcm_import(object, PSA_KEY_USAGE_ENCRYPT, &id);
    if (!status)
        status = psa_aead_encrypt(id, PSA_ALG_GCM, nonce, BULK_NONCE_SIZE, aad ? aad : nothing, aad_size,
                                  in ? in : nothing, size, out, size + BULK_TAG_SIZE, &written);
    psa_destroy_key(id);
    compat_psa_unlock();
    if (status || written != size + BULK_TAG_SIZE)
        return pp_fail(error, PP_E_STATE, "AES-GCM (PSA %d)", (int)status);
    return true;
}

static bool mbedtls_gcm_open(void *object, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad,
                             size_t aad_size, const void *in, size_t size, void *out,
                             struct pp_error *error) {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    uint8_t spare[1]; /* where a message of nothing goes */
    size_t clear_size = size - BULK_TAG_SIZE;
    size_t written = 0;
    compat_psa_lock();
    psa_status_t status = gcm_import(object, PSA_KEY_USAGE_DECRYPT, &id);
    if (!status)
        status = psa_aead_decrypt(id, PSA_ALG_GCM, nonce, BULK_NONCE_SIZE, aad ? aad : nothing, aad_size, in,
                                  size, clear_size ? out : spare, clear_size, &written);
    psa_destroy_key(id);
    compat_psa_unlock();
    if (!status && written == clear_size)
        return true;
    if (clear_size)
        pp_wipe(out, clear_size);
    if (status == PSA_ERROR_INVALID_SIGNATURE)
        return pp_fail(error, PP_E_AUTH, "AES-GCM: the tag does not authenticate");
    return pp_fail(error, PP_E_STATE, "AES-GCM (PSA %d)", (int)status);
}

static void mbedtls_sha256_delete(void *object) {
    struct mbedtls_sha256 *hash = object;
    if (!hash)
        return;
    psa_hash_abort(&hash->operation);
    free(hash);
}

static void *mbedtls_sha256_new(struct pp_error *error) {
    if (!compat_psa_init(error))
        return NULL;
    struct mbedtls_sha256 *hash = calloc(1, sizeof *hash);
    if (!hash) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    psa_status_t status = psa_hash_setup(&hash->operation, PSA_ALG_SHA_256);
    if (status) {
        pp_fail(error, PP_E_STATE, "SHA-256 (PSA %d)", (int)status);
        mbedtls_sha256_delete(hash);
        return NULL;
    }
    return hash;
}

static bool mbedtls_sha256_update_data(void *object, const void *data, size_t size, struct pp_error *error) {
    struct mbedtls_sha256 *hash = object;
    psa_status_t status = psa_hash_update(&hash->operation, data, size);
    if (status)
        return pp_fail(error, PP_E_STATE, "SHA-256 (PSA %d)", (int)status);
    return true;
}

static bool mbedtls_sha256_digest(void *object, uint8_t digest[BULK_SHA256_SIZE], struct pp_error *error) {
    struct mbedtls_sha256 *hash = object;
    size_t size = 0;
    psa_status_t status = psa_hash_finish(&hash->operation, digest, BULK_SHA256_SIZE, &size);
    if (status || size != BULK_SHA256_SIZE)
        return pp_fail(error, PP_E_STATE, "SHA-256 (PSA %d)", (int)status);
    return true;
}

const struct bulk_backend *bulk_mbedtls(void) {
    static const struct bulk_backend backend = {
        .name = "mbedtls",
        .gcm_create = mbedtls_gcm_new,
        .gcm_seal = mbedtls_gcm_seal,
        .gcm_open = mbedtls_gcm_open,
        .gcm_destroy = mbedtls_gcm_delete,
        .sha256_create = mbedtls_sha256_new,
        .sha256_update = mbedtls_sha256_update_data,
        .sha256_finish = mbedtls_sha256_digest,
        .sha256_destroy = mbedtls_sha256_delete,
        .ed25519_verify = NULL,
        .p256_public = p256_mbedtls_public,
        .p256_check = p256_mbedtls_check,
        .p256_agree = p256_mbedtls_agree,
        .p256_sign = p256_mbedtls_sign,
        .p256_verify = p256_mbedtls_verify,
    };
    return &backend;
}
