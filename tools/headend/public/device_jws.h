/* What screens sign by their device keys (firmware/jose/jws.h). */
#ifndef HEADEND_PUBLIC_DEVICE_JWS_H
#define HEADEND_PUBLIC_DEVICE_JWS_H

#include "base/buf.h"
#include "crypto/key.h"

/* Appends the payload of a token of that kind, where the key of that point has signed it. PP_E_AUTH where it has not,
 * and where the token names another key; else jws_verify's errors. */
PP_MUST_USE bool device_jws_verify(const uint8_t point[CRYPTO_POINT_SIZE], const char *typ, const void *token,
                                   size_t size, struct pp_buf *payload, struct pp_error *error);

#endif
