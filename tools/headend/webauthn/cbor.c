#include "headend/webauthn/cbor.h"

#include <string.h>

#define ONE_BYTE_FOLLOWS    24 /* and 25, 26, 27: two, four, eight */
#define EIGHT_BYTES_FOLLOW  27
#define SIMPLE_LEAST_IN_ONE 32 /* a simple value below it has no byte of its own */

static bool cut(struct pp_error *error) {
    return pp_fail(error, PP_E_INVALID, "CBOR: cut off");
}

/* The number behind a head's first byte, in its shortest form. */
static bool number_read(struct cbor *cbor, unsigned form, uint64_t *value, struct pp_error *error) {
    static const uint64_t least[] = {ONE_BYTE_FOLLOWS, 0x100, 0x10000, 0x100000000};
    *value = form;
    if (form < ONE_BYTE_FOLLOWS)
        return true;
    if (form > EIGHT_BYTES_FOLLOW)
        return pp_fail(error, PP_E_INVALID, "CBOR: a length that is not definite");
    size_t size = (size_t)1 << (form - ONE_BYTE_FOLLOWS);
    if ((size_t)(cbor->end - cbor->at) < size)
        return cut(error);
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value = *value << 8 | *cbor->at++;
    return *value >= least[form - ONE_BYTE_FOLLOWS]
               ? true
               : pp_fail(error, PP_E_INVALID, "CBOR: a number that is not in its shortest form");
}

/* Booleans, null, and numbers with fractions, of which only the size counts. */
static bool simple_read(struct cbor *cbor, unsigned form, uint64_t *value, struct pp_error *error) {
    *value = form;
    if (form < ONE_BYTE_FOLLOWS)
        return true;
    size_t size = form <= EIGHT_BYTES_FOLLOW ? (size_t)1 << (form - ONE_BYTE_FOLLOWS) : 0;
    if (!size || (size_t)(cbor->end - cbor->at) < size)
        return cut(error);
    if (size == 1 && *cbor->at < SIMPLE_LEAST_IN_ONE)
        return pp_fail(error, PP_E_INVALID, "CBOR: a value that is not in its shortest form");
    cbor->at += size;
    return true;
}

bool cbor_next(struct cbor *cbor, struct cbor_item *item, struct pp_error *error) {
    if (cbor->at == cbor->end)
        return cut(error);
    unsigned head = *cbor->at++;
    unsigned kind = head >> 5;
    *item = (struct cbor_item){.kind = (enum cbor_kind)kind};
    if (kind == CBOR_SIMPLE)
        return simple_read(cbor, head & 31, &item->value, error);
    if (kind > CBOR_MAP)
        return pp_fail(error, PP_E_INVALID, "CBOR: a tag");
    if (!number_read(cbor, head & 31, &item->value, error))
        return false;
    if (kind != CBOR_BYTES && kind != CBOR_TEXT)
        return true;
    if (item->value > (uint64_t)(cbor->end - cbor->at))
        return cut(error);
    item->data = cbor->at;
    cbor->at += item->value;
    return true;
}

bool cbor_take(struct cbor *cbor, enum cbor_kind kind, struct cbor_item *item, struct pp_error *error) {
    if (!cbor_next(cbor, item, error))
        return false;
    return item->kind == kind ? true : pp_fail(error, PP_E_INVALID, "CBOR: another type than was expected");
}

bool cbor_integer(struct cbor *cbor, int64_t *value, struct pp_error *error) {
    struct cbor_item item;
    if (!cbor_next(cbor, &item, error))
        return false;
    if (item.kind > CBOR_NEGATIVE || item.value > INT64_MAX)
        return pp_fail(error, PP_E_INVALID, "CBOR: not a whole number");
    *value = item.kind == CBOR_NEGATIVE ? -1 - (int64_t)item.value : (int64_t)item.value;
    return true;
}

/* Each item takes a byte at least, so that no count makes this go on for long. */
static bool skip(struct cbor *cbor, unsigned depth, struct pp_error *error) {
    struct cbor_item item;
    if (!cbor_next(cbor, &item, error))
        return false;
    if (item.kind != CBOR_ARRAY && item.kind != CBOR_MAP)
        return true;
    if (depth == CBOR_DEPTH_MAX)
        return pp_fail(error, PP_E_LIMIT, "CBOR: nested deeper than %d", CBOR_DEPTH_MAX);
    if (item.value > (uint64_t)(cbor->end - cbor->at))
        return cut(error);
    uint64_t count = item.kind == CBOR_MAP ? 2 * item.value : item.value;
    for (uint64_t i = 0; i < count; i++) {
        if (!skip(cbor, depth + 1, error))
            return false;
    }
    return true;
}

bool cbor_skip(struct cbor *cbor, struct pp_error *error) {
    return skip(cbor, 0, error);
}

bool cbor_is_text(const struct cbor_item *item, const char *text) {
    size_t size = strlen(text);
    return item->kind == CBOR_TEXT && item->value == size && memcmp(item->data, text, size) == 0;
}
