/* Where somebody is signed in, and their own password, whose form is made off the thread that writes (hasher.h). */
#include <string.h>

#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ops/throttle.h"
#include "headend/ops/users.h"
#include "headend/server/admin_attempt.h"
#include "headend/server/hasher.h"
#include "headend/server/streams.h"

/* GET /api/v1/sessions */
void api_sessions(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    if (!api_operation_run(request, reply, value, &result))
        return;
    cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result.value, "items")) {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "id"));
        cJSON_AddBoolToObject(item, "current", id && strcmp(id, request->admin.session_id) == 0);
    }
    reply_json(reply, MHD_HTTP_OK, result.value);
}

/* What lasts of those that have ended ends at once: a stream knows no more than whose it is. */
static void others_end(const struct request *request) {
    streams_end_of(request->app->streams, request->admin.id, request->admin.session);
}

/* DELETE /api/v1/sessions/ID: one's own present one as well */
void api_session_remove(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    others_end(request);
    if (strcmp(request_parameter(request, "id"), request->admin.session_id) == 0)
        streams_end(request->app->streams, request->admin.session);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

/* DELETE /api/v1/sessions: all but the present one */
void api_sessions_remove(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "keep", request->admin.session_id);
    if (!api_operation_run(request, reply, value, &result))
        return;
    others_end(request);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

/* ---- The password ---- */

static void busy(struct reply *reply) {
    reply_with(reply, PROBLEM_UNAVAILABLE, "many are signing in just now");
    reply_retry_after(reply, ADMIN_ATTEMPT_BUSY_S);
}

static void wrong(struct reply *reply) {
    reply_with(reply, PROBLEM_SIGN_IN_WRONG, "the present password is another one");
}

/* The new one, which is what is made now. */
static void make_begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    struct pp_error error = {0};
    if (!pp_json_string(request->document, "password", PASSWORD_MAX, &attempt->password, &error)) {
        reply_failure(reply, &error);
        return;
    }
    request_address(request, attempt->address);
    attempt->makes = attempt->known = true;
    if (hasher_reserve(request->app->hasher, request))
        reply->wait_hash = true;
    else
        busy(reply);
}

static void make_finish(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    struct pp_error error = {0};
    if (!request->attempt.right) {
        pp_fail(&error, PP_E_NOMEM, "the password could not be kept");
        reply_failure(reply, &error);
        return;
    }
    cJSON_AddStringToObject(value, "encoded", request->attempt.encoded);
    cJSON_AddStringToObject(value, "keep", request->admin.session_id);
    if (!api_operation_run(request, reply, value, &result))
        return;
    others_end(request);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

/* The present one was right, or was not: then it counts as a failure to sign in. */
static void present_checked(struct request *request, struct reply *reply) {
    const struct attempt *attempt = &request->attempt;
    struct pp_error error = {0};
    if (!attempt->right || attempt->admin != request->admin.id)
        wrong(reply);
    else if (throttle_clear(request->db, attempt->name, attempt->address, pp_clock_realtime_s(), &error))
        make_begin(request, reply);
    else
        reply_failure(reply, &error);
}

static void present_check(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    struct pp_error error = {0};
    attempt->name = request->admin.name;
    switch (admin_attempt_begin(request, reply, &error)) {
    case ADMIN_ATTEMPT_WAITS:
        break;
    case ADMIN_ATTEMPT_BUSY:
        busy(reply);
        break;
    case ADMIN_ATTEMPT_EARLY:
        reply_with(reply, PROBLEM_TOO_MANY_ATTEMPTS, "too many attempts have failed");
        reply_retry_after(reply, attempt->wait_s);
        break;
    case ADMIN_ATTEMPT_WRONG:
    case ADMIN_ATTEMPT_RIGHT:
        wrong(reply);
        break;
    case ADMIN_ATTEMPT_ERROR:
        reply_failure(reply, &error);
    }
}

/* Both, in a document of nothing else. False: it is answered. */
static bool passwords_read(struct request *request, struct reply *reply, const char **present) {
    struct pp_error error = {0};
    const char *next;
    const cJSON *member;
    *present = "";
    cJSON_ArrayForEach(member, request->document) {
        if (strcmp(member->string, "current") != 0 && strcmp(member->string, "password") != 0) {
            reply_with_parameter(reply, PROBLEM_BODY_INVALID, member->string, "not a member of this request");
            return false;
        }
    }
    if (pp_json_has(request->document, "current") &&
        !pp_json_string(request->document, "current", PASSWORD_MAX, present, &error)) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "current", error.message);
        return false;
    }
    if (pp_json_string(request->document, "password", PASSWORD_MAX, &next, &error) &&
        user_check(request->admin.name, next, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_BODY_INVALID, "password", error.message);
    return false;
}

static void password_begin(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    bool has = true;
    if (!api_open_body(request, reply) || !passwords_read(request, reply, &request->attempt.password))
        return;
    if (!user_has_password(request->db, request->admin.id, &has, &error))
        reply_failure(reply, &error);
    else if (has)
        present_check(request, reply);
    else
        make_begin(request, reply);
}

/* PUT /api/v1/account/password */
void api_account_password(struct request *request, struct reply *reply) {
    if (request->attempt.stage == ATTEMPT_CANCELLED)
        busy(reply);
    else if (request->attempt.stage != ATTEMPT_CHECKED)
        password_begin(request, reply);
    else if (request->attempt.makes)
        make_finish(request, reply);
    else
        present_checked(request, reply);
}
