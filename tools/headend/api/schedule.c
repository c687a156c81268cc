/* What channels show when, and what is on at an instant at a screen. */
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ingest/calendar.h"

#define CALENDAR_NAME_MAX 96 /* bytes */

static const char *const truths[] = {"true", "false", NULL};

const struct list_form api_schedule_form = {
    .filters = {{"from", NULL}, {"to", NULL}, {"time_zone", NULL}, {"draft", truths}}};
const struct list_form api_calendar_form = {.filters = {{"draft", truths}}};
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

/* GET /api/v1/channels/ID/schedule/calendar */
void api_calendar(struct request *request, struct reply *reply) {
    char name[CALENDAR_NAME_MAX];
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = request_make(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "calendar"));
    text = text ? text : "";
    reply_data(reply, MHD_HTTP_OK, "text/calendar; charset=utf-8", text, strlen(text));
    snprintf(name, sizeof name, "attachment; filename=\"%s.ics\"", request_parameter(request, "id"));
    reply_header(reply, MHD_HTTP_HEADER_CONTENT_DISPOSITION, name);
}

/* POST /api/v1/channels/ID/schedule/calendar: nothing is changed by it */
void api_calendar_read(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    if (!api_operation_parameters(request, reply, value) ||
        !api_operation_run(request, reply, value, &result))
        return;
    pp_autojson cJSON *answer = calendar_read(request->body.data, request->body.size, &error);
    if (answer)
        reply_json(reply, MHD_HTTP_OK, answer);
    else if (error.code == PP_E_INVALID || error.code == PP_E_LIMIT)
        reply_with(reply, PROBLEM_BODY_INVALID, "%s", error.message);
    else
        reply_failure(reply, &error);
}
