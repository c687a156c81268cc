/* Writing X.509 certificates (RFC 5280) with mbedTLS 2.28 and 3.x. */
#ifndef HEADEND_SIGNER_CERTIFICATE_WRITE_H
#define HEADEND_SIGNER_CERTIFICATE_WRITE_H

#include "crypto/key.h"
#include "headend/public/ca.h"

enum certificate_use { CERTIFICATE_CA, CERTIFICATE_SERVER, CERTIFICATE_CLIENT };

struct certificate_order {
    enum certificate_use use;
    const char *subject, *issuer;        /* distinguished names in text, "O=…, CN=…" */
    const uint8_t *point;                /* the subject's key, CRYPTO_POINT_SIZE bytes */
    const struct crypto_key *issuer_key; /* signs */
    const struct pp_buf *names;          /* content of a SubjectAltName's SEQUENCE; NULL for none */
    int64_t not_before, not_after;       /* s since 1970 */
};

/* Appends the DER. */
PP_MUST_USE bool certificate_write(const struct certificate_order *order, struct pp_buf *der,
                                   struct pp_error *error);

/* For SubjectAltName: dNSName or iPAddress of a host, and a URI. */
PP_MUST_USE bool certificate_name_host(struct pp_buf *names, const char *host, struct pp_error *error);
PP_MUST_USE bool certificate_name_uri(struct pp_buf *names, const char *uri, struct pp_error *error);

#endif
