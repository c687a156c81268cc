/*
 * All that a schedule has between two instants, for people: each occurrence of its events, and what is shown
 * from when to when. It is made of the same searches and the same choice as channel_shown_at, so that what it
 * says is what screens show.
 *
 *     events       0  ----[=========]--------          occurrences  0: 08:00 to 12:00, 1: 10:00 to 11:00
 *     (priority)   1  --------[===]----------          spans        default, 0, 1, 0, default
 */
#ifndef PP_CHANNEL_TIMELINE_H
#define PP_CHANNEL_TIMELINE_H

#include "channel/schedule.h"

#define TIMELINE_OCCURRENCES_MAX 5000
#define TIMELINE_SEARCH_MAX      20000   /* questions to single events */
#define TIMELINE_STEPS_MAX       4000000 /* days looked at for them, in all */

#define TIMELINE_DEFAULT         SIZE_MAX /* as `event`: none, so the default layout */

struct timeline_occurrence {
    size_t event;       /* its place in the schedule */
    int64_t start, end; /* s since 1970, UTC; may lie outside of what was asked for */
    int64_t wall; /* its start as the event says it: the wall time of the event's zone, as if it were UTC */
    int64_t shown_s; /* of what was asked for, that it is what is shown */
};

struct timeline_span {
    size_t occurrence; /* its place in the list, or TIMELINE_DEFAULT */
    int64_t start, end;
};

/* Zeroed before the first use. */
struct timeline {
    struct timeline_occurrence *occurrences; /* by start, then by event */
    size_t occurrence_count;
    struct timeline_span *spans; /* without a gap from `from` to `to` */
    size_t span_count;
};
void timeline_finish(struct timeline *timeline);
#define timeline_auto PP_CLEANUP(timeline_finish)

/* From `from` on and before `to`, s since 1970. An unknown zone counts as UTC. PP_E_LIMIT where there is more
 * than fits. */
PP_MUST_USE bool timeline_make(const struct channel_manifest *manifest, const char *time_zone, int64_t from,
                               int64_t to, struct timeline *timeline, struct pp_error *error);

#endif
