#include "agent/turn.h"

#include "base/clock.h"
#include "channel/kind.h"
#include "channel/schedule.h"

struct turn_clock turn_clock_read(int64_t (*wall_ms)(void *arg), void *arg) {
    struct turn_clock now = {0};
    for (int i = 0; i < TURN_CLOCK_TRIES; i++) {
        now.monotonic_ms = pp_clock_monotonic_ms();
        now.wall_ms = wall_ms(arg);
        if (pp_clock_monotonic_ms() == now.monotonic_ms)
            break;
    }
    return now;
}

/* The turn of the moment `at_ms` (CLOCK_MONOTONIC), with the little that is left of one left out. */
static bool turn_at(const struct channel_playlist *playlist, const struct turn_clock *now, int64_t at_ms,
                    struct turn *turn) {
    size_t index = 0;
    int64_t offset_ms = 0;
    int64_t wall_ms = now->wall_ms + at_ms - now->monotonic_ms;
    if (!channel_playlist_position(playlist, wall_ms, &index, &offset_ms))
        return false;
    int64_t left_ms = playlist->items[index].duration_ms - offset_ms;
    if (left_ms <= TURN_REST_MS && left_ms <= offset_ms) {
        index = (index + 1) % playlist->item_count;
        at_ms += left_ms;
        offset_ms = 0;
    } else if (offset_ms <= TURN_REST_MS) {
        at_ms -= offset_ms;
        offset_ms = 0;
    }
    *turn = (struct turn){.index = index,
                          .begin_ms = at_ms,
                          .end_ms = at_ms + playlist->items[index].duration_ms - offset_ms,
                          .offset_ms = offset_ms};
    return true;
}

bool turn_next(const struct channel_playlist *playlist, const struct turn_clock *now, int64_t after_ms,
               struct turn *turn) {
    if (after_ms > now->monotonic_ms)
        return turn_at(playlist, now, after_ms, turn);
    if (!turn_at(playlist, now, now->monotonic_ms, turn))
        return false;
    /* A picture is the same whenever it comes. */
    if (!channel_kind_row(playlist->items[turn->index].kind)->moves || turn->begin_ms > now->monotonic_ms)
        return true;
    return turn_at(playlist, now, now->monotonic_ms + TURN_LEAD_MS, turn);
}

void turn_assign(struct turn *turn, const struct channel_playlist *playlist, size_t index, int64_t begin_ms) {
    int64_t own_end_ms = begin_ms + playlist->items[index].duration_ms;
    turn->index = index;
    turn->begin_ms = begin_ms;
    turn->offset_ms = 0;
    turn->end_ms = own_end_ms < turn->end_ms ? own_end_ms : turn->end_ms;
}
