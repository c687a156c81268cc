/* The addresses that people are given: that of the headend, that of a set-up link, and that of a screen's QR code. Each
 * leads to the console, or to the former page where there is none. What stands behind a '#' goes with it, since the
 * answer names no other. */
#include "headend/base/user_code.h"
#include "headend/pages/console.h"
#include "headend/pages/handlers.h"
#include "headend/server/app.h"
#include "headend/server/route.h"

#define CODE_TYPED_MAX 16 /* bytes of a code in an address; more is none */

static const struct {
    const char *address, *console, *former;
} doors[] = {
    {"/", "/console/", "/admin/screens"},
    {"/setup", "/console/setup", "/admin/setup"},
    {"/enrol", "/console/add", "/admin/enrol"},
};

void page_door(struct request *request, struct reply *reply) {
    char location[128];
    char code[USER_CODE_SIZE] = "";
    const char *typed = request_query(request, "user_code");
    bool is_code = typed && strlen(typed) <= CODE_TYPED_MAX && user_code_read(typed, code);
    for (size_t i = 0; i < PP_COUNT(doors); i++) {
        if (strcmp(request->route->pattern, doors[i].address) != 0)
            continue;
        snprintf(location, sizeof location, "%s%s%s",
                 console_is_there(request->app->console) ? doors[i].console : doors[i].former,
                 is_code ? "?user_code=" : "", code);
        reply_redirect(reply, location);
        return;
    }
    reply_problem(reply, MHD_HTTP_NOT_FOUND, "not-found", "there is nothing at this address");
}
