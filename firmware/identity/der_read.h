/*
 * Internal: stepping through DER (X.690) with mbedTLS's reader, as pkcs7.c and csrattrs.c do: strict lengths, and a
 * refusal that names the field and its offset.
 */
#ifndef PP_IDENTITY_DER_READ_H
#define PP_IDENTITY_DER_READ_H

#include <mbedtls/asn1.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DER_CONTEXT(number) (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | (number))
#define DER_SEQUENCE        (MBEDTLS_ASN1_SEQUENCE | MBEDTLS_ASN1_CONSTRUCTED)
#define DER_SET             (MBEDTLS_ASN1_SET | MBEDTLS_ASN1_CONSTRUCTED)
#define DER_OID             MBEDTLS_ASN1_OID

/* A place in the document. */
struct der_cursor {
    const char *document; /* what it is, for refusals: "PKCS#7 message" */
    const uint8_t *start; /* of the whole document, for offsets */
    unsigned char *next;
    const unsigned char *end;
    struct pp_error *error;
};

/* The whole document, which is borrowed. */
struct der_cursor der_cursor_of(const char *document, const uint8_t *der, size_t size,
                                struct pp_error *error);
/* Fails with PP_E_INVALID: "DOCUMENT: WHAT at offset N". */
bool der_refuse(const struct der_cursor *cursor, const char *what);
/* Steps over the tag and length at the cursor; `inside` gets the content, the cursor stands behind it. */
bool der_enter(struct der_cursor *cursor, int tag, const char *what, struct der_cursor *inside);
bool der_at_end(const struct der_cursor *cursor, const char *what);
bool der_next_is(const struct der_cursor *cursor, int tag);
/* Bytes that are left. */
size_t der_left(const struct der_cursor *cursor);
/* Whether what is left is exactly these bytes. */
bool der_is(const struct der_cursor *cursor, const uint8_t *bytes, size_t size);

#endif
