/* Channels: listed, described, made and changed. */
#include "headend/api/answer.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ops/channel.h"
#include "headend/ops/network.h"
#include "headend/ops/publish_warning.h"
#include "headend/server/operate.h"

static const char *const sorts[] = {"title", NULL};

const struct list_form api_channels_form = {
    .sorts = sorts,
    .keys = 2, /* title, id */
    .searched = true,
};

/* ---- Listed ---- */

struct listing {
    cJSON *items;
    uint64_t limit, count;
    char title[TEXT_FOLDED_SIZE], id[CHANNEL_ID_MAX + 1]; /* of the last that is shown */
    bool more;
};

/* 0 is null: nothing is published. */
static void add_number(cJSON *object, const char *name, int64_t number) {
    cJSON_AddItemToObject(object, name, number ? cJSON_CreateNumber((double)number) : cJSON_CreateNull());
}

static bool listing_add(void *arg, const struct channel_summary *channel, const char *sorted) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    snprintf(listing->title, sizeof listing->title, "%s", sorted);
    snprintf(listing->id, sizeof listing->id, "%s", channel->id);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", channel->id);
    cJSON_AddStringToObject(object, "title", channel->title);
    add_number(object, "publish", channel->publish);
    api_add_time(object, "published", channel->published);
    cJSON_AddNumberToObject(object, "screens", (double)channel->screens);
    cJSON_AddNumberToObject(object, "warnings", (double)channel->warnings);
    cJSON_AddItemToArray(listing->items, object);
    return true;
}

/* GET /api/v1/channels */
void api_channels(struct request *request, struct reply *reply) {
    const struct list *list = &request->list;
    struct pp_error error = {0};
    const struct channel_page wanted = {.words = list->q,
                                        .after_title = list->begun ? list->keys[0] : NULL,
                                        .after_id = list->begun ? list->keys[1] : NULL,
                                        .descending = list->descending,
                                        .viewer = request->admin.id,
                                        .count = (int64_t)list->limit + 1};
    if (!api_operation_allowed(request, reply))
        return;
    struct listing listing = {.items = cJSON_CreateArray(), .limit = list->limit};
    if (!channel_page(request->db, &wanted, listing_add, &listing, &error)) {
        cJSON_Delete(listing.items);
        reply_failure(reply, &error);
        return;
    }
    const char *const keys[] = {listing.title, listing.id};
    list_reply(reply, request_path(request), list, &api_channels_form, listing.items,
               listing.more ? keys : NULL);
}

/* ---- One of them ---- */

static bool add_networks(cJSON *object, struct db *db, const char *channel, struct pp_error *error) {
    struct network_list list;
    if (!network_load(db, channel, &list, error))
        return false;
    cJSON *networks = cJSON_AddArrayToObject(object, "networks");
    for (size_t i = 0; i < list.count; i++) {
        char text[IP_TEXT_SIZE];
        ip_range_text(&list.ranges[i], text);
        cJSON_AddItemToArray(networks, cJSON_CreateString(text));
    }
    return true;
}

static cJSON *channel_json(struct db *db, const char *id, struct pp_error *error) {
    struct channel channel;
    int64_t published = 0;
    pp_autojson cJSON *object = cJSON_CreateObject();
    if (!channel_known(db, id, &channel, error) || !channel_published_at(db, &channel, &published, error))
        return NULL;
    cJSON_AddStringToObject(object, "id", channel.id);
    cJSON_AddStringToObject(object, "title", channel.title);
    add_number(object, "publish", channel.publish);
    api_add_time(object, "published", published);
    cJSON *warnings = publish_warnings_load(db, id, error);
    if (!warnings)
        return NULL;
    cJSON_AddItemToObject(object, "warnings", warnings);
    return add_networks(object, db, id, error) ? pp_steal(&object) : NULL;
}

/* NULL: it is answered. */
static cJSON *channel_asked(const struct request *request, struct reply *reply, const char *id) {
    struct pp_error error = {0};
    cJSON *channel = channel_json(request->db, id, &error);
    if (!channel && error.code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "%s", error.message);
    else if (!channel)
        reply_failure(reply, &error);
    return channel;
}

/* GET /api/v1/channels/ID */
void api_channel(struct request *request, struct reply *reply) {
    if (!api_operation_allowed(request, reply))
        return;
    pp_autojson cJSON *channel = channel_asked(request, reply, request_parameter(request, "id"));
    if (channel)
        api_reply_tagged(request, reply, channel);
}

/* ---- Changed ---- */

/* POST /api/v1/channels */
void api_channel_add(struct request *request, struct reply *reply) {
    char place[sizeof "/api/v1/channels/" + CHANNEL_ID_MAX];
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id"));
    pp_autojson cJSON *channel = channel_asked(request, reply, id ? id : "");
    if (!channel)
        return;
    snprintf(place, sizeof place, "/api/v1/channels/%s", id);
    reply_json(reply, MHD_HTTP_CREATED, channel);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, place);
}

/* Whether they may see it: who may not hears nothing of it. */
static bool channel_visible(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    struct pp_error error = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "channel", request_parameter(request, "id"));
    if (request_operate(request, "channel.show", value, &result, &error))
        return true;
    if (error.code == PP_E_NOTFOUND || error.code == PP_E_DENIED)
        reply_with(reply, PROBLEM_NOT_FOUND, "no such channel");
    else
        reply_failure(reply, &error);
    return false;
}

/* PATCH /api/v1/channels/ID */
void api_channel_change(struct request *request, struct reply *reply) {
    const char *id = request_parameter(request, "id");
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value)
        return;
    /* Where there is none the operation says so, to those who may know. */
    pp_autojson cJSON *present = channel_json(request->db, id, NULL);
    if (present && (!channel_visible(request, reply) || !api_allows_change(request, reply, present)))
        return;
    if (!api_operation_run(request, reply, value, &result))
        return;
    pp_autojson cJSON *channel = channel_asked(request, reply, id);
    if (channel)
        api_reply_tagged(request, reply, channel);
}
