#include "trust/pattern.h"

#include <stddef.h>
#include <string.h>

/* Bytes of the UTF-8 character at `text`, 1 where it is not well-formed; never beyond the NUL. */
static size_t character_length(const char *text) {
    size_t length = 1;
    if (((unsigned char)text[0] & 0xc0) != 0xc0)
        return 1;
    while (length < 4 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/* The ']' that ends the set at `open` ('['), or NULL where the segment has none. One that comes first is in
 * the set. */
static const char *set_end(const char *open) {
    const char *place = open + 1;
    if (*place == '!')
        place++;
    if (*place == ']')
        place++;
    place += strcspn(place, "]/");
    return *place == ']' ? place : NULL;
}

static bool set_holds(const char *open, const char *end, char c) {
    const char *place = open + 1;
    bool negated = *place == '!';
    bool found = false;
    for (place += negated; place < end; place++) {
        if (place + 2 < end && place[1] == '-') {
            found = found || (c >= place[0] && c <= place[2]);
            place += 2;
        } else {
            found = found || c == *place;
        }
    }
    return found != negated;
}

/* Matches the one character at `*path` against the pattern's element at `*pattern`, and steps over both. */
static bool match_one(const char **pattern, const char **path) {
    char element = **pattern;
    size_t length = character_length(*path);
    if (**path == 0 || **path == '/')
        length = 0;
    const char *end = element == '[' ? set_end(*pattern) : NULL;
    if (end              ? !length || !set_holds(*pattern, end, **path)
        : element == '?' ? !length
                         : element != **path || element == 0)
        return false;
    *pattern = end ? end + 1 : *pattern + 1;
    *path += end || element == '?' ? length : 1;
    return true;
}

/* The last '*' is the only one to come back to: what an earlier one took can be taken by it as well, within
 * one segment; and no match ever goes back over a '/'. */
bool trust_pattern_matches(const char *pattern, const char *path) {
    const char *star = NULL;  /* behind the last '*' of this segment */
    const char *taken = NULL; /* end of what it has taken */
    while (*path || *pattern) {
        if (*pattern == '*') {
            star = ++pattern;
            taken = path;
            continue;
        }
        bool separator = *pattern == '/';
        if (match_one(&pattern, &path)) {
            if (separator)
                star = NULL;
            continue;
        }
        if (!star || *taken == 0 || *taken == '/')
            return false;
        taken += character_length(taken);
        pattern = star;
        path = taken;
    }
    return true;
}
