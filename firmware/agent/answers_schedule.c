/* pingplayctl schedule: what the current manifest has to be shown at an instant, and what follows. */
#include <string.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "channel/kind.h"
#include "channel/schedule.h"

#define SCHEDULE_ITEMS_MAX   20 /* of a zone that are listed */
#define SCHEDULE_CHANGES_MAX 8  /* of the layout that are listed */
#define SCHEDULE_LOOKS_MAX                                                                                   \
    24 /* at the schedule, for these: each takes less than a millisecond, for 512 events */

static void add_time(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    if (seconds == CHANNEL_FOREVER)
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddStringToObject(object, name, text);
}

/* Those from the one that is on, in the order in which they follow each other. */
static void add_items(const struct channel_playlist *playlist, size_t first, cJSON *zone) {
    size_t count = playlist->item_count < SCHEDULE_ITEMS_MAX ? playlist->item_count : SCHEDULE_ITEMS_MAX;
    cJSON *items = cJSON_AddArrayToObject(zone, "items");
    for (size_t i = 0; i < count; i++) {
        const struct channel_item *item = &playlist->items[(first + i) % playlist->item_count];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "item", item->id);
        cJSON_AddStringToObject(object, "kind", channel_kind_row(item->kind)->name);
        cJSON_AddNumberToObject(object, "duration_ms", (double)item->duration_ms);
        cJSON_AddItemToArray(items, object);
    }
    cJSON_AddNumberToObject(zone, "items_total", (double)playlist->item_count);
}

static void add_zone(const struct channel_zone *place, int64_t at_s, cJSON *zones) {
    size_t index;
    int64_t offset_ms;
    bool aligned = channel_playlist_position(place->playlist, at_s * 1000, &index, &offset_ms);
    cJSON *zone = cJSON_CreateObject();
    cJSON_AddStringToObject(zone, "zone", place->id);
    cJSON_AddStringToObject(zone, "playlist", place->playlist->name);
    cJSON_AddBoolToObject(zone, "by_the_clock", aligned);
    cJSON_AddNumberToObject(zone, "offset_ms", (double)offset_ms);
    add_items(place->playlist, index, zone);
    cJSON_AddItemToArray(zones, zone);
}

/* ---- Look after look ---- */

void answers_schedule_begin(struct schedule_walk *walk, const struct channel_manifest *manifest, int64_t at_s,
                            const char *time_zone) {
    cJSON *document = cJSON_CreateObject();
    *walk = (struct schedule_walk){.document = document, .looked_s = at_s};
    snprintf(walk->time_zone, sizeof walk->time_zone, "%s", time_zone);
    cJSON_AddNumberToObject(document, "format", ANSWERS_FORMAT);
    cJSON_AddStringToObject(document, "time_zone", time_zone);
    add_time(document, "at", at_s);
    cJSON_AddStringToObject(document, "channel", manifest ? manifest->channel : "");
    cJSON_AddNumberToObject(document, "manifest_version", manifest ? (double)manifest->version : 0);
    if (manifest)
        memcpy(walk->digest, manifest->digest, sizeof walk->digest);
}

/* Which event it is, and from when to when it lasts; null where none does. */
static void add_reason(const struct channel_manifest *manifest, const struct channel_shown *shown,
                       cJSON *object) {
    const struct channel_event *event = shown->event;
    if (!event) {
        cJSON_AddNullToObject(object, "event");
        return;
    }
    cJSON *reason = cJSON_AddObjectToObject(object, "event");
    cJSON_AddNumberToObject(reason, "number", (double)(event - manifest->schedule) + 1);
    cJSON_AddNumberToObject(reason, "priority", event->priority);
    cJSON_AddItemToObject(reason, "rule",
                          event->rule_text ? cJSON_CreateString(event->rule_text) : cJSON_CreateNull());
    add_time(reason, "since", shown->since_s);
    add_time(reason, "until", shown->until_s);
}

