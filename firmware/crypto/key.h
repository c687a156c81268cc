/*
 * Private keys: EC P-256 (FIPS 186-4, "prime256v1"). They sign with ECDSA over SHA-256, deterministically
 * (RFC 6979), so that a weak random generator on a board cannot leak the key. A key belongs to one thread at
 * a time.
 */
#ifndef PP_CRYPTO_KEY_H
#define PP_CRYPTO_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

enum {
    CRYPTO_POINT_SIZE = 65,         /* bytes: 0x04, x, y (SEC 1 §2.3.3, uncompressed) */
    CRYPTO_KEY_DOCUMENT_MAX = 8192, /* bytes of a DER or PEM document */
    CRYPTO_SIGNATURE_MAX = 72,      /* bytes of a DER signature by P-256 */
};

struct crypto_key;

/* Each returns a key that the caller destroys, or NULL. */
struct crypto_key *crypto_key_generate(struct pp_error *error);
/* PKCS#8 (RFC 5958) or SEC 1 (RFC 5915), not encrypted. PP_E_INVALID where it is no P-256 private key. */
struct crypto_key *crypto_key_load_der(const void *der, size_t size, struct pp_error *error);
struct crypto_key *crypto_key_load_pem(const void *pem, size_t size, struct pp_error *error);
void crypto_key_destroy(struct crypto_key *key); /* wipes */
PP_DEFINE_AUTO(crypto_key, struct crypto_key, crypto_key_destroy)

/* The private key, appended to `out` as a SEC 1 document; the buffer is the caller's to wipe (pp_buf_finish
 * does). */
bool crypto_key_save_der(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error);
bool crypto_key_save_pem(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error);

/* The public key, appended to `out` as SubjectPublicKeyInfo (RFC 5480). */
bool crypto_key_public_der(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error);
bool crypto_key_public_pem(const struct crypto_key *key, struct pp_buf *out, struct pp_error *error);
bool crypto_key_public_point(const struct crypto_key *key, uint8_t point[CRYPTO_POINT_SIZE],
                             struct pp_error *error);

/* ECDSA over SHA-256 of `data`; the DER signature (RFC 3279 §2.2.3) is appended. */
bool crypto_key_sign(const struct crypto_key *key, const void *data, size_t size,
                     struct pp_buf *der_signature, struct pp_error *error);

#endif
