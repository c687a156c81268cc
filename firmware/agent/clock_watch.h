/*
 * Sees clocks jump. Two are watched, against CLOCK_BOOTTIME, which nobody sets: the system's clock, and the time in
 * effect (base/wall_clock.h), which a signed document moves as well.
 *
 *   what a clock is ahead of boottime, now and at the look before: further apart than CLOCK_WATCH_JUMP_MS
 *
 * That is a jump, told once, by the look that sees it. A clock that is slewed moves by less between two looks (chrony's
 * fastest, 83,333 ppm: 0.4 s), a leap second is 1 s, and boottime goes on while the machine is suspended, as a clock
 * that is right afterwards has. Against a clock that was set before this program began there is nothing to be held.
 */
#ifndef PP_AGENT_CLOCK_WATCH_H
#define PP_AGENT_CLOCK_WATCH_H

#include "base/wall_clock.h"
#include "net/loop.h"

#define CLOCK_WATCH_EVERY_MS  5000 /* between two looks */
#define CLOCK_WATCH_JUMP_MS   2000
#define CLOCK_WATCH_WITHIN_MS 50 /* the clocks are read within so much, or are not held against each other */
#define CLOCK_WATCH_TEXT_SIZE 160

/* One clock, as it is and by how much it jumped. */
struct clock_move {
    int64_t now_ms; /* ms since 1970 */
    int64_t by_ms;  /* 0: it did not */
};

struct clock_jump {
    struct clock_move system, effective;
};

typedef void clock_watch_told(void *arg, const struct clock_jump *jump);

struct clock_watch {
    struct pp_wall_clock *clock; /* borrowed */
    bool looked;
    int64_t system_ahead_ms, effective_ahead_ms; /* of boottime, at the last look */
    struct net_loop *loop;
    struct net_timer timer;
    clock_watch_told *told;
    void *arg;
};

/* The first look. */
void clock_watch_init(struct clock_watch *watch, struct pp_wall_clock *clock);
/* Whether one of them has jumped since the last look. */
bool clock_watch_look(struct clock_watch *watch, struct clock_jump *jump);

/* Looks from now on, from the loop. */
void clock_watch_start(struct clock_watch *watch, struct net_loop *loop, struct pp_wall_clock *clock,
                       clock_watch_told *told, void *arg);
/* For one that was never started, too, if zero. */
void clock_watch_stop(struct clock_watch *watch);

/* "the system's clock forwards by 3600 s to 2026-01-05T09:00:00Z; the time in effect unmoved at …". */
void clock_jump_print(const struct clock_jump *jump, char text[CLOCK_WATCH_TEXT_SIZE]);

#endif
