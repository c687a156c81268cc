/* The sites that screens are at, and their tags, with how many there are. */
#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/ops/screen_counts.h"

static const char *const sorts[] = {"name", NULL};

const struct list_form api_counts_form = {.sorts = sorts, .keys = 1 /* name */};

struct listing {
    cJSON *items;
    uint64_t limit, count;
    bool more;
};

static bool listing_add(void *arg, const struct screen_counts *counts) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", counts->name);
    cJSON_AddNumberToObject(object, "screens", (double)counts->screens);
    cJSON_AddNumberToObject(object, "offline", (double)counts->offline);
    cJSON_AddNumberToObject(object, "trouble", (double)counts->trouble);
    return cJSON_AddItemToArray(listing->items, object);
}

static void counts_reply(struct request *request, struct reply *reply, enum screen_counts_of of) {
    const struct list *list = &request->list;
    struct pp_error error = {0};
    const struct screen_counts_page page = {.after = list->begun ? list->keys[0] : NULL,
                                            .descending = list->descending,
                                            .viewer = request->admin.id,
                                            .now = pp_clock_realtime_s(),
                                            .count = (int64_t)list->limit + 1};
    if (!api_operation_allowed(request, reply))
        return;
    struct listing listing = {.items = cJSON_CreateArray(), .limit = list->limit};
    if (!screen_counts(request->db, of, &page, listing_add, &listing, &error)) {
        cJSON_Delete(listing.items);
        reply_failure(reply, &error);
        return;
    }
    const cJSON *last = cJSON_GetArrayItem(listing.items, cJSON_GetArraySize(listing.items) - 1);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(last, "name"));
    const char *const keys[] = {name ? name : ""};
    list_reply(reply, request_path(request), list, &api_counts_form, listing.items,
               listing.more ? keys : NULL);
}

/* GET /api/v1/sites */
void api_sites(struct request *request, struct reply *reply) {
    counts_reply(request, reply, SCREENS_OF_SITES);
}

/* GET /api/v1/tags */
void api_tags(struct request *request, struct reply *reply) {
    counts_reply(request, reply, SCREENS_OF_TAGS);
}
