/* The page behind the QR code of a screen that asks for its password: /access. Who signs in there may also sign out. */
#include "base/clock.h"
#include "base/log.h"
#include "headend/admin_session.h"
#include "headend/csrf.h"
#include "headend/handlers.h"
#include "headend/hasher.h"
#include "headend/pages.h"
#include "headend/person_session.h"
#include "headend/throttle.h"
#include "headend/waiters.h"

#define PERSON_COOKIE "__Host-pingplay-person"
#define VISIT_S       86400
#define BUSY_S        2
#define TYPED_MAX     16                   /* bytes of a code that stand in the form again */
#define ACCOUNT_SIZE  (UUID_TEXT_SIZE + 8) /* bytes with the NUL */

/* ---- The form ---- */

/* Tied to this browser by a cookie of its own. */
static void form_reply(struct request *request, struct reply *reply, unsigned status, const char *code,
                       const char *problem) {
    char visit[COOKIE_VALUE_MAX];
    char token[CSRF_SIZE];
    struct pp_error error;
    bool known = cookie_find(request_header(request, "Cookie"), ADMIN_VISIT_COOKIE, visit) &&
                 strlen(visit) == SECRET_TEXT_SIZE - 1;
    if ((!known && !secret_make(visit, &error)) || !csrf_token(visit, token, &error)) {
        reply_failure(reply, &error);
        return;
    }
    page_auto struct page page;
    page_start(&page, request);
    page_set(&page, "title", page_text(&page, "access.title"));
    page_set(&page, "plain", "1");
    page_set(&page, "csrf", token);
    page_set(&page, "code", strlen(code) <= TYPED_MAX ? code : "");
    page_set(&page, "problem", problem ? page_text(&page, problem) : "");
    page_reply(&page, request, reply, status, "access.html");
    admin_cookie_set(reply, ADMIN_VISIT_COOKIE, visit, VISIT_S);
}

void page_access(struct request *request, struct reply *reply) {
    const char *code = request_query(request, "code");
    form_reply(request, reply, MHD_HTTP_OK, code ? code : "", NULL);
}

static void form_later(struct request *request, struct reply *reply, unsigned status, const char *problem,
                       int64_t wait_s) {
    char seconds[24];
    form_reply(request, reply, status, form_get(&request->form, "code"), problem);
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
    reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

/* ---- Signing in ---- */

/* The screen that shows the code and asks for its password. Which codes there are is not told apart from wrong
 * passwords. */
static bool screen_find(struct request *request, struct person_policy *policy) {
    char code[USER_CODE_SIZE];
    char id[UUID_TEXT_SIZE];
    return user_code_read(form_get(&request->form, "code"), code) &&
           person_policy_find_code(request->app->db, code, id, NULL) &&
           device_find(request->app->db, id, &request->device, NULL) &&
           request->device.access == DEVICE_PASSWORD && strcmp(request->device.status, "retired") != 0 &&
           person_policy_find(request->app->db, id, policy, NULL) && *policy->password;
}

/* All that is tried at one screen counts together, and all of one address. */
static void throttle_account(const struct request *request, char account[ACCOUNT_SIZE]) {
    snprintf(account, ACCOUNT_SIZE, "screen:%s", request->device.id);
}

static void begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    struct person_policy policy = {0};
    char account[ACCOUNT_SIZE];
    int64_t nobody = 0;
    struct pp_error error = {0};
    bool found = screen_find(request, &policy);
    /* Of nobody: a hash that nothing fits, which takes as long. */
    bool ok = found || user_find(request->app->db, "", &nobody, attempt->encoded, &error);
    if (found)
        memcpy(attempt->encoded, policy.password, sizeof attempt->encoded);
    else
        request->device = (struct device){0};
    pp_wipe(&policy, sizeof policy);
    throttle_account(request, account);
    ok = ok && throttle_attempt(request->app->db, account, attempt->address, pp_clock_realtime_s(),
                                &attempt->wait_s, &error);
    if (ok && attempt->wait_s <= 0) {
        reply->wait_hash = true;
        return;
    }
    hasher_cancel(request->app->hasher, request);
    if (ok)
        form_later(request, reply, MHD_HTTP_TOO_MANY_REQUESTS, "access.wait", attempt->wait_s);
    else
        reply_failure(reply, &error);
}

