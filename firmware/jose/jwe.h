/*
 * JSON Web Encryption (RFC 7516) in the compact serialisation, by ECDH-ES in direct key agreement over P-256
 * (RFC 7518 §4.6) with A256GCM (§5.3) and nothing else. What the headend encrypts to one screen's agreement key
 * (channel keys) and the agent decrypts:
 *
 *     BASE64URL({"alg":"ECDH-ES","enc":"A256GCM","kid":"DOvx…","typ":"pingplay-channel-key","epk":{…}})
 *         . (no encrypted key) . BASE64URL(nonce, 12 bytes) . BASE64URL(ciphertext) . BASE64URL(tag, 16 bytes)
 *
 * Each token has an ephemeral key ("epk") of its own, and with it a content key of its own. Anybody who has the
 * recipient's public key can make a token: it tells nothing of who made it. That is for a signature around it
 * (jws.h).
 */
#ifndef PP_JOSE_JWE_H
#define PP_JOSE_JWE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "crypto/key.h"
#include "jose/jose.h"

#define JWE_CLEAR_MAX (64 * 1024) /* bytes */
#define JWE_PARTY_MAX 64          /* bytes of "apu" and "apv" */
/* Characters: header and ciphertext, nonce, tag, four dots. */
#define JWE_TOKEN_MAX ((JOSE_HEADER_MAX + JWE_CLEAR_MAX) / 3 * 4 + 64)

/* What both sides know of a token. A header that says otherwise is refused, and so is one that says more. */
struct jwe_context {
    const char *kid; /* names the recipient's key; at most JOSE_NAME_MAX bytes; NULL: the header has none */
    const char *typ; /* likewise the kind of what is encrypted */
    const void *apu,
        *apv; /* about the producer and the recipient (RFC 7518 §4.6.1.2 and 3); nothing: not there */
    size_t apu_size, apv_size;
};

/* Encrypts to a public key (of a JWK: jwk_to_point) and appends the token. PP_E_INVALID where the key is not on
 * the curve, PP_E_LIMIT over a cap; the buffer is then as it was. */
PP_MUST_USE bool jwe_encrypt(const uint8_t recipient[CRYPTO_POINT_SIZE], const struct jwe_context *context,
                             const void *clear, size_t size, struct pp_buf *token, struct pp_error *error);

/* Appends what was encrypted. The token has nothing around it, no line feed either. On failure `clear` is as it
 * was, and the code is
 *   PP_E_INVALID      not the form above, another context, an ephemeral key that is not on the curve
 *   PP_E_UNSUPPORTED  another algorithm, or a header that asks for what is not done here
 *   PP_E_LIMIT        over a cap, of `clear` as well
 *   PP_E_AUTH         it does not decrypt: for another key, or changed; which of the two is not to be known */
PP_MUST_USE bool jwe_decrypt(const struct crypto_key *key, const struct jwe_context *context,
                             const char *token, size_t size, struct pp_buf *clear, struct pp_error *error);

#endif
