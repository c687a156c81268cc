#include "base/boot_time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_DIGITS  (2 * PP_BOOT_ID_SIZE)

static bool is_known(const struct pp_boot_time *time) {
    static const uint8_t unknown[PP_BOOT_ID_SIZE];
    return memcmp(time->boot, unknown, sizeof unknown) != 0;
}

static bool same_boot(const struct pp_boot_time *a, const struct pp_boot_time *b) {
    return memcmp(a->boot, b->boot, sizeof a->boot) == 0;
}

struct pp_boot_time pp_boot_time_now(void) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64);
    struct pp_boot_time time = {.ms = (uint64_t)pp_clock_boottime_ms()};
    char digits[BOOT_DIGITS + 1] = "";
    size_t count = 0;
    if (pp_file_read(AT_FDCWD, BOOT_ID_FILE, &text, NULL)) {
        for (const char *at = pp_buf_text(&text); *at && count < BOOT_DIGITS; at++) {
            if (*at != '-')
                digits[count++] = *at;
        }
    }
    if (!pp_hex_decode(digits, time.boot, sizeof time.boot, NULL))
        memset(&time, 0, sizeof time);
    return time;
}

void pp_boot_time_format(const struct pp_boot_time *time, char text[PP_BOOT_TIME_TEXT]) {
    char digits[PP_HEX_SIZE(PP_BOOT_ID_SIZE)];
    pp_hex_encode(time->boot, sizeof time->boot, digits);
    snprintf(text, PP_BOOT_TIME_TEXT, "%s %" PRIu64, digits, time->ms);
}

bool pp_boot_time_parse(const char *text, struct pp_boot_time *time, struct pp_error *error) {
    char digits[BOOT_DIGITS + 1];
    char ms[20];
    int end = 0;
    memset(time, 0, sizeof *time);
    if (sscanf(text, "%32[0-9a-f] %19[0-9] %n", digits, ms, &end) != 2 || text[end] ||
        !pp_hex_decode(digits, time->boot, sizeof time->boot, NULL))
        return pp_fail(error, PP_E_INVALID, "not a moment of a run of the kernel");
    time->ms = strtoull(ms, NULL, 10);
    return true;
}

bool pp_boot_time_is_later(const struct pp_boot_time *time, const struct pp_boot_time *other,
                           const struct pp_boot_time *now) {
    if (!is_known(time) || !is_known(other))
        return false;
    return same_boot(time, other) ? time->ms > other->ms : same_boot(time, now);
}
