/* The first account, of whoever has the link that the headend was made with (ops/setup_link.h). */
#include "base/clock.h"
#include "base/log.h"
#include "headend/api/handlers.h"
#include "headend/http/connections.h"
#include "headend/http/problems.h"
#include "headend/ops/setup_link.h"
#include "headend/ops/throttle.h"
#include "headend/server/admin.h"
#include "headend/server/hasher.h"

#define BUSY_S     2                       /* in which the queue of passwords has moved on */
#define SOURCE_MAX (ADDRESS_TEXT_SIZE + 8) /* bytes with the NUL */

static void refuse(struct reply *reply) {
    reply_with(reply, PROBLEM_SETUP_LINK_INVALID,
               "this link does not work, or not any more: \"pingplay-headend setup-link\" makes another");
}

/* Whether the document has a link's token that works: guessing gets slower with each one that does not. False: it is
 * answered. */
static bool token_good(struct request *request, struct reply *reply, const char **token) {
    char source[SOURCE_MAX];
    char address[ADDRESS_TEXT_SIZE];
    int64_t wait_s = 0;
    struct pp_error error = {0};
    if (!pp_json_string(request->document, "token", SECRET_TEXT_SIZE - 1, token, &error)) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "token", error.message);
        return false;
    }
    request_address(request, address);
    snprintf(source, sizeof source, "setup:%s", address);
    if (!throttle_attempt_at(request->db, source, pp_clock_realtime_s(), &wait_s, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    if (wait_s > 0) {
        reply_with(reply, PROBLEM_TOO_MANY_ATTEMPTS, "too many attempts have failed");
        reply_retry_after(reply, wait_s);
        return false;
    }
    if (setup_link_check(request->db, *token, &error)) {
        if (throttle_clear_at(request->db, source, &error))
            return true;
    } else if (error.code == PP_E_NOTFOUND) {
        pp_log_warning("a set-up link that does not work came from %s", address);
        refuse(reply);
        return false;
    }
    reply_failure(reply, &error);
    return false;
}

/* POST /api/v1/setup/check */
void api_setup_check(struct request *request, struct reply *reply) {
    const char *token;
    if (api_open_body(request, reply) && token_good(request, reply, &token))
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

/* A name and a password that may be an administrator's. False: it is answered. */
static bool account_good(const struct request *request, struct reply *reply, const char **name,
                         const char **password) {
    struct pp_error error = {0};
    const char *wrong = "name";
    bool good = pp_json_string(request->document, "name", TEXT_NAME_MAX, name, &error) &&
                text_check("name", *name, 1, TEXT_NAME_MAX, &error);
    if (good) {
        wrong = "password";
        good = pp_json_string(request->document, "password", PASSWORD_MAX, password, &error) &&
               user_check(*name, *password, &error);
    }
    if (!good)
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, wrong, error.message);
    return good;
}

static void busy(struct reply *reply) {
    reply_with(reply, PROBLEM_UNAVAILABLE, "many are signing in just now");
    reply_retry_after(reply, BUSY_S);
}

/* The password's form takes as long to make as to check. */
static void setup_begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    const char *token;
    if (!api_open_body(request, reply) || !token_good(request, reply, &token) ||
        !account_good(request, reply, &attempt->name, &attempt->password))
        return;
    request_address(request, attempt->address);
    attempt->makes = attempt->known = true;
    if (hasher_reserve(request->app->hasher, request))
        reply->wait_hash = true;
    else
        busy(reply);
}

static void setup_finish(struct request *request, struct reply *reply) {
    const struct attempt *attempt = &request->attempt;
    const char *token;
    char session[SECRET_TEXT_SIZE];
    int64_t admin = 0;
    struct pp_error error = {0};
    if (!attempt->right) {
        pp_fail(&error, PP_E_NOMEM, "the password could not be kept");
        reply_failure(reply, &error);
        return;
    }
    /* Somebody with the same link may have been quicker. */
    if (!token_good(request, reply, &token))
        return;
    if (!setup_link_redeem(request->db, token, attempt->name, attempt->encoded, &admin, &error) ||
        !admin_session_start(request->db, admin, session, &error)) {
        if (error.code == PP_E_NOTFOUND)
            refuse(reply);
        else
            reply_failure(reply, &error);
        return;
    }
    pp_log_info("the first account was made from %s", attempt->address);
    connection_recognise(connection_of(request->connection), STANDING_ADMIN, "");
    api_session_reply(reply, MHD_HTTP_CREATED, attempt->name, session);
    pp_wipe(session, sizeof session);
}

/* POST /api/v1/setup */
void api_setup(struct request *request, struct reply *reply) {
    switch (request->attempt.stage) {
    case ATTEMPT_CHECKED:
        setup_finish(request, reply);
        break;
    case ATTEMPT_CANCELLED:
        busy(reply);
        break;
    default:
        setup_begin(request, reply);
    }
}
