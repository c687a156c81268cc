/* The screens, as the pages show them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/conditions.h"
#include "headend/http/problems.h"
#include "headend/ops/device_reports.h"
#include "headend/ops/screen_list.h"
#include "headend/ops/screen_tags.h"

#define EVENTS_MAX  200 /* that are shown of a screen */
#define TAG_HALF    8   /* digits */

#define COUNTED_MAX 10000 /* screens; of more, that there are more */

enum { FILTER_STATE, FILTER_SITE, FILTER_TAG, FILTER_CHANNEL, FILTER_PROBLEM, FILTER_GROUP, FILTER_SOFTWARE };
enum { KEY_ORDER, KEY_NAME, KEY_ID, KEYS };

static const char *const sorts[] = {"name", "seen", "state", NULL}; /* as enum screen_order */
static const char *const states[] = {"online", "idle", "trouble", "offline", "waiting", "retired", NULL};

const struct list_form api_screens_form = {
    .sorts = sorts,
    .keys = KEYS,
    .searched = true,
    .filters = {[FILTER_STATE] = {"state", states},
                [FILTER_SITE] = {"site", NULL},
                [FILTER_TAG] = {"tag", NULL},
                [FILTER_CHANNEL] = {"channel", NULL},
                [FILTER_PROBLEM] = {"problem", NULL},
                [FILTER_GROUP] = {"group", NULL},
                [FILTER_SOFTWARE] = {"software", NULL}},
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

/* Where its newest picture is; another one has another address and entity tag. */
static bool add_picture(cJSON *object, const struct device *device, struct pp_error *error) {
    char address[sizeof "/api/v1/screens//picture?of=" + 2 * UUID_TEXT_SIZE];
    char etag[ETAG_SIZE];
    if (!*device->picture) {
        cJSON_AddNullToObject(object, "picture");
        return true;
    }
    snprintf(address, sizeof address, "/api/v1/screens/%s/picture?of=%s", device->id, device->picture);
    if (!etag_make(device->picture, strlen(device->picture), etag, error))
        return false;
    cJSON *picture = cJSON_AddObjectToObject(object, "picture");
    cJSON_AddStringToObject(picture, "address", address);
    cJSON_AddStringToObject(picture, "etag", etag);
    add_time(picture, "taken", device->picture_taken);
    return true;
}

/* One row of the list. NULL on failure. */
static cJSON *screen_json(struct db *db, const struct device *device, const struct channel *channel,
                          int64_t now, struct pp_error *error) {
    char fingerprint[FINGERPRINT_SIZE];
    enum device_state state = device_state_of(device, channel->publish, now);
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON *tags = screen_tags_json(db, device->id, error);
    if (!tags)
        return NULL;
    cJSON_AddItemToObject(object, "tags", tags);
    fingerprint_text(device->thumbprint, fingerprint);
    cJSON_AddStringToObject(object, "id", device->id);
    cJSON_AddStringToObject(object, "name", device->name);
    cJSON_AddStringToObject(object, "site", device->site);
    cJSON_AddStringToObject(object, "state", device_state_key(state));
    cJSON_AddStringToObject(object, "fingerprint", fingerprint);
    add_channel(object, channel);
    add_trouble(object, device, state);
    add_time(object, "seen", device->seen);
    cJSON_AddStringToObject(object, "software", device->software);
    return add_picture(object, device, error) ? pp_steal(&object) : NULL;
}

struct listing {
    struct db *db;
    cJSON *items;
    int64_t now;
    uint64_t limit, count;
    char name[TEXT_NAME_MAX + 1], id[UUID_TEXT_SIZE]; /* of the last that is shown */
    const char *state;
    int64_t seen;
    bool more;
    struct pp_error error;
};

static bool listing_add(void *arg, const struct device *device, const struct channel *channel) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    cJSON *screen = screen_json(listing->db, device, channel, listing->now, &listing->error);
    if (!screen)
        return false;
    listing->count++;
    snprintf(listing->name, sizeof listing->name, "%s", device->name);
    snprintf(listing->id, sizeof listing->id, "%s", device->id);
    listing->state = device_state_key(device_state_of(device, channel->publish, listing->now));
    listing->seen = device->seen;
    return cJSON_AddItemToArray(listing->items, screen);
}

static enum screen_order order_of(const struct list *list) {
    for (size_t order = 0; sorts[order]; order++) {
        if (strcmp(sorts[order], list->sort) == 0)
            return (enum screen_order)order;
    }
    return SCREENS_BY_NAME; /* list_read takes no other */
}

/* The row that a page begins behind; a first key that is none of the order is refused. */
static bool place_read(const struct list *list, enum screen_order order, struct screen_place *place) {
    const char *key = list->keys[KEY_ORDER];
    size_t digits = strspn(key, "0123456789");
    *place = (struct screen_place){.name = list->keys[KEY_NAME], .id = list->keys[KEY_ID]};
    if (order == SCREENS_BY_STATE)
        return (place->state = device_state_find(key)) != NULL;
    if (order == SCREENS_BY_NAME)
        return !*key;
    place->seen = strtoll(key, NULL, 10);
    return digits && digits <= 12 && !key[digits];
}

