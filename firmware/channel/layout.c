/* Layouts with their zones. */
#include "channel/parse.h"

#define LAYOUT_MEMBERS_MAX 64
#define LAYOUT_Z_MAX       1000

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
