/* Those who may sign in, and what they may do. A password's form is made off the thread that writes (hasher.h). */
#include <string.h>

#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ops/users.h"
#include "headend/server/hasher.h"
#include "headend/server/streams.h"

#define BUSY_S 2 /* in which the queue of passwords has moved on */

/* The request of an operation on the person of the address. Of a number that is nobody's it names nobody, so that the
 * operation says so, to who may know. The caller deletes it; NULL: it is answered. */
static cJSON *user_request(struct request *request, struct reply *reply) {
    char name[TEXT_NAME_MAX + 1] = "";
    const char *id = request_parameter(request, "id");
    struct pp_error error = {0};
    if (request->route->body_type && !api_open_body(request, reply))
        return NULL;
    pp_autojson cJSON *value =
        request->route->body_type ? cJSON_Duplicate(request->document, true) : cJSON_CreateObject();
    if (cJSON_HasObjectItem(value, "name")) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "name", "name: not a member of this request");
        return NULL;
    }
    bool number = *id && strlen(id) <= 15 && strspn(id, "0123456789") == strlen(id);
    if (number && !user_name_of(request->db, strtoll(id, NULL, 10), name, &error) &&
        error.code != PP_E_NOTFOUND) {
        reply_failure(reply, &error);
        return NULL;
    }
    cJSON_AddStringToObject(value, "name", name);
    return pp_steal(&value);
}

/* PATCH and DELETE /api/v1/users/ID, POST …/lock and …/unlock. Who may no longer be here hears no more of anything. */
void api_user_change(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = user_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    streams_end_of(request->app->streams, strtoll(request_parameter(request, "id"), NULL, 10), "");
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

/* POST /api/v1/users/ID/setup-link */
void api_user_setup_link(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = user_request(request, reply);
    if (value && api_operation_run(request, reply, value, &result))
        reply_json(reply, MHD_HTTP_OK, result.value);
}

/* ---- One more ---- */

static void busy(struct reply *reply) {
    reply_with(reply, PROBLEM_UNAVAILABLE, "many are signing in just now");
    reply_retry_after(reply, BUSY_S);
}

/* Whether they may, before anything is made of a password; the audit has it where they may not. */
static bool add_allowed(struct request *request, struct reply *reply) {
    struct actor actor;
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    if (!request_actor(request, &actor, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    if (actor_may(&actor, RIGHT_ADMINISTER))
        return true;
    if (api_operation_run(request, reply, request->document, &result))
        reply_with(reply, PROBLEM_INTERNAL_ERROR, "it was allowed, and should not have been");
    return false;
}

static bool member_good(struct request *request, struct reply *reply, const char *name, const char **text) {
    struct pp_error error = {0};
    if (pp_json_string(request->document, name, PASSWORD_MAX, text, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_BODY_INVALID, name, error.message);
    return false;
}

/* Without a password: they set their own, by a link (setup-link). */
static void invite(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    struct pp_error error = {0};
    if (!text_check("name", request->attempt.name, 1, TEXT_NAME_MAX, &error)) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "name", error.message);
        return;
    }
    pp_autojson cJSON *value = cJSON_Duplicate(request->document, true);
    cJSON_AddStringToObject(value, "encoded", "");
    if (api_operation_run(request, reply, value, &result))
        reply_json(reply, MHD_HTTP_CREATED, result.value);
}

static void add_begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    struct pp_error error = {0};
    if (!api_open_body(request, reply) || !add_allowed(request, reply) ||
        !member_good(request, reply, "name", &attempt->name))
        return;
    if (cJSON_HasObjectItem(request->document, "encoded")) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "encoded", "encoded: not a member of this request");
        return;
    }
    if (!pp_json_has(request->document, "password")) {
        invite(request, reply);
        return;
    }
    if (!member_good(request, reply, "password", &attempt->password))
        return;
    if (!user_check(attempt->name, attempt->password, &error)) {
        bool name = strncmp(error.message, "name", 4) == 0;
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, name ? "name" : "password", error.message);
        return;
    }
    request_address(request, attempt->address);
    attempt->makes = attempt->known = true;
    if (hasher_reserve(request->app->hasher, request))
        reply->wait_hash = true;
    else
        busy(reply);
}

static void add_finish(struct request *request, struct reply *reply) {
    const struct attempt *attempt = &request->attempt;
    op_result_auto struct op_result result = {0};
    struct pp_error error = {0};
    if (!attempt->right) {
        pp_fail(&error, PP_E_NOMEM, "the password could not be kept");
        reply_failure(reply, &error);
        return;
    }
    pp_autojson cJSON *value = cJSON_Duplicate(request->document, true);
    cJSON_DeleteItemFromObjectCaseSensitive(value, "password");
    cJSON_AddStringToObject(value, "encoded", attempt->encoded);
    if (api_operation_run(request, reply, value, &result))
        reply_json(reply, MHD_HTTP_CREATED, result.value);
}

/* POST /api/v1/users */
void api_user_add(struct request *request, struct reply *reply) {
    switch (request->attempt.stage) {
    case ATTEMPT_CHECKED:
        add_finish(request, reply);
        break;
    case ATTEMPT_CANCELLED:
        busy(reply);
        break;
    default:
        add_begin(request, reply);
    }
}
