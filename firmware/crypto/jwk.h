/* JSON Web Keys (RFC 7517) of EC P-256 public points, and their thumbprints (RFC 7638, SHA-256). */
#ifndef PP_CRYPTO_JWK_H
#define PP_CRYPTO_JWK_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/key.h"

enum {
    JWK_THUMBPRINT_SIZE = 32,      /* bytes */
    JWK_THUMBPRINT_TEXT_SIZE = 44, /* bytes of base64url with the NUL */
};

PP_MUST_USE bool jwk_thumbprint(const uint8_t point[CRYPTO_POINT_SIZE],
                                uint8_t thumbprint[JWK_THUMBPRINT_SIZE], struct pp_error *error);
PP_MUST_USE bool jwk_thumbprint_text(const uint8_t point[CRYPTO_POINT_SIZE],
                                     char text[JWK_THUMBPRINT_TEXT_SIZE], struct pp_error *error);

/* {"kty":"EC","crv":"P-256","x":…,"y":…}; the caller deletes it. */
cJSON *jwk_from_point(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error);

/* What a key is for: it says so itself in "use" (RFC 7517 §4.2), "key_ops" (§4.3) or "alg" (§4.4), or leaves
 * them out. */
enum jwk_purpose {
    JWK_VERIFY, /* "sig", "verify", "ES256" */
    JWK_AGREE,  /* "enc", none of a public key's operations, "ECDH-ES" */
};

/* The point of a public key for that purpose, checked to lie on the curve. "kid" is the caller's to read
 * (pp_json_string), unknown members are ignored. PP_E_INVALID or PP_E_LIMIT name the member: other kinds and
 * curves, coordinates of another length than 32 bytes, a key for something else, and one that still has its
 * private half ("d"), which is nobody's to send. */
PP_MUST_USE bool jwk_to_point(const cJSON *jwk, enum jwk_purpose purpose, uint8_t point[CRYPTO_POINT_SIZE],
                              struct pp_error *error);

#endif
