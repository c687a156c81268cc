/* Bulk crypto by OpenSSL's libcrypto (3.0 and later), through EVP. */
#include "crypto/bulk.h"

#ifdef PP_BULK_OPENSSL

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/p256.h"

static bool openssl_fail(struct pp_error *error, const char *what) {
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    pp_fail(error, PP_E_STATE, "%s (OpenSSL: %s)", what, reason ? reason : "no reason given");
    ERR_clear_error();
    return false;
}

static void openssl_gcm_delete(void *object) {
    EVP_CIPHER_CTX_free(object); /* wipes; accepts NULL */
}

static void *openssl_gcm_new(const uint8_t *key, size_t key_size, struct pp_error *error) {
    const EVP_CIPHER *cipher = key_size == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context || EVP_EncryptInit_ex(context, cipher, NULL, key, NULL) != 1) {
        openssl_fail(error, "AES-GCM key");
        openssl_gcm_delete(context);
        return NULL;
    }
    return context;
}

/* Both directions: AES-GCM runs AES forwards in both, so one key schedule serves. */
static bool gcm_run(EVP_CIPHER_CTX *context, int encrypt, const uint8_t *nonce, const void *aad,
                    size_t aad_size, const void *in, size_t size, void *out) {
    int length = 0;
    if (EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, encrypt) != 1)
        return false;
    if (aad_size && EVP_CipherUpdate(context, NULL, &length, aad, (int)aad_size) != 1)
        return false;
    return !size || EVP_CipherUpdate(context, out, &length, in, (int)size) == 1;
}

static bool openssl_gcm_seal(void *object, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad,
                             size_t aad_size, const void *in, size_t size, void *out,
                             struct pp_error *error) {
    uint8_t *tag = (uint8_t *)out + size;
    int length = 0;
    if (!gcm_run(object, 1, nonce, aad, aad_size, in, size, out) ||
        EVP_EncryptFinal_ex(object, tag, &length) != 1 ||
        EVP_CIPHER_CTX_ctrl(object, EVP_CTRL_AEAD_GET_TAG, BULK_TAG_SIZE, tag) != 1)
        return openssl_fail(error, "AES-GCM");
    return true;
}

static bool openssl_gcm_open(void *object, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad,
                             size_t aad_size, const void *in, size_t size, void *out,
                             struct pp_error *error) {
    size_t clear_size = size - BULK_TAG_SIZE;
    uint8_t tag[BULK_TAG_SIZE];
    uint8_t spare[BULK_TAG_SIZE]; /* GCM writes nothing here */
    int length = 0;
    memcpy(tag, (const uint8_t *)in + clear_size, sizeof tag);
    if (!gcm_run(object, 0, nonce, aad, aad_size, in, clear_size, out) ||
        EVP_CIPHER_CTX_ctrl(object, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1) {
        if (clear_size)
            pp_wipe(out, clear_size);
        return openssl_fail(error, "AES-GCM");
    }
    if (EVP_DecryptFinal_ex(object, spare, &length) == 1)
        return true;
    if (clear_size)
        pp_wipe(out, clear_size);
    ERR_clear_error();
    return pp_fail(error, PP_E_AUTH, "AES-GCM: the tag does not authenticate");
}

static void openssl_sha256_delete(void *object) {
    EVP_MD_CTX_free(object);
}

static void *openssl_sha256_new(struct pp_error *error) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        openssl_fail(error, "SHA-256");
        openssl_sha256_delete(context);
        return NULL;
    }
    return context;
}

static bool openssl_sha256_update(void *object, const void *data, size_t size, struct pp_error *error) {
    return EVP_DigestUpdate(object, data, size) == 1 || openssl_fail(error, "SHA-256");
}

static bool openssl_sha256_finish(void *object, uint8_t digest[BULK_SHA256_SIZE], struct pp_error *error) {
    return EVP_DigestFinal_ex(object, digest, NULL) == 1 || openssl_fail(error, "SHA-256");
}

static bool openssl_ed25519_verify(const uint8_t key[BULK_ED25519_KEY_SIZE], const void *data, size_t size,
                                   const uint8_t signature[BULK_ED25519_SIGNATURE_SIZE],
                                   struct pp_error *error) {
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, BULK_ED25519_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool valid = public && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
                 EVP_DigestVerify(context, signature, BULK_ED25519_SIGNATURE_SIZE, data, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public);
    ERR_clear_error();
    return valid || pp_fail(error, PP_E_AUTH, "the signature is not valid");
}

const struct bulk_backend *bulk_openssl(void) {
    static const struct bulk_backend backend = {
        .name = "openssl",
        .gcm_create = openssl_gcm_new,
        .gcm_seal = openssl_gcm_seal,
        .gcm_open = openssl_gcm_open,
        .gcm_destroy = openssl_gcm_delete,
        .sha256_create = openssl_sha256_new,
        .sha256_update = openssl_sha256_update,
        .sha256_finish = openssl_sha256_finish,
        .sha256_destroy = openssl_sha256_delete,
        .ed25519_verify = openssl_ed25519_verify,
        .p256_public = p256_openssl_public,
        .p256_check = p256_openssl_check,
        .p256_agree = p256_openssl_agree,
        .p256_sign = p256_openssl_sign,
        .p256_verify = p256_openssl_verify,
    };
    /* Neither OPENSSL_CONF nor the distribution's file is read: they can load code and forbid algorithms. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    return &backend;
}

#else

const struct bulk_backend *bulk_openssl(void) {
    return NULL;
}

#endif
