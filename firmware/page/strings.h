/* The pages' words, from strings.en.json and strings.fr.json. */
#ifndef PP_PAGE_STRINGS_H
#define PP_PAGE_STRINGS_H

#include "base/error.h"
#include "base/mem.h"
#include "page/embedded.h"

struct strings;
/* `files` stay. */
struct strings *strings_create(const struct embedded_file *files, struct pp_error *error);
void strings_destroy(struct strings *strings);
PP_DEFINE_AUTO(strings, struct strings, strings_destroy)

/* Language "en" or "fr". A key without a text is its own text. Borrowed. */
const char *strings_get(const struct strings *strings, const char *language, const char *key);
/* The same, NULL without a text. */
const char *strings_find(const struct strings *strings, const char *language, const char *key);

#endif
