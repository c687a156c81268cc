#include "base/clock.h"
#include "base/log.h"
#include "headend/http/connections.h"
#include "headend/ops/throttle.h"
#include "headend/ops/users.h"
#include "headend/pages/admin.h"
#include "headend/pages/handlers.h"
#include "headend/pages/visit.h"
#include "headend/server/csrf.h"
#include "headend/server/hasher.h"
#include "headend/server/streams.h"

#define NEXT_MAX   128 /* bytes */
#define NEXT_FIRST "/admin/screens"
#define BUSY_S     2 /* in which the queue of attempts has moved on */

/* Where to go after signing in: only to pages of ours. */
static const char *next_checked(const char *next) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./?=";
    bool ours = next && (strncmp(next, "/admin/", 7) == 0 || strncmp(next, "/enrol", 6) == 0);
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
    page_set(&page, "for_screen", strncmp(next, "/enrol", 6) == 0 ? "1" : "");
    page_set(&page, "problem", problem ? page_text(&page, problem) : "");
    page_visit_reply(&page, request, reply, status, "sign-in.html");
}

void page_sign_in(struct request *request, struct reply *reply) {
    sign_in_reply(request, reply, MHD_HTTP_OK, "", next_checked(request_query(request, "next")), NULL);
}

/* Whether the account has signed in from the address before; with the lock. */
static bool attempt_known(struct db *db, struct attempt *attempt, struct pp_error *error) {
    db_lock(db);
    bool ok =
        throttle_known(db, attempt->name, attempt->address, pp_clock_realtime_s(), &attempt->known, error);
    db_unlock(db);
    return ok;
}

/* Counts the attempt and finds the account; with the lock. */
static bool attempt_begin(struct db *db, struct attempt *attempt, struct pp_error *error) {
    db_lock(db);
    bool ok = throttle_attempt(db, attempt->name, attempt->address, pp_clock_realtime_s(), &attempt->wait_s,
                               error) &&
              (attempt->wait_s > 0 || user_find(db, attempt->name, &attempt->admin, attempt->encoded, error));
    db_unlock(db);
    return ok;
}

/* Starts the session. */
static bool attempt_succeed(struct db *db, const struct attempt *attempt, char token[SECRET_TEXT_SIZE],
                            struct pp_error *error) {
    db_lock(db);
    bool ok = throttle_clear(db, attempt->name, attempt->address, pp_clock_realtime_s(), error) &&
              admin_session_start(db, attempt->admin, token, error);
    db_unlock(db);
    return ok;
}

/* Not now, whoever it is: `wait_s` later. */
static void attempt_later(struct request *request, struct reply *reply, unsigned status, const char *problem,
                          int64_t wait_s) {
    sign_in_reply(request, reply, status, request->attempt.name, request->attempt.next_page, problem);
    reply_retry_after(reply, wait_s);
}

/* Everything but the slow part, which then is waited for. */
static void sign_in_begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    struct app *app = request->app;
    struct pp_error error;
    if (!attempt_known(app->db, attempt, &error)) {
        reply_failure(reply, &error);
        return;
    }
    /* Before it counts as a failure: what is refused for want of a place is nobody's fault. */
    if (!hasher_reserve(app->hasher, request)) {
        attempt_later(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, "sign_in.busy", BUSY_S);
        return;
    }
    bool ok = attempt_begin(app->db, attempt, &error);
    if (ok && !attempt->wait_s) {
        reply->wait_hash = true;
        return;
    }
    hasher_cancel(app->hasher, request);
    if (ok)
        attempt_later(request, reply, MHD_HTTP_TOO_MANY_REQUESTS, "sign_in.wait", attempt->wait_s);
    else
        reply_failure(reply, &error);
}

static void sign_in_finish(struct request *request, struct reply *reply) {
    const struct attempt *attempt = &request->attempt;
    char token[SECRET_TEXT_SIZE];
    struct pp_error error;
    if (!attempt->right || !attempt->admin) {
        pp_log_warning("sign-in refused from %s", attempt->address);
        sign_in_reply(request, reply, MHD_HTTP_FORBIDDEN, attempt->name, attempt->next_page, "sign_in.wrong");
        return;
    }
    if (!attempt_succeed(request->app->db, attempt, token, &error)) {
        reply_failure(reply, &error);
        return;
    }
    connection_recognise(connection_of(request->connection), STANDING_ADMIN, "");
    reply_redirect(reply, attempt->next_page);
    admin_cookie_set(reply, ADMIN_COOKIE, token, ADMIN_LIFETIME_S);
    pp_wipe(token, sizeof token);
}

/* Reads the form, and begins. */
static void sign_in_read(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    if (!page_visit_form(request, reply))
        return;
    attempt->name = form_get(&request->form, "name");
    attempt->password = form_get(&request->form, "password");
    attempt->next_page = next_checked(form_get(&request->form, "next"));
    request_address(request, attempt->address);
    if (!text_check("name", attempt->name, 1, TEXT_NAME_MAX, NULL) ||
        strlen(attempt->password) > PASSWORD_MAX)
        sign_in_reply(request, reply, MHD_HTTP_FORBIDDEN, "", attempt->next_page, "sign_in.wrong");
    else
        sign_in_begin(request, reply);
}

void page_sign_in_submit(struct request *request, struct reply *reply) {
    switch (request->attempt.stage) {
    case ATTEMPT_CHECKED:
        sign_in_finish(request, reply);
        break;
    case ATTEMPT_CANCELLED:
        attempt_later(request, reply, MHD_HTTP_SERVICE_UNAVAILABLE, "sign_in.busy", BUSY_S);
        break;
    default:
        sign_in_read(request, reply);
    }
}

void page_sign_out(struct request *request, struct reply *reply) {
    struct pp_error error;
    if (!admin_session_end(request->app->db, request->admin.session, &error)) {
        reply_failure(reply, &error);
        return;
    }
    streams_end(request->app->streams, request->admin.session);
    reply_redirect(reply, "/admin/sign-in");
    admin_cookie_set(reply, ADMIN_COOKIE, "", 0);
}
