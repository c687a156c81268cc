/*
 * A channel's schedule between two days, as calendars show it: each occurrence of its events, what is shown from
 * when to when, where events get in each other's way, and when the clock changes. All of it is worked out by the
 * screens' own code (channel/timeline.h); times are in UTC and in the wall time of one zone. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_SCHEDULE_DAYS_H
#define HEADEND_OPS_SCHEDULE_DAYS_H

#include "headend/ops/schedule_source.h"

#define SCHEDULE_DAYS_MAX      100 /* at once */
#define SCHEDULE_CONFLICTS_MAX 100 /* that are told; "more_conflicts" says that there are more */

struct schedule_days {
    const char *time_zone;
    int64_t from, to; /* days since 1970 of that zone; `to` is the first behind them */
};

/* Adds it to `answer`. PP_E_LIMIT where there is more than fits. */
PP_MUST_USE bool schedule_days_add(const struct schedule_source *source, const struct schedule_days *days,
                                   cJSON *answer, struct pp_error *error);

#endif
