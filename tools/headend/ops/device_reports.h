/* What a screen has reported, as it is shown to people. Callers hold db_lock. */
#ifndef HEADEND_OPS_DEVICE_REPORTS_H
#define HEADEND_OPS_DEVICE_REPORTS_H

#include "base/json.h"
#include "headend/db/db.h"

#define DEVICE_EVENTS_SHOWN 10 /* with all about one screen */

struct device_reports {
    cJSON *status;                   /* its last status report; JSON null before the first */
    int64_t events, plays;           /* how many are kept */
    int64_t events_lost, plays_lost; /* on its side, before they came here */
};

/* PP_E_NOTFOUND where there is no such screen. */
PP_MUST_USE bool device_reports_load(struct db *db, const char *id, struct device_reports *reports,
                                     struct pp_error *error);
void device_reports_finish(struct device_reports *reports);
#define device_reports_auto PP_CLEANUP(device_reports_finish)

/* The last `limit` events, the oldest first: a JSON array of what the screen has sent, the caller's. NULL on
 * failure. */
cJSON *device_events(struct db *db, const char *id, int64_t limit, struct pp_error *error);
/* A text of an event ("time", "kind", "detail"); "" where it has none. Borrowed. */
const char *device_event_text(const cJSON *event, const char *name);

/* The newest root of the repository that a screen says it has seen; 0 where none does. */
PP_MUST_USE bool device_root_reported(struct db *db, int64_t *version, struct pp_error *error);

#endif
