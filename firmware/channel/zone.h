/*
 * Wall time and UTC (RFC 5545 §3.3.5): a wall time that comes twice is the first; one that daylight saving
 * leaves out is counted with the offset from before. Both in s since 1970, wall time as if it were UTC.
 * Internal.
 */
#ifndef PP_CHANNEL_ZONE_H
#define PP_CHANNEL_ZONE_H

#include <stdbool.h>
#include <stdint.h>

struct _icaltimezone;

/* A zone around an instant. */
struct zone_clock {
    struct _icaltimezone *zone;
    int64_t now;           /* UTC */
    int64_t local;         /* the same, wall time */
    int64_t before, after; /* offsets at the beginning and the end of the days around now */
    int64_t change;        /* UTC; where the one becomes the other */
};

/* "Europe/Paris" (IANA time zone database), "UTC", or NULL or "" for UTC. NULL: there is none. */
struct _icaltimezone *zone_find(const char *name);

struct zone_clock zone_clock_at(struct _icaltimezone *zone, int64_t now);
/* How much the offset changes in the days around now; 0 where it does not. */
int64_t zone_clock_change(const struct zone_clock *clock);
int64_t zone_to_utc(const struct zone_clock *clock, int64_t local);
int64_t zone_to_local(const struct zone_clock *clock, int64_t utc);

#endif
