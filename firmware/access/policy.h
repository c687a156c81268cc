/*
 * What the signed state says of this display point's access (design §6), its member "access":
 *
 *   {"mode": "cookie"}
 *   {"mode": "password", "session": {"id": "…", "exp": 1767628800, "renew": false}, "reason": "",
 *    "sign_in": {"key": {"kty": "EC", …}, "url": "https://screens.example.org/access", "code": "BCDF-GHJK",
 *                "url_complete": "https://screens.example.org/access?code=BCDF-GHJK"}}
 *   {"mode": "sso", "session": null, "reason": "signed-out", "sign_in": {"key": {"kty": "EC", …}},
 *    "provider": {"issuer": "https://login.example.org", "client_id": "screens", "scope": "openid email",
 *                 "nonce": "…", "auth": {"method": "client_secret_basic", "secret": "<JWE>"}}}
 *
 * A provider's "auth" is there for a confidential client. Without "access" the mode is "certificate".
 */
#ifndef PP_ACCESS_POLICY_H
#define PP_ACCESS_POLICY_H

#include <cjson/cJSON.h>

#include "access/client_auth.h"
#include "access/mode.h"
#include "access/oauth.h"
#include "crypto/jwk.h"
#include "jose/discovery.h"

#define ACCESS_MODE_NAME_MAX 31  /* bytes */
#define ACCESS_SESSION_MAX   64  /* bytes of a session's id */
#define ACCESS_REASON_MAX    23  /* bytes */
#define ACCESS_SCOPE_MAX     128 /* bytes of a scope or nonce */

struct access_policy {
    const struct access_mode *mode; /* NULL: no state was read yet */
    /* Of the temporary modes: */
    bool open; /* somebody is signed in: */
    char session[ACCESS_SESSION_MAX + 1];
    int64_t expires_s; /* s since 1970: the session's end */
    bool renewable;
    char reason[ACCESS_REASON_MAX +
                1]; /* why nobody is: "expired", "signed-out", "changed"; "" nobody was yet */
    bool has_key;   /* of the headend's, to which what a person shows is encrypted: */
    uint8_t key[CRYPTO_POINT_SIZE];
    char url[ACCESS_ADDRESS_MAX], url_complete[ACCESS_URI_MAX]; /* where a phone signs in; "" nowhere */
    char code[ACCESS_USER_CODE_MAX];
    char issuer[DISCOVERY_ISSUER_MAX + 1]; /* of the provider; "" none */
    char client_id[ACCESS_CLIENT_MAX + 1], scope[ACCESS_SCOPE_MAX + 1], nonce[ACCESS_SCOPE_MAX + 1];
    enum access_client_auth client_auth;
    char client_secret[ACCESS_SECRET_TOKEN_MAX + 1]; /* encrypted (client_auth.h); "" for a public client */
};

/* Of a whole state. PP_E_INVALID or PP_E_LIMIT name the field; PP_E_UNSUPPORTED: a mode that is not known here. */
PP_MUST_USE bool access_policy_parse(const cJSON *state, struct access_policy *out, struct pp_error *error);

#endif
