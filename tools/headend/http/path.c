#include "headend/http/path.h"

#include <string.h>

#include "base/utf8.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool percent_valid(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%' && (size - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0))
            return false;
    }
    return true;
}

bool percent_decode(char *text, size_t *size) {
    if (!percent_valid(text, *size))
        return false;
    size_t used = 0;
    for (size_t i = 0; i < *size; i++) {
        char c = text[i];
        if (c == '%') {
            c = (char)((unsigned)hex_digit(text[i + 1]) << 4 | (unsigned)hex_digit(text[i + 2]));
            i += 2;
        }
        text[used++] = c;
    }
    *size = used;
    return true;
}

/* Whether a decoded segment may stand in a path. An empty one is the caller's to judge. */
static bool segment_good(const char *text, size_t size) {
    if ((size == 1 && text[0] == '.') || (size == 2 && text[0] == '.' && text[1] == '.'))
        return false;
    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length = pp_utf8_read(text + i, size - i, &character);
        if (!length || character < ' ' || (character >= 0x7f && character < 0xa0) || character == '/')
            return false;
        i += length;
    }
    return true;
}

bool path_parse(struct path *path, const char *raw) {
    if (raw[0] != '/' || strlen(raw) >= PATH_SIZE)
        return false;
    size_t used = 0;
    path->count = 0;
    for (const char *start = raw; *start;) {
        size_t size = strcspn(++start, "/");
        bool last = !start[size];
        char *segment = path->segments + used + 1;
        memcpy(segment, start, size);
        start += size;
        if (path->count == PATH_SEGMENTS_MAX || (!size && !last) || !percent_decode(segment, &size) ||
            !segment_good(segment, size))
            return false;
        path->segments[used] = 0;
        path->whole[used] = '/';
        memcpy(path->whole + used + 1, segment, size);
        path->starts[path->count++] = (uint16_t)(used + 1);
        used += 1 + size;
    }
    path->segments[used] = path->whole[used] = 0;
    return true;
}

const char *path_segment(const struct path *path, size_t i) {
    return path->segments + path->starts[i];
}

const char *path_rest(const struct path *path, size_t i) {
    return path->whole + path->starts[i];
}