static struct screen_filter filter_of(const struct request *request, int64_t now) {
    const struct list *list = &request->list;
    return (struct screen_filter){.words = list->q,
                                  .state = list->filters[FILTER_STATE],
                                  .site = list->filters[FILTER_SITE],
                                  .tag = list->filters[FILTER_TAG],
                                  .channel = list->filters[FILTER_CHANNEL],
                                  .problem = list->filters[FILTER_PROBLEM],
                                  .group = list->filters[FILTER_GROUP],
                                  .software = list->filters[FILTER_SOFTWARE],
                                  .now = now,
                                  .viewer = request->admin.id};
}

static void listing_reply(const struct request *request, struct reply *reply, const struct listing *listing,
                          enum screen_order order) {
    char seen[24];
    snprintf(seen, sizeof seen, "%lld", (long long)listing->seen);
    const char *const keys[KEYS] = {order == SCREENS_BY_STATE  ? listing->state
                                    : order == SCREENS_BY_SEEN ? seen
                                                               : "",
                                    listing->name, listing->id};
    list_reply(reply, request_path(request), &request->list, &api_screens_form, listing->items,
               listing->more ? keys : NULL);
}

/* GET /api/v1/screens */
void api_screens(struct request *request, struct reply *reply) {
    const struct list *list = &request->list;
    enum screen_order order = order_of(list);
    struct screen_place after;
    struct pp_error error = {0};
    if (!api_operation_allowed(request, reply))
        return;
    if (list->begun && !place_read(list, order, &after)) {
        reply_with_parameter(reply, PROBLEM_QUERY_INVALID, "cursor", "cursor: not one of this list");
        return;
    }
    struct listing listing = {
        .db = request->db, .items = cJSON_CreateArray(), .now = pp_clock_realtime_s(), .limit = list->limit};
    const struct screen_list wanted = {.filter = filter_of(request, listing.now),
                                       .order = order,
                                       .descending = list->descending,
                                       .after = list->begun ? &after : NULL,
                                       .count = (int64_t)list->limit + 1};
    bool ok = screen_list(request->db, &wanted, listing_add, &listing, &error);
    if (!ok || listing.error.code) {
        cJSON_Delete(listing.items);
        reply_failure(reply, ok ? &listing.error : &error);
        return;
    }
    listing_reply(request, reply, &listing, order);
}

/* Nothing but filters: how many there are is no page. */
const struct list_form api_screens_count_form = {
    .searched = true,
    .filters = {[FILTER_STATE] = {"state", states},
                [FILTER_SITE] = {"site", NULL},
                [FILTER_TAG] = {"tag", NULL},
                [FILTER_CHANNEL] = {"channel", NULL},
                [FILTER_PROBLEM] = {"problem", NULL},
                [FILTER_GROUP] = {"group", NULL},
                [FILTER_SOFTWARE] = {"software", NULL}},
};

static bool count_add(void *arg, const char *id) {
    (void)id;
    ++*(int64_t *)arg;
    return true;
}

/* GET /api/v1/screens/count: how many would be listed, up to COUNTED_MAX */
void api_screens_count(struct request *request, struct reply *reply) {
    const struct screen_filter filter = filter_of(request, pp_clock_realtime_s());
    struct pp_error error = {0};
    int64_t count = 0;
    if (!api_operation_allowed(request, reply))
        return;
    if (!screen_list_ids(request->db, &filter, COUNTED_MAX + 1, count_add, &count, &error)) {
        reply_failure(reply, &error);
        return;
    }
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON_AddNumberToObject(answer, "count", (double)(count > COUNTED_MAX ? COUNTED_MAX : count));
    cJSON_AddBoolToObject(answer, "more", count > COUNTED_MAX);
    reply_json(reply, MHD_HTTP_OK, answer);
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

/* ---- One of them ---- */

/* Its entity tag: the first half stands for what can be changed, and is all that If-Match looks at; the second for what
 * the screen makes of itself, so that a change need not be quicker than its next report. */
static bool screen_tag(const cJSON *screen, char etag[ETAG_SIZE], struct pp_error *error) {
    static const char *const reported[] = {"state",    "trouble", "seen",
                                           "software", "picture", "certificate_expires"};
    char half[ETAG_SIZE];
    pp_autojson cJSON *settings = cJSON_Duplicate(screen, true);
    for (size_t i = 0; i < PP_COUNT(reported); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(settings, reported[i]);
    pp_autojsontext char *whole_text = cJSON_PrintUnformatted(screen);
    pp_autojsontext char *settings_text = cJSON_PrintUnformatted(settings);
    if (!whole_text || !settings_text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!etag_make(settings_text, strlen(settings_text), etag, error) ||
        !etag_make(whole_text, strlen(whole_text), half, error))
        return false;
    memcpy(etag + 1 + TAG_HALF, half + 1, TAG_HALF);
    return true;
}

/* The second half of each tag is taken out, so that the first alone is compared. */
static void tag_halve(char *tags) {
    for (char *at = strchr(tags, '"'); at; at = strchr(at + 1, '"')) {
        if (strspn(at + 1, "0123456789abcdef") == 2 * TAG_HALF) {
            memset(at + 1 + TAG_HALF, '0', TAG_HALF);
            at += 2 * TAG_HALF + 1;
        }
        if (!*at)
            break;
    }
}

/* The screen of the address, which they may see. NULL: it is answered. */
static cJSON *screen_read(struct request *request, struct reply *reply) {
    struct device device;
    struct channel channel = {0};
    struct pp_error error = {0};
    if (!device_find(request->db, request_parameter(request, "id"), &device, &error) ||
        (*device.channel && !channel_find(request->db, device.channel, &channel, &error))) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_NOT_FOUND, "no such screen");
        else
            reply_failure(reply, &error);
        return NULL;
    }
    cJSON *screen = screen_json(request->db, &device, &channel, pp_clock_realtime_s(), &error);
    if (!screen) {
        reply_failure(reply, &error);
        return NULL;
    }
    add_settings(screen, &device);
    return screen;
}

