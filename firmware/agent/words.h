/*
 * What renderers write to their standard error, on its way to the agent's log: by line, each marked with the item it
 * is about, cut, with everything but printable ASCII escaped, and only so many a minute of all of them together. A
 * renderer reads what strangers made: it must not write in the agent's name, nor fill the journal.
 */
#ifndef PP_AGENT_WORDS_H
#define PP_AGENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_LINE_MAX   160   /* bytes of one line, escaped; the rest of it is left out */
#define WORDS_LINES_MAX  20    /* lines a window, of all renderers */
#define WORDS_WINDOW_MS  60000 /* ms */
#define WORDS_NAME_MAX   64    /* bytes of an item's name */
#define WORDS_READ_BYTES 1024  /* read at a time */

/* One for all. */
struct words_budget {
    int64_t begin_ms; /* CLOCK_MONOTONIC, of the window */
    unsigned lines;   /* told in it */
    void (*write)(void *arg, const char *line);
    void *arg;
};

/* One for each. */
struct words {
    char name[WORDS_NAME_MAX + 1];
    char line[WORDS_LINE_MAX + 1];
    size_t length;
    bool cut; /* the rest of this line is passed over */
};

/* Takes what was read; whole lines are written as "renderer of NAME: LINE". Returns 0, or the moment
 * (CLOCK_MONOTONIC) until which nothing more is to be read, the window being used up: what is in `data` behind that
 * is lost, which is told. */
int64_t words_take(struct words *words, struct words_budget *budget, const char *data, size_t size,
                   int64_t now_ms);
/* What is left without a line's end. */
void words_flush(struct words *words, struct words_budget *budget, int64_t now_ms);

#endif
