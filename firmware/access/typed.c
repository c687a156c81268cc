#include "access/typed.h"

#include <string.h>

#include "base/mem.h"
#include "base/visible.h"

/* The characters of a text; 0 where one is none that is typed. */
static unsigned count_characters(const char *text) {
    unsigned count = 0;
    for (bool refused = false; *text; count++) {
        text += pp_visible_next(text, &refused);
        if (refused)
            return 0;
    }
    return count;
}

bool access_typed_add(struct access_typed *typed, const char *text) {
    size_t size = strlen(text);
    unsigned count = count_characters(text);
    if (!count || typed->size + size > ACCESS_TYPED_MAX)
        return false;
    memcpy(typed->text + typed->size, text, size + 1);
    typed->size += size;
    typed->count += count;
    return true;
}

void access_typed_erase(struct access_typed *typed) {
    size_t start = typed->size;
    if (!start)
        return;
    do
        start--;
    while (start && (typed->text[start] & 0xc0) == 0x80); /* RFC 3629 §3: the rest of a character */
    pp_wipe(typed->text + start, typed->size - start);
    typed->size = start;
    typed->count--;
}

void access_typed_wipe(struct access_typed *typed) {
    pp_wipe(typed, sizeof *typed);
}
