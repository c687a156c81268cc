/*
 * Durations as ISO 8601 §5.5.2 and RFC 5545 §3.3.6 write them, in the strict form PnDTnHnMn.nS: each part at
 * most once and in this order, at least one of them, a fraction (up to 3 digits) on the seconds only. "PT10S"
 * "PT0.6S"  "P1DT12H"  "PT1H30M"
 */
#ifndef PP_CHANNEL_DURATION_H
#define PP_CHANNEL_DURATION_H

#include <stdint.h>

#include "base/error.h"

#define CHANNEL_DURATION_DAYS_MAX 36600 /* days in all */

struct channel_duration {
    int32_t days; /* nominal: a day that daylight saving shortens is a day (RFC 5545 §3.8.2.5) */
    int64_t ms;   /* exact, beside the days; may be more than a day */
};

PP_MUST_USE bool channel_duration_parse(const char *text, struct channel_duration *out,
                                        struct pp_error *error);
/* The same in ms, a day being 24 hours. */
int64_t channel_duration_ms(const struct channel_duration *duration);

#endif
