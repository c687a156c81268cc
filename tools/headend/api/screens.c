/* The screens, as the pages show them. */
#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/http/conditions.h"
#include "headend/http/problems.h"
#include "headend/ops/screen_list.h"

enum { FILTER_STATE };

static const char *const sorts[] = {"name", NULL};
static const char *const states[] = {"online", "idle", "trouble", "offline", "waiting", "retired", NULL};

const struct list_form api_screens_form = {
    .sorts = sorts,
    .keys = 2, /* name, id */
    .searched = true,
    .filters = {[FILTER_STATE] = {"state", states}},
};

static void add_time(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddItemToObject(object, name, seconds ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static void add_channel(cJSON *object, const struct channel *channel) {
    cJSON *value = *channel->id ? cJSON_AddObjectToObject(object, "channel") : NULL;
    if (!value) {
        cJSON_AddNullToObject(object, "channel");
        return;
    }
    cJSON_AddStringToObject(value, "id", channel->id);
    cJSON_AddStringToObject(value, "title", channel->title);
}

/* What help it needs; what it said is old once it is retired. */
static void add_trouble(cJSON *object, const struct device *device, enum device_state state) {
    cJSON *value =
        *device->code && state != DEVICE_RETIRED ? cJSON_AddObjectToObject(object, "trouble") : NULL;
    if (!value) {
        cJSON_AddNullToObject(object, "trouble");
        return;
    }
    cJSON_AddStringToObject(value, "code", device->code);
    cJSON_AddStringToObject(value, "text", device->trouble);
}

/* One row of the list. */
static cJSON *screen_json(const struct device *device, const struct channel *channel, int64_t now) {
    char fingerprint[FINGERPRINT_SIZE];
    enum device_state state = device_state_of(device, channel->publish, now);
    cJSON *object = cJSON_CreateObject();
    fingerprint_text(device->thumbprint, fingerprint);
    cJSON_AddStringToObject(object, "id", device->id);
    cJSON_AddStringToObject(object, "name", device->name);
    cJSON_AddStringToObject(object, "site", device->site);
    cJSON_AddStringToObject(object, "state", device_state_key(state));
    cJSON_AddStringToObject(object, "fingerprint", fingerprint);
    add_channel(object, channel);
    add_trouble(object, device, state);
    add_time(object, "seen", device->seen);
    return object;
}

struct listing {
    cJSON *items;
    int64_t now;
    uint64_t limit, count;
    char name[TEXT_NAME_MAX + 1], id[UUID_TEXT_SIZE]; /* of the last that is shown */
    bool more;
};

static bool listing_add(void *arg, const struct device *device, const struct channel *channel) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    snprintf(listing->name, sizeof listing->name, "%s", device->name);
    snprintf(listing->id, sizeof listing->id, "%s", device->id);
    cJSON_AddItemToArray(listing->items, screen_json(device, channel, listing->now));
    return true;
}

/* GET /api/v1/screens */
void api_screens(struct request *request, struct reply *reply) {
    const struct list *list = &request->list;
    struct pp_error error = {0};
    struct listing listing = {
        .items = cJSON_CreateArray(), .now = pp_clock_realtime_s(), .limit = list->limit};
    const struct screen_list wanted = {.words = list->q,
                                       .state = list->filters[FILTER_STATE],
                                       .after_name = list->begun ? list->keys[0] : NULL,
                                       .after_id = list->begun ? list->keys[1] : NULL,
                                       .descending = list->descending,
                                       .now = listing.now,
                                       .count = (int64_t)list->limit + 1};
    if (!screen_list(request->db, &wanted, listing_add, &listing, &error)) {
        cJSON_Delete(listing.items);
        reply_failure(reply, &error);
        return;
    }
    const char *const keys[] = {listing.name, listing.id};
    list_reply(reply, request_path(request), list, &api_screens_form, listing.items,
               listing.more ? keys : NULL);
}

static void add_settings(cJSON *object, const struct device *device) {
    cJSON_AddStringToObject(object, "time_zone", device->time_zone);
    cJSON_AddStringToObject(object, "locale", device->locale);
    cJSON_AddNumberToObject(object, "rotation", device->rotation);
    cJSON_AddBoolToObject(object, "offline_mark", device->offline_mark);
    cJSON_AddNumberToObject(object, "lock_after_s", (double)device->lock_after_s);
    cJSON_AddNumberToObject(object, "erase_after_s", (double)device->erase_after_s);
    cJSON_AddStringToObject(object, "access", device_access_name(device->access));
    add_time(object, "certificate_expires", device->certificate_expires);
}

/* JSON with an entity tag; 304 where the client has it already. */
static void reply_tagged(const struct request *request, struct reply *reply, const cJSON *value) {
    char etag[ETAG_SIZE];
    struct pp_error error = {0};
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text || !etag_make(text, strlen(text), etag, &error)) {
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return;
    }
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag))
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    else
        reply_data(reply, MHD_HTTP_OK, "application/json", text, strlen(text));
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
}

/* GET /api/v1/screens/ID */
void api_screen(struct request *request, struct reply *reply) {
    struct device device;
    struct channel channel = {0};
    struct pp_error error = {0};
    if (!device_find(request->db, request_parameter(request, "id"), &device, &error) ||
        (*device.channel && !channel_find(request->db, device.channel, &channel, &error))) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_NOT_FOUND, "no such screen");
        else
            reply_failure(reply, &error);
        return;
    }
    pp_autojson cJSON *answer = screen_json(&device, &channel, pp_clock_realtime_s());
    add_settings(answer, &device);
    reply_tagged(request, reply, answer);
}
