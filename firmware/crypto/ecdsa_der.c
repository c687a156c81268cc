#include "crypto/ecdsa_der.h"

#define TAG_INTEGER  0x02
#define TAG_SEQUENCE 0x30

struct der_place {
    const uint8_t *next, *end;
};

/* Steps over a tag and its length, which fits in one byte or, from 128 on, in 0x81 and one. */
static bool take_head(struct der_place *place, uint8_t tag, size_t *length) {
    size_t left = (size_t)(place->end - place->next);
    if (left < 2 || place->next[0] != tag)
        return false;
    *length = place->next[1];
    place->next += 2;
    left -= 2;
    if (*length == 0x81) {
        if (!left || place->next[0] < 0x80)
            return false;
        *length = *place->next++;
        left--;
    } else if (*length >= 0x80) {
        return false;
    }
    return *length <= left;
}

static bool take_number(struct der_place *place, size_t number_size) {
    size_t length = 0;
    if (!take_head(place, TAG_INTEGER, &length) || length == 0)
        return false;
    const uint8_t *number = place->next;
    place->next += length;
    bool negative = number[0] & 0x80;
    bool padded = number[0] == 0 && length > 1;
    if (negative || (padded && !(number[1] & 0x80)))
        return false;
    return length - padded <= number_size;
}

bool ecdsa_der_strict(const uint8_t *der, size_t size, size_t number_size) {
    struct der_place place = {der, der + size};
    size_t length = 0;
    return take_head(&place, TAG_SEQUENCE, &length) && place.next + length == place.end &&
           take_number(&place, number_size) && take_number(&place, number_size) && place.next == place.end;
}
