/* What channels show when, and what is on at an instant at a screen. */
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"

static const char *const truths[] = {"true", "false", NULL};

const struct list_form api_schedule_form = {
    .filters = {{"from", NULL}, {"to", NULL}, {"time_zone", NULL}, {"draft", truths}}};
const struct list_form api_now_form = {.filters = {{"at", NULL}}};

/* What stands behind the '?' are members of the operation's request. NULL: it is answered. */
static cJSON *request_make(struct request *request, struct reply *reply) {
    const struct list_form *form = request->route->api->list;
    cJSON *value = api_operation_request(request, reply);
    for (size_t i = 0; value && i < LIST_FILTERS_MAX && form->filters[i].name; i++) {
        const char *given = request->list.filters[i];
        if (given && form->filters[i].values == truths)
            cJSON_AddBoolToObject(value, form->filters[i].name, strcmp(given, "true") == 0);
        else if (given)
            cJSON_AddStringToObject(value, form->filters[i].name, given);
    }
    return value;
}

/* GET /api/v1/channels/ID/schedule and /api/v1/screens/ID/now */
void api_schedule(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = request_make(request, reply);
    if (value && api_operation_run(request, reply, value, &result))
        reply_json(reply, MHD_HTTP_OK, result.value);
}
