/* Versions that some screens of a channel have first. */
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/ops/publish_worker.h"
#include "headend/ops/rollout_watch.h"
#include "headend/server/operate.h"

/* NULL in it: there has been none. NULL on failure. */
static cJSON *rollout_json(struct db *db, const char *channel, int64_t viewer, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    struct pp_error missing = {0};
    bool found = rollout_newest(db, channel, &rollout, &missing);
    if (!found && missing.code != PP_E_NOTFOUND) {
        pp_fail(error, missing.code, "%s", missing.message);
        return NULL;
    }
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *described = found ? rollout_describe(db, &rollout, viewer, error) : cJSON_CreateNull();
    cJSON_AddItemToObject(answer, "rollout", described);
    return described ? pp_steal(&answer) : NULL;
}

static void rollout_reply(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer =
        rollout_json(request->db, request_parameter(request, "id"), request->admin.id, &error);
    if (answer)
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

/* GET /api/v1/channels/ID/rollout */
void api_rollout(struct request *request, struct reply *reply) {
    if (api_operation_allowed(request, reply))
        rollout_reply(request, reply);
}

/* POST /api/v1/channels/ID/rollout/advance, …/halt, …/resume, …/finish and …/cancel */
void api_rollout_change(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    publish_worker_wake(request->app->publisher);
    rollout_reply(request, reply);
}
