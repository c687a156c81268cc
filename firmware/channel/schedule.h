/*
 * Which layout is shown at an instant, and where a playlist stands. Events recur by RFC 5545, in the wall time
 * of the display point's zone or their own: an event at 08:00 is at 08:00 the whole year. A start that
 * daylight saving leaves out happens as much later as the gap is long; one that it gives twice is the first.
 */
#ifndef PP_CHANNEL_SCHEDULE_H
#define PP_CHANNEL_SCHEDULE_H

#include <stdint.h>

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

/* Whether a playlist keeps to the wall clock: it asks for that, and the manifest tells the duration of each
 * of its items, of which there is at least one. */
bool channel_playlist_is_aligned(const struct channel_playlist *playlist);

/* For a playlist aligned to the wall clock: which item is on at `now_ms` (ms since 1970, UTC) and since how
 * many ms, so that screens with a good clock show the same. False, with 0 and 0, for any other: it plays one
 * after the other. */
bool channel_playlist_position(const struct channel_playlist *playlist, int64_t now_ms, size_t *index,
                               int64_t *offset_ms);

#endif
