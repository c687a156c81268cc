/*
 * Internal: which kind of key a SubjectPublicKeyInfo (RFC 5280 §4.1) holds, told by its DER prefix. Only the
 * one encoding that RFC 5480 and RFC 8410 prescribe is known: named curves, uncompressed points.
 */
#ifndef PP_CRYPTO_SPKI_H
#define PP_CRYPTO_SPKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum spki_kind { SPKI_OTHER, SPKI_P256, SPKI_P384, SPKI_ED25519 };

enum { SPKI_P256_SIZE = 91 /* bytes of the document of a P-256 point */ };

/* The document of an uncompressed point of 65 bytes; false where it is not uncompressed. */
bool spki_of_p256(const uint8_t *point, uint8_t der[SPKI_P256_SIZE]);

enum spki_kind spki_kind_of(const uint8_t *der, size_t size);

#endif
