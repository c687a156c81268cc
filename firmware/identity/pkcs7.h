/*
 * PKCS#7 "certs-only" messages (RFC 5652 §5, RFC 8551 §3.2.2), as EST answers them: strict DER, no content,
 * no signers, nothing behind.
 *
 *   ContentInfo SEQUENCE { signedData OID, [0] {
 *     SignedData SEQUENCE { version, digestAlgorithms SET {}, SEQUENCE { data OID },
 *                           certificates [0] { Certificate … }, crls [1] OPTIONAL, signerInfos SET {} } } }
 */
#ifndef PP_IDENTITY_PKCS7_H
#define PP_IDENTITY_PKCS7_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/identity.h"

struct pkcs7_certificate {
    const uint8_t *der; /* borrowed from the message */
    size_t size;        /* bytes */
};

struct pkcs7_certificates {
    struct pkcs7_certificate items[IDENTITY_CHAIN_MAX];
    size_t count;
};

/* At least one certificate; they are cut out, not parsed. PP_E_INVALID names the field and its offset,
 * PP_E_LIMIT for more than IDENTITY_CHAIN_MAX certificates or IDENTITY_CHAIN_DER_MAX bytes. */
PP_MUST_USE bool pkcs7_parse(const uint8_t *der, size_t size, struct pkcs7_certificates *certificates,
                             struct pp_error *error);

#endif
