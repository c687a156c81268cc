/* Certification requests (PKCS#10, RFC 2986) of display points. */
#ifndef HEADEND_PUBLIC_CSR_H
#define HEADEND_PUBLIC_CSR_H

#include "base/buf.h"
#include "crypto/jwk.h"

#define CSR_MAX   4096 /* bytes of DER */

#define SPKI_SIZE (26 + CRYPTO_POINT_SIZE) /* bytes of DER */

struct csr {
    uint8_t point[CRYPTO_POINT_SIZE];        /* its public key, EC P-256 */
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE]; /* of that key */
};

/* Parses DER and verifies the request's own signature (ECDSA with SHA-256), the proof that who asks holds the
 * key. Subject and attributes are not looked at: the CA sets the subject. */
PP_MUST_USE bool csr_parse(const uint8_t *der, size_t size, struct csr *csr, struct pp_error *error);

/* SubjectPublicKeyInfo of a P-256 point (RFC 5480). */
void spki_of_point(const uint8_t point[CRYPTO_POINT_SIZE], uint8_t spki[SPKI_SIZE]);

#endif
