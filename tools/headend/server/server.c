#include "headend/server/server.h"

#include <gnutls/gnutls.h>
#include <strings.h>

#include "base/log.h"
#include "headend/http/conditions.h"
#include "headend/http/connections.h"
#include "headend/http/problems.h"
#include "headend/public/authorities.h"
#include "headend/public/certificate.h"
#include "headend/server/hasher.h"
#include "headend/server/intake.h"
#include "headend/server/metrics.h"
#include "headend/server/open_files.h"
#include "headend/server/request_log.h"
#include "headend/server/route.h"
#include "headend/server/waiters.h"
#include "headend/server/writer.h"

#define SERVER_THREADS 2
#define HEADERS_MAX    (12 * 1024) /* bytes of a request; libmicrohttpd itself refuses what is far longer */
#define SERVER_IDLE_S  70          /* without a byte, either way; longer than a long poll waits between */

/* TLS 1.2 with ECDHE and AEAD, and TLS 1.3; certificates of 112 bits of strength and more. */
#define SERVER_PRIORITIES                                                                                    \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-256-GCM:"   \
    "+AES-128-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"              \
    "+GROUP-SECP384R1:%SERVER_PRECEDENCE:%PROFILE_MEDIUM"

static void add_security_headers(struct reply *reply) {
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    reply_header(reply, "Strict-Transport-Security", "max-age=31536000");
    reply_header(reply, "Referrer-Policy", "same-origin");
    if (!reply->caching_set)
        reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
}

static enum MHD_Result queue_reply(struct MHD_Connection *connection, struct reply *reply) {
    if (!reply->response)
        reply_problem(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal-error", "the server failed");
    add_security_headers(reply);
    if (connection_of(connection))
        request_log_answer(connection_of(connection), reply);
    enum MHD_Result result = MHD_queue_response(connection, reply->status, reply->response);
    MHD_destroy_response(reply->response);
    return result;
}

/* What a proxy before this server may have read as another request, or as two: nothing more is read of it. */
static void reply_not_in_order(struct reply *reply, const struct connection *connection) {
    const char *why = connection ? connection->framing.broken : NULL;
    reply_problem(reply, MHD_HTTP_BAD_REQUEST, "request-malformed", "%s",
                  why ? why : "not as RFC 9112 has it");
    reply_header(reply, MHD_HTTP_HEADER_CONNECTION, "close");
}

static enum MHD_Result query_read(void *arg, enum MHD_ValueKind kind, const char *name, const char *value) {
    (void)kind;
    query_add(arg, name, value);
    return MHD_YES;
}

static struct request *request_create(struct app *app, struct MHD_Connection *connection,
                                      const struct path *path, const struct route *route,
                                      const struct path_match *match) {
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->app = app;
    request->connection = connection;
    request->route = route;
    request->at = *path;
    request->match = *match;
    request->body = PP_BUF_INIT((size_t)route->body_max);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, query_read, &request->query);
    return request;
}

static bool body_type_fits(const struct route *route, const char *type) {
    if (!route->body_type)
        return true;
    size_t length = strlen(route->body_type);
    return type && strncasecmp(type, route->body_type, length) == 0 && strchr("; \t", type[length]);
}

static bool answer_fits(struct MHD_Connection *connection, const struct route *route, struct reply *reply) {
    const char *type = route->api && route->api->produces ? route->api->produces : "application/json";
    if (accept_takes(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT), type))
        return true;
    reply_with(reply, PROBLEM_NOT_ACCEPTABLE, "the answer is %s", type);
    return false;
}

static enum MHD_Result header_count(void *arg, enum MHD_ValueKind kind, const char *name, const char *value) {
    size_t *bytes = arg;
    (void)kind;
    *bytes += strlen(name) + (value ? strlen(value) : 0) + sizeof ": \r\n" - 1;
    return MHD_YES;
}

static bool headers_fit(struct MHD_Connection *connection, struct reply *reply) {
    size_t bytes = 0;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, header_count, &bytes);
    if (bytes <= HEADERS_MAX)
        return true;
    reply_with(reply, PROBLEM_HEADERS_TOO_LARGE, "at most %d bytes of headers", HEADERS_MAX);
    return false;
}

