/* What screens have reported, and what is missing or wrong in it, for those who keep it elsewhere. Callers hold
 * db_lock. */
#ifndef HEADEND_OPS_EVENT_EXPORT_H
#define HEADEND_OPS_EVENT_EXPORT_H

#include "base/json.h"
#include "headend/db/db.h"

#define EVENT_EXPORT_PAGE 10000 /* rows that are asked for at a time, and so are in memory */

/* An event or a finding; all is borrowed. */
struct event_export {
    int64_t received; /* s since 1970, by our clock */
    const char *device, *name;
    const char *finding; /* "" for an event */
    const char *chain;   /* of a finding, as the numbers are */
    int64_t first, last, missing;
    cJSON *event;     /* NULL: a finding without one, or one that cannot be read */
    const char *head; /* the screen's signature for it (firmware/events/head.h); "" none */
};

/* The oldest first, by when they came here; from `since` on (s since 1970), of the screen whose id is `device`, or of
 * all where that is NULL. Stops where the callback fails. */
PP_MUST_USE bool event_export_each(struct db *db, const char *device, int64_t since,
                                   bool (*each)(void *arg, const struct event_export *row,
                                                struct pp_error *error),
                                   void *arg, struct pp_error *error);

#endif
