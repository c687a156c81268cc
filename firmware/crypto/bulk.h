/*
 * Bulk cryptography: AES-GCM, SHA-2, Ed25519 verification, the curve P-256. Two implementations stand behind `struct
 * bulk_backend`: mbedTLS (the reference, always there) and OpenSSL's libcrypto (built where libcurl brings it
 * into the process anyway; it uses the processor's instructions). The functions named crypto_… use
 * bulk_default(). Everything here may be called from any thread; one object belongs to one thread at a time.
 *
 * AES-GCM: NIST SP 800-38D. SHA-2: FIPS 180-4. Ed25519: RFC 8032. P-256: FIPS 186-4, SEC 1.
 */
#ifndef PP_CRYPTO_BULK_H
#define PP_CRYPTO_BULK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

enum {
    BULK_NONCE_SIZE = 12, /* bytes, as everything here */
    BULK_TAG_SIZE = 16,
    BULK_SHA256_SIZE = 32,
    BULK_SHA512_SIZE = 64,
    BULK_ED25519_KEY_SIZE = 32,
    BULK_ED25519_SIGNATURE_SIZE = 64,
    BULK_P256_NUMBER_SIZE = 32, /* a private number, big-endian, or x of a point */
    BULK_P256_POINT_SIZE = 65,  /* 0x04, x, y */
    BULK_GCM_MAX = 1 << 30,     /* largest message or associated data of one call */
};

/* What an implementation provides. Objects are its own; each destroy accepts NULL and wipes. */
struct bulk_backend {
    const char *name; /* "mbedtls", "openssl" */
    /* `key_size` is 16 or 32. */
    void *(*gcm_create)(const uint8_t *key, size_t key_size, struct pp_error *error);
    /* `out` gets size + BULK_TAG_SIZE bytes; `out == in` is allowed. */
    bool (*gcm_seal)(void *gcm, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad, size_t aad_size,
                     const void *in, size_t size, void *out, struct pp_error *error);
    /* `size` counts the tag; `out` gets size - BULK_TAG_SIZE bytes and is wiped when the tag is wrong. */
    bool (*gcm_open)(void *gcm, const uint8_t nonce[BULK_NONCE_SIZE], const void *aad, size_t aad_size,
                     const void *in, size_t size, void *out, struct pp_error *error);
    void (*gcm_destroy)(void *gcm);
    void *(*sha256_create)(struct pp_error *error);
    bool (*sha256_update)(void *hash, const void *data, size_t size, struct pp_error *error);
    bool (*sha256_finish)(void *hash, uint8_t digest[BULK_SHA256_SIZE], struct pp_error *error);
    void (*sha256_destroy)(void *hash);
    /* NULL where the library has no Ed25519 (mbedTLS). PP_E_AUTH when the signature is wrong. */
    bool (*ed25519_verify)(const uint8_t key[BULK_ED25519_KEY_SIZE], const void *data, size_t size,
                           const uint8_t signature[BULK_ED25519_SIGNATURE_SIZE], struct pp_error *error);
    /* P-256, in time that does not depend on the number. PP_E_INVALID for a number that no key has, and for a point
     * that is not on the curve. */
    bool (*p256_public)(const uint8_t number[BULK_P256_NUMBER_SIZE], uint8_t point[BULK_P256_POINT_SIZE],
                        struct pp_error *error);
    bool (*p256_check)(const uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error);
    bool (*p256_agree)(const uint8_t number[BULK_P256_NUMBER_SIZE], const uint8_t peer[BULK_P256_POINT_SIZE],
                       uint8_t secret[BULK_P256_NUMBER_SIZE], struct pp_error *error);
    /* ECDSA of a SHA-256 digest, deterministic (RFC 6979): r, s. `point` is the number's. */
    bool (*p256_sign)(const uint8_t number[BULK_P256_NUMBER_SIZE], const uint8_t point[BULK_P256_POINT_SIZE],
                      const uint8_t digest[BULK_SHA256_SIZE], uint8_t signature[2 * BULK_P256_NUMBER_SIZE],
                      struct pp_error *error);
    /* ECDSA of a SHA-256 digest; the signature is in DER (ecdsa_der.h), the point on the curve. PP_E_AUTH when the
     * signature is wrong. */
    bool (*p256_verify)(const uint8_t point[BULK_P256_POINT_SIZE], const uint8_t digest[BULK_SHA256_SIZE],
                        const uint8_t *signature, size_t size, struct pp_error *error);
};

const struct bulk_backend *bulk_mbedtls(void);
/* NULL in a build without it. */
const struct bulk_backend *bulk_openssl(void);
/* OpenSSL where it is built, else mbedTLS. */
const struct bulk_backend *bulk_default(void);

/* Does every one-time initialisation of the libraries (they read files and ask for random numbers then), so
 * that a process may enter its sandbox afterwards and still open sealed streams. Not needed elsewhere. */
PP_MUST_USE bool crypto_prepare(struct pp_error *error);

/* AES-GCM with one key. `key_size` is 16 or 32; the key is copied. NULL on failure. */
struct crypto_gcm *crypto_gcm_create(const void *key, size_t key_size, struct pp_error *error);
void crypto_gcm_destroy(struct crypto_gcm *gcm);
PP_DEFINE_AUTO(crypto_gcm, struct crypto_gcm, crypto_gcm_destroy)

/* `out` gets size + BULK_TAG_SIZE bytes, ciphertext then tag; `out == in` is allowed, other overlaps are not.
 * A nonce is used once per key. */
PP_MUST_USE bool crypto_gcm_seal(struct crypto_gcm *gcm, const uint8_t nonce[BULK_NONCE_SIZE],
                                 const void *aad, size_t aad_size, const void *in, size_t size, void *out,
                                 struct pp_error *error);
/* `size` counts the tag; `out` gets size - BULK_TAG_SIZE bytes. PP_E_AUTH when the tag is wrong; `out` is
 * then wiped. */
PP_MUST_USE bool crypto_gcm_open(struct crypto_gcm *gcm, const uint8_t nonce[BULK_NONCE_SIZE],
                                 const void *aad, size_t aad_size, const void *in, size_t size, void *out,
                                 struct pp_error *error);

PP_MUST_USE bool crypto_sha256(const void *data, size_t size, uint8_t digest[BULK_SHA256_SIZE],
                               struct pp_error *error);
PP_MUST_USE bool crypto_sha512(const void *data, size_t size, uint8_t digest[BULK_SHA512_SIZE],
                               struct pp_error *error);

/* SHA-256 of a stream. After finish the object can only be destroyed. */
struct crypto_sha256 *crypto_sha256_create(struct pp_error *error);
PP_MUST_USE bool crypto_sha256_update(struct crypto_sha256 *hash, const void *data, size_t size,
                                      struct pp_error *error);
PP_MUST_USE bool crypto_sha256_finish(struct crypto_sha256 *hash, uint8_t digest[BULK_SHA256_SIZE],
                                      struct pp_error *error);
void crypto_sha256_destroy(struct crypto_sha256 *hash);
PP_DEFINE_AUTO(crypto_sha256, struct crypto_sha256, crypto_sha256_destroy)

#endif
