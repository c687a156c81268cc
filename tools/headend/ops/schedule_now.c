#include "headend/ops/schedule_now.h"

#include "channel/kind.h"
struct looking {
    const struct schedule_source *source;
    const char *time_zone;
    int64_t at; /* s since 1970 */
};

static void add_both(const struct looking *looking, cJSON *object, const char *name, int64_t utc) {
    char local[32];
    snprintf(local, sizeof local, "%s_local", name);
    if (utc == CHANNEL_FOREVER) {
        cJSON_AddNullToObject(object, name);
        cJSON_AddNullToObject(object, local);
        return;
    }
    schedule_add_time(object, name, utc);
    schedule_add_wall(object, local, looking->time_zone, utc);
}

/* ---- Zones ---- */

static cJSON *item_json(const struct looking *looking, const struct channel_item *item) {
    const struct schedule_object *object = schedule_source_object(looking->source, item);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "id", item->id);
    cJSON_AddStringToObject(json, "kind", channel_kind_row(item->kind)->name);
    cJSON_AddItemToObject(json, "content",
                          object && *object->content ? cJSON_CreateString(object->content)
                                                     : cJSON_CreateNull());
    cJSON_AddItemToObject(json, "name", object ? cJSON_CreateString(object->name) : cJSON_CreateNull());
    cJSON_AddItemToObject(json, "duration_ms",
                          item->duration_ms ? cJSON_CreateNumber((double)item->duration_ms)
                                            : cJSON_CreateNull());
    return json;
}

/* The item that is on, where that can be known, comes first; and when the next one does. */
static void zone_add(const struct looking *looking, const struct channel_zone *zone, cJSON *into) {
    const struct channel_playlist *playlist = zone->playlist;
    size_t index = 0;
    int64_t offset_ms = 0;
    bool clock = channel_playlist_position(playlist, looking->at * 1000, &index, &offset_ms);
    bool alone = playlist->item_count == 1;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "zone", zone->id);
    cJSON_AddStringToObject(json, "playlist", playlist->name);
    cJSON_AddStringToObject(json, "by",
                            !playlist->item_count ? "nothing"
                            : alone               ? "alone"
                            : clock               ? "clock"
                                                  : "order");
    int64_t left_ms = clock && !alone ? playlist->items[index].duration_ms - offset_ms : 0;
    cJSON_AddItemToObject(json, "next_ms",
                          left_ms ? cJSON_CreateNumber((double)left_ms) : cJSON_CreateNull());
    cJSON *items = cJSON_AddArrayToObject(json, "items");
    for (size_t i = 0; i < playlist->item_count && i < SCHEDULE_ITEMS_MAX; i++)
        cJSON_AddItemToArray(items, item_json(looking, &playlist->items[(index + i) % playlist->item_count]));
    cJSON_AddNumberToObject(json, "items_total", (double)playlist->item_count);
    cJSON_AddItemToArray(into, json);
}

/* ---- The layout ---- */

static cJSON *reason_json(const struct looking *looking, const struct channel_shown *shown) {
    const struct channel_event *event = shown->event;
    if (!event)
        return cJSON_CreateNull();
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "event", (double)(event - looking->source->manifest->schedule));
    cJSON_AddNumberToObject(json, "priority", event->priority);
    cJSON_AddItemToObject(json, "rrule",
                          event->rule_text ? cJSON_CreateString(event->rule_text) : cJSON_CreateNull());
    add_both(looking, json, "since", shown->since_s);
    add_both(looking, json, "until", shown->until_s);
    return json;
}

/* What is shown after it, where something else is within the looks that are taken. */
static void next_add(const struct looking *looking, const struct channel_shown *shown, cJSON *json) {
    struct channel_shown next = *shown;
    int looks = 1;
    int64_t at = shown->valid_until_s;
    while (at != CHANNEL_FOREVER && looks++ < SCHEDULE_LOOKS_MAX && next.layout == shown->layout) {
        channel_shown_at(looking->source->manifest, at, looking->time_zone, &next);
        if (next.layout == shown->layout)
            at = next.valid_until_s;
    }
    bool found = next.layout != shown->layout;
    cJSON *change = found ? cJSON_AddObjectToObject(json, "next") : cJSON_AddNullToObject(json, "next");
    if (found) {
        add_both(looking, change, "at", at);
        cJSON_AddStringToObject(change, "layout", next.layout->name);
        cJSON_AddItemToObject(change, "because", reason_json(looking, &next));
    }
    add_both(looking, json, "looked_until", at);
}

cJSON *schedule_now(const struct schedule_source *source, const char *time_zone, int64_t at) {
    const struct looking looking = {source, time_zone, at};
    struct channel_shown shown;
    cJSON *json = cJSON_CreateObject();
    channel_shown_at(source->manifest, at, time_zone, &shown);
    cJSON_AddItemToObject(json, "version",
                          source->version ? cJSON_CreateNumber((double)source->version) : cJSON_CreateNull());
    cJSON_AddStringToObject(json, "layout", shown.layout->name);
    cJSON_AddItemToObject(json, "because", reason_json(&looking, &shown));
    next_add(&looking, &shown, json);
    cJSON *zones = cJSON_AddArrayToObject(json, "zones");
    for (size_t i = 0; i < shown.layout->zone_count; i++)
        zone_add(&looking, &shown.layout->zones[i], zones);
    return json;
}
