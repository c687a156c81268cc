/* Internal: the SubjectPublicKeyInfo of an RSA key (RFC 8017 §A.1.1, RFC 3279 §2.3.1) by its numbers. */
#ifndef PP_CRYPTO_RSA_DER_H
#define PP_CRYPTO_RSA_DER_H

#include "base/buf.h"
#include "base/error.h"

enum {
    RSA_MODULUS_MAX = 1024, /* bytes: 8192 bits */
    RSA_EXPONENT_MAX = 8,   /* bytes */
};

/* Appends the DER. The numbers are big-endian, without leading zeros: PP_E_INVALID otherwise, PP_E_LIMIT over a cap. */
PP_MUST_USE bool rsa_der(const uint8_t *modulus, size_t modulus_size, const uint8_t *exponent,
                         size_t exponent_size, struct pp_buf *der, struct pp_error *error);

#endif
