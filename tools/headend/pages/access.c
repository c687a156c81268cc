/* The page behind the QR code of a screen that asks for its password: /access. Who signs in there may also sign out. */
#include "base/clock.h"
#include "base/log.h"
#include "headend/ops/person_session.h"
#include "headend/pages/admin.h"
#include "headend/pages/handlers.h"
#include "headend/pages/visit.h"
#include "headend/server/csrf.h"
#include "headend/server/screen_attempt.h"
#include "headend/server/waiters.h"

#define PERSON_COOKIE "__Host-pingplay-person"
#define TYPED_MAX     16 /* bytes of a code that stand in the form again */

/* ---- The form ---- */

static void form_reply(struct request *request, struct reply *reply, unsigned status, const char *code,
                       const char *problem) {
    page_auto struct page page;
    if (!page_visit_start(&page, request, reply))
        return;
    page_set(&page, "title", page_text(&page, "access.title"));
    page_set(&page, "code", strlen(code) <= TYPED_MAX ? code : "");
    page_set(&page, "problem", problem ? page_text(&page, problem) : "");
    page_visit_reply(&page, request, reply, status, "access.html");
}

void page_access(struct request *request, struct reply *reply) {
    const char *code = request_query(request, "code");
    form_reply(request, reply, MHD_HTTP_OK, code ? code : "", NULL);
}

static void form_later(struct request *request, struct reply *reply, unsigned status, const char *problem,
                       int64_t wait_s) {
    form_reply(request, reply, status, form_get(&request->form, "code"), problem);
    reply_retry_after(reply, wait_s);
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

static void begin(struct request *request, struct reply *reply) {
    struct person_policy policy = {0};
    int64_t nobody = 0;
    struct pp_error error = {0};
    if (!screen_find(request, &policy)) {
        request->device = (struct device){0};
        /* Of nobody: a hash that nothing fits, which takes as long. */
        if (!user_find(request->app->db, "", &nobody, policy.password, &error)) {
            reply_failure(reply, &error);
            return;
        }
    }
    switch (screen_attempt_begin(request, reply, policy.password, &error)) {
    case SCREEN_ATTEMPT_WAITS:
        break;
    case SCREEN_ATTEMPT_BUSY:
        form_later(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, "access.busy", SCREEN_ATTEMPT_BUSY_S);
        break;
    case SCREEN_ATTEMPT_EARLY:
        form_later(request, reply, MHD_HTTP_TOO_MANY_REQUESTS, "access.wait", request->attempt.wait_s);
        break;
    case SCREEN_ATTEMPT_ERROR:
        reply_failure(reply, &error);
    }
    pp_wipe(&policy, sizeof policy);
}

static void read_form(struct request *request, struct reply *reply) {
    if (!page_visit_form(request, reply))
        return;
    request->attempt.password = form_get(&request->form, "password");
    if (strlen(request->attempt.password) > PASSWORD_MAX)
        form_reply(request, reply, MHD_HTTP_FORBIDDEN, form_get(&request->form, "code"), "access.wrong");
    else
        begin(request, reply);
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
    struct pp_error error = {0};
    if (!attempt->right || !*request->device.id) {
        pp_log_warning("sign-in refused at screen %s, on a phone at %s", request->device.id,
                       attempt->address);
        form_reply(request, reply, MHD_HTTP_FORBIDDEN, form_get(&request->form, "code"), "access.wrong");
        return;
    }
    struct person person = {.subject = "password", .name = "", .phone = phone};
    if (!secret_make(phone, &error) || !screen_attempt_succeed(request, &error) ||
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
        form_later(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, "access.busy", SCREEN_ATTEMPT_BUSY_S);
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
