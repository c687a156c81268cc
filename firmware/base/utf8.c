#include "base/utf8.h"

#include "base/mem.h"

struct sequence {
    uint8_t first, last, second_first, second_last;
    size_t length;
};

/* The table of RFC 3629 §4. */
static const struct sequence *find_sequence(uint8_t first) {
    static const struct sequence rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (first >= rows[i].first && first <= rows[i].last)
            return &rows[i];
    }
    return NULL;
}

size_t pp_utf8_read(const char *text, size_t size, uint32_t *character) {
    const uint8_t *bytes = (const uint8_t *)text;
    const struct sequence *row = find_sequence(bytes[0]);
    if (!row || row->length > size)
        return 0;
    uint32_t value = row->length == 1 ? bytes[0] : bytes[0] & (0x7fU >> row->length);
    for (size_t i = 1; i < row->length; i++) {
        uint8_t first = i == 1 ? row->second_first : 0x80;
        uint8_t last = i == 1 ? row->second_last : 0xbf;
        if (bytes[i] < first || bytes[i] > last)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (character)
        *character = value;
    return row->length;
}
