#include "headend/api/operate.h"

#include "headend/api/handlers.h"
#include "headend/http/problems.h"

/* The path's parameters are members of the request. */
static const char *const parameters[] = {"id", "code", "job", "number"};

static const char *field_of(const struct request *request, const char *parameter) {
    if (strcmp(parameter, "id") != 0)
        return parameter;
    return request->route->api->id ? request->route->api->id : "screen";
}

/* A site stands behind the '?', since its name may have any character, a slash as well. */
const struct list_form api_site_form = {.filters = {{"site", NULL}}};

static bool is_of_site(const struct request *request) {
    return request->route->api->list == &api_site_form;
}

static bool site_add(struct request *request, struct reply *reply, cJSON *value) {
    const char *site = request->list.filters[0];
    if (!site) {
        reply_with_parameter(reply, PROBLEM_QUERY_INVALID, "site", "site: is missing");
        return false;
    }
    if (cJSON_HasObjectItem(value, "site")) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "site", "stands in the address");
        return false;
    }
    return cJSON_AddStringToObject(value, "site", site) != NULL;
}

static bool parameters_add(struct request *request, struct reply *reply, cJSON *value) {
    for (size_t i = 0; i < PP_COUNT(parameters); i++) {
        const char *text = request_parameter(request, parameters[i]);
        const char *field = field_of(request, parameters[i]);
        if (!*text)
            continue;
        if (cJSON_HasObjectItem(value, field)) {
            reply_with_parameter(reply, PROBLEM_BODY_INVALID, field, "stands in the address");
            return false;
        }
        if (strcmp(field, "number") == 0)
            cJSON_AddNumberToObject(value, field, (double)request_parameter_number(request, field));
        else
            cJSON_AddStringToObject(value, field, text);
    }
    return !is_of_site(request) || site_add(request, reply, value);
}

cJSON *api_operation_request(struct request *request, struct reply *reply) {
    if (request->route->body_type && !api_open_body(request, reply))
        return NULL;
    pp_autojson cJSON *value =
        request->route->body_type ? cJSON_Duplicate(request->document, true) : cJSON_CreateObject();
    return parameters_add(request, reply, value) ? pp_steal(&value) : NULL;
}

/* ---- What cannot be done ---- */

/* Whether what the address names is not there, rather than what the body names. */
static bool in_address(const struct request *request, const char *field) {
    for (size_t i = 0; i < PP_COUNT(parameters); i++) {
        if (strcmp(field_of(request, parameters[i]), field) == 0)
            return *request_parameter(request, parameters[i]);
    }
    return !*field || (is_of_site(request) && strcmp(field, "site") == 0);
}

/* Whether it stands behind the '?'. */
static bool in_query(const struct request *request, const char *field) {
    const struct list_form *form = request->route->api->list;
    for (size_t i = 0; form && i < LIST_FILTERS_MAX && form->filters[i].name; i++) {
        if (strcmp(form->filters[i].name, field) == 0)
            return true;
    }
    return false;
}

static void refuse_value(const struct request *request, struct reply *reply, const struct op_result *result,
                         const struct pp_error *error) {
    if (result->wait_s > 0) {
        reply_with(reply, PROBLEM_TOO_MANY_ATTEMPTS, "%s", error->message);
        reply_retry_after(reply, result->wait_s);
    } else if (*result->field) {
        reply_with_parameter(reply,
                             in_query(request, result->field) ? PROBLEM_QUERY_INVALID : PROBLEM_BODY_INVALID,
                             result->field, error->message);
    } else {
        reply_with(reply, PROBLEM_STATE_CONFLICT, "%s", error->message);
    }
}

static void refuse(const struct request *request, struct reply *reply, const struct op_result *result,
                   const struct pp_error *error) {
    switch (error->code) {
    case PP_E_DENIED:
        reply_with(reply, PROBLEM_NOT_PERMITTED, "%s", error->message);
        break;
    case PP_E_NOTFOUND:
        if (in_address(request, result->field))
            reply_with(reply, PROBLEM_NOT_FOUND, "%s", error->message);
        else
            reply_with_parameter(reply, PROBLEM_BODY_INVALID, result->field, error->message);
        break;
    case PP_E_INVALID:
    case PP_E_LIMIT:
        refuse_value(request, reply, result, error);
        break;
    case PP_E_STATE:
        if (strcmp(result->field, "count") == 0)
            reply_with_parameter(reply, PROBLEM_COUNT, "count", error->message);
        else
            reply_with(reply, PROBLEM_STATE_CONFLICT, "%s", error->message);
        break;
    case PP_E_AUTH:
        reply_with(reply, PROBLEM_FINGERPRINT_WRONG, "%s", error->message);
        break;
    case PP_E_EXPIRED:
        reply_with(reply, PROBLEM_CODE_EXPIRED, "%s", error->message);
        break;
    default:
        reply_failure(reply, error);
    }
}

bool api_operation_run_as(struct request *request, struct reply *reply, const char *operation,
                          const cJSON *value, struct op_result *result) {
    struct pp_error error = {0};
    bool done = request_operate(request, operation, value, result, &error);
    if (!done)
        refuse(request, reply, result, &error);
    return done;
}

bool api_operation_run(struct request *request, struct reply *reply, const cJSON *value,
                       struct op_result *result) {
    return api_operation_run_as(request, reply, request->route->api->operation, value, result);
}

bool api_operation_parameters(struct request *request, struct reply *reply, cJSON *value) {
    return parameters_add(request, reply, value);
}

bool api_operation_allowed(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    return parameters_add(request, reply, value) && api_operation_run(request, reply, value, &result);
}

/* Any route that says no more than its operation does. */
void api_operate(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    if (result.value)
        reply_json(reply, MHD_HTTP_OK, result.value);
    else
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
}