/* Refuses what can be refused before a body is read. */
static bool request_acceptable(struct MHD_Connection *connection, const struct route *route,
                               struct reply *reply) {
    if (!headers_fit(connection, reply))
        return false;
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (length && (strlen(length) > 18 || strtoull(length, NULL, 10) > route->body_max)) {
        reply_problem(reply, MHD_HTTP_CONTENT_TOO_LARGE, "body-too-large", "at most %llu bytes",
                      (unsigned long long)route->body_max);
        return false;
    }
    if (route->auth == ROUTE_API && !answer_fits(connection, route, reply))
        return false;
    if (!body_type_fits(route, type)) {
        reply_problem(reply, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "the body must be %s",
                      route->body_type);
        return false;
    }
    return true;
}

/* There is no such route: for a person a page, for a program a problem. */
static enum MHD_Result request_not_found(struct app *app, struct MHD_Connection *connection, const char *path,
                                         const struct path_match *match) {
    struct reply reply = {0};
    const struct request visitor = {.app = app, .connection = connection};
    if (strlen(path) >= PATH_SIZE) {
        reply_problem(&reply, MHD_HTTP_URI_TOO_LONG, "uri-too-long", "the path has at most %d bytes",
                      PATH_SIZE - 1);
    } else if (match->exists) {
        reply_problem(&reply, MHD_HTTP_METHOD_NOT_ALLOWED, "method-not-allowed", "not with this method");
        reply_header(&reply, MHD_HTTP_HEADER_ALLOW, match->allow);
    } else if (request_wants_page(connection)) {
        app->site->message(&visitor, &reply, MHD_HTTP_NOT_FOUND, "not_found");
    } else {
        reply_problem(&reply, MHD_HTTP_NOT_FOUND, "not-found", "there is nothing at this address");
    }
    return queue_reply(connection, &reply);
}

static enum MHD_Result request_begin(struct app *app, struct MHD_Connection *connection, const char *raw,
                                     const char *method, void **slot) {
    struct path path;
    struct path_match match = {0};
    struct reply reply = {0};
    struct connection *peer = connection_of(connection);
    if (!connection_head_done(peer)) {
        reply_not_in_order(&reply, peer);
        return queue_reply(connection, &reply);
    }
    const struct route *route =
        path_parse(&path, raw) ? path_map_find(app->site->map, method, &path, &match) : NULL;
    if (!route)
        return request_not_found(app, connection, raw, &match);
    if (!request_acceptable(connection, route, &reply))
        return queue_reply(connection, &reply);
    struct request *request = request_create(app, connection, &path, route, &match);
    *slot = request;
    if (!request)
        return MHD_NO;
    if (request->query.state == QUERY_TOO_LONG) {
        reply_problem(&reply, MHD_HTTP_URI_TOO_LONG, "uri-too-long",
                      "at most %d parameters, of %d bytes together", QUERY_FIELDS_MAX, QUERY_MAX);
        return queue_reply(connection, &reply);
    }
    return route_admit(request, &reply) ? MHD_YES : queue_reply(connection, &reply);
}

static enum MHD_Result request_body(struct request *request, const char *data, size_t *size) {
    if (request->intake) {
        size_t offered = *size;
        bool taken = intake_take(request->intake, data, size);
        metrics_note_upload(request->app->metrics, offered - *size);
        return taken ? MHD_YES : MHD_NO;
    }
    if (!pp_buf_add(&request->body, data, *size, NULL)) {
        if (request->body_too_large)
            return MHD_NO; /* it goes on sending: cut */
        request->body_too_large = true;
    }
    *size = 0;
    return MHD_YES;
}

/* Answers, as a page where a person asks. */
static enum MHD_Result answer(struct request *request, struct reply *reply) {
    if (reply->status >= MHD_HTTP_INTERNAL_SERVER_ERROR && !reply->is_page &&
        request_wants_page(request->connection))
        request->app->site->message(request, reply, reply->status, "failed");
    return queue_reply(request->connection, reply);
}

/* What the writer has to say. */
static enum MHD_Result answer_written(struct request *request) {
    struct reply reply = request->held;
    request->answered = false;
    request->held = (struct reply){0};
    if (!reply.wait_hash)
        return answer(request, &reply);
    /* It goes on when the password is checked; at once where the server stops. */
    if (hasher_suspend(request->app->hasher, request))
        return MHD_YES;
    return writer_suspend(request->app->writer, request) ? MHD_YES : answer_written(request);
}

/* Reads, and waits for news where there is none yet. */
static enum MHD_Result answer_read(struct request *request) {
    struct waiters *waiters = request->app->waiters;
    for (;;) {
        struct reply reply = {0};
        uint64_t generation = waiters_generation(waiters);
        route_run(request, &reply);
        if (!reply.wait_s)
            return answer(request, &reply);
        if (waiters_suspend(waiters, request, generation))
            return MHD_YES;
    }
}