/* What is on at the instant that was asked for. */
static void add_present(const struct channel_manifest *manifest, const struct channel_shown *shown,
                        int64_t at_s, cJSON *document) {
    const struct channel_layout *layout = shown->layout;
    cJSON_AddStringToObject(document, "layout", layout->name);
    add_reason(manifest, shown, document);
    cJSON *zones = cJSON_AddArrayToObject(document, "zones");
    for (size_t i = 0; i < layout->zone_count; i++)
        add_zone(&layout->zones[i], at_s, zones);
    cJSON_AddArrayToObject(document, "next");
}

static void add_change(const struct channel_layout *layout, int64_t at_s, cJSON *document) {
    cJSON *change = cJSON_CreateObject();
    add_time(change, "at", at_s);
    cJSON_AddStringToObject(change, "layout", layout->name);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(document, "next"), change);
}

/* Ends the document. */
static bool walk_end(struct schedule_walk *walk) {
    cJSON *document = walk->document;
    if (!walk->looks) {
        cJSON_AddNullToObject(document, "layout");
        cJSON_AddNullToObject(document, "event");
        cJSON_AddArrayToObject(document, "zones");
        cJSON_AddArrayToObject(document, "next");
    }
    add_time(document, "looked_until",
             walk->looks && walk->looked_s < LOCAL_AT_MAX ? walk->looked_s : CHANNEL_FOREVER);
    return false;
}

bool answers_schedule_step(struct schedule_walk *walk, const struct channel_manifest *manifest) {
    int64_t at_s = walk->looked_s;
    if (!manifest || memcmp(manifest->digest, walk->digest, sizeof walk->digest) != 0)
        return walk_end(walk); /* there is another by now */
    struct channel_shown shown;
    channel_shown_at(manifest, at_s, walk->time_zone, &shown);
    walk->looked_s = shown.valid_until_s;
    if (!walk->looks++) {
        add_present(manifest, &shown, at_s, walk->document);
    } else if (strcmp(shown.layout->name, walk->layout) != 0) {
        add_change(shown.layout, at_s, walk->document);
        walk->changes++;
    }
    snprintf(walk->layout, sizeof walk->layout, "%s", shown.layout->name);
    bool more = walk->looks < SCHEDULE_LOOKS_MAX && walk->changes < SCHEDULE_CHANGES_MAX &&
                walk->looked_s < LOCAL_AT_MAX;
    return more || walk_end(walk);
}

static void schedule_drop(struct schedule_walk *walk) {
    net_timer_stop(&walk->timer);
    cJSON_Delete(walk->document);
    *walk = (struct schedule_walk){0};
}

/* A look at many events takes some milliseconds: one in a turn of the loop. */
static void on_step(void *arg) {
    struct agent *agent = arg;
    struct schedule_walk *walk = &agent->answers.walk;
    /* There is no director while it is being erased. */
    if (answers_schedule_step(walk, agent->director ? director_manifest(agent->director) : NULL)) {
        net_timer_start_in(&walk->timer, agent->loop, 0, on_step, agent);
        return;
    }
    local_answer(walk->client, walk->document);
    schedule_drop(walk);
}

void answers_schedule_forget(struct schedule_walk *walk, const struct local_client *client) {
    if (walk->document && (!client || walk->client == client))
        schedule_drop(walk);
}

void answers_schedule(struct agent *agent, struct local_client *client, const struct local_message *request) {
    struct schedule_walk *walk = &agent->answers.walk;
    int64_t at_s = request->schedule.at_s ? request->schedule.at_s : floors_now_s(&agent->floors);
    const char *time_zone = *agent->document.time_zone ? agent->document.time_zone : "UTC";
    if (walk->document) {
        local_refuse(client, LOCAL_BUSY, "the schedule is being looked at for somebody else");
        return;
    }
    answers_schedule_begin(walk, director_manifest(agent->director), at_s, time_zone);
    walk->client = client;
    net_timer_start_in(&walk->timer, agent->loop, 0, on_step, agent);
}
