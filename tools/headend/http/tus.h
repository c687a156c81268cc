/*
 * The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), as they come from outside:
 *
 *   Upload-Length: 10737418240                                    digits and nothing else
 *   Upload-Metadata: filename cGhvdG8uanBn,is_confidential        pairs of a key and Base64; a key may stand alone
 *   Upload-Checksum: sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
 */
#ifndef HEADEND_HTTP_TUS_H
#define HEADEND_HTTP_TUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TUS_VERSION           "1.0.0"
#define TUS_EXTENSIONS        "creation,creation-with-upload,expiration,checksum,termination"
#define TUS_CHECKSUMS         "sha256"
#define TUS_BODY_TYPE         "application/offset+octet-stream"

#define TUS_METADATA_MAX      2048 /* bytes of the header */
#define TUS_METADATA_KEYS_MAX 32
#define TUS_SHA256_SIZE       32 /* bytes */
#define TUS_DATE_SIZE         30 /* bytes with the NUL, of a date as HTTP writes it */

/* NULL, or what is no number, or more than 2^53 - 1: PP_E_INVALID. */
PP_MUST_USE bool tus_number(const char *header, uint64_t *value, struct pp_error *error);

/* Each key stands once, is printable ASCII without spaces and commas; each value is Base64. */
PP_MUST_USE bool tus_metadata_check(const char *header, struct pp_error *error);
/* The value of a key as text; "" where there is none, or what it is of is no text, or has no room. */
void tus_metadata_text(const char *header, const char *key, char *text, size_t size);

/* PP_E_UNSUPPORTED for another algorithm. */
PP_MUST_USE bool tus_checksum(const char *header, uint8_t sha256[TUS_SHA256_SIZE], struct pp_error *error);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7). */
void tus_date(int64_t seconds, char text[TUS_DATE_SIZE]);

#endif
