/*
 * Private keys: EC P-256 (FIPS 186-4, "prime256v1"). They sign with ECDSA over SHA-256, deterministically
 * (RFC 6979), so that a weak random generator on a board cannot leak the key, or agree on a secret by ECDH
 * (SP 800-56A). One key does one of the two, never both. Any thread may use a key.
 *
 * A key is kept by somebody: by this process, which reads, makes and saves it here, or by a TPM (tpm/tpm.h), which
 * never lets it out. Whoever signs or agrees with one does not see the difference.
 */
#ifndef PP_CRYPTO_KEY_H
#define PP_CRYPTO_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

enum {
    CRYPTO_DIGEST_SIZE = 32,        /* bytes: SHA-256 */
    CRYPTO_POINT_SIZE = 65,         /* bytes: 0x04, x, y (SEC 1 §2.3.3, uncompressed) */
    CRYPTO_KEY_DOCUMENT_MAX = 8192, /* bytes of a DER or PEM document */
    CRYPTO_SIGNATURE_MAX = 72,      /* bytes of a DER signature by P-256 */
    CRYPTO_SIGNATURE_RAW_SIZE = 64, /* bytes: r, s, each 32, big-endian (RFC 7518 §3.4) */
    CRYPTO_SECRET_SIZE = 32,        /* bytes: x of the shared point (SP 800-56A §5.7.1.2) */
};

struct crypto_key;

/* Who keeps keys. Each is called by any thread. */
struct crypto_keeper {
    const char *name; /* "software", "tpm2": for the status report */
    /* ECDSA of that digest: r, s. */
    bool (*sign)(void *context, const uint8_t digest[CRYPTO_DIGEST_SIZE],
                 uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error);
    /* ECDH with a point that lies on the curve. */
    bool (*agree)(void *context, const uint8_t peer[CRYPTO_POINT_SIZE], uint8_t secret[CRYPTO_SECRET_SIZE],
                  struct pp_error *error);
    void (*destroy)(void *context);
};

/* A key that `keeper` (static) has as `context`, which is the key's now, also where NULL is returned; `point`: its
 * public half. */
struct crypto_key *crypto_key_of_keeper(const struct crypto_keeper *keeper, void *context,
                                        const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error);
const char *crypto_key_keeper_name(const struct crypto_key *key);
/* Returns it; it takes one more crypto_key_destroy. */
struct crypto_key *crypto_key_ref(struct crypto_key *key);

/* Each returns a key that the caller destroys, or NULL. */
struct crypto_key *crypto_key_generate(struct pp_error *error);
/* PKCS#8 (RFC 5958) or SEC 1 (RFC 5915), not encrypted. PP_E_INVALID where it is no P-256 private key. */
struct crypto_key *crypto_key_load_der(const void *der, size_t size, struct pp_error *error);
struct crypto_key *crypto_key_load_pem(const void *pem, size_t size, struct pp_error *error);
void crypto_key_destroy(struct crypto_key *key); /* wipes */
PP_DEFINE_AUTO(crypto_key, struct crypto_key, crypto_key_destroy)

/* The private key, appended to `out` as a SEC 1 document; the buffer is the caller's to wipe (pp_buf_finish
 * does). PP_E_UNSUPPORTED for one that does not leave its keeper. */
PP_MUST_USE bool crypto_key_save_der(const struct crypto_key *key, struct pp_buf *out,
                                     struct pp_error *error);
PP_MUST_USE bool crypto_key_save_pem(const struct crypto_key *key, struct pp_buf *out,
                                     struct pp_error *error);

/* The public key, appended to `out` as SubjectPublicKeyInfo (RFC 5480). */
PP_MUST_USE bool crypto_key_public_der(const struct crypto_key *key, struct pp_buf *out,
                                       struct pp_error *error);
PP_MUST_USE bool crypto_key_public_pem(const struct crypto_key *key, struct pp_buf *out,
                                       struct pp_error *error);
PP_MUST_USE bool crypto_key_public_point(const struct crypto_key *key, uint8_t point[CRYPTO_POINT_SIZE],
                                         struct pp_error *error);

/* ECDSA over SHA-256 of `data`; the DER signature (RFC 3279 §2.2.3) is appended. */
PP_MUST_USE bool crypto_key_sign(const struct crypto_key *key, const void *data, size_t size,
                                 struct pp_buf *der_signature, struct pp_error *error);
/* The same signature of a digest, as r and s side by side. */
PP_MUST_USE bool crypto_key_sign_digest(const struct crypto_key *key,
                                        const uint8_t digest[CRYPTO_DIGEST_SIZE],
                                        uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error);
/* The same signature as r and s side by side, as JOSE wants it. */
PP_MUST_USE bool crypto_key_sign_raw(const struct crypto_key *key, const void *data, size_t size,
                                     uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error);

/* ECDH: what this key and the owner of `peer` alone can compute. It is no key yet: a KDF makes one of it. The
 * caller wipes it. PP_E_INVALID where `peer` is not on the curve; `secret` is then zero. */
PP_MUST_USE bool crypto_key_agree(const struct crypto_key *key, const uint8_t peer[CRYPTO_POINT_SIZE],
                                  uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error);

/* Whether it is a public key: uncompressed, coordinates below the field's prime, on the curve (SP 800-56A
 * §5.6.2.3.3). PP_E_INVALID. */
PP_MUST_USE bool crypto_point_check(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error);

#endif
