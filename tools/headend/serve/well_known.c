/* What anybody may ask of this server, whoever he is: whether it lives, and whom to tell of a weakness. */
#include "headend/serve/well_known.h"
#include "base/clock.h"
#include "headend/ops/security_contact.h"

#define PATH      "/.well-known/security.txt"
#define REPLY_MAX (SECURITY_CONTACTS_TEXT_MAX + 1024) /* bytes */

static void healthz(struct request *request, struct reply *reply) {
    (void)request;
    reply_data(reply, MHD_HTTP_OK, "text/plain; charset=utf-8", "ok\n", 3);
}

static bool text_write(const struct request *request, const struct security_contacts *contacts,
                       struct pp_buf *text, struct pp_error *error) {
    char expires[PP_RFC3339_SIZE];
    char origin[HOME_HOST_MAX + 32];
    pp_time_format(pp_clock_realtime_s() + SECURITY_CONTACT_EXPIRE_S, expires);
    for (size_t i = 0; i < contacts->count; i++) {
        if (!pp_buf_addf(text, error, "Contact: %s\n", contacts->uris[i]))
            return false;
    }
    if (!request_origin(request, origin, sizeof origin))
        return pp_fail(error, PP_E_LIMIT, "the server's name is too long");
    return pp_buf_addf(text, error, "Expires: %s\nPreferred-Languages: en, fr\nCanonical: %s" PATH "\n",
                       expires, origin);
}

static void security_txt(struct request *request, struct reply *reply) {
    struct security_contacts contacts;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(REPLY_MAX);
    if (!security_contacts_load(request->db, &contacts, &error) ||
        (contacts.count && !text_write(request, &contacts, &text, &error)))
        reply_failure(reply, &error);
    else if (!contacts.count)
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "not-found", "no contact is named here");
    else
        reply_data(reply, MHD_HTTP_OK, "text/plain; charset=utf-8", text.data, text.size);
}

static const struct route routes[] = {
    {"GET", "/healthz", ROUTE_OPEN, NULL, 0, healthz, WORK_NONE, NULL},
    {"GET", "/.well-known/security.txt", ROUTE_OPEN, NULL, 0, security_txt, WORK_READS, NULL},
};

const struct route_table well_known_routes = {routes, PP_COUNT(routes)};
