#include "crypto/key.h"

#include <mbedtls/error.h>

#include "crypto/bulk.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/ecdsa_der.h"
#include "crypto/key_mbedtls.h"
#include "crypto/pem.h"
#include "crypto/random.h"
#include "crypto/spki.h"

#define KEY_DER_MAX 512 /* bytes of a P-256 key's documents */

struct crypto_key {
    mbedtls_pk_context pk;
    mbedtls_pk_context *writable; /* the same: mbedTLS takes a pointer to non-const where it only reads */
};

int crypto_mbedtls_random(void *context, unsigned char *out, size_t size) {
    (void)context;
    return crypto_random(out, size, NULL) ? 0 : MBEDTLS_ERR_ERROR_GENERIC_ERROR;
}

bool crypto_mbedtls_fail(struct pp_error *error, enum pp_code code, int status, const char *context) {
    return pp_fail(error, code, "%s (mbedTLS -0x%04X)", context, (unsigned)-status);
}

mbedtls_pk_context *crypto_key_pk(const struct crypto_key *key) {
    return key->writable;
}

static struct crypto_key *key_create(struct pp_error *error) {
    struct crypto_key *key = calloc(1, sizeof *key);
    if (!key) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    mbedtls_pk_init(&key->pk);
    key->writable = &key->pk;
    return key;
}

void crypto_key_destroy(struct crypto_key *key) {
    if (!key)
        return;
    mbedtls_pk_free(&key->pk); /* wipes */
    free(key);
}

struct crypto_key *crypto_key_generate(struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = compat_psa_init(error) ? key_create(error) : NULL;
    if (!key)
        return NULL;
    int status = compat_pk_generate_p256(&key->pk);
    if (status) {
        crypto_mbedtls_fail(error, PP_E_STATE, status, "generate a key");
        return NULL;
    }
    return pp_steal(&key);
}

struct crypto_key *crypto_key_load_der(const void *der, size_t size, struct pp_error *error) {
    if (size > CRYPTO_KEY_DOCUMENT_MAX) {
        pp_fail(error, PP_E_LIMIT, "private key: document larger than %d bytes", CRYPTO_KEY_DOCUMENT_MAX);
        return NULL;
    }
    PP_AUTO(crypto_key) struct crypto_key *key = compat_psa_init(error) ? key_create(error) : NULL;
    if (!key)
        return NULL;
    int status = compat_pk_parse_key(&key->pk, der, size);
    if (status) {
        crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a private key");
        return NULL;
    }
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!crypto_pk_point(&key->pk, point, error)) {
        pp_wrap(error, "private key");
        return NULL;
    }
    return pp_steal(&key);
}

struct crypto_key *crypto_key_load_pem(const void *pem, size_t size, struct pp_error *error) {
    static const char *const labels[] = {"PRIVATE KEY", "EC PRIVATE KEY", NULL};
    struct pp_buf der pp_autobuf = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (!pem_decode(pem, size, labels, &der, error))
        return NULL;
    return crypto_key_load_der(der.data, der.size, error);
}

typedef int (*key_writer)(mbedtls_pk_context *pk, unsigned char *out, size_t size);

static int key_write_private(mbedtls_pk_context *pk, unsigned char *out, size_t size) {
    return mbedtls_pk_write_key_der(pk, out, size);
}

static int key_write_public(mbedtls_pk_context *pk, unsigned char *out, size_t size) {
    return mbedtls_pk_write_pubkey_der(pk, out, size);
}

/* mbedTLS writes DER at the end of its buffer. */
static bool key_save(const struct crypto_key *key, key_writer writer, struct pp_buf *out,
                     struct pp_error *error) {
    uint8_t der[KEY_DER_MAX];
    int size = writer(crypto_key_pk(key), der, sizeof der);
    bool ok = size < 0 ? crypto_mbedtls_fail(error, PP_E_STATE, size, "write a key")
                       : pp_buf_add(out, der + sizeof der - size, (size_t)size, error);
    pp_wipe(der, sizeof der);
    return ok;
}

static bool key_save_pem(const struct crypto_key *key, key_writer writer, const char *label,
                         struct pp_buf *out, struct pp_error *error) {
    struct pp_buf der pp_autobuf = PP_BUF_INIT(KEY_DER_MAX);
    return key_save(key, writer, &der, error) && pem_encode(label, der.data, der.size, out, error);
}

bool crypto_key_save_der(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    return key_save(key, key_write_private, out, error);
}

bool crypto_key_save_pem(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    return key_save_pem(key, key_write_private, "EC PRIVATE KEY", out, error);
}

bool crypto_key_public_der(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    return key_save(key, key_write_public, out, error);
}

bool crypto_key_public_pem(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    return key_save_pem(key, key_write_public, "PUBLIC KEY", out, error);
}

bool crypto_pk_point(mbedtls_pk_context *pk, uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    uint8_t der[CRYPTO_KEY_DOCUMENT_MAX];
    int size = mbedtls_pk_write_pubkey_der(pk, der, sizeof der);
    if (size < 0)
        return crypto_mbedtls_fail(error, PP_E_INVALID, size, "not a usable key");
    const uint8_t *start = der + sizeof der - size;
    if (spki_kind_of(start, (size_t)size) != SPKI_P256)
        return pp_fail(error, PP_E_INVALID, "not an EC P-256 key");
    memcpy(point, start + size - CRYPTO_POINT_SIZE, CRYPTO_POINT_SIZE);
    return true;
}

bool crypto_key_public_point(const struct crypto_key *key, uint8_t point[CRYPTO_POINT_SIZE],
                             struct pp_error *error) {
    return crypto_pk_point(crypto_key_pk(key), point, error);
}

bool crypto_key_sign(const struct crypto_key *key, const void *data, size_t size,
                     struct pp_buf *der_signature, struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    uint8_t signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t signature_size = 0;
    if (!crypto_sha256(data, size, digest, error))
        return false;
    int status = compat_pk_sign(crypto_key_pk(key), MBEDTLS_MD_SHA256, digest, sizeof digest, signature,
                                sizeof signature, &signature_size);
    if (status)
        return crypto_mbedtls_fail(error, PP_E_STATE, status, "sign");
    return pp_buf_add(der_signature, signature, signature_size, error);
}

bool crypto_key_sign_raw(const struct crypto_key *key, const void *data, size_t size,
                         uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    return crypto_key_sign(key, data, size, &der, error) &&
           (ecdsa_der_to_raw(der.data, der.size, signature) ||
            pp_fail(error, PP_E_STATE, "sign: not a signature of P-256"));
}
