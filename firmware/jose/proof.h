/*
 * Proof of possession: a request shows that whoever sends it has a key, by a signature over the request itself (RFC
 * 9449, DPoP, whose form this is). A cookie that is bound to the key is of no use to whoever only sees it pass.
 *
 *     DPoP: BASE64URL({"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":…,"y":…}})
 *         . BASE64URL({"htm":"GET","htu":"https://screens.example.org/v1/state","iat":1795900000,"jti":"3yLf…",
 *                      "nonce":"…","ath":"…"}) . BASE64URL(r, s)
 *
 *     htm, htu   the request's method, and its address without query and fragment
 *     jti        makes each proof another one: who checks takes none twice
 *     nonce      the server's: when the proof was made is told by it, since a screen's clock may be wrong
 *     ath        SHA-256 of what the key is bound to (the cookie's value), where the request carries it
 *
 * This is the one token whose key stands in its own header. It proves that the sender has that key, and nothing of who
 * he is: whose key it is, the caller knows by its thumbprint.
 */
#ifndef PP_JOSE_PROOF_H
#define PP_JOSE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "crypto/jwk.h"
#include "crypto/key.h"

#define PROOF_TYPE      "dpop+jwt"
#define PROOF_TOKEN_MAX 4096 /* characters */
#define PROOF_URL_MAX   2048 /* bytes of "htu" */
#define PROOF_TEXT_MAX  128  /* bytes of "jti", "nonce" and "ath" */

/* The request that is proven. */
struct proof_request {
    const char *method;
    const char *url;   /* whole; its query and fragment are left out */
    const char *nonce; /* the server's; NULL: none was given yet */
    const char *bound; /* what the request carries that is bound to the key; NULL: nothing */
};

/* Signs as crypto_key_sign_raw does. */
typedef bool proof_sign(void *arg, const void *data, size_t size,
                        uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error);

struct proof_signer {
    const uint8_t *point; /* CRYPTO_POINT_SIZE, of the key */
    proof_sign *sign;
    void *arg;
};

/* Appends a proof, another one each time. `now_s`: s since 1970. */
PP_MUST_USE bool proof_make(const struct proof_signer *signer, const struct proof_request *request,
                            int64_t now_s, struct pp_buf *token, struct pp_error *error);

/* What a good proof says. */
struct proof {
    uint8_t point[CRYPTO_POINT_SIZE];
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE]; /* of the key that made it */
    char jti[PROOF_TEXT_MAX + 1];
    char nonce[PROOF_TEXT_MAX + 1]; /* "" for none: whether it is a present one is the caller's to say */
};

/* Reads a proof of that request (`nonce` of which is not looked at). Whether it was seen before, and whose key it
 * is, is the caller's to say. On failure `proof` is as it was, and the code is PP_E_INVALID, PP_E_UNSUPPORTED (another
 * algorithm, "none" is one), PP_E_LIMIT, or PP_E_AUTH (of another request, or the signature is not valid). */
PP_MUST_USE bool proof_read(const char *token, size_t size, const struct proof_request *request,
                            struct proof *proof, struct pp_error *error);

#endif
