/* When an event of a schedule lasts, around an instant, and which of several counts. Internal. */
#ifndef PP_CHANNEL_OCCURRENCE_H
#define PP_CHANNEL_OCCURRENCE_H

#include "channel/manifest.h"
#include "channel/zone.h"

struct occurrence {
    bool active;
    int64_t start, end; /* s, UTC, while active */
    int64_t wall;       /* its start as the event says it, in wall time */
    int64_t next;       /* start of the next one, s, UTC; CHANNEL_FOREVER without one */
    bool next_begins;   /* one begins there; else it is only the instant to ask again */
    int64_t steps;      /* days that were looked at */
};

struct occurrence occurrence_find(const struct channel_event *event, const struct zone_clock *clock);
/* Whether `event` counts before the one that is winning (NULL: none); it stands behind it in the manifest. */
bool occurrence_is_preferred(const struct channel_event *event, const struct occurrence *occurrence,
                             const struct channel_event *winner, const struct occurrence *winning);
/* Events without a zone of their own share the display point's clock; others mostly have the one of the event
 * before, which `other` is. */
const struct zone_clock *occurrence_clock(const struct channel_event *event, const struct zone_clock *local,
                                          struct zone_clock *other);

#endif
