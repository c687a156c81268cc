/*
 * Instants as a schedule writes them, in ISO 8601 or as RFC 5545 §3.3.4 and §3.3.5 export them:
 *
 *     2026-01-05T08:00:00   20260105T080000    in the wall time of some zone
 *     2026-01-05T08:00:00Z  20260105T080000Z   in UTC
 *     2026-01-05            20260105           a date: its midnight, in wall time
 *
 * Counted in s since 1970 as if wall time were UTC, in the years 1970 to 9999. Internal.
 */
#ifndef PP_CHANNEL_MOMENT_H
#define PP_CHANNEL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_DAY_S (24 * 60 * 60)

struct moment {
    int64_t seconds;
    bool utc, date;
};

struct civil_date {
    int year, month, day; /* month and day from 1 */
};

bool moment_parse(const char *text, struct moment *out);

/* Days since 1970-01-01 and back, in the Gregorian calendar. */
int64_t civil_to_days(struct civil_date date);
struct civil_date civil_of_days(int64_t days);
int civil_month_days(int year, int month);

#endif
