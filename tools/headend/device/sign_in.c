/* A person signs in at a screen, through it: by its password, or by an ID token of the provider's; or out. */
#include "base/clock.h"
#include "base/log.h"
#include "headend/device/handlers.h"
#include "headend/device/provider_keys.h"
#include "headend/ops/person_session.h"
#include "headend/server/screen_attempt.h"
#include "headend/server/waiters.h"
#include "headend/signing/signing.h"

#define PENDING_S       1   /* in which a provider's keys are there */
#define TOKEN_SKEW_S    120 /* between a provider's clock and ours */
#define TOKEN_AGE_MAX_S 600 /* since the provider issued it */

static void later(struct reply *reply, unsigned status, const char *code, const char *detail,
                  int64_t wait_s) {
    reply_problem(reply, status, code, "%s", detail);
    reply_retry_after(reply, wait_s);
}

static void refuse(const struct request *request, struct reply *reply, const char *code, const char *detail) {
    pp_log_warning("sign-in refused at screen %s: %s", request->device.id, detail);
    reply_problem(reply, MHD_HTTP_FORBIDDEN, code, "%s", detail);
}

static void open_session(struct request *request, struct reply *reply, const struct person *person) {
    struct pp_error error = {0};
    if (person_session_open(request->app->db, request->device.id, person, pp_clock_realtime_s(), &error)) {
        pp_log_info("somebody signed in at screen %s", request->device.id);
        waiters_wake(request->app->waiters);
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
    } else if (error.code == PP_E_AUTH || error.code == PP_E_EXPIRED) {
        refuse(request, reply, "sign-in-refused", error.message);
    } else {
        reply_failure(reply, &error);
    }
}

/* ---- By the screen's password ---- */

static void password_begin(struct request *request, struct reply *reply, const struct person_policy *policy) {
    struct pp_error error = {0};
    request->attempt.password = pp_buf_text(&request->body);
    switch (screen_attempt_begin(request, reply, policy->password, &error)) {
    case SCREEN_ATTEMPT_WAITS:
        break;
    case SCREEN_ATTEMPT_BUSY:
        later(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "too many sign-ins at this moment",
              SCREEN_ATTEMPT_BUSY_S);
        break;
    case SCREEN_ATTEMPT_EARLY:
        later(reply, MHD_HTTP_TOO_MANY_REQUESTS, "sign-in-throttled", "too many wrong passwords",
              request->attempt.wait_s);
        break;
    case SCREEN_ATTEMPT_ERROR:
        reply_failure(reply, &error);
    }
}

static void password_finish(struct request *request, struct reply *reply) {
    const struct person person = {.subject = "password", .name = ""};
    struct pp_error error = {0};
    if (!request->attempt.right)
        refuse(request, reply, "sign-in-wrong", "the password is wrong");
    else if (!screen_attempt_succeed(request, &error))
        reply_failure(reply, &error);
    else
        open_session(request, reply, &person);
}

/* ---- By an ID token ---- */

static bool person_has(void *arg, const char *kind, const char *value) {
    const struct id_token *token = ((const void **)arg)[0];
    const struct person_policy *policy = ((const void **)arg)[1];
    if (strcmp(kind, "sub") == 0)
        return strcmp(token->subject, value) == 0;
    if (strcmp(kind, "email") == 0)
        return strcasecmp(token->email, value) == 0;
    return strcmp(kind, "group") == 0 && id_token_claim_has(token, policy->groups_claim, value);
}

static void token_take(struct request *request, struct reply *reply, const struct person_policy *policy,
                       const struct id_token *token, const char *text) {
    const void *both[] = {token, policy};
    struct pp_error error = {0};
    bool allowed = false;
    if (!person_allowed(request->app->db, request->device.id, person_has, both, &allowed, &error)) {
        reply_failure(reply, &error);
    } else if (!allowed) {
        refuse(request, reply, "sign-in-not-allowed", "who signed in may not do so at this screen");
    } else {
        const struct person person = {
            .subject = token->subject, .name = token->name, .token = text, .token_expires = token->expires_s};
        open_session(request, reply, &person);
    }
}

/* Where somebody is signed in it is the same one's renewal (OpenID Connect Core 1.0 §12.2). */
static void token_nonce(const struct request *request, const struct person_policy *policy,
                        char nonce[SECRET_TEXT_SIZE]) {
    struct person_session session = {0};
    bool open =
        person_session_find(request->app->db, request->device.id, pp_clock_realtime_s(), &session, NULL);
    memcpy(nonce, open ? session.nonce : policy->nonce, SECRET_TEXT_SIZE);
}

