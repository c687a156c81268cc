#include "crypto/verify.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <psa/crypto.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/bulk.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/ecdsa_der.h"
#include "crypto/key_mbedtls.h"
#include "crypto/pem.h"
#include "crypto/rsa_der.h"
#include "crypto/spki.h"

enum public_kind { PUBLIC_P256, PUBLIC_P384, PUBLIC_RSA, PUBLIC_ED25519 };

struct crypto_public {
    enum public_kind kind;
    mbedtls_pk_context pk;                  /* not for PUBLIC_ED25519 */
    mbedtls_pk_context *writable;           /* the same: verifying caches points of the curve in it */
    uint8_t ed25519[BULK_ED25519_KEY_SIZE]; /* only for PUBLIC_ED25519 */
    uint8_t point[BULK_P256_POINT_SIZE];    /* only for PUBLIC_P256; on the curve */
};

struct public_scheme {
    enum public_kind kind;
    psa_algorithm_t hash;
    mbedtls_md_type_t md;
    size_t digest_size; /* bytes */
    size_t number_size; /* bytes of each number of an ECDSA signature */
};

static const struct public_scheme public_schemes[] = {
    [CRYPTO_ECDSA_SHA256] = {PUBLIC_P256, PSA_ALG_SHA_256, MBEDTLS_MD_SHA256, 32, 32},
    [CRYPTO_ECDSA_SHA384] = {PUBLIC_P384, PSA_ALG_SHA_384, MBEDTLS_MD_SHA384, 48, 48},
    [CRYPTO_RSA_PSS_SHA256] = {PUBLIC_RSA, PSA_ALG_SHA_256, MBEDTLS_MD_SHA256, 32, 0},
    [CRYPTO_ED25519] = {PUBLIC_ED25519, PSA_ALG_NONE, MBEDTLS_MD_NONE, 0, 0},
    [CRYPTO_ES256] = {PUBLIC_P256, PSA_ALG_SHA_256, MBEDTLS_MD_SHA256, 32, 32},
    [CRYPTO_RS256] = {PUBLIC_RSA, PSA_ALG_SHA_256, MBEDTLS_MD_SHA256, 32, 0},
};

static const struct bulk_backend *ed25519_backend(void) {
    const struct bulk_backend *backend = bulk_openssl();
    return backend && backend->ed25519_verify ? backend : NULL;
}

bool crypto_public_has_ed25519(void) {
    return ed25519_backend() != NULL;
}

static struct crypto_public *public_create(enum public_kind kind, struct pp_error *error) {
    if (!compat_psa_init(error))
        return NULL;
    struct crypto_public *key = calloc(1, sizeof *key);
    if (!key) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    key->kind = kind;
    mbedtls_pk_init(&key->pk);
    key->writable = &key->pk;
    return key;
}

void crypto_public_destroy(struct crypto_public *key) {
    if (!key)
        return;
    mbedtls_pk_free(&key->pk);
    free(key);
}

struct crypto_public *crypto_public_load_ed25519(const uint8_t key[32], struct pp_error *error) {
    if (!crypto_public_has_ed25519()) {
        pp_fail(error, PP_E_UNSUPPORTED, "this build has no Ed25519");
        return NULL;
    }
    struct crypto_public *public = public_create(PUBLIC_ED25519, error);
    if (public)
        memcpy(public->ed25519, key, sizeof public->ed25519);
    return public;
}

static bool public_check_rsa(mbedtls_pk_context *pk, struct pp_error *error) {
    if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA))
        return pp_fail(error, PP_E_INVALID, "public key: neither EC P-256, EC P-384, RSA nor Ed25519");
    size_t bits = mbedtls_pk_get_bitlen(pk);
    if (bits < CRYPTO_RSA_BITS_MIN || bits > CRYPTO_RSA_BITS_MAX)
        return pp_fail(error, PP_E_INVALID, "public key: RSA of %zu bits, allowed are %d to %d", bits,
                       CRYPTO_RSA_BITS_MIN, CRYPTO_RSA_BITS_MAX);
    return true;
}

/* mbedTLS reads a bare RSAPublicKey, other lengths than DER's and bytes behind the end as well: what it would
 * write itself is the one form that is taken (RFC 3279 §2.3.1). */
static bool public_check_encoding(mbedtls_pk_context *pk, const uint8_t *der, size_t size,
                                  struct pp_error *error) {
    uint8_t written[CRYPTO_PUBLIC_DOCUMENT_MAX];
    int length = mbedtls_pk_write_pubkey_der(pk, written, sizeof written);
    if (length < 0)
        return crypto_mbedtls_fail(error, PP_E_INVALID, length, "not a usable public key");
    return ((size_t)length == size && !memcmp(written + sizeof written - size, der, size)) ||
           pp_fail(error, PP_E_INVALID, "public key: not in DER");
}

static struct crypto_public *public_parse(enum public_kind kind, const uint8_t *der, size_t size,
                                          struct pp_error *error) {
    PP_AUTO(crypto_public) struct crypto_public *key = public_create(kind, error);
    if (!key)
        return NULL;
    int status = mbedtls_pk_parse_public_key(&key->pk, der, size);
    if (status) {
        crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a public key");
        return NULL;
    }
    if (kind == PUBLIC_P256)
        memcpy(key->point, der + size - sizeof key->point, sizeof key->point);
    if (kind == PUBLIC_RSA &&
        (!public_check_rsa(&key->pk, error) || !public_check_encoding(&key->pk, der, size, error)))
        return NULL;
    return pp_steal(&key);
}

