/* Base64 (RFC 4648 §4), base64url without padding (§5, as JOSE uses it), hex and percent-encoding (RFC 3986
 * §2.1). */
#ifndef PP_BASE_ENCODE_H
#define PP_BASE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define PP_HEX_SIZE(bytes)    ((bytes)*2 + 1)             /* with the NUL */
#define PP_BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1) /* with the NUL */
#define PP_BASE64_LINE        64                          /* characters */

/* Lower-case hex; `text` has PP_HEX_SIZE(size) bytes. */
void pp_hex_encode(const void *data, size_t size, char *text);
/* Exactly `size` bytes from exactly 2 x size hex digits of either case. */
PP_MUST_USE bool pp_hex_decode(const char *text, void *data, size_t size, struct pp_error *error);

/* `text` has PP_BASE64_SIZE(size) bytes. */
void pp_base64_encode(const void *data, size_t size, char *text);
void pp_base64url_encode(const void *data, size_t size, char *text);
/* Base64 in lines of 64 characters, each ended by a line feed, the last one, too: what PEM wants (RFC 7468 §2),
 * and readers of RFC 7030's messages that are made of OpenSSL's. Appended to `out`. */
PP_MUST_USE bool pp_base64_encode_lines(const void *data, size_t size, struct pp_buf *out,
                                        struct pp_error *error);

/* Strict decoding of `length` characters into at most `max` bytes; `*size` gets the count. Base64 skips CR
 * and LF (RFC 8951 tolerates them), needs its padding; base64url has none. Non-zero trailing bits are
 * refused. */
PP_MUST_USE bool pp_base64_decode(const char *text, size_t length, void *data, size_t max, size_t *size,
                                  struct pp_error *error);
PP_MUST_USE bool pp_base64url_decode(const char *text, size_t length, void *data, size_t max, size_t *size,
                                     struct pp_error *error);
/* A base64url text of exactly `size` bytes: keys, hashes. */
PP_MUST_USE bool pp_base64url_decode_exact(const char *text, void *data, size_t size, struct pp_error *error);

/* Everything but RFC 3986's unreserved characters becomes %XX (upper case). Returns a string the caller
 * frees, or NULL out of memory. */
char *pp_percent_encode(const char *text);

#endif
