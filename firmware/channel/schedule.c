#include "channel/schedule.h"

#include <libical/ical.h>
#include <time.h>

#define DAY_S           (24 * 60 * 60)
#define RRULE_COUNT_MAX 1000  /* of COUNT: such a rule is counted through from its first occurrence */
#define OCCURRENCES_MAX 20000 /* looked at for one event in one question */

/* ---- Wall time. A local time is counted in s as if it were UTC; RFC 5545 §3.3.5 says what DST does. ---- */

static icaltimezone *zone_of(const char *name) {
    if (!name || !*name || strcmp(name, "UTC") == 0)
        return icaltimezone_get_utc_timezone();
    return icaltimezone_get_builtin_timezone(name);
}

bool channel_time_zone_valid(const char *time_zone) {
    return time_zone && *time_zone && zone_of(time_zone) != NULL;
}

static struct icaltimetype ical_of(int64_t seconds) {
    time_t moment = (time_t)seconds;
    struct tm tm;
    gmtime_r(&moment, &tm);
    struct icaltimetype time = icaltime_null_time();
    time.year = tm.tm_year + 1900;
    time.month = tm.tm_mon + 1;
    time.day = tm.tm_mday;
    time.hour = tm.tm_hour;
    time.minute = tm.tm_min;
    time.second = tm.tm_sec;
    return time;
}

static int64_t seconds_of(const struct icaltimetype *time) {
    struct tm tm = {
        .tm_year = time->year - 1900,
        .tm_mon = time->month - 1,
        .tm_mday = time->day,
        .tm_hour = time->hour,
        .tm_min = time->minute,
        .tm_sec = time->second,
    };
    return timegm(&tm);
}

static int64_t offset_at(icaltimezone *zone, int64_t utc) {
    struct icaltimetype time = ical_of(utc);
    int is_daylight = 0;
    return icaltimezone_get_utc_offset_of_utc_time(zone, &time, &is_daylight);
}

static int64_t local_of(icaltimezone *zone, int64_t utc) {
    return utc + offset_at(zone, utc);
}

/* A local time that comes twice is the first; one that is left out is counted with the offset from before. */
static int64_t utc_of(icaltimezone *zone, int64_t local) {
    int64_t before = offset_at(zone, local - DAY_S);
    int64_t after = offset_at(zone, local + DAY_S);
    int64_t first = local - (before > after ? before : after);
    int64_t second = local - (before > after ? after : before);
    if (local_of(zone, first) == local)
        return first;
    return local_of(zone, second) == local ? second : local - before;
}

/* ---- Rules ---- */

static bool rule_parse(const char *text, struct icalrecurrencetype *rule) {
    icalerror_clear_errno();
    *rule = icalrecurrencetype_from_string(text);
    return rule->freq != ICAL_NO_RECURRENCE && icalerrno == ICAL_NO_ERROR;
}

static struct icaltimetype ical_of_local(const struct channel_local_time *local) {
    struct icaltimetype time = icaltime_null_time();
    time.year = local->year;
    time.month = local->month;
    time.day = local->day;
    time.hour = local->hour;
    time.minute = local->minute;
    time.second = local->second;
    return time;
}

/* A search without end would stop the loop that asks for the layout. */
static bool rule_happens(const struct icalrecurrencetype *rule, const struct channel_local_time *start) {
    icalrecur_iterator *iterator = icalrecur_iterator_new(*rule, ical_of_local(start));
    if (!iterator)
        return false;
    bool happens = !icaltime_is_null_time(icalrecur_iterator_next(iterator));
    icalrecur_iterator_free(iterator);
    return happens;
}