struct crypto_public *crypto_public_load_der(const void *der, size_t size, struct pp_error *error) {
    const uint8_t *bytes = der;
    if (size > CRYPTO_PUBLIC_DOCUMENT_MAX) {
        pp_fail(error, PP_E_LIMIT, "public key: document larger than %d bytes", CRYPTO_PUBLIC_DOCUMENT_MAX);
        return NULL;
    }
    switch (spki_kind_of(bytes, size)) {
    case SPKI_ED25519:
        return crypto_public_load_ed25519(bytes + size - BULK_ED25519_KEY_SIZE, error);
    case SPKI_P256:
        return public_parse(PUBLIC_P256, bytes, size, error);
    case SPKI_P384:
        return public_parse(PUBLIC_P384, bytes, size, error);
    case SPKI_OTHER:
        break;
    }
    return public_parse(PUBLIC_RSA, bytes, size, error);
}

struct crypto_public *crypto_public_load_pem(const void *pem, size_t size, struct pp_error *error) {
    static const char *const labels[] = {"PUBLIC KEY", NULL};
    struct pp_buf der pp_autobuf = PP_BUF_INIT(CRYPTO_PUBLIC_DOCUMENT_MAX);
    if (!pem_decode(pem, size, labels, &der, error))
        return NULL;
    return crypto_public_load_der(der.data, der.size, error);
}

struct crypto_public *crypto_public_load_point(const uint8_t point[CRYPTO_POINT_SIZE],
                                               struct pp_error *error) {
    uint8_t der[SPKI_P256_SIZE];
    if (!spki_of_p256(point, der)) {
        pp_fail(error, PP_E_INVALID, "not an uncompressed point");
        return NULL;
    }
    return crypto_public_load_der(der, sizeof der, error);
}

struct crypto_public *crypto_public_load_rsa(const uint8_t *modulus, size_t modulus_size,
                                             const uint8_t *exponent, size_t exponent_size,
                                             struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_PUBLIC_DOCUMENT_MAX);
    if (!rsa_der(modulus, modulus_size, exponent, exponent_size, &der, error))
        return NULL;
    if (!(exponent[exponent_size - 1] & 1) || (exponent_size == 1 && exponent[0] < 3)) {
        pp_fail(error, PP_E_INVALID, "RSA key: an exponent that is no public one");
        return NULL;
    }
    return crypto_public_load_der(der.data, der.size, error);
}

static bool verify_ed25519(const struct crypto_public *key, const void *data, size_t size,
                           const void *signature, size_t signature_size, struct pp_error *error) {
    if (signature_size != BULK_ED25519_SIGNATURE_SIZE)
        return pp_fail(error, PP_E_AUTH, "Ed25519 signature of %zu bytes", signature_size);
    return ed25519_backend()->ed25519_verify(key->ed25519, data, size, signature, error);
}

static int verify_ecdsa(const struct crypto_public *key, const struct public_scheme *scheme,
                        const uint8_t *digest, const uint8_t *signature, size_t size) {
    if (!ecdsa_der_strict(signature, size, scheme->number_size))
        return MBEDTLS_ERR_PK_SIG_LEN_MISMATCH;
    if (scheme->kind == PUBLIC_P256)
        return bulk_default()->p256_verify(key->point, digest, signature, size, NULL)
                   ? 0
                   : MBEDTLS_ERR_ECP_VERIFY_FAILED;
    return mbedtls_pk_verify(key->writable, scheme->md, digest, scheme->digest_size, signature, size);
}

static int verify_digest(const struct crypto_public *key, const struct public_scheme *scheme,
                         const uint8_t *digest, const uint8_t *signature, size_t signature_size) {
    mbedtls_pk_context *pk = key->writable;
    if (scheme->kind != PUBLIC_RSA)
        return verify_ecdsa(key, scheme, digest, signature, signature_size);
    /* The key is of no scheme of its own: by default it verifies PKCS#1 v1.5. */
    if (scheme == &public_schemes[CRYPTO_RS256])
        return mbedtls_pk_verify(pk, scheme->md, digest, scheme->digest_size, signature, signature_size);
    mbedtls_pk_rsassa_pss_options options = {.mgf1_hash_id = scheme->md,
                                             .expected_salt_len = MBEDTLS_RSA_SALT_LEN_ANY};
    return mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &options, pk, scheme->md, digest, scheme->digest_size,
                                 signature, signature_size);
}

bool crypto_public_verify(const struct crypto_public *key, enum crypto_scheme scheme, const void *data,
                          size_t size, const void *signature, size_t signature_size, struct pp_error *error) {
    if ((unsigned)scheme >= PP_COUNT(public_schemes) || public_schemes[scheme].kind != key->kind)
        return pp_fail(error, PP_E_INVALID, "the signature scheme does not fit the key");
    if (key->kind == PUBLIC_ED25519)
        return verify_ed25519(key, data, size, signature, signature_size, error);
    const struct public_scheme *row = &public_schemes[scheme];
    uint8_t digest[BULK_SHA512_SIZE];
    size_t digest_size = 0;
    psa_status_t hashed =
        psa_hash_compute(row->hash, data ? data : "", size, digest, sizeof digest, &digest_size);
    if (hashed != PSA_SUCCESS || digest_size != row->digest_size)
        return pp_fail(error, PP_E_STATE, "hash (PSA %d)", (int)hashed);
    uint8_t der[ECDSA_P256_DER];
    if (scheme == CRYPTO_ES256) {
        if (signature_size != CRYPTO_SIGNATURE_RAW_SIZE)
            return pp_fail(error, PP_E_AUTH, "ES256 signature of %zu bytes", signature_size);
        signature_size = ecdsa_der_from_raw(signature, der);
        signature = der;
    }
    if (verify_digest(key, row, digest, signature, signature_size))
        return pp_fail(error, PP_E_AUTH, "the signature is not valid");
    return true;
}
