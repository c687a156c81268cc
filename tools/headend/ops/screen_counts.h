/* The sites that screens are at, and the tags that they have, with how many: page by page, by name. Callers hold
 * db_lock. */
#ifndef HEADEND_OPS_SCREEN_COUNTS_H
#define HEADEND_OPS_SCREEN_COUNTS_H

#include "headend/db/db.h"

enum screen_counts_of { SCREENS_OF_SITES, SCREENS_OF_TAGS };

struct screen_counts_page {
    const char *after; /* behind this one; NULL from the first */
    bool descending;
    int64_t viewer; /* whose grants say which screens count (actor.h); 0: all do */
    int64_t now;    /* s since 1970 */
    int64_t count;  /* rows, at most */
};

/* Screens that are in use; a site's and a tag's name is borrowed. */
struct screen_counts {
    const char *name;
    int64_t screens, offline, trouble;
};

/* Stops where the callback returns false. */
PP_MUST_USE bool screen_counts(struct db *db, enum screen_counts_of of, const struct screen_counts_page *page,
                               bool (*each)(void *arg, const struct screen_counts *counts), void *arg,
                               struct pp_error *error);

#endif
