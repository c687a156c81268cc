/* Who was told of what. Rules and the mail server need no handler of their own (operate.c). */
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ops/alert_queue.h"

static const char *const sorts[] = {"newest", NULL};

const struct list_form api_alert_messages_form = {.sorts = sorts, .keys = 1 /* number */};

struct listing {
    cJSON *items;
    uint64_t limit, count;
    int64_t last; /* number of the last that is shown */
    bool more;
};

static bool message_add(void *arg, const struct alert_message *message) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    listing->last = message->number;
    cJSON_AddItemToArray(listing->items, alert_message_json(message));
    return true;
}

/* GET /api/v1/alert-messages: the newest first */
void api_alert_messages(struct request *request, struct reply *reply) {
    const struct list *list = &request->list;
    struct pp_error error = {0};
    int64_t before = list->begun ? strtoll(list->keys[0], NULL, 10) : INT64_MAX;
    if (!api_operation_allowed(request, reply))
        return;
    struct listing listing = {.items = cJSON_CreateArray(), .limit = list->limit};
    if (!alert_queue_each(request->db, request->admin.id, before, (int64_t)list->limit + 1, message_add,
                          &listing, &error)) {
        cJSON_Delete(listing.items);
        reply_failure(reply, &error);
        return;
    }
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)listing.last);
    const char *const keys[] = {number};
    list_reply(reply, request_path(request), list, &api_alert_messages_form, listing.items,
               listing.more ? keys : NULL);
}