static bool picks_dates(const struct icalrecurrencetype *rule) {
    return rule->by_month[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_month_day[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_year_day[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_week_no[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_set_pos[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

bool channel_rrule_check(const char *rrule, const struct channel_local_time *start, struct pp_error *error) {
    struct icalrecurrencetype rule;
    if (strspn(rrule, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-") != strlen(rrule) ||
        !rule_parse(rrule, &rule))
        return pp_fail(error, PP_E_INVALID, "is not a recurrence rule (RFC 5545 §3.3.10)");
    if (rule.freq == ICAL_SECONDLY_RECURRENCE || rule.freq == ICAL_MINUTELY_RECURRENCE)
        return pp_fail(error, PP_E_UNSUPPORTED, "recurs more often than hourly");
    /* The jump into a rule (find_recurring) is wrong in libical where hours lie apart, and slow with dates.
     */
    if (rule.freq == ICAL_HOURLY_RECURRENCE && (rule.interval != 1 || picks_dates(&rule)))
        return pp_fail(error, PP_E_UNSUPPORTED,
                       "is hourly with an INTERVAL or with dates; let it be daily, with BYHOUR");
    if (rule.rscale)
        return pp_fail(error, PP_E_UNSUPPORTED, "has an RSCALE");
    if (rule.count > RRULE_COUNT_MAX)
        return pp_fail(error, PP_E_LIMIT, "has a COUNT of more than %d", RRULE_COUNT_MAX);
    return rule_happens(&rule, start) || pp_fail(error, PP_E_INVALID, "never happens");
}

/* UNTIL is in UTC or a date, while we count in wall time. */
static void until_to_local(struct icalrecurrencetype *rule, icaltimezone *zone) {
    if (icaltime_is_null_time(rule->until))
        return;
    int64_t until = seconds_of(&rule->until);
    if (rule->until.is_date)
        until += DAY_S - 1;
    else if (icaltime_is_utc(rule->until))
        until = local_of(zone, until);
    rule->until = ical_of(until);
}

/* ---- Occurrences ---- */

struct occurrence {
    bool active;
    int64_t start, end; /* s, UTC, while active */
    int64_t next;       /* start of the next one, s, UTC; CHANNEL_FOREVER without one */
};

static int64_t event_start_local(const struct channel_event *event) {
    struct icaltimetype time = ical_of_local(&event->start);
    return seconds_of(&time);
}

/* Days are nominal, the rest is exact. */
static int64_t event_end(const struct channel_event *event, icaltimezone *zone, int64_t start_local) {
    return utc_of(zone, start_local + (int64_t)event->duration.days * DAY_S) + event->duration.ms / 1000;
}

/* False once the occurrence lies ahead: those behind it do too. */
static bool consider(const struct channel_event *event, icaltimezone *zone, int64_t start_local, int64_t now,
                     struct occurrence *out) {
    int64_t start = utc_of(zone, start_local);
    if (start > now) {
        out->next = start;
        return false;
    }
    int64_t end = event_end(event, zone, start_local);
    if (end > now)
        *out = (struct occurrence){.active = true, .start = start, .end = end, .next = CHANNEL_FOREVER};
    return true;
}

/* Where the search may begin: before it, nothing can still last. */
static int64_t search_from(const struct channel_event *event, icaltimezone *zone, int64_t now) {
    return local_of(zone, now) - channel_duration_ms(&event->duration) / 1000 - 2 * DAY_S;
}

static struct occurrence find_recurring(const struct channel_event *event, icaltimezone *zone, int64_t now) {
    struct occurrence found = {.next = CHANNEL_FOREVER};
    struct icalrecurrencetype rule;
    int64_t first = event_start_local(event);
    int64_t from = search_from(event, zone, now);
    if (!rule_parse(event->rrule, &rule))
        return found;
    until_to_local(&rule, zone);
    if (!icaltime_is_null_time(rule.until) && seconds_of(&rule.until) < from)
        return found;
    icalrecur_iterator *iterator = icalrecur_iterator_new(rule, ical_of(first));
    if (!iterator)
        return found;
    if (rule.count == 0 && from > first)
        icalrecur_iterator_set_start(iterator, ical_of(from));
    for (int i = 0; i < OCCURRENCES_MAX; i++) {
        struct icaltimetype time = icalrecur_iterator_next(iterator);
        if (icaltime_is_null_time(time) || !consider(event, zone, seconds_of(&time), now, &found))
            break;
    }
    icalrecur_iterator_free(iterator);
    return found;
}

static struct occurrence find_occurrence(const struct channel_event *event, icaltimezone *zone, int64_t now) {
    if (*event->rrule)
        return find_recurring(event, zone, now);
    struct occurrence found = {.next = CHANNEL_FOREVER};
    consider(event, zone, event_start_local(event), now, &found);
    return found;
}

/* Whether `event` counts before the one that is winning; it stands behind it in the manifest. */
static bool wins(const struct channel_event *event, const struct occurrence *occurrence,
                 const struct channel_event *winner, const struct occurrence *winning) {
    if (!winner || event->priority != winner->priority)
        return !winner || event->priority > winner->priority;
    return occurrence->start >= winning->start;
}

const struct channel_layout *channel_layout_at(const struct channel_manifest *manifest, int64_t now_s,
                                               const char *time_zone, int64_t *valid_until_s) {
    icaltimezone *zone = zone_of(time_zone);
    if (!zone)
        zone = icaltimezone_get_utc_timezone();
    const struct channel_event *winner = NULL;
    struct occurrence winning = {0};
    int64_t until = CHANNEL_FOREVER;
    for (size_t i = 0; i < manifest->event_count; i++) {
        const struct channel_event *event = &manifest->schedule[i];
        struct occurrence occurrence = find_occurrence(event, zone, now_s);
        if (occurrence.next < until)
            until = occurrence.next;
        if (!occurrence.active)
            continue;
        if (occurrence.end < until)
            until = occurrence.end;
        if (wins(event, &occurrence, winner, &winning)) {
            winner = event;
            winning = occurrence;
        }
    }
    if (valid_until_s)
        *valid_until_s = until;
    return winner ? winner->layout : manifest->default_layout;
}

/* ---- Wall-clock playlists ---- */

bool channel_playlist_position(const struct channel_playlist *playlist, int64_t now_ms, size_t *index,
                               int64_t *offset_ms) {
    *index = 0;
    *offset_ms = 0;
    if (!playlist->wall_clock || playlist->total_ms <= 0)
        return false;
    int64_t position = now_ms % playlist->total_ms;
    if (position < 0)
        position += playlist->total_ms;
    while (position >= playlist->items[*index].duration_ms)
        position -= playlist->items[(*index)++].duration_ms;
    *offset_ms = position;
    return true;
}
