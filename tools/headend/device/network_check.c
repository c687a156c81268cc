#include "headend/device/network_check.h"

#include "base/log.h"
#include "headend/ops/network.h"

static bool is_proxy(const void *arg, const struct ip_address *address) {
    return network_list_has(arg, address);
}

struct collecting {
    enum forwarded_header header;
    struct forwarded forwarded;
    struct pp_error error;
};

/* Each of the headers of that name, in the order in which they came. */
static enum MHD_Result collect(void *arg, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct collecting *collecting = arg;
    enum forwarded_header header;
    (void)kind;
    bool wanted = forwarded_named(name, &header) && header == collecting->header;
    return !wanted || forwarded_read(header, value ? value : "", &collecting->forwarded, &collecting->error)
               ? MHD_YES
               : MHD_NO;
}

static struct ip_address request_peer(const struct request *request) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && info->client_addr ? ip_address_of(info->client_addr) : (struct ip_address){0};
}

/* Who asks, by the word of proxies of ours alone. Unknown where they say what is none. */
static bool request_client(const struct request *request, struct ip_address *client, struct pp_error *error) {
    struct network_list proxies;
    struct collecting collecting = {0};
    *client = request_peer(request);
    if (!network_load(request->db, NETWORK_PROXIES, &proxies, error) ||
        !network_header_load(request->db, &collecting.header, error))
        return false;
    if (!network_list_has(&proxies, client))
        return true;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, collect, &collecting);
    if (collecting.error.code)
        *client = (struct ip_address){0};
    else
        *client = forwarded_client(&collecting.forwarded, *client, is_proxy, &proxies);
    return true;
}

static bool list_allows(const struct request *request, const char *channel, const struct ip_address *client,
                        struct pp_error *error) {
    struct network_list list;
    char text[IP_TEXT_SIZE];
    if (!network_load(request->db, channel, &list, error))
        return false;
    if (!list.count || network_list_has(&list, client))
        return true;
    ip_address_text(client, text);
    return pp_fail(error, PP_E_DENIED, "screens may not ask from %s%s",
                   *text ? text : "an address that is not known", *channel ? ", on this channel" : "");
}

bool network_allows(const struct request *request, const char *channel, struct pp_error *error) {
    struct ip_address client;
    bool any = false;
    /* Most have no ranges at all. */
    if (!network_any(request->db, &any, error))
        return false;
    return !any || (request_client(request, &client, error) && list_allows(request, "", &client, error) &&
                    (!*channel || list_allows(request, channel, &client, error)));
}

bool network_allows_enrolment(const struct request *request, const char *channel, struct reply *reply) {
    struct pp_error error = {0};
    if (network_allows(request, channel, &error))
        return true;
    if (error.code != PP_E_DENIED) {
        reply_failure(reply, &error);
        return false;
    }
    pp_log_warning("an enrolment is refused: %s", error.message);
    /* OAuth's answers have "error" (RFC 6749 §5.2). */
    reply_problem_with(reply, MHD_HTTP_FORBIDDEN, "network-refused", "error", "network_refused", "%s",
                       error.message);
    return false;
}
