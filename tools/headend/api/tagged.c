/* What is read with an entity tag, and changed where it is still as the client knows it: a group, settings of a level.
 * The operation that changes has another beside it, which shows the same. */
#include <string.h>

#include "headend/api/answer.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"

static const char *reader_of(const char *operation) {
    static const char *const pairs[][2] = {{"group.change", "group.show"},
                                           {"group.set", "group.settings"},
                                           {"site.set", "site.settings"},
                                           {"organisation.set", "organisation.settings"},
                                           {"screen.set", "screen.settings"}};
    for (size_t i = 0; i < PP_COUNT(pairs); i++) {
        if (strcmp(pairs[i][0], operation) == 0)
            return pairs[i][1];
    }
    return operation;
}

/* As it is now; false: it is answered. */
static bool read_now(struct request *request, struct reply *reply, struct op_result *result) {
    pp_autojson cJSON *named = cJSON_CreateObject();
    return api_operation_parameters(request, reply, named) &&
           api_operation_run_as(request, reply, reader_of(request->route->api->operation), named, result);
}

/* GET */
void api_tagged(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    if (read_now(request, reply, &result))
        api_reply_tagged(request, reply, result.value);
}

/* Whether it is as the client knows it. Of what is not there, or not for them, the operation says so itself. */
static bool change_allowed(struct request *request, struct reply *reply) {
    op_result_auto struct op_result now = {0};
    struct pp_error error = {0};
    pp_autojson cJSON *named = cJSON_CreateObject();
    if (!api_operation_parameters(request, reply, named))
        return false;
    if (request_operate(request, reader_of(request->route->api->operation), named, &now, &error))
        return api_allows_change(request, reply, now.value);
    if (error.code == PP_E_NOTFOUND || error.code == PP_E_DENIED)
        return true;
    reply_failure(reply, &error);
    return false;
}

/* PATCH */
void api_tagged_change(struct request *request, struct reply *reply) {
    op_result_auto struct op_result done = {0};
    op_result_auto struct op_result after = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !change_allowed(request, reply) || !api_operation_run(request, reply, value, &done))
        return;
    if (read_now(request, reply, &after))
        api_reply_tagged(request, reply, after.value);
}
