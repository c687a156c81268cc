#include "identity/der_read.h"

#include <string.h>

/* mbedTLS's reader takes pointers to non-const, and reads only. */
static unsigned char *unconst(const uint8_t *der) {
    union {
        const uint8_t *from;
        unsigned char *to;
    } pointer = {.from = der};
    return pointer.to;
}

struct der_cursor der_cursor_of(const char *document, const uint8_t *der, size_t size,
                                struct pp_error *error) {
    return (struct der_cursor){
        .document = document, .start = der, .next = unconst(der), .end = der + size, .error = error};
}

bool der_refuse(const struct der_cursor *cursor, const char *what) {
    return pp_fail(cursor->error, PP_E_INVALID, "%s: %s at offset %zu", cursor->document, what,
                   (size_t)(cursor->next - cursor->start));
}

bool der_enter(struct der_cursor *cursor, int tag, const char *what, struct der_cursor *inside) {
    size_t length = 0;
    unsigned char *place = cursor->next;
    if (mbedtls_asn1_get_tag(&cursor->next, cursor->end, &length, tag) != 0) {
        cursor->next = place;
        return der_refuse(cursor, what);
    }
    *inside = *cursor;
    inside->end = cursor->next + length;
    cursor->next += length;
    return true;
}

bool der_at_end(const struct der_cursor *cursor, const char *what) {
    return cursor->next == cursor->end || der_refuse(cursor, what);
}

bool der_next_is(const struct der_cursor *cursor, int tag) {
    return cursor->next < cursor->end && *cursor->next == tag;
}

size_t der_left(const struct der_cursor *cursor) {
    return (size_t)(cursor->end - cursor->next);
}

bool der_is(const struct der_cursor *cursor, const uint8_t *bytes, size_t size) {
    return der_left(cursor) == size && !memcmp(cursor->next, bytes, size);
}
