/*
 * Screens page by page, behind a row and never at an offset, as the API lists them. Callers hold db_lock.
 *
 * What is looked for most narrowly says which index is entered: a site's, channel's or tag's screens, those with a
 * problem, those in a state. The order of states is that in which somebody should look at them, and within one by name.
 */
#ifndef HEADEND_OPS_SCREEN_LIST_H
#define HEADEND_OPS_SCREEN_LIST_H

#include "headend/ops/channel.h"
#include "headend/ops/device.h"

enum screen_order { SCREENS_BY_NAME, SCREENS_BY_SEEN, SCREENS_BY_STATE };

/* Which screens; all of it has to be so. */
struct screen_filter {
    const char *words; /* of its name, site, channel (id or title) and state; "" for all */
    const char *state; /* device_state_key; NULL for all, here and below */
    const char *site;  /* "" for those at none */
    const char *tag, *channel;
    const char *group;    /* its id */
    const char *software; /* the version that they say they run */
    const char *problem;  /* what help it needs: a code, or "any" */
    int64_t now;          /* s since 1970 */
    int64_t viewer;       /* whose grants say what is listed (actor.h); 0: all is */
};

/* Where a row stands. */
struct screen_place {
    const char *state; /* of SCREENS_BY_STATE */
    int64_t seen;      /* of SCREENS_BY_SEEN */
    const char *name, *id;
};

struct screen_list {
    struct screen_filter filter;
    enum screen_order order;
    bool descending;
    const struct screen_place *after; /* NULL from the first */
    int64_t count;                    /* at most */
};

/* With its channel, an empty one where it has none. Stops where the callback returns false. */
PP_MUST_USE bool screen_list(struct db *db, const struct screen_list *wanted,
                             bool (*each)(void *arg, const struct device *device,
                                          const struct channel *channel),
                             void *arg, struct pp_error *error);
/* Their ids alone, by name. */
PP_MUST_USE bool screen_list_ids(struct db *db, const struct screen_filter *filter, int64_t count,
                                 bool (*each)(void *arg, const char *id), void *arg, struct pp_error *error);

#endif
