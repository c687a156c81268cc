/*
 * What a technician reads: each text in English and French, in one table (words.c). What the agent says of a failure is
 * shown as it says it.
 */
#ifndef PP_CTL_WORDS_H
#define PP_CTL_WORDS_H

#include <stdbool.h>

enum language { LANGUAGE_EN, LANGUAGE_FR, LANGUAGES };

/* "fr", "fr_CA.UTF-8" and the like; false for what is neither. */
bool language_parse(const char *name, enum language *language);
/* By LC_ALL, LC_MESSAGES, LANG, in that order; English where they say nothing of use. */
enum language language_of_environment(void);

/* The text of that name, e.g. "status.state"; the name itself where there is none. */
const char *words(enum language language, const char *name);
/* The same of "PREFIX.NAME", as documents name states and checks; `otherwise` where there is none. */
const char *words_of(enum language language, const char *prefix, const char *name, const char *otherwise);

/* For tests: how many there are, and each of them. */
struct word {
    const char *name;
    const char *text[LANGUAGES];
};
const struct word *words_at(unsigned index); /* NULL behind the last */

#endif
