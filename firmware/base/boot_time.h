/*
 * A moment by a clock that nobody sets: which run of the kernel it was in, and how long that had run. It orders what
 * happened where the time of day may jump, or not be known at all. As text: "BOOT MS", BOOT in 32 digits of hex:
 *
 *      0f1e2d3c4b5a69788796a5b4c3d2e1f0 81234
 */
#ifndef PP_BASE_BOOT_TIME_H
#define PP_BASE_BOOT_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PP_BOOT_ID_SIZE   16 /* bytes; /proc/sys/kernel/random/boot_id without its dashes */
#define PP_BOOT_TIME_TEXT 56 /* with the NUL */

struct pp_boot_time {
    uint8_t boot[PP_BOOT_ID_SIZE]; /* zeroes: not known when it was */
    uint64_t ms;                   /* CLOCK_BOOTTIME */
};

/* Zeroes where the kernel does not tell its run. */
struct pp_boot_time pp_boot_time_now(void);
void pp_boot_time_format(const struct pp_boot_time *time, char text[PP_BOOT_TIME_TEXT]);
/* Of a text as above, whatever stands behind it in white space; zeroes after a failure. */
PP_MUST_USE bool pp_boot_time_parse(const char *text, struct pp_boot_time *time, struct pp_error *error);

/* Whether `time` is certainly later than `other`: in the same run, or in the one of `now` while `other` is not. Of two
 * former runs nothing tells which was the later. */
bool pp_boot_time_is_later(const struct pp_boot_time *time, const struct pp_boot_time *other,
                           const struct pp_boot_time *now);

#endif