/* With its entity tag; 304 where the client has it already. */
static void screen_reply(const struct request *request, struct reply *reply, const cJSON *screen) {
    char etag[ETAG_SIZE];
    struct pp_error error = {0};
    if (!screen_tag(screen, etag, &error)) {
        reply_failure(reply, &error);
        return;
    }
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag))
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    else
        reply_json(reply, MHD_HTTP_OK, screen);
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
}

/* GET /api/v1/screens/ID */
void api_screen(struct request *request, struct reply *reply) {
    if (!api_operation_allowed(request, reply))
        return;
    pp_autojson cJSON *screen = screen_read(request, reply);
    if (screen)
        screen_reply(request, reply, screen);
}

/* Whether it is still as the client knows it. */
static bool change_allowed(struct request *request, struct reply *reply) {
    char etag[ETAG_SIZE];
    struct pp_error error = {0};
    const char *header = request_header(request, MHD_HTTP_HEADER_IF_MATCH);
    pp_autofree char *tags = NULL;
    pp_autojson cJSON *screen = screen_read(request, reply);
    if (!screen)
        return false;
    if (!screen_tag(screen, etag, &error) || !pp_text_copy(&tags, header, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    tag_halve(etag);
    if (tags)
        tag_halve(tags);
    return reply_allows_change(reply, tags, etag);
}

/* Whether they may see it: who may not hears nothing of it. */
static bool change_visible(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    struct pp_error error = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "screen", request_parameter(request, "id"));
    if (request_operate(request, "screen.show", value, &result, &error))
        return true;
    if (error.code == PP_E_NOTFOUND || error.code == PP_E_DENIED)
        reply_with(reply, PROBLEM_NOT_FOUND, "no such screen");
    else
        reply_failure(reply, &error);
    return false;
}

/* PATCH /api/v1/screens/ID: the members that are named (RFC 7396), where it is still as the client knows it */
void api_screen_change(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    if (!change_visible(request, reply))
        return;
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !change_allowed(request, reply))
        return;
    if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(value, "channel")))
        cJSON_ReplaceItemInObjectCaseSensitive(value, "channel", cJSON_CreateString(""));
    if (!api_operation_run(request, reply, value, &result))
        return;
    pp_autojson cJSON *screen = screen_read(request, reply);
    if (screen)
        screen_reply(request, reply, screen);
}

/* ---- What it has reported ---- */

/* GET /api/v1/screens/ID/events: the newest first */
void api_screen_events(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!api_operation_allowed(request, reply))
        return;
    pp_autojson cJSON *events =
        device_events(request->db, request_parameter(request, "id"), EVENTS_MAX, &error);
    if (!events) {
        reply_failure(reply, &error);
        return;
    }
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    for (int i = cJSON_GetArraySize(events); i > 0; i--)
        cJSON_AddItemToArray(items, cJSON_DetachItemFromArray(events, i - 1));
    reply_json(reply, MHD_HTTP_OK, answer);
}

/* GET /api/v1/screens/ID/reports: its last status, and how many events and plays are kept */
void api_screen_reports(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    device_reports_auto struct device_reports reports = {0};
    if (!api_operation_allowed(request, reply))
        return;
    if (!device_reports_load(request->db, request_parameter(request, "id"), &reports, &error)) {
        reply_failure(reply, &error);
        return;
    }
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON_AddItemToObject(answer, "status", cJSON_Duplicate(reports.status, true));
    cJSON_AddNumberToObject(answer, "events", (double)reports.events);
    cJSON_AddNumberToObject(answer, "events_lost", (double)reports.events_lost);
    cJSON_AddNumberToObject(answer, "plays", (double)reports.plays);
    cJSON_AddNumberToObject(answer, "plays_lost", (double)reports.plays_lost);
    reply_json(reply, MHD_HTTP_OK, answer);
}
