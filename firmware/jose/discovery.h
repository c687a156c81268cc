/*
 * What an OpenID Connect provider says of itself at its issuer's address (OpenID Connect Discovery 1.0 §3, RFC 8414):
 *
 *   GET https://login.example.org/.well-known/openid-configuration
 *   {"issuer": "https://login.example.org", "jwks_uri": "https://…", "token_endpoint": "https://…",
 *    "device_authorization_endpoint": "https://…", "revocation_endpoint": "https://…", …}
 */
#ifndef PP_JOSE_DISCOVERY_H
#define PP_JOSE_DISCOVERY_H

#include <stddef.h>

#include "base/error.h"

#define DISCOVERY_ISSUER_MAX   256         /* bytes */
#define DISCOVERY_URL_MAX      512         /* bytes of an endpoint */
#define DISCOVERY_DOCUMENT_MAX (64 * 1024) /* bytes */
/* Of the document's address, with the NUL. */
#define DISCOVERY_ADDRESS_SIZE (DISCOVERY_ISSUER_MAX + 40)

struct discovery {
    char keys[DISCOVERY_URL_MAX + 1];   /* "jwks_uri" */
    char token[DISCOVERY_URL_MAX + 1];  /* "token_endpoint" */
    char device[DISCOVERY_URL_MAX + 1]; /* "device_authorization_endpoint" (RFC 8628 §4) */
    char revoke[DISCOVERY_URL_MAX + 1]; /* "revocation_endpoint" (RFC 7009); "" for none */
};

/* Whether it can be an issuer: https, a host, no user, query or fragment. */
PP_MUST_USE bool discovery_issuer_check(const char *issuer, struct pp_error *error);
/* Where its document is. */
void discovery_address(const char *issuer, char address[DISCOVERY_ADDRESS_SIZE]);
/* The document has to be of this very issuer (§4.3): PP_E_AUTH otherwise. Endpoints are https, or it is refused whole;
 * one without device authorization is PP_E_UNSUPPORTED. `out` is then as it was. */
PP_MUST_USE bool discovery_parse(const void *json, size_t size, const char *issuer, struct discovery *out,
                                 struct pp_error *error);

#endif
