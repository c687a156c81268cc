/*
 * CBOR (RFC 8949) as authenticators write it: CTAP2's canonical form, and of that what is needed here. Definite
 * lengths, each number in its shortest form, no tags. Strings are borrowed from the text.
 *
 *   a2 63 "fmt" 64 "none" 67 "attStmt" a0        a map of two pairs: "fmt": "none", "attStmt": {}
 */
#ifndef HEADEND_WEBAUTHN_CBOR_H
#define HEADEND_WEBAUTHN_CBOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CBOR_DEPTH_MAX 4 /* nested arrays and maps, of what is passed over (CTAP2 §8) */

/* What is left to read. */
struct cbor {
    const uint8_t *at, *end;
};

/* As the standard numbers them. */
enum cbor_kind {
    CBOR_UNSIGNED,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_SIMPLE = 7,
};

struct cbor_item {
    enum cbor_kind kind;
    uint64_t value;      /* the number (of a negative one -1 - value); bytes; items; pairs */
    const uint8_t *data; /* of strings */
};

/* The next item; of an array or a map only its head. PP_E_INVALID. */
PP_MUST_USE bool cbor_next(struct cbor *cbor, struct cbor_item *item, struct pp_error *error);
/* The next one, which has to be of that kind. */
PP_MUST_USE bool cbor_take(struct cbor *cbor, enum cbor_kind kind, struct cbor_item *item,
                           struct pp_error *error);
/* The next one, which has to be a whole number. */
PP_MUST_USE bool cbor_integer(struct cbor *cbor, int64_t *value, struct pp_error *error);
/* Passes over the next one, with all that is in it. */
PP_MUST_USE bool cbor_skip(struct cbor *cbor, struct pp_error *error);
/* Whether an item is that text. */
bool cbor_is_text(const struct cbor_item *item, const char *text);

#endif
