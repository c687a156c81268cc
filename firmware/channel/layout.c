/* Layouts with their zones, and the schedule that chooses between them. */
#include "channel/parse.h"
#include "channel/schedule.h"

#define LAYOUT_MEMBERS_MAX 64
#define LAYOUT_Z_MAX       1000
#define PRIORITY_MAX       1000
#define DAY_MS             (INT64_C(24) * 60 * 60 * 1000)

/* ---- Zones ---- */

static bool need_integer(const struct place *object, const char *name, int64_t min, int64_t max, int64_t *out,
                         struct pp_error *error) {
    struct place place;
    return place_need(object, name, &place, error) && place_integer(&place, min, max, out, error);
}

static bool parse_zone(const struct place *place, const struct channel_manifest *manifest,
                       struct channel_zone *out, struct pp_error *error) {
    struct place id;
    struct place playlist;
    int64_t x = 0;
    int64_t y = 0;
    int64_t width = 0;
    int64_t height = 0;
    int64_t z = 0;
    if (!place_object(place, LAYOUT_MEMBERS_MAX, error) || !place_need(place, "id", &id, error) ||
        !place_name(&id, out->id, error) ||
        !need_integer(place, "x", -CHANNEL_CANVAS_MAX, CHANNEL_CANVAS_MAX, &x, error) ||
        !need_integer(place, "y", -CHANNEL_CANVAS_MAX, CHANNEL_CANVAS_MAX, &y, error) ||
        !need_integer(place, "width", 1, CHANNEL_CANVAS_MAX, &width, error) ||
        !need_integer(place, "height", 1, CHANNEL_CANVAS_MAX, &height, error) ||
        !place_integer_or(place, "z", -LAYOUT_Z_MAX, LAYOUT_Z_MAX, 0, &z, error) ||
        !place_need(place, "playlist", &playlist, error) ||
        !channel_refer_playlist(&playlist, manifest, &out->playlist, error))
        return false;
    out->x = (int32_t)x;
    out->y = (int32_t)y;
    out->width = (uint32_t)width;
    out->height = (uint32_t)height;
    out->z = (int32_t)z;
    return true;
}

/* Behind all zones of the same or a lower z: an insertion sort that keeps the document's order. */
static void zone_insert(struct channel_layout *layout, const struct channel_zone *zone) {
    size_t at = layout->zone_count++;
    for (; at > 0 && layout->zones[at - 1].z > zone->z; at--)
        layout->zones[at] = layout->zones[at - 1];
    layout->zones[at] = *zone;
}

static bool zone_is_duplicate(const struct channel_layout *layout, const char *id) {
    for (size_t i = 0; i < layout->zone_count; i++) {
        if (strcmp(layout->zones[i].id, id) == 0)
            return true;
    }
    return false;
}

static bool parse_zones(const struct place *zones, const struct channel_manifest *manifest,
                        struct channel_layout *out, struct pp_error *error) {
    size_t index = 0;
    for (const cJSON *value = zones->value->child; value; value = value->next, index++) {
        struct place place = place_item(zones, index, value);
        struct channel_zone zone = {0};
        if (!parse_zone(&place, manifest, &zone, error))
            return false;
        struct place id = place_member(&place, "id");
        if (zone_is_duplicate(out, zone.id))
            return place_fail(&id, PP_E_INVALID, error, "\"%s\" stands twice in this layout", zone.id);
        zone_insert(out, &zone);
    }
    return true;
}

static bool parse_layout(const struct place *place, const struct channel_manifest *manifest,
                         struct channel_layout *out, struct pp_error *error) {
    struct place zones;
    if (!channel_name_valid(place->name))
        return place_fail(place, PP_E_INVALID, error, "is not a name of letters, digits, '.', '_' and '-'");
    snprintf(out->name, sizeof out->name, "%s", place->name);
    if (!place_object(place, LAYOUT_MEMBERS_MAX, error) || !place_need(place, "zones", &zones, error) ||
        !place_array(&zones, CHANNEL_ZONES_MAX, error))
        return false;
    size_t count = (size_t)cJSON_GetArraySize(zones.value);
    if (count == 0)
        return place_fail(&zones, PP_E_INVALID, error, "has no zone");
    out->zones = calloc(count, sizeof *out->zones);
    if (!out->zones)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return parse_zones(&zones, manifest, out, error);
}

