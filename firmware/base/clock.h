/* Clocks, and RFC 3339 times in UTC. Every time in an interface of ours says which of these it is. */
#ifndef PP_BASE_CLOCK_H
#define PP_BASE_CLOCK_H

#include <stdint.h>

#include "base/error.h"

#define PP_RFC3339_SIZE 21 /* "2026-01-31T23:59:59Z" and the NUL */

int64_t pp_clock_monotonic_ms(void); /* ms, CLOCK_MONOTONIC */
int64_t pp_clock_monotonic_us(void); /* the same in us, for what is short */
int64_t pp_clock_realtime_s(void);   /* s since 1970-01-01T00:00:00Z, CLOCK_REALTIME */
int64_t pp_clock_realtime_ms(void);
int64_t pp_clock_boottime_ms(void); /* ms, CLOCK_BOOTTIME: as monotonic, and goes on while suspended */

/* Whom a module asks for the time of day (base/wall_clock.h has the one that a device decides by). Without a
 * function it is CLOCK_REALTIME. Any thread may ask. */
struct pp_time_source {
    int64_t (*now_ms)(void *arg); /* ms since 1970 */
    void *arg;
};
int64_t pp_time_now_ms(const struct pp_time_source *source);
int64_t pp_time_now_s(const struct pp_time_source *source);

/* Exactly "YYYY-MM-DDTHH:MM:SSZ" (RFC 3339 §5.6, the form TUF §4.2.1 prescribes). */
PP_MUST_USE bool pp_time_parse(const char *text, int64_t *seconds, struct pp_error *error);
/* A time outside of the years 0000 to 9999 becomes the nearest of them. */
void pp_time_format(int64_t seconds, char text[PP_RFC3339_SIZE]);

#endif
