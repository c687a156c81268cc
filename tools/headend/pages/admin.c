#include "headend/pages/admin.h"

#include "base/encode.h"
#include "headend/pages/page.h"
#include "headend/server/csrf.h"
#include "headend/server/operate.h"
#include "headend/server/route.h"

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

bool admin_form(struct request *request, struct reply *reply, const char *cookie) {
    struct pp_error error;
    form_finish(&request->form); /* a request that waited for the hash of a password comes a second time */
    if (!form_parse(&request->form, request->body.data, request->body.size, &error)) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "body-invalid", "%s", error.message);
        return false;
    }
    if (!csrf_same_origin(request) || !csrf_check(cookie, form_get(&request->form, "csrf"))) {
        page_message(request, reply, MHD_HTTP_FORBIDDEN, "csrf");
        return false;
    }
    return true;
}

/* The pages show all there is. Who may see a part of it has the console, which asks the API; signing out is for
 * everybody. */
static bool page_allowed(struct request *request, struct reply *reply) {
    struct actor actor;
    struct pp_error error = {0};
    if (strcmp(request->route->pattern, "/admin/sign-out") == 0)
        return true;
    if (!request_actor(request, &actor, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    if (actor_may(&actor, RIGHT_VIEW))
        return true;
    page_message(request, reply, MHD_HTTP_FORBIDDEN, "denied");
    return false;
}

bool admin_authenticate(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!admin_recognise(request, &error)) {
        if (error.code == PP_E_NOTFOUND)
            lead_to_sign_in(request, reply);
        else
            reply_failure(reply, &error);
        return false;
    }
    return page_allowed(request, reply) &&
           (!request->route->body_type || admin_form(request, reply, request->admin.session));
}
