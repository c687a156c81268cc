/* Screens page by page, by name and id and never by offset, as the API lists them. Callers hold db_lock. */
#ifndef HEADEND_OPS_SCREEN_LIST_H
#define HEADEND_OPS_SCREEN_LIST_H

#include "headend/ops/channel.h"
#include "headend/ops/device.h"

struct screen_list {
    const char
        *words; /* of its name, site, channel (id or title) and state; all have to be there; "" for all */
    const char *state;                 /* device_state_key; NULL for all */
    const char *after_name, *after_id; /* behind this one; NULL from the first */
    bool descending;
    int64_t now;    /* s since 1970 */
    int64_t count;  /* at most */
    int64_t viewer; /* whose grants say what is listed (actor.h); 0: all is */
};

/* With its channel, an empty one where it has none. Stops where the callback returns false. */
PP_MUST_USE bool screen_list(struct db *db, const struct screen_list *wanted,
                             bool (*each)(void *arg, const struct device *device,
                                          const struct channel *channel),
                             void *arg, struct pp_error *error);

#endif
