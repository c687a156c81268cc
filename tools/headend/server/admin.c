#include "headend/server/admin.h"

#include "headend/http/connections.h"
#include "headend/server/streams.h"

bool admin_recognise(struct request *request, struct pp_error *error) {
    char token[COOKIE_VALUE_MAX];
    if (!cookie_find(request_header(request, "Cookie"), ADMIN_COOKIE, token))
        return pp_fail(error, PP_E_NOTFOUND, "nobody is signed in");
    bool known = request->db == request->app->db
                     ? admin_session_find(request->db, token, &request->admin, error)
                     : admin_session_look(request->db, token, &request->admin, error);
    pp_wipe(token, sizeof token);
    if (known)
        connection_recognise(connection_of(request->connection), STANDING_ADMIN, "");
    return known;
}

bool admin_enter(struct request *request, int64_t admin, char token[SECRET_TEXT_SIZE],
                 struct pp_error *error) {
    char former[COOKIE_VALUE_MAX];
    if (cookie_find(request_header(request, "Cookie"), ADMIN_COOKIE, former)) {
        bool ended = admin_session_end(request->db, former, error);
        streams_end(request->app->streams, former);
        pp_wipe(former, sizeof former);
        if (!ended)
            return false;
    }
    char address[ADDRESS_TEXT_SIZE];
    const char *agent = request_header(request, "User-Agent");
    request_address(request, address);
    const struct admin_client client = {.address = address, .agent = agent ? agent : ""};
    if (!admin_session_start(request->db, admin, &client, token, error))
        return false;
    connection_recognise(connection_of(request->connection), STANDING_ADMIN, "");
    return true;
}

void admin_cookie_set(struct reply *reply, const char *name, const char *value, int64_t max_age_s) {
    char header[256];
    snprintf(header, sizeof header, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", name,
             value, (long long)max_age_s);
    reply_header(reply, MHD_HTTP_HEADER_SET_COOKIE, header);
    pp_wipe(header, sizeof header);
}
