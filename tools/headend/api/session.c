/* Who asks. A browser's cookie is sent with whatever any page makes it ask: what changes something has to come with the
 * session's token in a header, which no other site can read or set. */
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/api/routes.h"
#include "headend/http/problems.h"
#include "headend/ops/users.h"
#include "headend/server/admin.h"
#include "headend/server/admin_attempt.h"
#include "headend/server/csrf.h"
#include "headend/server/streams.h"

#define CSRF_HEADER "Pingplay-CSRF"

static bool is_safe(const struct request *request) {
    return strcmp(request->route->method, "GET") == 0;
}

bool api_authenticate(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    const char *token = request_header(request, CSRF_HEADER);
    if (!admin_recognise(request, &error)) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_SESSION_REQUIRED, "sign in first");
        else
            reply_failure(reply, &error);
        return false;
    }
    if (is_safe(request) || (csrf_same_origin(request) && token && csrf_check(request->admin.session, token)))
        return true;
    reply_with(reply, PROBLEM_CSRF, "the header " CSRF_HEADER " must have the token of GET /api/v1/session");
    return false;
}

/* What they may do, so that a page offers no more than that; it is looked at again with each request. */
static cJSON *session_json(struct db *db, const char *name, const char *session, struct pp_error *error) {
    char token[CSRF_SIZE];
    char text[GRANT_TEXT_SIZE];
    struct actor actor = {.kind = ACTOR_PERSON};
    if (!csrf_token(session, token, error) || !user_grants(db, name, &actor, error))
        return NULL;
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "name", name);
    cJSON_AddStringToObject(answer, "csrf", token);
    cJSON *roles = cJSON_AddArrayToObject(answer, "roles");
    for (size_t i = 0; i < actor.grants_count; i++) {
        grant_text(&actor.grants[i], text);
        cJSON_AddItemToArray(roles, cJSON_CreateString(text));
    }
    return answer;
}

/* False: the answer is that it could not be told. */
static bool reply_session(struct request *request, struct reply *reply, unsigned status, const char *name,
                          const char *session) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = session_json(request->db, name, session, &error);
    if (answer)
        reply_json(reply, status, answer);
    else
        reply_failure(reply, &error);
    return answer != NULL;
}

void api_session_reply(struct request *request, struct reply *reply, unsigned status, const char *name,
                       const char *token) {
    if (reply_session(request, reply, status, name, token))
        admin_cookie_set(reply, ADMIN_COOKIE, token, ADMIN_LIFETIME_S);
}

/* GET /api/v1/session */
void api_session(struct request *request, struct reply *reply) {
    (void)reply_session(request, reply, MHD_HTTP_OK, request->admin.name, request->admin.session);
}

/* What comes of an attempt. */
static void sign_in_tell(struct request *request, struct reply *reply, enum admin_attempt outcome,
                         const char *token, const struct pp_error *error) {
    switch (outcome) {
    case ADMIN_ATTEMPT_WAITS:
        break;
    case ADMIN_ATTEMPT_BUSY:
        reply_with(reply, PROBLEM_UNAVAILABLE, "too many are signing in");
        reply_retry_after(reply, ADMIN_ATTEMPT_BUSY_S);
        break;
    case ADMIN_ATTEMPT_EARLY:
        reply_with(reply, PROBLEM_TOO_MANY_ATTEMPTS, "too many attempts have failed");
        reply_retry_after(reply, request->attempt.wait_s);
        break;
    case ADMIN_ATTEMPT_WRONG:
        reply_with(reply, PROBLEM_SIGN_IN_WRONG, "no account has this name and password");
        break;
    case ADMIN_ATTEMPT_RIGHT:
        api_session_reply(request, reply, MHD_HTTP_OK, request->attempt.name, token);
        break;
    case ADMIN_ATTEMPT_ERROR:
        reply_failure(reply, error);
    }
}

/* Of a page of ours, or a program: another site's page cannot send JSON here, and its browser says whose it is. */
static bool sign_in_read(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    struct pp_error error = {0};
    if (!csrf_same_origin(request)) {
        reply_with(reply, PROBLEM_CSRF, "another site's page cannot sign anybody in");
        return false;
    }
    pp_json_destroy(request->document);
    request->document = pp_json_parse(request->body.data, request->body.size, request->body.max, &error);
    if (request->document &&
        pp_json_string(request->document, "name", TEXT_NAME_MAX, &attempt->name, &error) &&
        pp_json_string(request->document, "password", PASSWORD_MAX, &attempt->password, &error))
        return true;
    reply_with(reply, PROBLEM_BODY_INVALID, "%s", error.message);
    return false;
}

/* POST /api/v1/session */
void api_session_begin(struct request *request, struct reply *reply) {
    char token[SECRET_TEXT_SIZE] = "";
    struct pp_error error = {0};
    if (admin_attempt_begun(request))
        sign_in_tell(request, reply, admin_attempt_finish(request, token, &error), token, &error);
    else if (sign_in_read(request, reply))
        sign_in_tell(request, reply, admin_attempt_begin(request, reply, &error), token, &error);
    pp_wipe(token, sizeof token);
}

/* DELETE /api/v1/session */
void api_session_end(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "token", request->admin.session);
    if (!api_operation_run(request, reply, value, &result))
        return;
    streams_end(request->app->streams, request->admin.session);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}
