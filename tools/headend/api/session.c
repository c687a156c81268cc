/* Who asks. A browser's cookie is sent with whatever any page makes it ask: what changes something has to come with the
 * session's token in a header, which no other site can read or set. */
#include "headend/api/handlers.h"
#include "headend/api/routes.h"
#include "headend/http/problems.h"
#include "headend/server/admin.h"
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

/* GET /api/v1/session */
void api_session(struct request *request, struct reply *reply) {
    char token[CSRF_SIZE];
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    if (!csrf_token(request->admin.session, token, &error)) {
        reply_failure(reply, &error);
        return;
    }
    cJSON_AddStringToObject(answer, "name", request->admin.name);
    cJSON_AddStringToObject(answer, "csrf", token);
    reply_json(reply, MHD_HTTP_OK, answer);
}

void api_session_reply(struct reply *reply, unsigned status, const char *name, const char *token) {
    char csrf[CSRF_SIZE];
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    if (!csrf_token(token, csrf, &error)) {
        reply_failure(reply, &error);
        return;
    }
    cJSON_AddStringToObject(answer, "name", name);
    cJSON_AddStringToObject(answer, "csrf", csrf);
    reply_json(reply, status, answer);
    admin_cookie_set(reply, ADMIN_COOKIE, token, ADMIN_LIFETIME_S);
}

/* DELETE /api/v1/session */
void api_session_end(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!admin_session_end(request->db, request->admin.session, &error)) {
        reply_failure(reply, &error);
        return;
    }
    streams_end(request->app->streams, request->admin.session);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}
