#include "channel/zone.h"

#include <libical/ical.h>
#include <string.h>
#include <time.h>

#define DAY_S      (24 * 60 * 60)
#define AROUND_S   (3 * DAY_S)    /* so far both ways a clock knows its offsets */
#define ORDINARY_S (AROUND_S / 3) /* so far from now a wall time is of that part, whatever the offset */

struct _icaltimezone *zone_find(const char *name) {
    if (!name || !*name || strcmp(name, "UTC") == 0)
        return icaltimezone_get_utc_timezone();
    return icaltimezone_get_builtin_timezone(name);
}

static int64_t offset_at(icaltimezone *zone, int64_t utc) {
    time_t moment = (time_t)utc;
    struct tm tm;
    int is_daylight = 0;
    struct icaltimetype time = icaltime_null_time();
    gmtime_r(&moment, &tm);
    time.year = tm.tm_year + 1900;
    time.month = tm.tm_mon + 1;
    time.day = tm.tm_mday;
    time.hour = tm.tm_hour;
    time.minute = tm.tm_min;
    time.second = tm.tm_sec;
    return icaltimezone_get_utc_offset_of_utc_time(zone, &time, &is_daylight);
}

/* The first instant between the two that has the offset of the later one. */
static int64_t find_change(icaltimezone *zone, int64_t from, int64_t to, int64_t before) {
    while (to - from > 1) {
        int64_t middle = from + (to - from) / 2;
        if (offset_at(zone, middle) == before)
            from = middle;
        else
            to = middle;
    }
    return to;
}

struct zone_clock zone_clock_at(struct _icaltimezone *zone, int64_t now) {
    struct zone_clock clock = {.zone = zone,
                               .now = now,
                               .before = offset_at(zone, now - AROUND_S),
                               .after = offset_at(zone, now + AROUND_S),
                               .change = INT64_MIN};
    if (clock.before != clock.after)
        clock.change = find_change(zone, now - AROUND_S, now + AROUND_S, clock.before);
    clock.local = now + (now < clock.change ? clock.before : clock.after);
    return clock;
}

int64_t zone_clock_change(const struct zone_clock *clock) {
    return clock->before > clock->after ? clock->before - clock->after : clock->after - clock->before;
}

static int64_t offset_around(const struct zone_clock *clock, int64_t utc) {
    if (utc < clock->now - AROUND_S || utc > clock->now + AROUND_S)
        return offset_at(clock->zone, utc);
    return utc < clock->change ? clock->before : clock->after;
}

int64_t zone_to_local(const struct zone_clock *clock, int64_t utc) {
    return utc + offset_around(clock, utc);
}

int64_t zone_to_utc(const struct zone_clock *clock, int64_t local) {
    if (clock->before == clock->after && local > clock->local - ORDINARY_S &&
        local < clock->local + ORDINARY_S)
        return local - clock->before;
    int64_t before = offset_around(clock, local - DAY_S);
    int64_t after = offset_around(clock, local + DAY_S);
    int64_t first = local - (before > after ? before : after);
    int64_t second = local - (before > after ? after : before);
    if (zone_to_local(clock, first) == local)
        return first;
    return zone_to_local(clock, second) == local ? second : local - before;
}
