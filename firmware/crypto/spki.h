/*
 * Internal: which kind of key a SubjectPublicKeyInfo (RFC 5280 §4.1) holds, told by its DER prefix. Only the
 * one encoding that RFC 5480 and RFC 8410 prescribe is known: named curves, uncompressed points.
 */
#ifndef PP_CRYPTO_SPKI_H
#define PP_CRYPTO_SPKI_H

#include <stddef.h>
#include <stdint.h>

enum spki_kind { SPKI_OTHER, SPKI_P256, SPKI_P384, SPKI_ED25519 };

enum spki_kind spki_kind_of(const uint8_t *der, size_t size);

#endif
