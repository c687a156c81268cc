#include "headend/pages/admin.h"
#include "headend/pages/handlers.h"
#include "headend/pages/visit.h"
#include "headend/server/admin_attempt.h"
#include "headend/server/operate.h"
#include "headend/server/streams.h"

#define NEXT_MAX   128 /* bytes */
#define NEXT_FIRST "/admin/screens"

/* Where to go after signing in: only to pages of ours. */
static const char *next_checked(const char *next) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./?=";
    bool ours = next && strncmp(next, "/admin/", 7) == 0;
    return ours && strlen(next) <= NEXT_MAX && strspn(next, letters) == strlen(next) && !strstr(next, "//")
               ? next
               : NEXT_FIRST;
}

static void sign_in_reply(struct request *request, struct reply *reply, unsigned status, const char *name,
                          const char *next, const char *problem) {
    page_auto struct page page;
    if (!page_visit_start(&page, request, reply))
        return;
    page_set(&page, "title", page_text(&page, "sign_in.title"));
    page_set(&page, "name", name);
    page_set(&page, "next", next);
    page_set(&page, "for_screen", strncmp(next, "/admin/enrol", 12) == 0 ? "1" : "");
    page_set(&page, "problem", problem ? page_text(&page, problem) : "");
    page_visit_reply(&page, request, reply, status, "sign-in.html");
}

void page_sign_in(struct request *request, struct reply *reply) {
    sign_in_reply(request, reply, MHD_HTTP_OK, "", next_checked(request_query(request, "next")), NULL);
}

/* What comes of an attempt. */
static void sign_in_tell(struct request *request, struct reply *reply, enum admin_attempt outcome,
                         const char *token, const struct pp_error *error) {
    const struct attempt *attempt = &request->attempt;
    switch (outcome) {
    case ADMIN_ATTEMPT_WAITS:
        break;
    case ADMIN_ATTEMPT_BUSY:
        sign_in_reply(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, attempt->name, attempt->next_page,
                      "sign_in.busy");
        reply_retry_after(reply, ADMIN_ATTEMPT_BUSY_S);
        break;
    case ADMIN_ATTEMPT_EARLY:
        sign_in_reply(request, reply, MHD_HTTP_TOO_MANY_REQUESTS, attempt->name, attempt->next_page,
                      "sign_in.wait");
        reply_retry_after(reply, attempt->wait_s);
        break;
    case ADMIN_ATTEMPT_WRONG:
        sign_in_reply(request, reply, MHD_HTTP_FORBIDDEN,
                      text_check("name", attempt->name, 1, TEXT_NAME_MAX, NULL) ? attempt->name : "",
                      attempt->next_page, "sign_in.wrong");
        break;
    case ADMIN_ATTEMPT_RIGHT:
        reply_redirect(reply, attempt->next_page);
        admin_cookie_set(reply, ADMIN_COOKIE, token, ADMIN_LIFETIME_S);
        break;
    case ADMIN_ATTEMPT_ERROR:
        reply_failure(reply, error);
    }
}

/* Reads the form. */
static bool sign_in_read(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    if (!page_visit_form(request, reply))
        return false;
    attempt->name = form_get(&request->form, "name");
    attempt->password = form_get(&request->form, "password");
    attempt->next_page = next_checked(form_get(&request->form, "next"));
    return true;
}

void page_sign_in_submit(struct request *request, struct reply *reply) {
    char token[SECRET_TEXT_SIZE] = "";
    struct pp_error error = {0};
    if (admin_attempt_begun(request))
        sign_in_tell(request, reply, admin_attempt_finish(request, token, &error), token, &error);
    else if (sign_in_read(request, reply))
        sign_in_tell(request, reply, admin_attempt_begin(request, reply, &error), token, &error);
    pp_wipe(token, sizeof token);
}

void page_sign_out(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "token", request->admin.session);
    if (!request_operate(request, "session.end", value, &result, &error)) {
        reply_failure(reply, &error);
        return;
    }
    streams_end(request->app->streams, request->admin.session);
    reply_redirect(reply, "/admin/sign-in");
    admin_cookie_set(reply, ADMIN_COOKIE, "", 0);
}
