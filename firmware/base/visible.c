#include "base/visible.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* Control characters, and those of bidirectional formatting (UAX #9 §2) and of line separation. */
static bool is_control_character(uint32_t character) {
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb},
    };
    for (size_t i = 0; i < PP_COUNT(ranges); i++) {
        if (character >= ranges[i][0] && character <= ranges[i][1])
            return true;
    }
    return false;
}

size_t pp_visible_next(const char *text, bool *refused) {
    uint32_t character;
    size_t length = pp_utf8_read(text, SIZE_MAX, &character);
    *refused = !length || is_control_character(character);
    return length ? length : 1;
}

static bool escape_add(struct pp_buf *buf, const char *text, struct pp_error *error) {
    uint32_t character;
    if (!pp_utf8_read(text, SIZE_MAX, &character))
        character = 0xfffd;
    return pp_buf_addf(buf, error, "\\u%04x", (unsigned)character);
}

bool pp_visible_add(struct pp_buf *buf, const char *text, const char *kept, struct pp_error *error) {
    for (size_t length; *text; text += length) {
        bool refused;
        length = pp_visible_next(text, &refused);
        bool as_it_is = !refused || strchr(kept, *text);
        if (!(as_it_is ? pp_buf_add(buf, text, length, error) : escape_add(buf, text, error)))
            return false;
    }
    return true;
}
