#include "crypto/key.h"

#include <stdatomic.h>

#include "crypto/bulk.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/ecdsa_der.h"
#include "crypto/key_mbedtls.h"
#include "crypto/key_software.h"
#include "crypto/pem.h"
#include "crypto/random.h"
#include "crypto/spki.h"

#define KEY_DER_MAX    512 /* bytes of a P-256 key's documents */
#define CANDIDATES_MAX 8   /* numbers that are tried for a key */

struct crypto_key {
    atomic_uint references;
    const struct crypto_keeper *keeper;
    void *context;
    uint8_t point[CRYPTO_POINT_SIZE];
};

struct crypto_key *crypto_key_of_keeper(const struct crypto_keeper *keeper, void *context,
                                        const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    struct crypto_key *key = calloc(1, sizeof *key);
    if (!key) {
        keeper->destroy(context);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    key->references = 1;
    key->keeper = keeper;
    key->context = context;
    memcpy(key->point, point, sizeof key->point);
    return key;
}

const char *crypto_key_keeper_name(const struct crypto_key *key) {
    return key->keeper->name;
}

struct crypto_key *crypto_key_ref(struct crypto_key *key) {
    atomic_fetch_add(&key->references, 1);
    return key;
}

void crypto_key_destroy(struct crypto_key *key) {
    if (!key || atomic_fetch_sub(&key->references, 1) != 1)
        return;
    key->keeper->destroy(key->context);
    free(key);
}

/* ---- Made and read here, so kept in this process ---- */

static struct crypto_key *key_of_pk(mbedtls_pk_context *pk, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!crypto_pk_point(pk, point, error))
        return NULL;
    void *context = key_software_keep(pk, point, error);
    return context ? crypto_key_of_keeper(&key_software, context, point, error) : NULL;
}

/* FIPS 186-4 §B.4.2, testing candidates: of 2^32 numbers of 256 bits about one is not below the curve's order. */
static bool generate(uint8_t number[CRYPTO_SECRET_SIZE], uint8_t point[CRYPTO_POINT_SIZE],
                     struct pp_error *error) {
    bool made = false;
    for (int i = 0; i < CANDIDATES_MAX && !made; i++) {
        struct pp_error refused = {0};
        if (!crypto_random(number, CRYPTO_SECRET_SIZE, error))
            return false;
        made = bulk_default()->p256_public(number, point, &refused);
        if (!made && refused.code != PP_E_INVALID)
            return pp_fail(error, refused.code, "generate a key: %s", refused.message);
    }
    return made || pp_fail(error, PP_E_STATE, "generate a key: no number will do");
}

struct crypto_key *crypto_key_generate(struct pp_error *error) {
    uint8_t number[CRYPTO_SECRET_SIZE], point[CRYPTO_POINT_SIZE];
    void *context = NULL;
    if (generate(number, point, error))
        context = key_software_keep_number(number, point, error);
    pp_wipe(number, sizeof number);
    return context ? crypto_key_of_keeper(&key_software, context, point, error) : NULL;
}

struct crypto_key *crypto_key_load_der(const void *der, size_t size, struct pp_error *error) {
    mbedtls_pk_context pk;
    struct crypto_key *key = NULL;
    if (size > CRYPTO_KEY_DOCUMENT_MAX) {
        pp_fail(error, PP_E_LIMIT, "private key: document larger than %d bytes", CRYPTO_KEY_DOCUMENT_MAX);
        return NULL;
    }
    if (!compat_psa_init(error))
        return NULL;
    mbedtls_pk_init(&pk);
    int status = compat_pk_parse_key(&pk, der, size);
    if (status)
        crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a private key");
    else if (!(key = key_of_pk(&pk, error)))
        pp_wrap(error, "private key");
    mbedtls_pk_free(&pk);
    return key;
}

struct crypto_key *crypto_key_load_pem(const void *pem, size_t size, struct pp_error *error) {
    static const char *const labels[] = {"PRIVATE KEY", "EC PRIVATE KEY", NULL};
    struct pp_buf der pp_autobuf = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (!pem_decode(pem, size, labels, &der, error))
        return NULL;
    return crypto_key_load_der(der.data, der.size, error);
}

bool crypto_key_to_pk(const struct crypto_key *key, mbedtls_pk_context *pk, struct pp_error *error) {
    if (key->keeper != &key_software)
        return pp_fail(error, PP_E_UNSUPPORTED, "the key does not leave where it is kept (%s)",
                       key->keeper->name);
    return key_software_to_pk(key->context, pk, error);
}

/* mbedTLS writes DER at the end of its buffer. */
bool crypto_key_save_der(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    uint8_t der[KEY_DER_MAX];
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    bool ok = crypto_key_to_pk(key, &pk, error);
    if (ok) {
        int size = mbedtls_pk_write_key_der(&pk, der, sizeof der);
        ok = size < 0 ? crypto_mbedtls_fail(error, PP_E_STATE, size, "write a key")
                      : pp_buf_add(out, der + sizeof der - size, (size_t)size, error);
    }
    mbedtls_pk_free(&pk);
    pp_wipe(der, sizeof der);
    return ok;
}

bool crypto_key_save_pem(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    struct pp_buf der pp_autobuf = PP_BUF_INIT(KEY_DER_MAX);
    return crypto_key_save_der(key, &der, error) &&
           pem_encode("EC PRIVATE KEY", der.data, der.size, out, error);
}

/* ---- The public half ---- */

bool crypto_key_public_der(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    uint8_t der[SPKI_P256_SIZE];
    return spki_of_p256(key->point, der) ? pp_buf_add(out, der, sizeof der, error)
                                         : pp_fail(error, PP_E_STATE, "write a key");
}

bool crypto_key_public_pem(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error) {
    struct pp_buf der pp_autobuf = PP_BUF_INIT(SPKI_P256_SIZE);
    return crypto_key_public_der(key, &der, error) &&
           pem_encode("PUBLIC KEY", der.data, der.size, out, error);
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
    (void)error;
    memcpy(point, key->point, CRYPTO_POINT_SIZE);
    return true;
}

/* ---- What it does ---- */

bool crypto_key_sign_digest(const struct crypto_key *key, const uint8_t digest[CRYPTO_DIGEST_SIZE],
                            uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    return key->keeper->sign(key->context, digest, signature, error);
}

bool crypto_key_sign_raw(const struct crypto_key *key, const void *data, size_t size,
                         uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    return crypto_sha256(data, size, digest, error) && crypto_key_sign_digest(key, digest, signature, error);
}

bool crypto_key_sign(const struct crypto_key *key, const void *data, size_t size,
                     struct pp_buf *der_signature, struct pp_error *error) {
    uint8_t raw[CRYPTO_SIGNATURE_RAW_SIZE], der[ECDSA_P256_DER];
    return crypto_key_sign_raw(key, data, size, raw, error) &&
           pp_buf_add(der_signature, der, ecdsa_der_from_raw(raw, der), error);
}

bool crypto_key_agree(const struct crypto_key *key, const uint8_t peer[CRYPTO_POINT_SIZE],
                      uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error) {
    memset(secret, 0, CRYPTO_SECRET_SIZE);
    if (crypto_point_check(peer, error) && key->keeper->agree(key->context, peer, secret, error))
        return true;
    pp_wipe(secret, CRYPTO_SECRET_SIZE);
    return false;
}
