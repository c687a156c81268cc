/* Documents that programs send. */
#include "headend/api/handlers.h"
#include "headend/http/problems.h"
#include "headend/server/csrf.h"

bool api_body(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_json_destroy(request->document);
    request->document = pp_json_parse(request->body.data ? (const char *)request->body.data : "",
                                      request->body.size, request->route->body_max, &error);
    if (cJSON_IsObject(request->document))
        return true;
    reply_with(reply, PROBLEM_BODY_INVALID, "%s", request->document ? "not a JSON object" : error.message);
    return false;
}

bool api_open_body(struct request *request, struct reply *reply) {
    if (csrf_same_origin(request))
        return api_body(request, reply);
    reply_with(reply, PROBLEM_CSRF, "a page of another site may not ask this");
    return false;
}
