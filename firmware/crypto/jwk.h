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

bool jwk_thumbprint(const uint8_t point[CRYPTO_POINT_SIZE], uint8_t thumbprint[JWK_THUMBPRINT_SIZE],
                    struct pp_error *error);
bool jwk_thumbprint_text(const uint8_t point[CRYPTO_POINT_SIZE], char text[JWK_THUMBPRINT_TEXT_SIZE],
                         struct pp_error *error);

/* {"kty":"EC","crv":"P-256","x":…,"y":…}; the caller deletes it. */
cJSON *jwk_from_point(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error);
/* The point of such an object; other members are ignored. That it lies on the curve is checked by whoever
 * makes a key of it. */
bool jwk_to_point(const cJSON *jwk, uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error);

#endif