static void token_read(struct request *request, struct reply *reply, const struct person_policy *policy,
                       const char *text) {
    char nonce[SECRET_TEXT_SIZE];
    token_nonce(request, policy, nonce);
    const struct id_token_demands demands = {.issuer = policy->issuer,
                                             .client_id = policy->client_id,
                                             .nonce = nonce,
                                             .now_s = pp_clock_realtime_s(),
                                             .skew_s = TOKEN_SKEW_S,
                                             .age_max_s = TOKEN_AGE_MAX_S};
    id_token_auto struct id_token token = {0};
    struct pp_error error = {0};
    bool pending = false;
    if (provider_keys_verify(request->app->providers, text, strlen(text), &demands, &token, &pending, &error))
        token_take(request, reply, policy, &token, text);
    else if (pending)
        later(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "provider-pending", error.message, PENDING_S);
    else if (error.code == PP_E_NET)
        later(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "provider-unreachable", error.message,
              PROVIDER_AGAIN_MS / 1000);
    else
        refuse(request, reply, "sign-in-refused", error.message);
}

/* ---- What was sent ---- */

/* {"password": "…"} or {"id_token": "…"}, by the mode. The password stays in the request's body, which is wiped. */
static void read_message(struct request *request, struct reply *reply, const struct person_policy *policy) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(SIGNING_CLEAR_MAX);
    const char *text = NULL;
    struct pp_error error = {0};
    if (!signing_open_sign_in(request->app->home->signing, request->device.id, request->body.data,
                              request->body.size, &clear, &error)) {
        if (error.code == PP_E_NET || error.code == PP_E_NOMEM) {
            reply_failure(reply, &error); /* that says nothing of what was sent */
            return;
        }
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "sign-in-malformed", "%s", error.message);
        return;
    }
    bool by_password = request->device.access == DEVICE_PASSWORD;
    pp_autojson cJSON *message = pp_json_parse(clear.data, clear.size, SIGNING_CLEAR_MAX, &error);
    if (!message || !pp_json_string(message, by_password ? "password" : "id_token",
                                    by_password ? PASSWORD_MAX : ID_TOKEN_MAX, &text, &error)) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "sign-in-malformed", "%s", error.message);
        return;
    }
    if (!by_password) {
        token_read(request, reply, policy, text);
        return;
    }
    pp_buf_finish(&request->body);
    request->body = PP_BUF_INIT(PASSWORD_MAX + 1);
    if (pp_buf_add_text(&request->body, text, &error))
        password_begin(request, reply, policy);
    else
        reply_failure(reply, &error);
}

static bool is_temporary(const struct request *request, struct reply *reply) {
    if (request->device.access == DEVICE_SSO || request->device.access == DEVICE_PASSWORD)
        return true;
    reply_problem(reply, MHD_HTTP_CONFLICT, "no-sign-in", "nobody signs in at this screen");
    return false;
}

static void sign_in_read(struct request *request, struct reply *reply) {
    struct person_policy policy = {0};
    struct pp_error error = {0};
    if (!person_policy_find(request->app->db, request->device.id, &policy, &error))
        reply_failure(reply, &error);
    else
        read_message(request, reply, &policy);
    pp_wipe(&policy, sizeof policy);
}

void device_sign_in(struct request *request, struct reply *reply) {
    if (!is_temporary(request, reply))
        return;
    switch (request->attempt.stage) {
    case ATTEMPT_CHECKED:
        password_finish(request, reply);
        break;
    case ATTEMPT_CANCELLED:
        later(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "the server is stopping", SCREEN_ATTEMPT_BUSY_S);
        break;
    default:
        sign_in_read(request, reply);
    }
}

/* Without If-Match whichever there is. False: it is answered. */
static bool session_matches(struct request *request, struct reply *reply) {
    const char *match = request_header(request, MHD_HTTP_HEADER_IF_MATCH);
    char quoted[UUID_TEXT_SIZE + 2];
    struct person_session session = {0};
    struct pp_error error = {0};
    if (!match)
        return true;
    bool found =
        person_session_find(request->app->db, request->device.id, pp_clock_realtime_s(), &session, &error);
    if (!found && error.code != PP_E_NOTFOUND) {
        reply_failure(reply, &error);
        return false;
    }
    snprintf(quoted, sizeof quoted, "\"%s\"", session.id);
    if (found && strcmp(match, quoted) == 0)
        return true;
    reply_problem(reply, MHD_HTTP_PRECONDITION_FAILED, "session-other", "that session is over already");
    return false;
}

void device_sign_out(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!is_temporary(request, reply) || !session_matches(request, reply))
        return;
    if (!person_session_end(request->app->db, request->device.id, "signed-out", &error)) {
        reply_failure(reply, &error);
        return;
    }
    waiters_wake(request->app->waiters);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}
