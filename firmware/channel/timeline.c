#include "channel/timeline.h"

#include <stdlib.h>

#include "channel/occurrence.h"

/* What one timeline is made of, and may still cost. */
struct making {
    const struct channel_manifest *manifest;
    struct _icaltimezone *zone; /* the display point's */
    int64_t from, to;
    int64_t searches, steps;
    struct timeline *out;
    size_t *active; /* occurrences that last, by start and then by event */
    size_t active_count;
};

void timeline_finish(struct timeline *timeline) {
    free(timeline->occurrences);
    free(timeline->spans);
    *timeline = (struct timeline){0};
}

/* ---- Occurrences ---- */

static bool occurrence_add(struct making *making, size_t event, const struct occurrence *occurrence,
                           struct pp_error *error) {
    struct timeline *out = making->out;
    if (out->occurrence_count == TIMELINE_OCCURRENCES_MAX)
        return pp_fail(error, PP_E_LIMIT, "events begin more than %d times: ask for less time at once",
                       TIMELINE_OCCURRENCES_MAX);
    out->occurrences[out->occurrence_count++] = (struct timeline_occurrence){
        .event = event, .start = occurrence->start, .end = occurrence->end, .wall = occurrence->wall};
    return true;
}

/* NULL as `found`'s event zone is the display point's. */
static bool search(struct making *making, size_t event, int64_t at, struct occurrence *found,
                   struct pp_error *error) {
    const struct channel_event *looked_at = &making->manifest->schedule[event];
    const struct zone_clock clock = zone_clock_at(looked_at->zone ? looked_at->zone : making->zone, at);
    *found = occurrence_find(looked_at, &clock);
    making->steps += found->steps;
    return (++making->searches <= TIMELINE_SEARCH_MAX && making->steps <= TIMELINE_STEPS_MAX) ||
           pp_fail(error, PP_E_LIMIT, "the rules take too long to work out: ask for less time at once");
}

static bool event_walk(struct making *making, size_t event, struct pp_error *error) {
    struct occurrence found;
    if (!search(making, event, making->from, &found, error) ||
        (found.active && !occurrence_add(making, event, &found, error)))
        return false;
    while (found.next < making->to) {
        bool begins = found.next_begins;
        if (!search(making, event, found.next, &found, error) ||
            (begins && found.active && !occurrence_add(making, event, &found, error)))
            return false;
    }
    return true;
}

static int occurrence_compare(const void *a, const void *b) {
    const struct timeline_occurrence *one = a;
    const struct timeline_occurrence *other = b;
    if (one->start != other->start)
        return one->start < other->start ? -1 : 1;
    return one->event < other->event ? -1 : one->event > other->event;
}

/* ---- What is shown ---- */

static int time_compare(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a;
    int64_t other = *(const int64_t *)b;
    return one < other ? -1 : one > other;
}

/* Where something begins or ends, in order; the last one is `to`. */
static int64_t *borders_make(const struct making *making, size_t *count) {
    const struct timeline *out = making->out;
    int64_t *borders = calloc(out->occurrence_count * 2 + 2, sizeof *borders);
    *count = 0;
    if (!borders)
        return NULL;
    borders[(*count)++] = making->from;
    for (size_t i = 0; i < out->occurrence_count; i++) {
        if (out->occurrences[i].start > making->from)
            borders[(*count)++] = out->occurrences[i].start;
        if (out->occurrences[i].end < making->to)
            borders[(*count)++] = out->occurrences[i].end;
    }
    borders[(*count)++] = making->to;
    qsort(borders, *count, sizeof *borders, time_compare);
    return borders;
}

/* Those that last at `now`; `next` is the first that has not begun. */
static void active_update(struct making *making, int64_t now, size_t *next) {
    const struct timeline *out = making->out;
    size_t kept = 0;
    for (size_t i = 0; i < making->active_count; i++) {
        if (out->occurrences[making->active[i]].end > now)
            making->active[kept++] = making->active[i];
    }
    making->active_count = kept;
    for (; *next < out->occurrence_count && out->occurrences[*next].start <= now; (*next)++) {
        if (out->occurrences[*next].end > now)
            making->active[making->active_count++] = *next;
    }
}

static size_t choose(const struct making *making) {
    size_t best = TIMELINE_DEFAULT;
    const struct channel_event *winner = NULL;
    struct occurrence winning = {0};
    for (size_t i = 0; i < making->active_count; i++) {
        const struct timeline_occurrence *looked_at = &making->out->occurrences[making->active[i]];
        const struct channel_event *event = &making->manifest->schedule[looked_at->event];
        const struct occurrence occurrence = {.start = looked_at->start};
        if (!occurrence_is_preferred(event, &occurrence, winner, &winning))
            continue;
        best = making->active[i];
        winner = event;
        winning = occurrence;
    }
    return best;
}

static void span_add(struct timeline *out, size_t occurrence, int64_t start, int64_t end) {
    struct timeline_span *last = out->span_count ? &out->spans[out->span_count - 1] : NULL;
    if (occurrence != TIMELINE_DEFAULT)
        out->occurrences[occurrence].shown_s += end - start;
    if (last && last->occurrence == occurrence)
        last->end = end;
    else
        out->spans[out->span_count++] = (struct timeline_span){occurrence, start, end};
}

static bool spans_make(struct making *making, struct pp_error *error) {
    struct timeline *out = making->out;
    size_t count = 0;
    size_t next = 0;
    pp_autofree int64_t *borders = borders_make(making, &count);
    pp_autofree size_t *active = calloc(out->occurrence_count + 1, sizeof *active);
    out->spans = calloc(count + 1, sizeof *out->spans);
    if (!borders || !active || !out->spans)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    making->active = active;
    for (size_t i = 0; i + 1 < count && borders[i] < making->to; i++) {
        if (borders[i + 1] == borders[i])
            continue;
        active_update(making, borders[i], &next);
        span_add(out, choose(making), borders[i], borders[i + 1]);
    }
    return true;
}

bool timeline_make(const struct channel_manifest *manifest, const char *time_zone, int64_t from, int64_t to,
                   struct timeline *timeline, struct pp_error *error) {
    struct _icaltimezone *zone = zone_find(time_zone);
    struct making making = {.manifest = manifest,
                            .zone = zone ? zone : zone_find("UTC"),
                            .from = from,
                            .to = to,
                            .out = timeline};
    *timeline =
        (struct timeline){.occurrences = calloc(TIMELINE_OCCURRENCES_MAX, sizeof *timeline->occurrences)};
    if (!timeline->occurrences)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < manifest->event_count; i++) {
        if (!event_walk(&making, i, error))
            return false;
    }
    qsort(timeline->occurrences, timeline->occurrence_count, sizeof *timeline->occurrences,
          occurrence_compare);
    return spans_make(&making, error);
}
