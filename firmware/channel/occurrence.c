#include "channel/occurrence.h"

#include "channel/rule.h"
#include "channel/schedule.h"

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
        out->next_begins = true;
        out->next = start < out->next ? start : out->next;
        return;
    }
    int64_t end = event_end(event, clock, local);
    if (end <= clock->now || (out->active && start < out->start))
        return;
    out->active = true;
    out->start = start;
    out->end = end;
    out->wall = local;
}

/* Of the occurrences that began the last one counts: it is also the last to end. Where the zone's offset
 * changes nearby, by an hour mostly, starts may not come in the order of their wall times: all those of that
 * hour around now are looked at. */
struct occurrence occurrence_find(const struct channel_event *event, const struct zone_clock *clock) {
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
    found.steps = search.rule.steps;
    bool over = (event->rule.freq == RULE_NONE || search.last <= clock->local + slack + ahead) &&
                (!event->date_count || event->dates[event->date_count - 1] <= clock->local + slack + ahead);
    if (!over && found.next > clock->now + ahead) {
        found.next = clock->now + ahead;
        found.next_begins = false;
    }
    return found;
}

bool occurrence_is_preferred(const struct channel_event *event, const struct occurrence *occurrence,
                             const struct channel_event *winner, const struct occurrence *winning) {
    if (!winner || event->priority != winner->priority)
        return !winner || event->priority > winner->priority;
    return occurrence->start >= winning->start;
}

const struct zone_clock *occurrence_clock(const struct channel_event *event, const struct zone_clock *local,
                                          struct zone_clock *other) {
    if (!event->zone || event->zone == local->zone)
        return local;
    if (event->zone != other->zone)
        *other = zone_clock_at(event->zone, local->now);
    return other;
}
