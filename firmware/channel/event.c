/* The events of the schedule. */
#include <stdlib.h>
#include <string.h>

#include "channel/moment.h"
#include "channel/parse.h"
#include "channel/schedule.h"
#include "channel/zone.h"

#define EVENT_MEMBERS_MAX  64
#define EVENT_PRIORITY_MAX 1000
#define DAY_MS             (INT64_C(24) * 60 * 60 * 1000)

/* An event's start, and how its other times have to be written. */
struct start {
    int64_t seconds;
    bool utc;
};

static bool read_moment(const struct place *place, struct moment *out, struct pp_error *error) {
    const char *text = NULL;
    return place_string(place, CHANNEL_NAME_MAX, &text, error) &&
           (moment_parse(text, out) ||
            place_fail(place, PP_E_INVALID, error,
                       "is not a time like \"2026-01-05T08:00:00\", with a Z where it is UTC"));
}

/* dtend, exdate and rdate are in the zone of dtstart: what else they would mean is a guess. */
static bool read_moment_like(const struct place *place, const struct start *start, int64_t *seconds,
                             struct pp_error *error) {
    struct moment moment = {0};
    if (!read_moment(place, &moment, error))
        return false;
    if (moment.utc != start->utc)
        return place_fail(place, PP_E_INVALID, error, "must end in Z where dtstart does, and only there");
    *seconds = moment.seconds;
    return true;
}

static bool parse_zone_name(const struct place *event, struct channel_event *out, struct pp_error *error) {
    struct place place = place_member(event, "tzid");
    const char *name = NULL;
    if (!place.value)
        return true;
    if (!place_string(&place, CHANNEL_ZONE_MAX, &name, error))
        return false;
    if (!channel_time_zone_valid(name))
        return place_fail(&place, PP_E_INVALID, error, "is not a time zone like \"Europe/Paris\"");
    out->zone = zone_find(name);
    return true;
}

static bool parse_start(const struct place *event, struct channel_event *out, struct start *start,
                        struct pp_error *error) {
    struct place place;
    struct moment moment = {0};
    if (!parse_zone_name(event, out, error) || !place_need(event, "dtstart", &place, error) ||
        !read_moment(&place, &moment, error))
        return false;
    if (moment.utc && out->zone)
        return place_fail(&place, PP_E_INVALID, error, "ends in Z, and there is a tzid");
    if (moment.utc)
        out->zone = zone_find("UTC");
    *start = (struct start){moment.seconds, moment.utc};
    return true;
}

/* Days are nominal and the rest is exact, as in a duration: an event to the same time of another day ends at
 * that time. */
static bool parse_end(const struct place *place, const struct start *start, struct channel_event *out,
                      struct pp_error *error) {
    int64_t end = 0;
    if (!read_moment_like(place, start, &end, error))
        return false;
    int64_t length = end - start->seconds;
    if (length <= 0)
        return place_fail(place, PP_E_INVALID, error, "is not after dtstart");
    if (length > (int64_t)CHANNEL_EVENT_DAYS_MAX * RULE_DAY_S)
        return place_fail(place, PP_E_LIMIT, error, "is more than %d days after dtstart",
                          CHANNEL_EVENT_DAYS_MAX);
    out->duration =
        (struct channel_duration){.days = (int32_t)(length / RULE_DAY_S), .ms = length % RULE_DAY_S * 1000};
    return true;
}

static bool parse_length(const struct place *event, const struct start *start, struct channel_event *out,
                         struct pp_error *error) {
    struct place end = place_member(event, "dtend");
    struct place duration = place_member(event, "duration");
    if (end.value && duration.value)
        return place_fail(&end, PP_E_INVALID, error, "stands beside a duration");
    if (end.value)
        return parse_end(&end, start, out, error);
    return place_need(event, "duration", &duration, error) &&
           place_duration(&duration, 1000, CHANNEL_EVENT_DAYS_MAX * DAY_MS, &out->duration, error);
}

