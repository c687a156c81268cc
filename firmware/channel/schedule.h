/*
 * Which layout is shown at an instant, and where a playlist stands. Events recur by RFC 5545, in the wall time
 * of the display point's zone or their own: an event at 08:00 is at 08:00 the whole year. A start that
 * daylight saving leaves out happens as much later as the gap is long; one that it gives twice is the first.
 */
#ifndef PP_CHANNEL_SCHEDULE_H
#define PP_CHANNEL_SCHEDULE_H

#include <stdint.h>

#include "base/json.h"
#include "channel/manifest.h"

#define CHANNEL_FOREVER        INT64_MAX
#define CHANNEL_EVENT_DAYS_MAX 366 /* days that one occurrence may last */

/* Whether there is such a zone, e.g. "Europe/Paris" (IANA time zone database); "UTC" is one. */
bool channel_time_zone_valid(const char *time_zone);

/* Never NULL. Of the events that last at `now_s` (s since 1970, UTC) the one of the highest priority counts,
 * then the one that began last, then the one that stands last in the manifest; without any, the default
 * layout. An unknown zone counts as UTC. `*valid_until_s` gets the instant at which to ask again, later than
 * `now_s`, or CHANNEL_FOREVER; between the two the answer is the same. For a rule that is not over it is
 * eight days away at most. NULL is allowed. */
const struct channel_layout *channel_layout_at(const struct channel_manifest *manifest, int64_t now_s,
                                               const char *time_zone, int64_t *valid_until_s);

/* What is shown, and why. */
struct channel_shown {
    const struct channel_layout *layout;
    const struct channel_event *event; /* whose occurrence it is; NULL: none lasts, so it is the default */
    int64_t since_s, until_s;          /* of that occurrence, s since 1970, UTC */
    int64_t valid_until_s;             /* as of channel_layout_at */
};
/* The same answer with its reason. */
void channel_shown_at(const struct channel_manifest *manifest, int64_t now_s, const char *time_zone,
                      struct channel_shown *shown);

/* Wall time of a zone, counted in s since 1970 as if it were UTC, and UTC, as the schedule turns the one into the
 * other. An unknown zone counts as UTC. */
int64_t channel_wall_to_utc(const char *time_zone, int64_t wall);
int64_t channel_utc_to_wall(const char *time_zone, int64_t utc);

/* Whether a manifest could have that event (JSON, its layout aside), of which `left` is what such questions may cost
 * together: begin with RULE_BUDGET. Its fields' names stand in the error. */
PP_MUST_USE bool channel_event_check(const cJSON *event, struct rule_budget *left, struct pp_error *error);

/* Whether a playlist keeps to the wall clock: it asks for that, and the manifest tells the duration of each
 * of its items, of which there is at least one. */
bool channel_playlist_is_aligned(const struct channel_playlist *playlist);

/* For a playlist aligned to the wall clock: which item is on at `now_ms` (ms since 1970, UTC) and since how
 * many ms, so that screens with a good clock show the same. False, with 0 and 0, for any other: it plays one
 * after the other. */
bool channel_playlist_position(const struct channel_playlist *playlist, int64_t now_ms, size_t *index,
                               int64_t *offset_ms);

#endif
