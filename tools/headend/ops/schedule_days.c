#include "headend/ops/schedule_days.h"

#include <stdlib.h>

#define DAY_S INT64_C(86400)

/* What is being told. */
struct telling {
    const struct schedule_source *source;
    const char *time_zone;
    int64_t from, to; /* s since 1970, UTC */
    struct timeline timeline;
    cJSON *answer;
};

static void telling_finish(struct telling *telling) {
    timeline_finish(&telling->timeline);
}

static void add_both(const struct telling *telling, cJSON *object, const char *name, int64_t utc) {
    char local[32];
    snprintf(local, sizeof local, "%s_local", name);
    schedule_add_time(object, name, utc);
    schedule_add_wall(object, local, telling->time_zone, utc);
}

/* ---- Events and their occurrences ---- */

static int64_t wall_of(const struct telling *telling, int64_t utc) {
    return channel_utc_to_wall(telling->time_zone, utc);
}

/* How the clock's change gets in the way of a start: the time is left out, or comes twice. */
static const char *clock_of(const struct telling *telling, const struct timeline_occurrence *occurrence) {
    const struct channel_event *event = &telling->source->manifest->schedule[occurrence->event];
    int64_t wall = wall_of(telling, occurrence->start);
    if (event->zone) /* of a zone of its own: not this clock's */
        return NULL;
    if (wall != occurrence->wall)
        return "skipped";
    for (int64_t later = 1800; later <= 7200; later += 1800) {
        if (wall_of(telling, occurrence->start + later) == wall)
            return "twice";
    }
    return NULL;
}

static void occurrence_add(const struct telling *telling, const struct timeline_occurrence *occurrence,
                           cJSON *into) {
    const char *clock = clock_of(telling, occurrence);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "event", (double)occurrence->event);
    add_both(telling, object, "start", occurrence->start);
    add_both(telling, object, "end", occurrence->end);
    schedule_add_wall(object, "wall", "UTC", occurrence->wall);
    cJSON_AddItemToObject(object, "clock", clock ? cJSON_CreateString(clock) : cJSON_CreateNull());
    cJSON_AddNumberToObject(object, "shown_s", (double)occurrence->shown_s);
    cJSON_AddItemToArray(into, object);
}

struct sums {
    int64_t occurrences, shown_s;
    const struct timeline_occurrence *first; /* NULL: none in this time */
};

static void events_add(const struct telling *telling, const struct sums *sums) {
    cJSON *into = cJSON_AddArrayToObject(telling->answer, "events");
    const cJSON *written;
    size_t i = 0;
    cJSON_ArrayForEach(written, telling->source->schedule) {
        cJSON *event = cJSON_CreateObject();
        cJSON_AddItemToObject(event, "event", cJSON_Duplicate(written, true));
        cJSON_AddBoolToObject(event, "made", i >= (size_t)telling->source->own);
        cJSON_AddNumberToObject(event, "occurrences", (double)sums[i].occurrences);
        cJSON_AddNumberToObject(event, "shown_s", (double)sums[i].shown_s);
        cJSON_AddItemToArray(into, event);
        i++;
    }
}

static void spans_add(const struct telling *telling) {
    const struct channel_manifest *manifest = telling->source->manifest;
    cJSON *into = cJSON_AddArrayToObject(telling->answer, "spans");
    for (size_t i = 0; i < telling->timeline.span_count; i++) {
        const struct timeline_span *span = &telling->timeline.spans[i];
        cJSON *object = cJSON_CreateObject();
        bool none = span->occurrence == TIMELINE_DEFAULT;
        size_t event = none ? 0 : telling->timeline.occurrences[span->occurrence].event;
        const struct channel_layout *layout =
            none ? manifest->default_layout : manifest->schedule[event].layout;
        cJSON_AddItemToObject(object, "event", none ? cJSON_CreateNull() : cJSON_CreateNumber((double)event));
        cJSON_AddStringToObject(object, "layout", layout->name);
        add_both(telling, object, "start", span->start);
        add_both(telling, object, "end", span->end);
        cJSON_AddItemToArray(into, object);
    }
}

/* ---- Conflicts ---- */

/* Of two events; or an event that is never on top: `other` is itself. */
struct conflict {
    size_t event, other;
    int64_t count;
    int64_t start, end; /* of the first time */
};

struct conflicts {
    struct conflict list[SCHEDULE_CONFLICTS_MAX];
    size_t count;
    bool more;
    uint16_t *places; /* of two events' conflict in the list, from 1 on; 0 none */
    size_t events;
};

static void conflict_note(struct conflicts *conflicts, size_t event, size_t other, int64_t start,
                          int64_t end) {
    uint16_t *place = &conflicts->places[event * conflicts->events + other];
    if (*place) {
        conflicts->list[*place - 1].count++;
        return;
    }
    conflicts->more = conflicts->more || conflicts->count == SCHEDULE_CONFLICTS_MAX;
    if (conflicts->count == SCHEDULE_CONFLICTS_MAX)
        return;
    conflicts->list[conflicts->count] = (struct conflict){event, other, 1, start, end};
    *place = (uint16_t)++conflicts->count;
}

/* Those of one priority that last at once and show different layouts. By start and then by event, as they are in the
 * list, the later one of two is the one that is shown. */