static int compare_times(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* A list of times, in order, with room for one more. */
static bool parse_times(const struct place *event, const char *name, const struct start *start,
                        int64_t **times, size_t *count, struct pp_error *error) {
    struct place place = place_member(event, name);
    if (place.value && !place_array(&place, CHANNEL_DATES_MAX, error))
        return false;
    *times = calloc(place.value ? (size_t)cJSON_GetArraySize(place.value) + 1 : 1, sizeof **times);
    if (!*times)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (const cJSON *value = place.value ? place.value->child : NULL; value; value = value->next) {
        struct place child = place_item(&place, *count, value);
        if (!read_moment_like(&child, start, &(*times)[*count], error))
            return false;
        (*count)++;
    }
    qsort(*times, *count, sizeof **times, compare_times);
    return true;
}

static bool parse_rule(const struct place *event, const struct start *start, struct rule_budget *left,
                       struct channel_event *out, struct pp_error *error) {
    struct place place = place_member(event, "rrule");
    const char *text = NULL;
    /* An exception has the day looked at once more. */
    int64_t days = channel_duration_ms(&out->duration) / DAY_MS + 1 + (int64_t)out->exception_count;
    if (!place.value) {
        out->dates[out->date_count++] = start->seconds;
        qsort(out->dates, out->date_count, sizeof *out->dates, compare_times);
        return true;
    }
    if (!place_string(&place, CHANNEL_RRULE_MAX, &text, error))
        return false;
    if (!rule_parse(text, start->seconds, days, left, &out->rule, error))
        return place_wrap(&place, error);
    out->rule_text = strdup(text);
    return out->rule_text || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool parse_event(const struct place *place, const struct channel_manifest *manifest,
                        struct rule_budget *left, struct channel_event *out, struct pp_error *error) {
    struct place layout;
    struct start start = {0};
    int64_t priority = 0;
    if (!place_object(place, EVENT_MEMBERS_MAX, error) || !place_need(place, "layout", &layout, error) ||
        !channel_refer_layout(&layout, manifest, &out->layout, error) ||
        !parse_start(place, out, &start, error) || !parse_length(place, &start, out, error) ||
        !parse_times(place, "rdate", &start, &out->dates, &out->date_count, error) ||
        !parse_times(place, "exdate", &start, &out->exceptions, &out->exception_count, error) ||
        !parse_rule(place, &start, left, out, error) ||
        !place_integer_or(place, "priority", -EVENT_PRIORITY_MAX, EVENT_PRIORITY_MAX, 0, &priority, error))
        return false;
    out->priority = (int32_t)priority;
    return true;
}

void channel_event_finish(struct channel_event *event) {
    free(event->dates);
    free(event->exceptions);
    free(event->rule_text);
}

bool channel_parse_schedule(const struct place *document, struct channel_manifest *manifest,
                            struct pp_error *error) {
    struct place place = place_member(document, "schedule");
    if (!place.value)
        return true;
    if (!place_array(&place, CHANNEL_SCHEDULE_MAX, error))
        return false;
    manifest->event_count = (size_t)cJSON_GetArraySize(place.value);
    manifest->schedule = calloc(manifest->event_count + 1, sizeof *manifest->schedule);
    if (!manifest->schedule)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    struct rule_budget left = RULE_BUDGET;
    size_t index = 0;
    for (const cJSON *value = place.value->child; value; value = value->next, index++) {
        struct place child = place_item(&place, index, value);
        if (!parse_event(&child, manifest, &left, &manifest->schedule[index], error))
            return false;
    }
    return true;
}

bool channel_event_check(const cJSON *event, struct rule_budget *left, struct pp_error *error) {
    struct channel_layout layout = {.name = "a"};
    const struct channel_manifest manifest = {.layouts = &layout, .layout_count = 1};
    struct channel_event parsed = {0};
    pp_autojson cJSON *copy = cJSON_Duplicate(event, true);
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "layout");
    cJSON_AddStringToObject(copy, "layout", layout.name);
    const struct place place = {.name = "event", .value = copy};
    bool good = parse_event(&place, &manifest, left, &parsed, error);
    channel_event_finish(&parsed);
    return good;
}
