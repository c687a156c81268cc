#include "net/problem.h"

#include <string.h>

#include "base/json.h"

static bool optional_text(const cJSON *object, const char *name, char *out, size_t room,
                          struct pp_error *error) {
    const char *text;
    if (!pp_json_has(object, name))
        return true;
    if (!pp_json_string(object, name, room - 1, &text, error))
        return false;
    strcpy(out, text);
    return true;
}

static bool optional_status(const cJSON *object, int *status, struct pp_error *error) {
    int64_t value = 0;
    if (pp_json_has(object, "status") && !pp_json_integer(object, "status", 100, 599, &value, error))
        return false;
    *status = (int)value;
    return true;
}

bool net_problem_parse(const void *text, size_t size, struct net_problem *problem, struct pp_error *error) {
    struct net_problem parsed = {0};
    pp_autojson cJSON *object = pp_json_parse(text, size, NET_PROBLEM_MAX, error);
    if (!object)
        return false;
    if (!cJSON_IsObject(object))
        return pp_fail(error, PP_E_INVALID, "a problem must be an object");
    if (!optional_status(object, &parsed.status, error) ||
        !optional_text(object, "type", parsed.type, sizeof parsed.type, error) ||
        !optional_text(object, "title", parsed.title, sizeof parsed.title, error) ||
        !optional_text(object, "detail", parsed.detail, sizeof parsed.detail, error) ||
        !optional_text(object, "code", parsed.code, sizeof parsed.code, error))
        return false;
    *problem = parsed;
    return true;
}

static enum pp_code code_of_status(int status) {
    switch (status) {
    case 401:
    case 403:
        return PP_E_DENIED;
    case 404:
    case 410:
        return PP_E_NOTFOUND;
    default:
        return PP_E_HTTP;
    }
}

bool net_response_problem(const struct net_response *response, struct net_problem *problem) {
    *problem = (struct net_problem){0};
    return response->ok && net_response_has_type(response, "application/problem+json") &&
           net_problem_parse(response->body.data, response->body.size, problem, NULL);
}

bool net_response_check(const struct net_response *response, struct pp_error *error) {
    if (!response->ok) {
        if (error)
            *error = response->error;
        return false;
    }
    if (response->status >= 200 && response->status <= 299)
        return true;
    struct net_problem problem;
    /* A problem that cannot be read must not hide the status, which says enough. */
    if (!net_response_problem(response, &problem))
        problem = (struct net_problem){0};
    return pp_fail(error, code_of_status(response->status), "HTTP %d%s%s%s%s%s%s%s", response->status,
                   *problem.title ? ": " : "", problem.title, *problem.detail ? ": " : "", problem.detail,
                   *problem.code ? " (" : "", problem.code, *problem.code ? ")" : "");
}