static bool overlaps_find(const struct telling *telling, struct conflicts *conflicts,
                          struct pp_error *error) {
    const struct channel_event *schedule = telling->source->manifest->schedule;
    const struct timeline *timeline = &telling->timeline;
    pp_autofree size_t *active = calloc(timeline->occurrence_count + 1, sizeof *active);
    size_t count = 0;
    if (!active)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < timeline->occurrence_count; i++) {
        const struct timeline_occurrence *one = &timeline->occurrences[i];
        size_t kept = 0;
        for (size_t k = 0; k < count; k++) {
            const struct timeline_occurrence *other = &timeline->occurrences[active[k]];
            if (other->end <= one->start)
                continue;
            active[kept++] = active[k];
            if (schedule[one->event].priority == schedule[other->event].priority &&
                schedule[one->event].layout != schedule[other->event].layout)
                conflict_note(conflicts, one->event, other->event, one->start,
                              one->end < other->end ? one->end : other->end);
        }
        active[kept++] = i;
        count = kept;
    }
    return true;
}

static void conflict_add(const struct telling *telling, const struct conflict *conflict, cJSON *into) {
    bool hidden = conflict->event == conflict->other;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "kind", hidden ? "hidden" : "overlap");
    cJSON *events = cJSON_AddArrayToObject(object, "events");
    cJSON_AddItemToArray(events, cJSON_CreateNumber((double)conflict->event));
    if (!hidden)
        cJSON_AddItemToArray(events, cJSON_CreateNumber((double)conflict->other));
    cJSON_AddNumberToObject(object, "times", (double)conflict->count);
    add_both(telling, object, "start", conflict->start);
    add_both(telling, object, "end", conflict->end);
    cJSON_AddItemToArray(into, object);
}

static bool conflicts_add(const struct telling *telling, const struct sums *sums, struct pp_error *error) {
    size_t events = telling->source->manifest->event_count;
    pp_autofree struct conflicts *conflicts = calloc(1, sizeof *conflicts);
    pp_autofree uint16_t *places = calloc(events * events + 1, sizeof *places);
    if (!conflicts || !places)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    conflicts->places = places;
    conflicts->events = events;
    if (!overlaps_find(telling, conflicts, error))
        return false;
    for (size_t i = 0; i < events; i++) {
        if (sums[i].occurrences && !sums[i].shown_s && i < (size_t)telling->source->own)
            conflict_note(conflicts, i, i, sums[i].first->start, sums[i].first->end);
    }
    cJSON *into = cJSON_AddArrayToObject(telling->answer, "conflicts");
    for (size_t i = 0; i < conflicts->count; i++)
        conflict_add(telling, &conflicts->list[i], into);
    cJSON_AddBoolToObject(telling->answer, "more_conflicts", conflicts->more);
    return true;
}

/* ---- Changes of the clock ---- */

static int64_t offset_at(const struct telling *telling, int64_t utc) {
    return wall_of(telling, utc) - utc;
}

static void clock_changes_add(const struct telling *telling) {
    cJSON *into = cJSON_AddArrayToObject(telling->answer, "clock_changes");
    for (int64_t day = telling->from; day < telling->to; day += DAY_S) {
        int64_t before = day;
        int64_t after = day + DAY_S < telling->to ? day + DAY_S : telling->to;
        int64_t offset = offset_at(telling, before);
        if (offset_at(telling, after) == offset)
            continue;
        while (after - before > 1) {
            int64_t middle = before + (after - before) / 2;
            if (offset_at(telling, middle) == offset)
                before = middle;
            else
                after = middle;
        }
        cJSON *change = cJSON_CreateObject();
        schedule_add_time(change, "at", after);
        schedule_add_wall(change, "before_local", "UTC", after + offset);
        schedule_add_wall(change, "after_local", telling->time_zone, after);
        cJSON_AddItemToArray(into, change);
    }
}

bool schedule_days_add(const struct schedule_source *source, const struct schedule_days *days, cJSON *answer,
                       struct pp_error *error) {
    PP_CLEANUP(telling_finish)
    struct telling telling = {.source = source,
                              .time_zone = days->time_zone,
                              .from = channel_wall_to_utc(days->time_zone, days->from * DAY_S),
                              .to = channel_wall_to_utc(days->time_zone, days->to * DAY_S),
                              .answer = answer};
    pp_autofree struct sums *sums = calloc(source->manifest->event_count + 1, sizeof *sums);
    if (!sums)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!timeline_make(source->manifest, days->time_zone, telling.from, telling.to, &telling.timeline, error))
        return false;
    add_both(&telling, answer, "from", telling.from);
    add_both(&telling, answer, "to", telling.to);
    cJSON *occurrences = cJSON_AddArrayToObject(answer, "occurrences");
    for (size_t i = 0; i < telling.timeline.occurrence_count; i++) {
        const struct timeline_occurrence *occurrence = &telling.timeline.occurrences[i];
        struct sums *sum = &sums[occurrence->event];
        sum->first = sum->first ? sum->first : occurrence;
        sum->occurrences++;
        sum->shown_s += occurrence->shown_s;
        occurrence_add(&telling, occurrence, occurrences);
    }
    events_add(&telling, sums);
    spans_add(&telling);
    clock_changes_add(&telling);
    return conflicts_add(&telling, sums, error);
}
