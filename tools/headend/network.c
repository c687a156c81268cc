#include "headend/network.h"

#include "base/log.h"
#include "headend/channel.h"

#define HEADER_META "proxy_header"

/* ---- Lists ---- */

static bool range_same(const struct ip_range *a, const struct ip_range *b) {
    return a->bits == b->bits && a->first.size == b->first.size &&
           memcmp(a->first.bytes, b->first.bytes, a->first.size) == 0;
}

bool network_list_add(struct network_list *list, const char *text, struct pp_error *error) {
    struct ip_range range;
    if (!ip_range_read(text, &range, error))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (range_same(&list->ranges[i], &range))
            return true;
    }
    if (list->count == NETWORK_RANGES_MAX)
        return pp_fail(error, PP_E_LIMIT, "at most %d ranges", NETWORK_RANGES_MAX);
    list->ranges[list->count++] = range;
    return true;
}

bool network_list_has(const struct network_list *list, const struct ip_address *address) {
    for (size_t i = 0; i < list->count; i++) {
        if (ip_range_has(&list->ranges[i], address))
            return true;
    }
    return false;
}

/* One that cannot be read fails: without it, somebody could be let in. */
bool network_load(struct db *db, const char *channel, struct network_list *list, struct pp_error *error) {
    struct pp_error end = {0};
    list->count = 0;
    db_autostmt sqlite3_stmt *row =
        db_query(db, error, "SELECT range FROM network_range WHERE channel = ? ORDER BY rowid", "s", channel);
    if (!row)
        return false;
    while (db_next(row, "range", &end)) {
        if (!network_list_add(list, db_text(row, 0), error))
            return pp_wrap(error, "the ranges of addresses");
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool channel_is_known(struct db *db, const char *channel, struct pp_error *error) {
    struct channel found;
    if (!*channel)
        return true;
    bool known = channel_known(db, channel, &found, error);
    pp_wipe(&found, sizeof found);
    return known;
}

static bool list_write(struct db *db, const char *channel, const struct network_list *list,
                       struct pp_error *error) {
    if (!db_run(db, error, "DELETE FROM network_range WHERE channel = ?", "s", channel))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        char text[IP_TEXT_SIZE];
        ip_range_text(&list->ranges[i], text);
        if (!db_run(db, error, "INSERT INTO network_range(channel, range) VALUES(?, ?)", "ss", channel, text))
            return false;
    }
    return true;
}

bool network_save(struct db *db, const char *channel, const struct network_list *list,
                  struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return channel_is_known(db, channel, error) && db_change_begin(&change, db, error) &&
           list_write(db, channel, list, error) && db_change_commit(&change, error);
}

bool network_save_proxies(struct db *db, enum forwarded_header header, const struct network_list *list,
                          struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_meta_set(db, HEADER_META, forwarded_name(header), error) &&
           list_write(db, NETWORK_PROXIES, list, error) && db_change_commit(&change, error);
}

bool network_header_load(struct db *db, enum forwarded_header *header, struct pp_error *error) {
    pp_autofree char *name = db_meta_get(db, HEADER_META, error);
    *header = FORWARDED_STANDARD;
    return name && (!*name || forwarded_named(name, header) ||
                    pp_fail(error, PP_E_INVALID, "the header of proxies: %s", name));
}

/* ---- Requests ---- */

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

/* Most have no ranges at all. */
static bool any_ranges(const struct request *request, bool *any, struct pp_error *error) {
    db_autostmt sqlite3_stmt *row =
        db_query(request->db, error, "SELECT EXISTS(SELECT 1 FROM network_range WHERE channel <> ?)", "s",
                 NETWORK_PROXIES);
    bool found = row && db_next(row, "range", error);
    *any = found && db_int(row, 0) != 0;
    return found;
}

bool network_allows(const struct request *request, const char *channel, struct pp_error *error) {
    struct ip_address client;
    bool any = false;
    if (!any_ranges(request, &any, error))
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
