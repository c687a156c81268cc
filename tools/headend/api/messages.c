/* Urgent messages: sent, and as screens will show them. */
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ingest/content_check.h"
#include "headend/server/previews.h"

#define KEY_HEADER "Idempotency-Key"

/* POST /api/v1/messages */
void api_message_send(struct request *request, struct reply *reply) {
    const char *key = request_header(request, KEY_HEADER);
    op_result_auto struct op_result result = {0};
    char place[sizeof "/api/v1/messages/" + UUID_TEXT_SIZE];
    if (key && !api_key_good(key)) {
        reply_with(reply, PROBLEM_HEADER_INVALID, KEY_HEADER ": 1 to %d printable characters", API_KEY_MAX);
        return;
    }
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value)
        return;
    if (cJSON_HasObjectItem(value, "key")) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "key", "stands in the header " KEY_HEADER);
        return;
    }
    if (key)
        cJSON_AddStringToObject(value, "key", key);
    if (!api_operation_run(request, reply, value, &result))
        return;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id"));
    snprintf(place, sizeof place, "/api/v1/messages/%s", id ? id : "");
    reply_json(reply, MHD_HTTP_CREATED, result.value);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, place);
}

/* POST /api/v1/messages/picture: the screens' own player and renderer draw it. */
void api_message_picture(struct request *request, struct reply *reply) {
    char programs[PP_PATH_MAX];
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    if (!content_renderers_find(programs, &error)) {
        reply_failure(reply, &error);
        return;
    }
    cJSON_AddStringToObject(result.value, "programs", programs);
    pp_autojsontext char *job = cJSON_PrintUnformatted(result.value);
    if (job)
        reply_preview(request->app->previews, request, reply, programs, job, true);
    else
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
}
