/*
 * Internal: what JWS and JWE share, the compact serialisation (RFC 7515 §7.1, RFC 7516 §7.1) and the protected
 * header.
 *
 *     BASE64URL(header) . BASE64URL(payload) . BASE64URL(signature)
 *     BASE64URL(header) . BASE64URL(encrypted key) . BASE64URL(nonce) . BASE64URL(ciphertext) . BASE64URL(tag)
 *
 * Base64url (RFC 4648 §5) without padding and with no bits set behind its last byte, so that bytes have one
 * text only.
 */
#ifndef PP_JOSE_COMPACT_H
#define PP_JOSE_COMPACT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

#define COMPACT_TEXT_SIZE(bytes) (((bytes)*4 + 2) / 3) /* characters of base64url */

/* Borrowed from the token. */
struct compact_part {
    const char *text;
    size_t size; /* characters */
};

/* Cuts it at its dots into exactly `count` parts; what is in them is not looked at. */
PP_MUST_USE bool compact_split(const char *token, size_t size, struct compact_part *parts, size_t count,
                               struct pp_error *error);
/* Appends the bytes of a part; errors name it, e.g. "the payload". On failure `out` is as it was. */
PP_MUST_USE bool compact_decode(const struct compact_part *part, const char *name, struct pp_buf *out,
                                struct pp_error *error);
/* Exactly `size` bytes. */
PP_MUST_USE bool compact_decode_exact(const struct compact_part *part, const char *name, void *out,
                                      size_t size, struct pp_error *error);
/* Appends base64url, with a dot before it unless the token is empty. */
PP_MUST_USE bool compact_add(struct pp_buf *token, const void *data, size_t size, struct pp_error *error);

/* The header: one JSON object without a member that stands twice, and without those that would have the reader
 * do what is not done here ("crit", "zip", "b64") or take a key from the message ("jwk", "x5c"…). The caller
 * destroys it. NULL with PP_E_INVALID, PP_E_LIMIT or PP_E_UNSUPPORTED. */
cJSON *compact_header(const struct compact_part *part, struct pp_error *error);
/* The same of the one kind of token that brings its key in "jwk" (proof.h), which is then the caller's to read. */
cJSON *compact_header_with_key(const struct compact_part *part, struct pp_error *error);
/* The same of a token of others (id_token.h): what names a certificate by its hash is passed over, as some always
 * do. */
cJSON *compact_header_of_others(const struct compact_part *part, struct pp_error *error);
/* The algorithm: a string, and just this one, else PP_E_UNSUPPORTED. */
PP_MUST_USE bool compact_header_algorithm(const cJSON *header, const char *name, const char *wanted,
                                          struct pp_error *error);
/* A text that both sides know: the header has just this one, or none where `wanted` is NULL. */
PP_MUST_USE bool compact_header_text(const cJSON *header, const char *name, const char *wanted,
                                     struct pp_error *error);
/* "kid", or NULL where there is none; borrowed from the header. */
PP_MUST_USE bool compact_header_kid(const cJSON *header, const char **kid, struct pp_error *error);

/* The writers' side: NULL texts are left out. Fails for texts longer than JOSE_NAME_MAX. */
PP_MUST_USE bool compact_header_put(cJSON *header, const char *name, const char *value,
                                    struct pp_error *error);
/* The header, printed, as the first part of a token that is empty yet. */
PP_MUST_USE bool compact_header_add(struct pp_buf *token, const cJSON *header, struct pp_error *error);

#endif
