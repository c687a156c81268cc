#include "channel/schedule.h"

#include "channel/rule.h"

/* ---- Wall time. A local time is counted in s as if it were UTC; RFC 5545 §3.3.5 says what DST does. ---- */

static icaltimezone *zone_of(const char *name) {
    if (!name || !*name || strcmp(name, "UTC") == 0)
        return icaltimezone_get_utc_timezone();
    return icaltimezone_get_builtin_timezone(name);
}

bool channel_time_zone_valid(const char *time_zone) {
    return time_zone && *time_zone && zone_of(time_zone) != NULL;
}

static int64_t offset_at(icaltimezone *zone, int64_t utc) {
    struct icaltimetype time = rule_time(utc);
    int is_daylight = 0;
    return icaltimezone_get_utc_offset_of_utc_time(zone, &time, &is_daylight);
}

static int64_t local_of(icaltimezone *zone, int64_t utc) {
    return utc + offset_at(zone, utc);
}

/* A local time that comes twice is the first; one that is left out is counted with the offset from before. */
static int64_t utc_of(icaltimezone *zone, int64_t local) {
    int64_t before = offset_at(zone, local - RULE_DAY_S);
    int64_t after = offset_at(zone, local + RULE_DAY_S);
    int64_t first = local - (before > after ? before : after);
    int64_t second = local - (before > after ? after : before);
    if (local_of(zone, first) == local)
        return first;
    return local_of(zone, second) == local ? second : local - before;
}

/* The end of a rule in wall time: UNTIL is in UTC or a date. */
static int64_t rule_end(const struct channel_event *event, const struct icalrecurrencetype *rule,
                        icaltimezone *zone) {
    if (rule->count)
        return event->last_s;
    if (icaltime_is_null_time(rule->until))
        return CHANNEL_FOREVER;
    int64_t until = rule_seconds(&rule->until);
    if (rule->until.is_date)
        return until + RULE_DAY_S - 1;
    return icaltime_is_utc(rule->until) ? local_of(zone, until) : until;
}

/* ---- Occurrences ---- */

struct occurrence {
    bool active;
    int64_t start, end; /* s, UTC, while active */
    int64_t next;       /* start of the next one, s, UTC; CHANNEL_FOREVER without one */
};

/* Days are nominal, the rest is exact. */
static int64_t event_end(const struct channel_event *event, icaltimezone *zone, int64_t start_local) {
    return utc_of(zone, start_local + (int64_t)event->duration.days * RULE_DAY_S) + event->duration.ms / 1000;
}

/* False once the occurrence lies ahead: those behind it do too. */
static bool consider_occurrence(const struct channel_event *event, icaltimezone *zone, int64_t start_local,
                                int64_t now, struct occurrence *out) {
    int64_t start = utc_of(zone, start_local);
    if (start > now) {
        out->next = start;
        return false;
    }
    int64_t end = event_end(event, zone, start_local);
    if (end > now)
        *out = (struct occurrence){.active = true, .start = start, .end = end, .next = out->next};
    return true;
}

/* Where the search may begin: before it, nothing can still last. */
static int64_t search_from(const struct channel_event *event, icaltimezone *zone, int64_t now) {
    return local_of(zone, now) - channel_duration_ms(&event->duration) / 1000 -
           RULE_LOOK_BACK_DAYS * RULE_DAY_S;
}

/* libical looks for the next occurrence until it has one, be it in a hundred years: it is given an end, at
 * which to ask again. That end is a day further than what is promised, since daylight saving may begin
 * before. */
static struct occurrence find_recurring(const struct channel_event *event, icaltimezone *zone, int64_t now) {
    struct occurrence found = {.next = CHANNEL_FOREVER};
    struct icalrecurrencetype rule;
    int64_t from = search_from(event, zone, now);
    int64_t to = local_of(zone, now) + (RULE_LOOK_AHEAD_DAYS + 1) * RULE_DAY_S;
    if (!rule_parse(event->rrule, &rule))
        return found;
    rule_prepare(&rule, &event->start);
    int64_t first = rule_start(event, &rule);
    int64_t end = rule_end(event, &rule, zone);
    if (end < from)
        return found;
    if (to < end)
        found.next = now + RULE_LOOK_AHEAD_DAYS * RULE_DAY_S;
    rule.until = rule_time(to < end ? to : end);
    rule.count = 0;
    icalrecur_iterator *iterator = icalrecur_iterator_new(rule, rule_time(first));
    if (!iterator)
        return found;
    if (from > first)
        icalrecur_iterator_set_start(iterator, rule_time(rule_jump(&rule, first, from)));
    for (;;) {
        struct icaltimetype time = icalrecur_iterator_next(iterator);
        if (icaltime_is_null_time(time) ||
            !consider_occurrence(event, zone, rule_seconds(&time), now, &found))
            break;
    }
    icalrecur_iterator_free(iterator);
    return found;
}

static struct occurrence find_occurrence(const struct channel_event *event, icaltimezone *zone, int64_t now) {
    if (*event->rrule)
        return find_recurring(event, zone, now);
    struct occurrence found = {.next = CHANNEL_FOREVER};
    consider_occurrence(event, zone, rule_event_start(event), now, &found);
    return found;
}

/* Whether `event` counts before the one that is winning; it stands behind it in the manifest. */
static bool is_preferred(const struct channel_event *event, const struct occurrence *occurrence,
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
        if (is_preferred(event, &occurrence, winner, &winning)) {
            winner = event;
            winning = occurrence;
        }
    }
    if (valid_until_s)
        *valid_until_s = until;
    return winner ? winner->layout : manifest->default_layout;
}

/* ---- Wall-clock playlists ---- */

bool channel_playlist_is_aligned(const struct channel_playlist *playlist) {
    return playlist->wall_clock && playlist->total_ms > 0;
}

bool channel_playlist_position(const struct channel_playlist *playlist, int64_t now_ms, size_t *index,
                               int64_t *offset_ms) {
    *index = 0;
    *offset_ms = 0;
    if (!channel_playlist_is_aligned(playlist))
        return false;
    int64_t position = now_ms % playlist->total_ms;
    if (position < 0)
        position += playlist->total_ms;
    while (position >= playlist->items[*index].duration_ms)
        position -= playlist->items[(*index)++].duration_ms;
    *offset_ms = position;
    return true;
}
