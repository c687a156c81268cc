/* Who a client's certificate says that it is, and by whose word. */
#ifndef HEADEND_HTTP_PEER_H
#define HEADEND_HTTP_PEER_H

#include <gnutls/gnutls.h>

#include "headend/base/secret.h"
#include "headend/public/ca.h"
#include "headend/public/certificate.h"

/* The screen that the certificate of a TLS session's other end names, and what else it is known by. False where none
 * was shown (error->code PP_OK then), and where it is not good: by no authority of ours, expired, for nothing that
 * clients do. One by an authority that is retired is good here, so that its screen can be told
 * (facts->authority_retired). */
PP_MUST_USE bool peer_identify(gnutls_session_t session, const struct ca *ca, char id[UUID_TEXT_SIZE],
                               struct certificate_facts *facts, struct pp_error *error);

#endif
