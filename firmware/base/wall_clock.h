/*
 * The time of day that a device decides by: what has expired, what the schedule shows, which turn of an
 * aligned playlist it is. A clock may have no battery, no network time, or a wrong one; signed documents say a
 * time as well, and time does not stand still after they said it:
 *
 *   line = the latest signed time + what has passed since, by CLOCK_BOOTTIME
 *
 *   the system's clock is synchronised, and no more than
 *   WALL_CLOCK_TRUST_MS behind the line                     the system's clock
 *   else                                                    the later of the system's clock and the line
 *
 * So a clock that begins in 1970, or is set back, brings back nothing that has expired, and days go on from
 * the last signed time. Network time is mostly not authenticated: whoever forges it wins a day and no more,
 * and nothing of it is kept. A signed time that is far ahead of a synchronised clock is the signer's mistake:
 * it moves the line by WALL_CLOCK_AHEAD_MS beyond that clock at most, and decides nothing.
 */
#ifndef PP_BASE_WALL_CLOCK_H
#define PP_BASE_WALL_CLOCK_H

#include <pthread.h>
#include <stdint.h>

#include "base/clock.h"

#define WALL_CLOCK_AHEAD_MS (24 * 60 * 60 * 1000LL)                /* of a signed time, ahead of ours */
#define WALL_CLOCK_TRUST_MS (WALL_CLOCK_AHEAD_MS + 60 * 60 * 1000) /* as above, and an hour of drift */

/* Where the clocks come from; pp_wall_clock_kernel but for tests. */
struct pp_wall_clock_kernel {
    int64_t (*realtime_ms)(void *arg); /* ms since 1970 */
    int64_t (*boottime_ms)(void *arg); /* ms, grows by itself */
    bool (*synchronised)(void *arg);   /* somebody keeps the first one right: NTP, PTP */
    void *arg;
};
const struct pp_wall_clock_kernel *pp_wall_clock_kernel(void);

/* Any thread may use it once it is set up. */
struct pp_wall_clock {
    struct pp_wall_clock_kernel kernel;
    pthread_mutex_t lock;
    int64_t least_ms;  /* ms since 1970: this program was built then */
    int64_t signed_ms; /* ms since 1970 */
    int64_t taken_ms;  /* boottime, when it was that */
};

/* The line begins at `kept_ms`, what was kept of it (0: nothing), and never lies before `least_ms`. `kernel`
 * is copied. */
void pp_wall_clock_init(struct pp_wall_clock *clock, int64_t least_ms, int64_t kept_ms,
                        const struct pp_wall_clock_kernel *kernel);
void pp_wall_clock_finish(struct pp_wall_clock *clock);

int64_t pp_wall_clock_now_ms(struct pp_wall_clock *clock); /* ms since 1970 */
struct pp_time_source pp_wall_clock_source(struct pp_wall_clock *clock);

/* What the time would be if nothing had ever been signed: the system's clock, unless it is before the program was
 * built. For what a person has just approved, whatever the line says. */
struct pp_time_source pp_wall_clock_system_source(struct pp_wall_clock *clock);

/* The line alone, which is worth keeping over a restart. */
int64_t pp_wall_clock_line_ms(struct pp_wall_clock *clock);

/* Whether the system's own clock decides, as a synchronised one does. */
bool pp_wall_clock_is_sure(struct pp_wall_clock *clock);

/* Somebody trusted has signed `signed_ms`. An earlier time than the line changes nothing. */
void pp_wall_clock_raise(struct pp_wall_clock *clock, int64_t signed_ms);
/* The same, of somebody who may take back what was said before: the line may also go back. */
void pp_wall_clock_correct(struct pp_wall_clock *clock, int64_t signed_ms);

#endif
