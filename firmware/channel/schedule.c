#include "channel/schedule.h"

#include "channel/rule.h"
#include "channel/zone.h"

bool channel_time_zone_valid(const char *time_zone) {
    return time_zone && *time_zone && zone_find(time_zone) != NULL;
}

/* ---- Occurrences ---- */

struct occurrence {
    bool active;
    int64_t start, end; /* s, UTC, while active */
    int64_t next;       /* start of the next one, s, UTC; CHANNEL_FOREVER without one */
};

/* A search for the occurrences of an event, in wall time. */
struct event_search {
    const struct channel_event *event;
    struct rule_search rule;
    int64_t last; /* where the last occurrence of the rule may begin */
};

/* The end of a rule in wall time. */
static int64_t rule_end(const struct channel_rule *rule, const struct zone_clock *clock) {
    if (rule->count)
        return rule->last;
    if (rule->until == RULE_ENDLESS)
        return CHANNEL_FOREVER;
    return rule->until == RULE_UNTIL_UTC ? zone_to_local(clock, rule->until_s) : rule->until_s;
}

static bool is_excluded(const struct channel_event *event, int64_t start) {
    for (size_t i = 0; i < event->exception_count && event->exceptions[i] <= start; i++) {
        if (event->exceptions[i] == start)
            return true;
    }
    return false;
}

/* The first start from `from` to `last`, of the rule or of the dates. */
static bool next_start(struct event_search *search, int64_t from, int64_t last, int64_t *start) {
    const struct channel_event *event = search->event;
    for (;; from = *start + 1) {
        size_t i = 0;
        int64_t rule_last = last < search->last ? last : search->last;
        bool found = event->rule.freq != RULE_NONE && rule_next(&search->rule, from, rule_last, start);
        while (i < event->date_count && event->dates[i] < from)
            i++;
        if (i < event->date_count && event->dates[i] <= last && (!found || event->dates[i] < *start)) {
            *start = event->dates[i];
            found = true;
        }
        if (!found || !is_excluded(event, *start))
            return found;
    }
}

/* The last start up to `from`, back to `first`. */
static bool previous_start(struct event_search *search, int64_t from, int64_t first, int64_t *start) {
    const struct channel_event *event = search->event;
    for (;; from = *start - 1) {
        size_t i = event->date_count;
        int64_t rule_from = from < search->last ? from : search->last;
        bool found = event->rule.freq != RULE_NONE && rule_previous(&search->rule, rule_from, first, start);
        while (i && event->dates[i - 1] > from)
            i--;
        if (i && event->dates[i - 1] >= first && (!found || event->dates[i - 1] > *start)) {
            *start = event->dates[i - 1];
            found = true;
        }
        if (!found || !is_excluded(event, *start))
            return found;
    }
}

/* Days are nominal, the rest is exact. */
static int64_t event_end(const struct channel_event *event, const struct zone_clock *clock, int64_t local) {
    return zone_to_utc(clock, local + (int64_t)event->duration.days * RULE_DAY_S) + event->duration.ms / 1000;
}

/* Takes what an occurrence says: that it lasts, or that it comes. */
static void note(const struct channel_event *event, const struct zone_clock *clock, int64_t local,
                 struct occurrence *out) {
    int64_t start = zone_to_utc(clock, local);
    if (start > clock->now) {
        out->next = start < out->next ? start : out->next;
        return;
    }
    int64_t end = event_end(event, clock, local);
    if (end > clock->now && (!out->active || start >= out->start))
        *out = (struct occurrence){.active = true, .start = start, .end = end, .next = out->next};
}

/* Of the occurrences that began the last one counts: it is also the last to end. Where the zone's offset
 * changes nearby, by an hour mostly, starts may not come in the order of their wall times: all those of that
 * hour around now are looked at. */
static struct occurrence find_occurrence(const struct channel_event *event, const struct zone_clock *clock) {
    struct event_search search = {
        .event = event, .rule = {.rule = &event->rule}, .last = rule_end(&event->rule, clock)};
    struct occurrence found = {.next = CHANNEL_FOREVER};
    int64_t slack = zone_clock_change(clock);
    int64_t ahead = RULE_LOOK_AHEAD_DAYS * RULE_DAY_S;
    int64_t from = clock->local - 2 * slack;
    int64_t lasting = channel_duration_ms(&event->duration) / 1000 + RULE_SLACK_DAYS * RULE_DAY_S;
    int64_t start = 0;
    if (previous_start(&search, from, from - lasting, &start))
        note(event, clock, start, &found);
    for (from++; next_start(&search, from, clock->local + slack + ahead, &start); from = start + 1) {
        note(event, clock, start, &found);
        if (start > clock->local + slack)
            break;
    }
    bool over = (event->rule.freq == RULE_NONE || search.last <= clock->local + slack + ahead) &&
                (!event->date_count || event->dates[event->date_count - 1] <= clock->local + slack + ahead);
    if (!over && found.next > clock->now + ahead)
        found.next = clock->now + ahead;
    return found;
}

/* ---- The schedule ---- */

/* Whether `event` counts before the one that is winning; it stands behind it in the manifest. */
static bool is_preferred(const struct channel_event *event, const struct occurrence *occurrence,
                         const struct channel_event *winner, const struct occurrence *winning) {
    if (!winner || event->priority != winner->priority)
        return !winner || event->priority > winner->priority;
    return occurrence->start >= winning->start;
}

/* Events without a zone of their own share the display point's clock; others mostly have the one of the event
 * before. */
static const struct zone_clock *clock_of(const struct channel_event *event, const struct zone_clock *local,
                                         struct zone_clock *other) {
    if (!event->zone || event->zone == local->zone)
        return local;
    if (event->zone != other->zone)
        *other = zone_clock_at(event->zone, local->now);
    return other;
}

const struct channel_layout *channel_layout_at(const struct channel_manifest *manifest, int64_t now_s,
                                               const char *time_zone, int64_t *valid_until_s) {
    struct _icaltimezone *zone = zone_find(time_zone);
    struct zone_clock local = zone_clock_at(zone ? zone : zone_find("UTC"), now_s);
    struct zone_clock other = {0};
    const struct channel_event *winner = NULL;
    struct occurrence winning = {0};
    int64_t until = CHANNEL_FOREVER;
    for (size_t i = 0; i < manifest->event_count; i++) {
        const struct channel_event *event = &manifest->schedule[i];
        struct occurrence occurrence = find_occurrence(event, clock_of(event, &local, &other));
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
