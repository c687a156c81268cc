/*
 * Whose turn it is in a playlist that keeps to the wall clock. A turn lies on CLOCK_MONOTONIC, by which the
 * player changes pictures, and is worked out anew for each item: so a clock that was set is followed from the
 * next item on, and a start that took too long puts off nothing but itself.
 *
 *   wall clock   ...|---- a ----|-- b --|---- a ----|-- b --|...      (channel_playlist_position)
 *   turns                 [ a ~ ]- b ---]---- a ----]                 the first one begins in its middle
 */
#ifndef PP_AGENT_TURN_H
#define PP_AGENT_TURN_H

#include "channel/manifest.h"

#define TURN_LEAD_MS     1000 /* so far ahead a film that is on already is taken up: its renderer needs time */
#define TURN_CLOCK_TRIES 8    /* of reading both clocks in the same millisecond */
#define TURN_REST_MS     500 /* an item is neither begun for less than this, nor without so much of its begin */

/* One moment by both clocks. */
struct turn_clock {
    int64_t monotonic_ms; /* ms, CLOCK_MONOTONIC */
    int64_t wall_ms;      /* ms since 1970 */
};

/* Both clocks as they are together: reading them is tried again where the process was held up between the two.
 * `wall_ms` gives ms since 1970. */
struct turn_clock turn_clock_read(int64_t (*wall_ms)(void *arg), void *arg);

struct turn {
    size_t index;      /* of the item in its playlist */
    int64_t begin_ms;  /* ms, CLOCK_MONOTONIC; it may lie behind */
    int64_t end_ms;    /* the same: the next turn's begin, no later than the item's length allows */
    int64_t offset_ms; /* ms of the item that are over at begin_ms */
};

/* The turn that follows one that ends at `after_ms` (CLOCK_MONOTONIC); where that is over, the one of now.
 * False, with nothing written, for a playlist that does not keep to the clock. */
bool turn_next(const struct channel_playlist *playlist, const struct turn_clock *now, int64_t after_ms,
               struct turn *turn);

/* Gives the turn of an item that cannot be shown to another one, which begins at `begin_ms` and ends with the
 * turn, or before it with its own length: then it is looked for again. */
void turn_assign(struct turn *turn, const struct channel_playlist *playlist, size_t index, int64_t begin_ms);

#endif
