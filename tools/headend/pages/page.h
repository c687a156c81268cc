/* The administrators' pages: what all of them share. */
#ifndef HEADEND_PAGES_PAGE_H
#define HEADEND_PAGES_PAGE_H

#include "headend/server/request.h"

#define PAGE_MAX        (2 * 1024 * 1024) /* bytes */
#define PAGE_VALUES_MAX 120

/* Values for a template, over the words of the language ({{t.KEY}}). */
struct page {
    const struct strings *strings;
    const char *language; /* "en", "fr" */
    struct {
        const char *name; /* a literal */
        char *value;
    } values[PAGE_VALUES_MAX];
    size_t count;
    bool failed; /* out of memory */
};

void page_start(struct page *page, const struct request *request);
void page_finish(struct page *page);
#define page_auto PP_CLEANUP(page_finish)

/* Copies the value; a name that is there already gets the new one. */
void page_set(struct page *page, const char *name, const char *value);
/* The text of a key in the page's language. Borrowed. */
const char *page_text(const struct page *page, const char *key);
/* The text of a key that ends with what others sent ("event." and an event's kind); NULL without one. */
const char *page_text_of(const struct page *page, const char *prefix, const char *key);
/* A value set before, "" without. */
const char *page_get(const struct page *page, const char *name);

/* Renders a template into `out`, e.g. a row of a list. */
PP_MUST_USE bool page_render(struct page *page, const char *file, struct pp_buf *out, struct pp_error *error);
/* Renders a template into the layout and answers with it. */
void page_reply(struct page *page, const struct request *request, struct reply *reply, unsigned status,
                const char *file);
/* A page that says one thing: texts message.KEY.title and message.KEY.text. */
void page_message(const struct request *request, struct reply *reply, unsigned status, const char *key);

/* A number as a value. */
void page_set_number(struct page *page, const char *name, int64_t number);
/* "just now", "5 min ago", "3 h ago", "12 days ago", "never". */
void page_ago(const struct page *page, int64_t seen, int64_t now, char *text, size_t size);

#endif
