#include "agent/words.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_MAX (WORDS_NAME_MAX + WORDS_LINE_MAX + 64) /* bytes */

static void write_line(struct words_budget *budget, const char *name, const char *line) {
    char text[MESSAGE_MAX];
    snprintf(text, sizeof text, "renderer of %s: %s", name, line);
    budget->write(budget->arg, text);
}

/* A new window begins where the last one is over. */
static bool budget_is_used_up(struct words_budget *budget, int64_t now_ms) {
    if (!budget->lines || now_ms - budget->begin_ms >= WORDS_WINDOW_MS) {
        budget->begin_ms = now_ms;
        budget->lines = 0;
    }
    return budget->lines >= WORDS_LINES_MAX;
}

void words_flush(struct words *words, struct words_budget *budget, int64_t now_ms) {
    if (words->length && !budget_is_used_up(budget, now_ms)) {
        words->line[words->length] = 0;
        write_line(budget, words->name, words->line);
        if (++budget->lines == WORDS_LINES_MAX)
            write_line(budget, words->name, "and more, which is left out for a minute");
    }
    words->length = 0;
    words->cut = false;
}

static void add_byte(struct words *words, unsigned char byte) {
    char escaped[8];
    bool plain = byte >= ' ' && byte < 127;
    int size = snprintf(escaped, sizeof escaped, plain ? "%c" : "\\x%02x", byte);
    words->cut |= words->length + (size_t)size > WORDS_LINE_MAX;
    if (words->cut)
        return;
    memcpy(words->line + words->length, escaped, (size_t)size);
    words->length += (size_t)size;
}

int64_t words_take(struct words *words, struct words_budget *budget, const char *data, size_t size,
                   int64_t now_ms) {
    for (size_t i = 0; i < size; i++) {
        if (budget_is_used_up(budget, now_ms))
            return budget->begin_ms + WORDS_WINDOW_MS;
        if (data[i] == '\n')
            words_flush(words, budget, now_ms);
        else
            add_byte(words, (unsigned char)data[i]);
    }
    return 0;
}
