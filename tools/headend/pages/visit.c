#include "headend/pages/visit.h"

#include "headend/pages/admin.h"
#include "headend/server/csrf.h"

#define VISIT_S 86400

bool page_visit_start(struct page *page, const struct request *request, struct reply *reply) {
    char visit[COOKIE_VALUE_MAX];
    char token[CSRF_SIZE];
    struct pp_error error;
    bool known = cookie_find(request_header(request, "Cookie"), ADMIN_VISIT_COOKIE, visit) &&
                 strlen(visit) == SECRET_TEXT_SIZE - 1;
    page_start(page, request);
    if ((!known && !secret_make(visit, &error)) || !csrf_token(visit, token, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    page_set(page, "plain", "1");
    page_set(page, "visit", visit);
    page_set(page, "csrf", token);
    return true;
}

void page_visit_reply(struct page *page, const struct request *request, struct reply *reply, unsigned status,
                      const char *file) {
    page_reply(page, request, reply, status, file);
    admin_cookie_set(reply, ADMIN_VISIT_COOKIE, page_get(page, "visit"), VISIT_S);
}

bool page_visit_form(struct request *request, struct reply *reply) {
    char visit[COOKIE_VALUE_MAX] = "";
    cookie_find(request_header(request, "Cookie"), ADMIN_VISIT_COOKIE, visit);
    return admin_form(request, reply, visit);
}
