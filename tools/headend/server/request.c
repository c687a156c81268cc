#include "headend/server/request.h"

#include "headend/http/connections.h"
#include "headend/server/route.h"
#include "headend/signing/message.h"

const char *request_path(const struct request *request) {
    return request->at.whole;
}

const char *request_parameter(const struct request *request, const char *name) {
    const char *value = path_parameter(&request->match, request->route->pattern, &request->at, name);
    return value ? value : "";
}

uint64_t request_parameter_number(const struct request *request, const char *name) {
    return strtoull(request_parameter(request, name), NULL, 10);
}

const char *request_header(const struct request *request, const char *name) {
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_nonce(const struct request *request) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *nonce = request_header(request, "Pingplay-Nonce");
    size_t size = nonce ? strlen(nonce) : 0;
    return size && size <= SIGNING_NONCE_MAX && strspn(nonce, alphabet) == size ? nonce : NULL;
}

const char *request_query(const struct request *request, const char *name) {
    return query_get(&request->query, name);
}

void request_address(const struct request *request, char text[ADDRESS_TEXT_SIZE]) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    text[0] = 0;
    if (info && info->client_addr)
        address_text(info->client_addr, text);
}

void request_network(const struct request *request, char text[ADDRESS_TEXT_SIZE]) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    text[0] = 0;
    if (info && info->client_addr)
        address_network(info->client_addr, text);
}

/* Splits a Host header in name and port; brackets of an IPv6 address are taken off. */
static bool host_split(const char *header, char name[HOME_HOST_MAX], const char **port) {
    const char *end = header[0] == '[' ? strchr(header, ']') : header + strcspn(header, ":");
    size_t skip = header[0] == '[';
    if (!end || (size_t)(end - header) - skip >= HOME_HOST_MAX)
        return false;
    size_t size = (size_t)(end - header) - skip;
    for (size_t i = 0; i < size; i++) {
        char c = header[skip + i];
        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    name[size] = 0;
    end += skip;
    *port = *end == ':' ? end + 1 : "";
    return strspn(*port, "0123456789") == strlen(*port) && strlen(*port) <= 5;
}

/* `other`: a port in the place of the one that was asked; 0: that one. */
static bool origin_write(const struct request *request, unsigned other, char *origin, size_t size) {
    const char *header = request_header(request, "Host");
    char name[HOME_HOST_MAX];
    char port[8];
    const char *asked_port = "";
    const struct host_list *hosts = credentials_hosts(connection_of(request->connection)->credentials);
    bool ours = header && host_split(header, name, &asked_port) && host_list_has(hosts, name);
    if (!ours)
        snprintf(name, sizeof name, "%s", hosts->names[0]);
    if (other || !ours)
        snprintf(port, sizeof port, "%u", other ? other : request->app->port);
    else
        snprintf(port, sizeof port, "%s", *asked_port ? asked_port : "443");
    bool bracket = strchr(name, ':') != NULL;
    bool standard = strcmp(port, "443") == 0;
    int length = snprintf(origin, size, "https://%s%s%s%s%s", bracket ? "[" : "", name, bracket ? "]" : "",
                          standard ? "" : ":", standard ? "" : port);
    return length > 0 && (size_t)length < size;
}

bool request_origin(const struct request *request, char *origin, size_t size) {
    return origin_write(request, 0, origin, size);
}

bool request_people_origin(const struct request *request, char *origin, size_t size) {
    const struct serve_options *options = &request->app->options;
    if (!options->console_port || !options->public_address)
        return origin_write(request, (unsigned)options->console_port, origin, size);
    int length = snprintf(origin, size, "%s", options->public_address);
    return length > 0 && (size_t)length < size;
}

bool request_wants_page(struct MHD_Connection *connection) {
    const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    return accept && strstr(accept, "text/html");
}
