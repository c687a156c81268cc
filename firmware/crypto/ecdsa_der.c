#include "crypto/ecdsa_der.h"

#include <string.h>

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

/* `*digits` and `*count`: its bytes without the leading zero; borrowed. */
static bool take_number(struct der_place *place, size_t number_size, const uint8_t **digits, size_t *count) {
    size_t length = 0;
    if (!take_head(place, TAG_INTEGER, &length) || length == 0)
        return false;
    const uint8_t *number = place->next;
    place->next += length;
    bool negative = number[0] & 0x80;
    bool padded = number[0] == 0 && length > 1;
    if (negative || (padded && !(number[1] & 0x80)))
        return false;
    *digits = number + padded;
    *count = length - padded;
    return *count <= number_size;
}

/* r and s. */
struct numbers {
    const uint8_t *digits[2];
    size_t counts[2];
};

static bool take_signature(const uint8_t *der, size_t size, size_t number_size, struct numbers *numbers) {
    struct der_place place = {der, der + size};
    size_t length = 0;
    if (!take_head(&place, TAG_SEQUENCE, &length) || place.next + length != place.end)
        return false;
    for (int i = 0; i < 2; i++) {
        if (!take_number(&place, number_size, &numbers->digits[i], &numbers->counts[i]))
            return false;
    }
    return place.next == place.end;
}

bool ecdsa_der_strict(const uint8_t *der, size_t size, size_t number_size) {
    struct numbers numbers;
    return take_signature(der, size, number_size, &numbers);
}

bool ecdsa_der_to_raw(const uint8_t *der, size_t size, uint8_t raw[2 * ECDSA_P256_SIZE]) {
    struct numbers numbers;
    if (!take_signature(der, size, ECDSA_P256_SIZE, &numbers))
        return false;
    memset(raw, 0, 2 * ECDSA_P256_SIZE);
    for (int i = 0; i < 2; i++)
        memcpy(raw + (i + 1) * ECDSA_P256_SIZE - numbers.counts[i], numbers.digits[i], numbers.counts[i]);
    return true;
}

static uint8_t *put_number(const uint8_t number[ECDSA_P256_SIZE], uint8_t *out) {
    size_t skip = 0;
    while (skip < ECDSA_P256_SIZE - 1 && number[skip] == 0)
        skip++;
    size_t count = ECDSA_P256_SIZE - skip;
    bool padded = number[skip] & 0x80;
    *out++ = TAG_INTEGER;
    *out++ = (uint8_t)(count + padded);
    if (padded)
        *out++ = 0;
    memcpy(out, number + skip, count);
    return out + count;
}

size_t ecdsa_der_from_raw(const uint8_t raw[2 * ECDSA_P256_SIZE], uint8_t der[ECDSA_P256_DER]) {
    uint8_t *end = put_number(raw + ECDSA_P256_SIZE, put_number(raw, der + 2));
    der[0] = TAG_SEQUENCE;
    der[1] = (uint8_t)(end - der - 2);
    return (size_t)(end - der);
}
