/*
 * JSON Web Signatures (RFC 7515) in the compact serialisation, by ES256 (ECDSA over P-256 and SHA-256, RFC 7518
 * §3.4) and nothing else. What the headend signs and the agent verifies (states, refusals), and the other way
 * round (receipts, the announcement of a key):
 *
 *     BASE64URL({"alg":"ES256","kid":"DOvx…","typ":"pingplay-state"}) . BASE64URL(payload) . BASE64URL(r, s)
 *
 * "kid" names the signer's key (by its RFC 7638 thumbprint, wherever this project writes one), "typ" the kind of
 * document, so that none can stand for another kind that the same key signs. A verifier names the one kind that
 * it takes, and brings the key.
 *
 * A token is not the only one with its content: whoever holds one can make another signature of its signature
 * (r, n - s). A token's own text, or a hash of it, is therefore no name for what it says.
 */
#ifndef PP_JOSE_JWS_H
#define PP_JOSE_JWS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "crypto/key.h"
#include "crypto/verify.h"
#include "jose/jose.h"

#define JWS_PAYLOAD_MAX (256 * 1024) /* bytes */
/* Characters: both parts, the signature, two dots. */
#define JWS_TOKEN_MAX ((JOSE_HEADER_MAX + JWS_PAYLOAD_MAX) / 3 * 4 + 128)

struct jws_signer {
    const struct crypto_key *key;
    const char *kid; /* at most JOSE_NAME_MAX bytes; NULL: the header has none */
    const char *typ; /* likewise */
};

/* Appends the token. PP_E_LIMIT for a larger payload or a token over the buffer's cap; the buffer is then as it
 * was. */
PP_MUST_USE bool jws_sign(const struct jws_signer *signer, const void *payload, size_t size,
                          struct pp_buf *token, struct pp_error *error);

/* The key that `kid` names, or NULL where there is none to be trusted by that name; `kid` is NULL where the
 * header has none. Borrowed until jws_verify returns. */
typedef const struct crypto_public *jws_find_key(void *arg, const char *kid);

/* Whose signatures of what are taken. */
struct jws_verifier {
    const char *typ; /* just this; NULL: the header must have none */
    jws_find_key *find;
    void *arg;
};

/* Appends the payload once the signature over it is known to be good; before that only the header is read. The
 * token has nothing around it, no line feed either. On failure `payload` is as it was, and the code is
 *   PP_E_INVALID      not the form above, not this "typ"
 *   PP_E_UNSUPPORTED  another algorithm ("none" is one), or a header that asks for what is not done here
 *   PP_E_LIMIT        over a cap, of `payload` as well
 *   PP_E_NOTFOUND     signed by a key that is not known
 *   PP_E_AUTH         the signature is not valid
 * Nothing is said of when it was signed, for whom, and how often it was seen: claims.h. */
PP_MUST_USE bool jws_verify(const struct jws_verifier *verifier, const char *token, size_t size,
                            struct pp_buf *payload, struct pp_error *error);

#endif
