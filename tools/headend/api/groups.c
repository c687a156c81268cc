/* Groups of screens: listed, described, made and changed. */
#include "headend/api/answer.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ops/screen_group.h"

static const char *const sorts[] = {"name", NULL};

const struct list_form api_groups_form = {
    .sorts = sorts,
    .keys = 2, /* name, id */
    .searched = true,
};

struct listing {
    struct db *db;
    cJSON *items;
    int64_t viewer;
    uint64_t limit, count;
    struct screen_group last; /* that is shown */
    bool more;
    struct pp_error error;
};

static bool listing_add(void *arg, const struct screen_group *group) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    listing->last = *group;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", group->id);
    cJSON_AddStringToObject(object, "name", group->name);
    cJSON_AddNumberToObject(object, "priority", (double)group->priority);
    cJSON_AddNumberToObject(object, "count", (double)group->screens);
    cJSON_AddItemToArray(listing->items, object);
    return screen_group_add_rules(listing->db, group->id, listing->viewer, object, &listing->error);
}

/* GET /api/v1/groups */
void api_groups(struct request *request, struct reply *reply) {
    const struct list *list = &request->list;
    struct pp_error error = {0};
    const struct screen_group_page wanted = {.words = list->q,
                                             .after_sorted = list->begun ? list->keys[0] : NULL,
                                             .after_id = list->begun ? list->keys[1] : NULL,
                                             .descending = list->descending,
                                             .viewer = request->admin.id,
                                             .count = (int64_t)list->limit + 1};
    if (!api_operation_allowed(request, reply))
        return;
    struct listing listing = {
        .db = request->db, .items = cJSON_CreateArray(), .viewer = request->admin.id, .limit = list->limit};
    bool ok = screen_group_list(request->db, &wanted, listing_add, &listing, &error);
    if (!ok || listing.error.code) {
        cJSON_Delete(listing.items);
        reply_failure(reply, ok ? &listing.error : &error);
        return;
    }
    const char *const keys[] = {listing.last.sorted, listing.last.id};
    list_reply(reply, request_path(request), list, &api_groups_form, listing.items,
               listing.more ? keys : NULL);
}

/* POST /api/v1/groups */
void api_group_create(struct request *request, struct reply *reply) {
    char place[sizeof "/api/v1/groups/" + UUID_TEXT_SIZE];
    op_result_auto struct op_result made = {0};
    op_result_auto struct op_result shown = {0};
    pp_autojson cJSON *named = cJSON_CreateObject();
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &made))
        return;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(made.value, "id"));
    cJSON_AddStringToObject(named, "group", id ? id : "");
    if (!api_operation_run_as(request, reply, "group.show", named, &shown))
        return;
    snprintf(place, sizeof place, "/api/v1/groups/%s", id ? id : "");
    reply_json(reply, MHD_HTTP_CREATED, shown.value);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, place);
}
