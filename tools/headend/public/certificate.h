/* X.509 certificates (RFC 5280) as they are read. */
#ifndef HEADEND_PUBLIC_CERTIFICATE_H
#define HEADEND_PUBLIC_CERTIFICATE_H

#include "crypto/jwk.h"
#include "headend/public/ca.h"

#define CERTIFICATE_SERIAL_MAX 20 /* bytes, RFC 5280 §4.1.2.2 */

/* What a certificate is known again by. */
struct certificate_facts {
    uint8_t serial[CERTIFICATE_SERIAL_MAX];
    size_t serial_size;
    uint8_t point[CRYPTO_POINT_SIZE];        /* its key, P-256 */
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE]; /* of that */
    int64_t not_before, not_after;           /* s since 1970 */
    uint8_t authority
        [CA_HASH_SIZE]; /* by which it is; certificate_read cannot tell, who verifies or issues does */
    bool authority_issues, authority_retired;
};
/* Of one certificate's DER; its signature is not looked at. */
PP_MUST_USE bool certificate_read(const uint8_t *der, size_t size, struct certificate_facts *facts,
                                  struct pp_error *error);

/* Whether the certificate's signature is by the key of the authority's certificate. How long either is valid is not
 * looked at. */
bool certificate_is_by(const uint8_t *der, size_t size, const struct pp_buf *authority);

/* Appends it. */
PP_MUST_USE bool certificate_to_pem(const struct pp_buf *der, struct pp_buf *pem, struct pp_error *error);

#endif
