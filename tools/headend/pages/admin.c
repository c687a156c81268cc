#include "headend/pages/admin.h"

#include "base/encode.h"
#include "headend/http/connections.h"
#include "headend/pages/csrf.h"
#include "headend/pages/page.h"
#include "headend/server/route.h"

void admin_cookie_set(struct reply *reply, const char *name, const char *value, int64_t max_age_s) {
    char header[256];
    snprintf(header, sizeof header, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", name,
             value, (long long)max_age_s);
    reply_header(reply, MHD_HTTP_HEADER_SET_COOKIE, header);
    pp_wipe(header, sizeof header);
}

/* To the sign-in page, and from there back to where a GET wanted to go. */
static void lead_to_sign_in(struct request *request, struct reply *reply) {
    char location[2048];
    const char *code = request_query(request, "user_code");
    char next[PATH_SIZE + 64];
    snprintf(next, sizeof next, "%s%s%.16s", request_path(request), code ? "?user_code=" : "",
             code ? code : "");
    pp_autofree char *encoded = strcmp(request->route->method, "GET") == 0 ? pp_percent_encode(next) : NULL;
    snprintf(location, sizeof location, "/admin/sign-in%s%s", encoded ? "?next=" : "",
             encoded ? encoded : "");
    reply_redirect(reply, location);
}

/* Browsers tell where a form comes from; both headers are theirs, not the page's. */
static bool same_origin(const struct request *request) {
    const char *site = request_header(request, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
    const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
    if (!origin)
        return true;
    return host && strncmp(origin, "https://", 8) == 0 && strcmp(origin + 8, host) == 0;
}

bool admin_form(struct request *request, struct reply *reply, const char *cookie) {
    struct pp_error error;
    form_finish(&request->form); /* a request that waited for the hash of a password comes a second time */
    if (!form_parse(&request->form, request->body.data, request->body.size, &error)) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "body-invalid", "%s", error.message);
        return false;
    }
    if (!same_origin(request) || !csrf_check(cookie, form_get(&request->form, "csrf"))) {
        page_message(request, reply, MHD_HTTP_FORBIDDEN, "csrf");
        return false;
    }
    return true;
}

bool admin_authenticate(struct request *request, struct reply *reply) {
    char token[COOKIE_VALUE_MAX];
    struct pp_error error = {.code = PP_E_NOTFOUND};
    if (!cookie_find(request_header(request, "Cookie"), ADMIN_COOKIE, token) ||
        !admin_session_find(request->app->db, token, &request->admin, &error)) {
        if (error.code == PP_E_NOTFOUND)
            lead_to_sign_in(request, reply);
        else
            reply_failure(reply, &error);
        return false;
    }
    connection_recognise(connection_of(request->connection), STANDING_ADMIN, "");
    return !request->route->body_type || admin_form(request, reply, request->admin.session);
}
