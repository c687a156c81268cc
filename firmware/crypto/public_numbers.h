/*
 * The numbers of a public key, for who must write them down in a form of his own, as a TPM's. Internal to modules
 * that do; whoever verifies uses crypto/verify.h.
 */
#ifndef PP_CRYPTO_PUBLIC_NUMBERS_H
#define PP_CRYPTO_PUBLIC_NUMBERS_H

#include "crypto/key.h"

enum { PUBLIC_NUMBERS_RSA_MAX = 512 /* bytes of a modulus: 4096 bits */ };

struct public_numbers {
    bool rsa;                                /* else P-256 */
    uint8_t point[CRYPTO_POINT_SIZE];        /* P-256 */
    uint8_t modulus[PUBLIC_NUMBERS_RSA_MAX]; /* RSA, big-endian, without leading zeroes */
    size_t modulus_size;                     /* bytes */
    uint32_t exponent;
};

/* Of a SubjectPublicKeyInfo (RFC 5280 §4.1), P-256 or RSA of 2048 to 4096 bits. PP_E_INVALID for any other. */
PP_MUST_USE bool public_numbers_read(const void *der, size_t size, struct public_numbers *numbers,
                                     struct pp_error *error);

/* SHA-256 of the key alone, as it stands in that document's BIT STRING: RSAPublicKey (RFC 8017 §A.1.1), or the
 * point. So OpenSSL's i2d_PublicKey writes it, and those who name keys by that. */
PP_MUST_USE bool public_numbers_fingerprint(const void *der, size_t size,
                                            uint8_t fingerprint[CRYPTO_DIGEST_SIZE], struct pp_error *error);

#endif