static int compare_layouts(const void *a, const void *b) {
    const struct channel_layout *left = a;
    const struct channel_layout *right = b;
    return strcmp(left->name, right->name);
}

bool channel_parse_layouts(const struct place *document, struct channel_manifest *manifest,
                           struct pp_error *error) {
    struct place place;
    if (!place_need(document, "layouts", &place, error) || !place_object(&place, CHANNEL_LAYOUTS_MAX, error))
        return false;
    manifest->layout_count = (size_t)cJSON_GetArraySize(place.value);
    manifest->layouts = calloc(manifest->layout_count + 1, sizeof *manifest->layouts);
    if (!manifest->layouts)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    struct channel_layout *layout = manifest->layouts;
    for (const cJSON *member = place.value->child; member; member = member->next, layout++) {
        struct place child = {.up = &place, .name = member->string, .value = member};
        if (!parse_layout(&child, manifest, layout, error))
            return false;
    }
    qsort(manifest->layouts, manifest->layout_count, sizeof *manifest->layouts, compare_layouts);
    return true;
}

/* ---- Schedule ---- */

static bool two_digits(const char *text, int min, int max, int *out) {
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    int value = (text[0] - '0') * 10 + (text[1] - '0');
    *out = value;
    return value >= min && value <= max;
}

static int days_in_month(int year, int month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* "YYYY-MM-DDTHH:MM:SS" (RFC 3339 §5.6 without the zone). */
static bool parse_local_time(const char *text, struct channel_local_time *out) {
    int century = 0;
    int year = 0;
    if (strlen(text) != 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':')
        return false;
    if (!two_digits(text, 19, 99, &century) || !two_digits(text + 2, 0, 99, &year))
        return false;
    out->year = century * 100 + year;
    return out->year >= 1970 && two_digits(text + 5, 1, 12, &out->month) &&
           two_digits(text + 8, 1, days_in_month(out->year, out->month), &out->day) &&
           two_digits(text + 11, 0, 23, &out->hour) && two_digits(text + 14, 0, 59, &out->minute) &&
           two_digits(text + 17, 0, 59, &out->second);
}

static bool parse_start(const struct place *event, struct channel_event *out, struct pp_error *error) {
    struct place place;
    const char *text = NULL;
    if (!place_need(event, "dtstart", &place, error) || !place_string(&place, CHANNEL_NAME_MAX, &text, error))
        return false;
    return parse_local_time(text, &out->start) ||
           place_fail(&place, PP_E_INVALID, error, "is not a local time like \"2026-01-05T08:00:00\"");
}

static bool parse_rrule(const struct place *event, struct channel_rule_budget *left,
                        struct channel_event *out, struct pp_error *error) {
    struct place place = place_member(event, "rrule");
    const char *text = NULL;
    if (!place.value)
        return true;
    if (!place_string(&place, CHANNEL_RRULE_MAX, &text, error))
        return false;
    snprintf(out->rrule, sizeof out->rrule, "%s", text);
    return channel_rrule_check(out, left, error) || place_wrap(&place, error);
}

static bool parse_event(const struct place *place, const struct channel_manifest *manifest,
                        struct channel_rule_budget *left, struct channel_event *out, struct pp_error *error) {
    struct place layout;
    struct place duration;
    int64_t priority = 0;
    if (!place_object(place, LAYOUT_MEMBERS_MAX, error) || !place_need(place, "layout", &layout, error) ||
        !channel_refer_layout(&layout, manifest, &out->layout, error) || !parse_start(place, out, error) ||
        !place_need(place, "duration", &duration, error) ||
        !place_duration(&duration, 1000, CHANNEL_EVENT_DAYS_MAX * DAY_MS, &out->duration, error) ||
        !parse_rrule(place, left, out, error) ||
        !place_integer_or(place, "priority", -PRIORITY_MAX, PRIORITY_MAX, 0, &priority, error))
        return false;
    out->priority = (int32_t)priority;
    return true;
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
    struct channel_rule_budget left = {CHANNEL_RULES_WALK_MAX, CHANNEL_RULES_SEARCH_MAX};
    size_t index = 0;
    for (const cJSON *value = place.value->child; value; value = value->next, index++) {
        struct place child = place_item(&place, index, value);
        if (!parse_event(&child, manifest, &left, &manifest->schedule[index], error))
            return false;
    }
    return true;
}
