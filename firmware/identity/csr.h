/*
 * Internal: a certification request (PKCS#10, RFC 2986), written here because mbedTLS wants the private number of
 * whatever signs one, and a TPM's key has none to give.
 *
 *     SEQUENCE { SEQUENCE { 0, name, SubjectPublicKeyInfo, [0] {} }, ecdsa-with-SHA256, BIT STRING signature }
 */
#ifndef PP_IDENTITY_CSR_H
#define PP_IDENTITY_CSR_H

#include "crypto/key.h"

enum { CSR_NAME_MAX = 64 /* characters of a common name, RFC 5280 appendix A.1 */ };

/* Appends it in DER. The subject is "CN=`name`", in UTF-8. */
bool csr_write(const struct crypto_key *key, const char *name, struct pp_buf *der, struct pp_error *error);

#endif
