/*
 * Internal: a certification request (PKCS#10, RFC 2986), written here because mbedTLS wants the private number of
 * whatever signs one, and a TPM's key has none to give.
 *
 *     SEQUENCE { SEQUENCE { 0, name, SubjectPublicKeyInfo, [0] { attributes } },
 *                ecdsa-with-SHA256, BIT STRING signature }
 */
#ifndef PP_IDENTITY_CSR_H
#define PP_IDENTITY_CSR_H

#include "crypto/key.h"
#include "identity/csrattrs.h"

enum { CSR_NAME_MAX = 64 /* characters of a common name, RFC 5280 appendix A.1 */ };

#define CSR_THUMBPRINT_URI "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" /* RFC 9278 */

struct csr_subject {
    const struct crypto_key *key;
    const char *name;       /* of "CN=", in UTF-8 */
    const char *thumbprint; /* of the key, RFC 7638, base64url */
};

/* Appends it in DER, with the extensions that the server asked for (NULL: none). */
PP_MUST_USE bool csr_write(const struct csr_subject *subject, const struct csrattrs *attributes,
                           struct pp_buf *der, struct pp_error *error);

#endif
