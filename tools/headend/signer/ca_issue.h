/* What the certificate authorities (public/ca.h) certify: themselves, the server and screens. */
#ifndef HEADEND_SIGNER_CA_ISSUE_H
#define HEADEND_SIGNER_CA_ISSUE_H

#include "crypto/key.h"
#include "headend/public/ca.h"

/* Makes key and certificate of the first one and writes both into the folder. */
PP_MUST_USE bool ca_create(const struct home *home, struct pp_error *error);
/* An authority's certificate of `subject`, signed by `issuer`, under the name that both have, until `not_after` (s
 * since 1970; 0: for CA_DAYS). Appends DER. */
PP_MUST_USE bool ca_certify(const struct crypto_key *subject, const char *name,
                            const struct crypto_key *issuer, int64_t not_after, struct pp_buf *der,
                            struct pp_error *error);

/* A screen's certificate: subject CN = its id, SAN urn:uuid:<id>, clientAuth. Appends DER. */
PP_MUST_USE bool ca_issue_device(const struct ca *ca, const struct home *home, const char *id,
                                 const uint8_t point[CRYPTO_POINT_SIZE], int64_t not_after,
                                 struct pp_buf *der, struct pp_error *error);

/* Makes a new server certificate for the hosts, and its key the first time. */
PP_MUST_USE bool ca_issue_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                                 struct pp_error *error);
/* Issues it anew where it is missing, not valid yet or soon ends, or is by an authority that does not issue any more.
 * */
PP_MUST_USE bool ca_renew_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                                 bool *renewed, struct pp_error *error);

#endif