static void read_form(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    char visit[COOKIE_VALUE_MAX] = "";
    cookie_find(request_header(request, "Cookie"), ADMIN_VISIT_COOKIE, visit);
    if (!admin_form(request, reply, visit))
        return;
    attempt->password = form_get(&request->form, "password");
    request_address(request, attempt->address);
    if (strlen(attempt->password) > PASSWORD_MAX)
        form_reply(request, reply, MHD_HTTP_FORBIDDEN, form_get(&request->form, "code"), "access.wrong");
    else if (hasher_reserve(request->app->hasher, request))
        begin(request, reply);
    else
        form_later(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, "access.busy", BUSY_S);
}

/* How it stands there now, and a way out. */
static void done_reply(struct request *request, struct reply *reply, const char *phone) {
    char token[CSRF_SIZE];
    page_auto struct page page;
    page_start(&page, request);
    if (csrf_token(phone, token, NULL))
        page_set(&page, "csrf", token);
    page_set(&page, "title", page_text(&page, "access.done.title"));
    page_set(&page, "plain", "1");
    page_set(&page, "name", request->device.name);
    page_reply(&page, request, reply, MHD_HTTP_OK, "access-done.html");
}

static void finish(struct request *request, struct reply *reply) {
    const struct attempt *attempt = &request->attempt;
    char phone[SECRET_TEXT_SIZE];
    char account[ACCOUNT_SIZE];
    struct pp_error error = {0};
    throttle_account(request, account);
    if (!attempt->right || !*request->device.id) {
        pp_log_warning("sign-in refused at screen %s, on a phone at %s", request->device.id,
                       attempt->address);
        form_reply(request, reply, MHD_HTTP_FORBIDDEN, form_get(&request->form, "code"), "access.wrong");
        return;
    }
    struct person person = {.subject = "password", .name = "", .phone = phone};
    if (!secret_make(phone, &error) ||
        !throttle_clear(request->app->db, account, attempt->address, pp_clock_realtime_s(), &error) ||
        !person_session_open(request->app->db, request->device.id, &person, pp_clock_realtime_s(), &error)) {
        reply_failure(reply, &error);
        return;
    }
    pp_log_info("somebody signed in at screen %s", request->device.id);
    waiters_wake(request->app->waiters);
    done_reply(request, reply, phone);
    admin_cookie_set(reply, PERSON_COOKIE, phone, PERSON_SESSION_MAX_S);
    pp_wipe(phone, sizeof phone);
}

void page_access_submit(struct request *request, struct reply *reply) {
    switch (request->attempt.stage) {
    case ATTEMPT_CHECKED:
        finish(request, reply);
        break;
    case ATTEMPT_CANCELLED:
        form_later(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, "access.busy", BUSY_S);
        break;
    default:
        read_form(request, reply);
    }
}

/* ---- Signing out ---- */

void page_access_sign_out(struct request *request, struct reply *reply) {
    char phone[COOKIE_VALUE_MAX] = "";
    char device[UUID_TEXT_SIZE];
    struct pp_error error = {0};
    cookie_find(request_header(request, "Cookie"), PERSON_COOKIE, phone);
    if (!admin_form(request, reply, phone))
        return;
    bool ok = !person_session_find_phone(request->app->db, phone, device, &error)
                  ? error.code == PP_E_NOTFOUND
                  : person_session_end(request->app->db, device, "signed-out", &error);
    if (!ok) {
        reply_failure(reply, &error);
        return;
    }
    waiters_wake(request->app->waiters);
    page_message(request, reply, MHD_HTTP_OK, "signed_out");
    admin_cookie_set(reply, PERSON_COOKIE, "", 0);
}