/* Whether a sink has all of the body. */
static bool intake_came(const struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (intake_good(request->intake, &error))
        return true;
    const struct body_sink *sink = request->route->api->sink;
    if (sink->refuse)
        sink->refuse(intake_upload(request->intake), &error, reply);
    else if (error.code == PP_E_LIMIT)
        reply_with(reply, PROBLEM_BODY_TOO_LARGE, "%s", error.message);
    else if (error.code == PP_E_NOSPACE)
        reply_with(reply, PROBLEM_NO_SPACE, "there is no space left here");
    else
        reply_failure(reply, &error);
    return false;
}

static enum MHD_Result request_answer(struct request *request, bool in_order) {
    struct reply reply = {0};
    if (request->answered)
        return answer_written(request);
    bool refused = !in_order || request->body_too_large;
    if (!in_order)
        reply_not_in_order(&reply, connection_of(request->connection));
    else if (refused)
        reply_problem(&reply, MHD_HTTP_CONTENT_TOO_LARGE, "body-too-large", "at most %llu bytes",
                      (unsigned long long)request->route->body_max);
    if (refused)
        return answer(request, &reply);
    if (request->intake && !intake_end(request->intake))
        return MHD_YES;
    if (request->intake && !intake_came(request, &reply))
        return answer(request, &reply);
    if (request->route->work != WORK_WRITES)
        return answer_read(request);
    return writer_suspend(request->app->writer, request) ? MHD_YES : answer_written(request);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data, size_t *size,
                              void **slot) {
    struct app *app = arg;
    (void)version;
    if (!*slot && connection_of(connection))
        request_log_begin(connection_of(connection));
    if (!*slot)
        return request_begin(app, connection, path, method, slot);
    if (*size)
        return request_body(*slot, data, size);
    return request_answer(*slot, connection_request_done(connection_of(connection)));
}

static void completed(void *arg, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode code) {
    struct app *app = arg;
    struct request *request = *slot;
    (void)code;
    if (connection_of(connection))
        request_log_end(connection_of(connection), app->metrics, request ? request->route : NULL);
    connection_answer_done(connection_of(connection));
    if (!request)
        return;
    /* He has hung up before his password's turn came: then nothing calls the handler, which would wait for it. */
    if (request->attempt.stage == ATTEMPT_RESERVED)
        hasher_cancel(request->app->hasher, request);
    if (request->held.response)
        MHD_destroy_response(request->held.response);
    pp_wipe(&request->attempt, sizeof request->attempt);
    pp_wipe(&request->admin, sizeof request->admin);
    if (request->intake)
        open_files_release(request->app->files);
    intake_destroy(request->intake);
    form_finish(&request->form);
    pp_json_destroy(request->document);
    list_finish(&request->list);
    query_finish(&request->query);
    pp_buf_finish(&request->body);
    free(request);
    *slot = NULL;
}

static void log_line(void *arg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void log_line(void *arg, const char *format, va_list args) {
    (void)arg;
    char line[512];
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\r\n")] = 0;
    pp_log_debug("%s", line);
}

/* Paths and queries are decoded here, once they are taken apart (path.h, query.h). */
static size_t unescape(void *arg, struct MHD_Connection *connection, char *text) {
    (void)arg;
    (void)connection;
    return strlen(text);
}

struct MHD_Daemon *server_start(struct app *app, int listen_fd, struct pp_error *error) {
    /* That clients are asked for a certificate, and of whom: all authorities have one name. */
    pp_autobuf struct pp_buf authority = PP_BUF_INIT(CA_PEM_MAX);
    PP_AUTO(ca) struct ca *ca = authorities_now(app->authorities);
    if (!certificate_to_pem(&ca->authorities[0].der, &authority, error))
        return NULL;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, handle, app, MHD_OPTION_EXTERNAL_LOGGER, log_line, NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_HTTPS_CERT_CALLBACK, connections_on_hello, MHD_OPTION_HTTPS_MEM_TRUST,
        pp_buf_text(&authority), MHD_OPTION_HTTPS_PRIORITIES, SERVER_PRIORITIES, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)SERVER_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)app->options.connections + CONNECTIONS_SPARE, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SERVER_IDLE_S, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, completed, app,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_NOTIFY_CONNECTION, connections_on_notify,
        app->connections, MHD_OPTION_END);
    if (!daemon)
        pp_fail(error, PP_E_IO, "cannot start the server");
    return daemon;
}
