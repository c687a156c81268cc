/* Signing in by a passkey: of whomever it is, so that nobody's name is asked for or told. */
#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/api/passkey_options.h"
#include "headend/http/connections.h"
#include "headend/http/problems.h"
#include "headend/ops/passkey_challenge.h"
#include "headend/ops/throttle.h"
#include "headend/server/admin.h"

#define PASSKEY_COOKIE "__Host-pingplay-passkey" /* which browser has a challenge */
#define SOURCE_MAX     (ADDRESS_TEXT_SIZE + 10)  /* bytes with the NUL */

/* POST /api/v1/session/passkey-options */
void api_passkey_options(struct request *request, struct reply *reply) {
    struct passkey_party party;
    char binding[SECRET_TEXT_SIZE];
    struct pp_error error = {0};
    if (!api_open_body(request, reply) || !passkey_party(request, reply, &party))
        return;
    if (!secret_make(binding, &error)) {
        reply_failure(reply, &error);
        return;
    }
    passkey_reply_get(request, reply, &party, binding);
    admin_cookie_set(reply, PASSKEY_COOKIE, binding, PASSKEY_CHALLENGE_S);
    pp_wipe(binding, sizeof binding);
}

/* Whether it is not too early after others that were refused. False: it is answered. */
static bool in_time(struct request *request, struct reply *reply, const char *source) {
    int64_t wait_s = 0;
    struct pp_error error = {0};
    if (!throttle_attempt_at(request->db, source, pp_clock_realtime_s(), &wait_s, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    if (wait_s <= 0)
        return true;
    reply_with(reply, PROBLEM_TOO_MANY_ATTEMPTS, "too many attempts have failed");
    reply_retry_after(reply, wait_s);
    return false;
}

static bool enter(struct request *request, const char *source, int64_t admin, const char *name,
                  char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    char address[ADDRESS_TEXT_SIZE];
    request_address(request, address);
    return throttle_clear_at(request->db, source, error) &&
           throttle_clear(request->db, name, address, pp_clock_realtime_s(), error) &&
           admin_enter(request, admin, token, error);
}

/* POST /api/v1/session/passkey */
void api_passkey_sign_in(struct request *request, struct reply *reply) {
    struct passkey_party party;
    struct webauthn_answer answer;
    char source[SOURCE_MAX];
    char address[ADDRESS_TEXT_SIZE];
    char binding[COOKIE_VALUE_MAX] = "";
    char name[TEXT_NAME_MAX + 1];
    char token[SECRET_TEXT_SIZE];
    int64_t admin = 0;
    struct pp_error error = {0};
    request_address(request, address);
    snprintf(source, sizeof source, "passkey:%s", address);
    if (!api_open_body(request, reply) || !passkey_party(request, reply, &party))
        return;
    if (!webauthn_answer_read(request->document, CLIENT_GETS, &answer, &error)) {
        reply_with(reply, PROBLEM_BODY_INVALID, "%s", error.message);
        return;
    }
    if (!in_time(request, reply, source))
        return;
    cookie_find(request_header(request, "Cookie"), PASSKEY_COOKIE, binding);
    if (!passkey_sign_in(request->db, &party.party, binding, &answer, &admin, name, &error))
        passkey_reply_refused(request, reply, &error);
    else if (!enter(request, source, admin, name, token, &error))
        reply_failure(reply, &error);
    else
        api_session_reply(request, reply, MHD_HTTP_OK, name, token);
    pp_wipe(token, sizeof token);
    pp_wipe(binding, sizeof binding);
}
