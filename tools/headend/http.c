#include "headend/http.h"

#include <stdarg.h>
#include <strings.h>

#include "base/log.h"
#include "headend/connections.h"
#include "headend/control.h"

#define PROBLEM_TYPE "urn:pingplay:problem:"

const char *request_header(const struct request *request, const char *name) {
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_nonce(const struct request *request) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *nonce = request_header(request, "Pingplay-Nonce");
    size_t size = nonce ? strlen(nonce) : 0;
    return size && size <= CONTROL_NONCE_MAX && strspn(nonce, alphabet) == size ? nonce : NULL;
}

const char *request_query(const struct request *request, const char *name) {
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
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

bool request_origin(const struct request *request, char *origin, size_t size) {
    const char *header = request_header(request, "Host");
    char name[HOME_HOST_MAX];
    char port[8];
    const char *asked_port = "";
    const struct host_list *hosts = credentials_hosts(connection_of(request->connection)->credentials);
    bool ours = header && host_split(header, name, &asked_port) && host_list_has(hosts, name);
    if (!ours) {
        snprintf(name, sizeof name, "%s", hosts->names[0]);
        snprintf(port, sizeof port, "%u", request->app->port);
    } else {
        snprintf(port, sizeof port, "%s", *asked_port ? asked_port : "443");
    }
    bool bracket = strchr(name, ':') != NULL;
    bool standard = strcmp(port, "443") == 0;
    int length = snprintf(origin, size, "https://%s%s%s%s%s", bracket ? "[" : "", name, bracket ? "]" : "",
                          standard ? "" : ":", standard ? "" : port);
    return length > 0 && (size_t)length < size;
}

void reply_header(struct reply *reply, const char *name, const char *value) {
    if (!reply->response)
        return;
    if (strcasecmp(name, MHD_HTTP_HEADER_CACHE_CONTROL) == 0)
        reply->caching_set = true;
    if (MHD_add_response_header(reply->response, name, value) != MHD_YES)
        pp_log_warning("cannot add header %s", name);
}

void reply_retry_after(struct reply *reply, int64_t wait_s) {
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
    reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

/* What is answered may be a key or a token. */
struct body {
    size_t size;
    char data[];
};

static void body_free(void *arg) {
    struct body *body = arg;
    pp_wipe(body->data, body->size);
    free(body);
}

void reply_data(struct reply *reply, unsigned status, const char *type, const void *data, size_t size) {
    if (reply->response)
        MHD_destroy_response(reply->response);
    reply->status = status;
    struct body *body = malloc(sizeof *body + size);
    if (body) {
        body->size = size;
        if (size)
            memcpy(body->data, data, size);
        reply->response =
            MHD_create_response_from_buffer_with_free_callback_cls(size, body->data, body_free, body);
    } else {
        reply->response = NULL;
    }
    if (body && !reply->response)
        body_free(body);
    if (type)
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, type);
}

void reply_empty(struct reply *reply, unsigned status) {
    reply_data(reply, status, NULL, NULL, 0);
}

void reply_json(struct reply *reply, unsigned status, const cJSON *value) {
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text) {
        reply_problem(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable", "out of memory");
        return;
    }
    reply_data(reply, status, "application/json", text, strlen(text));
}

void reply_redirect(struct reply *reply, const char *location) {
    reply_empty(reply, MHD_HTTP_SEE_OTHER);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, location);
}

static const char *status_title(unsigned status) {
    const char *title = MHD_get_reason_phrase_for(status);
    return title ? title : "Error";
}

static void problem_write(struct reply *reply, unsigned status, const char *code, const char *detail,
                          const char *name, const char *value) {
    char type[128];
    snprintf(type, sizeof type, PROBLEM_TYPE "%s", code);
    pp_autojson cJSON *problem = cJSON_CreateObject();
    cJSON_AddStringToObject(problem, "type", type);
    cJSON_AddStringToObject(problem, "title", status_title(status));
    cJSON_AddNumberToObject(problem, "status", status);
    cJSON_AddStringToObject(problem, "detail", detail);
    cJSON_AddStringToObject(problem, "code", code);
    if (name)
        cJSON_AddStringToObject(problem, name, value);
    pp_autojsontext char *text = cJSON_PrintUnformatted(problem);
    const char *body = text ? text : "{}";
    reply_data(reply, status, "application/problem+json", body, strlen(body));
}

void reply_problem(struct reply *reply, unsigned status, const char *code, const char *format, ...) {
    char detail[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    problem_write(reply, status, code, detail, NULL, NULL);
}

void reply_problem_with(struct reply *reply, unsigned status, const char *code, const char *name,
                        const char *value, const char *format, ...) {
    char detail[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    problem_write(reply, status, code, detail, name, value);
}

void reply_failure(struct reply *reply, const struct pp_error *error) {
    pp_log_error("%s", error->message);
    if (error->code == PP_E_NOMEM || error->code == PP_E_NOSPACE) {
        reply_problem(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable", "the server cannot do this now");
        reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, "30");
    } else {
        reply_problem(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal-error", "the server failed");
    }
}
