/*
 * ID tokens (OpenID Connect Core 1.0 §2, §3.1.3.7): what a provider says of who signed in, in a JWS by ES256 or RS256:
 *
 *   header   {"alg":"RS256","kid":"2026-11","typ":"JWT"}
 *   payload  {"iss":"https://login.example.org","sub":"248289761001","aud":"pingplay-screens","exp":1795900600,
 *             "iat":1795900000,"nonce":"n-0S6…","email":"ada@example.org","email_verified":true,"groups":["lobby"]}
 *
 * The algorithm is the key's, not the header's: a header that names another one than the key is for is refused, "none"
 * and HS256 are none that any key is for.
 */
#ifndef PP_JOSE_ID_TOKEN_H
#define PP_JOSE_ID_TOKEN_H

#include <cjson/cJSON.h>

#include "jose/key_set.h"

#define ID_TOKEN_MAX      (16 * 1024) /* characters */
#define ID_TOKEN_TEXT_MAX 256         /* bytes of "iss", "sub", "aud", "azp", "nonce" and names */
#define ID_TOKEN_AUD_MAX  16          /* audiences */

struct id_token_demands {
    const char *issuer;    /* just this */
    const char *client_id; /* one of the audiences, and the authorized party where there is one */
    const char
        *nonce; /* NULL: none was sent; else just this, where the token has one (RFC 8628 sends none) */
    bool nonce_needed; /* it has to have one */
    int64_t now_s;     /* s since 1970 */
    int64_t skew_s;    /* s by which the provider's clock and ours may differ */
    int64_t age_max_s; /* s since it was issued */
};

/* Who it is of. */
struct id_token {
    char subject[ID_TOKEN_TEXT_MAX + 1];
    char name[ID_TOKEN_TEXT_MAX +
              1]; /* "name", else "preferred_username", else the address, else the subject */
    char email[ID_TOKEN_TEXT_MAX + 1]; /* "" without one, or one that the provider has not verified */
    int64_t issued_s, expires_s;       /* s since 1970 */
    cJSON *claims;                     /* all of them; id_token_finish deletes it */
};

/* On failure `out` is as it was, and the code is
 *   PP_E_INVALID      not a token, or a claim is missing or malformed
 *   PP_E_UNSUPPORTED  another algorithm
 *   PP_E_NOTFOUND     signed by a key that is not in the set: it may have changed
 *   PP_E_AUTH         another issuer, audience, authorized party or nonce; the signature is not valid
 *   PP_E_EXPIRED      expired, too old, or not valid yet
 *   PP_E_LIMIT        over a cap */
PP_MUST_USE bool id_token_read(const char *token, size_t size, const struct key_set *keys,
                               const struct id_token_demands *demands, struct id_token *out,
                               struct pp_error *error);
void id_token_finish(struct id_token *token);
#define id_token_auto PP_CLEANUP(id_token_finish)

/* Whether the claim `name` is `value`, or a list with it in it. */
bool id_token_claim_has(const struct id_token *token, const char *name, const char *value);

#endif
