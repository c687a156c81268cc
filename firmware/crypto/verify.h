/*
 * Public keys that verify signatures of others: TUF metadata, signed states. The scheme comes from a trusted
 * document, never from the signature, and must fit the key.
 */
#ifndef PP_CRYPTO_VERIFY_H
#define PP_CRYPTO_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/key.h"

enum {
    CRYPTO_RSA_BITS_MIN = 2048,
    CRYPTO_RSA_BITS_MAX = 8192,
    CRYPTO_PUBLIC_DOCUMENT_MAX = 8192, /* bytes of a DER or PEM document */
};

enum crypto_scheme {
    CRYPTO_ECDSA_SHA256,   /* P-256; signature in strict DER (RFC 3279 §2.2.3) */
    CRYPTO_ECDSA_SHA384,   /* P-384; the same */
    CRYPTO_RSA_PSS_SHA256, /* RFC 8017 §8.1, MGF1 with SHA-256, salt of any length */
    CRYPTO_ED25519,        /* RFC 8032, 64-byte signature */
    CRYPTO_ES256,          /* P-256 with SHA-256; r and s side by side, 64 bytes (RFC 7518 §3.4) */
    CRYPTO_RS256, /* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2, RFC 7518 §3.3): of others' ID tokens */
};

struct crypto_public;

/* SubjectPublicKeyInfo of EC P-256 or P-384, RSA (2048 to 8192 bits), or Ed25519 (RFC 8410), in DER. The caller
 * destroys what they return; NULL with PP_E_INVALID, or PP_E_UNSUPPORTED for Ed25519 in a build without it.
 */
struct crypto_public *crypto_public_load_pem(const void *pem, size_t size, struct pp_error *error);
struct crypto_public *crypto_public_load_der(const void *der, size_t size, struct pp_error *error);
struct crypto_public *crypto_public_load_ed25519(const uint8_t key[32], struct pp_error *error);
/* An EC P-256 key by its point. */
struct crypto_public *crypto_public_load_point(const uint8_t point[CRYPTO_POINT_SIZE],
                                               struct pp_error *error);
/* An RSA key by its numbers, big-endian, without leading zeros; the exponent is odd and at least 3. */
struct crypto_public *crypto_public_load_rsa(const uint8_t *modulus, size_t modulus_size,
                                             const uint8_t *exponent, size_t exponent_size,
                                             struct pp_error *error);
void crypto_public_destroy(struct crypto_public *key);
PP_DEFINE_AUTO(crypto_public, struct crypto_public, crypto_public_destroy)

/* Whether this build has Ed25519. */
bool crypto_public_has_ed25519(void);

/* True only when `signature` is one over `data` by `key`. PP_E_AUTH when it is not, PP_E_INVALID when the
 * scheme does not fit the key. */
PP_MUST_USE bool crypto_public_verify(const struct crypto_public *key, enum crypto_scheme scheme,
                                      const void *data, size_t size, const void *signature,
                                      size_t signature_size, struct pp_error *error);

#endif
