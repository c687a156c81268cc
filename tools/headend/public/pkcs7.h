/*
 * Certificates in a degenerate SignedData without signers (RFC 2315 §9, RFC 5652 §5), what EST answers
 * (RFC 7030 §4.1.3):
 *
 *   SEQUENCE { OID signedData, [0] { SEQUENCE {
 *     INTEGER 1, SET {}, SEQUENCE { OID data }, [0] IMPLICIT { Certificate… }, SET {} } } }
 */
#ifndef HEADEND_PUBLIC_PKCS7_H
#define HEADEND_PUBLIC_PKCS7_H

#include "base/buf.h"

struct pkcs7_certificate {
    const uint8_t *der;
    size_t size; /* bytes */
};

/* Appends the DER to `out`. */
PP_MUST_USE bool pkcs7_certs_only(const struct pkcs7_certificate *certificates, size_t count,
                                  struct pp_buf *out, struct pp_error *error);

#endif
