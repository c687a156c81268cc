#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Screens and their certificates outlive January 2038. */
_Static_assert(sizeof(time_t) >= sizeof(int64_t), "time_t must have 64 bits");

#define TIME_FIRST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define TIME_LAST  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int64_t clock_ms(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t pp_clock_monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t pp_clock_monotonic_ms(void) {
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t pp_clock_realtime_ms(void) {
    return clock_ms(CLOCK_REALTIME);
}

int64_t pp_clock_realtime_s(void) {
    return clock_ms(CLOCK_REALTIME) / 1000;
}

int64_t pp_clock_boottime_ms(void) {
    return clock_ms(CLOCK_BOOTTIME);
}

int64_t pp_time_now_ms(const struct pp_time_source *source) {
    return source->now_ms ? source->now_ms(source->arg) : pp_clock_realtime_ms();
}

int64_t pp_time_now_s(const struct pp_time_source *source) {
    return pp_time_now_ms(source) / 1000;
}

static bool digits_only(const char *text) {
    const char *pattern = "dddd-dd-ddTdd:dd:ddZ";
    if (strlen(text) != strlen(pattern))
        return false;
    for (size_t i = 0; pattern[i]; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == 'd' ? !digit : text[i] != pattern[i])
            return false;
    }
    return true;
}

/* The number that `count` digits stand for. */
static int number_at(const char *digits, int count) {
    int number = 0;
    for (int i = 0; i < count; i++)
        number = number * 10 + digits[i] - '0';
    return number;
}

bool pp_time_parse(const char *text, int64_t *seconds, struct pp_error *error) {
    if (!digits_only(text))
        return pp_fail(error, PP_E_INVALID, "not a time of the form YYYY-MM-DDTHH:MM:SSZ");
    const struct tm parts = {
        .tm_year = number_at(text, 4) - 1900,
        .tm_mon = number_at(text + 5, 2) - 1,
        .tm_mday = number_at(text + 8, 2),
        .tm_hour = number_at(text + 11, 2),
        .tm_min = number_at(text + 14, 2),
        .tm_sec = number_at(text + 17, 2),
    };
    struct tm normal = parts;
    time_t value = timegm(&normal);
    if (normal.tm_mon != parts.tm_mon || normal.tm_mday != parts.tm_mday || normal.tm_hour != parts.tm_hour ||
        normal.tm_min != parts.tm_min || normal.tm_sec != parts.tm_sec)
        return pp_fail(error, PP_E_INVALID, "no such time: %s", text);
    *seconds = value;
    return true;
}

void pp_time_format(int64_t seconds, char text[PP_RFC3339_SIZE]) {
    if (seconds < TIME_FIRST)
        seconds = TIME_FIRST;
    if (seconds > TIME_LAST)
        seconds = TIME_LAST;
    time_t value = (time_t)seconds;
    struct tm parts;
    gmtime_r(&value, &parts);
    /* Not strftime, whose %Y has no leading zeros. Six moduli tell the compiler that it fits. */
    snprintf(text, PP_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ",
             (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)(parts.tm_mon + 1) % 100,
             (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100, (unsigned)parts.tm_min % 100,
             (unsigned)parts.tm_sec % 100);
}
