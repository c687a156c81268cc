#include "setup/server.h"

#include <microhttpd.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/mem.h"
#include "page/form.h"

#define LOCATION_MAX (sizeof "http:///" + SETUP_HOST_MAX)

struct server {
    struct setup_pages pages;
    struct network_request given; /* what a phone has named; zeroes: nothing */
    struct MHD_Daemon *daemon;
    bool sent; /* the page that says so: it is to be handed on */
};

/* A request on its way. */
struct asking {
    struct pp_buf body;
    bool too_large;
    bool gives; /* its answer is the page that says that it is tried */
};

struct reply {
    struct pp_buf body;
    unsigned status;
    const char *type;
    const char *location; /* NULL: none */
    bool keep;            /* the browser may */
    bool end;             /* the connection is not to be used again */
};

/* ---- Answers ---- */

static void set_header(struct MHD_Response *response, const char *name, const char *value) {
    if (MHD_add_response_header(response, name, value) == MHD_NO)
        pp_log_debug("%s: not set", name);
}

static enum MHD_Result queue(struct MHD_Connection *connection, struct reply *reply) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.size, reply->body.data, MHD_RESPMEM_MUST_COPY);
    pp_buf_finish(&reply->body);
    if (!response)
        return MHD_NO;
    set_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
               reply->type ? reply->type : "text/html; charset=utf-8");
    set_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, reply->keep ? "max-age=600" : "no-store");
    set_header(response, "Content-Security-Policy",
               "default-src 'none'; img-src data:; style-src 'self'; form-action 'self'; base-uri 'none'; "
               "frame-ancestors 'none'");
    set_header(response, "X-Content-Type-Options", "nosniff");
    set_header(response, "X-Frame-Options", "DENY");
    set_header(response, "Referrer-Policy", "no-referrer");
    set_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (reply->location)
        set_header(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    if (reply->end)
        set_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static void say(struct reply *reply, unsigned status, const char *text) {
    reply->status = status;
    reply->type = "text/plain; charset=utf-8";
    if (!pp_buf_add_text(&reply->body, text, NULL))
        pp_buf_finish(&reply->body);
}

/* A page that was made, or not. */
static void made(struct reply *reply, unsigned status, bool done, const struct pp_error *error) {
    reply->status = status;
    if (done)
        return;
    pp_log_warning("%s", error->message);
    pp_buf_finish(&reply->body);
    say(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "The page could not be made.\n");
}

/* ---- What is asked for ---- */

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    struct asking *asking;
    const char *language;
    struct reply *reply;
};

static const char *argument(const struct request *request, const char *name) {
    const char *value = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    return value ? value : "";
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value ? value : "";
}

static void on_list(const struct request *request) {
    struct pp_error error = {0};
    const struct setup_pages *pages = &request->server->pages;
    bool done = pages->taken ? page_trying(pages, request->language, &request->reply->body, &error)
                             : page_list(pages, request->language, &request->reply->body, &error);
    made(request->reply, MHD_HTTP_OK, done, &error);
}

static void show_network(const struct request *request, const struct scan_network *network, const char *wrong,
                         unsigned status) {
    struct pp_error error = {0};
    bool done = page_network(&request->server->pages, request->language, network, wrong,
                             &request->reply->body, &error);
    made(request->reply, status, done, &error);
}

static void on_network(const struct request *request) {
    const struct scan_network *network = typed_find(request->server->pages.opening, argument(request, "id"));
    if (network && network->kind != SCAN_OTHER)
        show_network(request, network, NULL, MHD_HTTP_OK);
    else
        on_list(request);
}

static void on_other(const struct request *request) {
    show_network(request, NULL, NULL, MHD_HTTP_OK);
}

static void on_join(const struct request *request) {
    struct server *server = request->server;
    const struct pp_buf *body = &request->asking->body;
    network_autorequest struct network_request typed = {0};
    form_auto struct form form = {0};
    struct pp_error error = {0};
    const char *wrong =
        typed_read(body->data, body->size, server->pages.opening, server->pages.token, &typed);
    if (wrong) {
        const char *id = form_parse(&form, body->data, body->size, &error) ? form_get(&form, "id") : "";
        show_network(request, typed_find(server->pages.opening, id), wrong, MHD_HTTP_BAD_REQUEST);
        return;
    }
    /* The first one counts. */
    if (!server->pages.taken) {
        server->given = typed;
        server->pages.taken = true;
        request->asking->gives = true;
    }
    made(request->reply, MHD_HTTP_OK,
         page_trying(&server->pages, request->language, &request->reply->body, &error), &error);
}

static const struct route {
    const char *method, *path;
    void (*answer)(const struct request *request);
} routes[] = {
    {"GET", "/", on_list},
    {"GET", "/network", on_network},
    {"GET", "/other", on_other},
    {"POST", "/join", on_join},
};

static bool answer_file(const char *path, struct reply *reply) {
    const char *type;
    const struct embedded_file *file = page_file(path + 1, &type);
    if (!file || !pp_buf_add(&reply->body, file->data, file->size, NULL))
        return false;
    reply->status = MHD_HTTP_OK;
    reply->type = type;
    reply->keep = true;
    return true;
}

/* To the page, whatever it was. What a phone's programs look for at their own servers holds no connection. */
static void send_to_page(const struct server *server, struct reply *reply, char location[LOCATION_MAX]) {
    snprintf(location, LOCATION_MAX, "http://%s/", server->pages.opening->host);
    reply->location = location;
    reply->end = true;
    say(reply, MHD_HTTP_FOUND, "");
}

static const char *language_of(struct MHD_Connection *connection) {
    const char *wanted = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "lang");
    if (wanted && (strcmp(wanted, "en") == 0 || strcmp(wanted, "fr") == 0))
        return strcmp(wanted, "fr") == 0 ? "fr" : "en";
    return language_choose(header(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection, const char *path,
                              const char *method, struct asking *asking) {
    char location[LOCATION_MAX];
    struct reply reply = {.body = PP_BUF_INIT(PAGE_MAX)};
    const char *asked = strcmp(method, "HEAD") == 0 ? "GET" : method;
    bool get = strcmp(asked, "GET") == 0;
    if (strcasecmp(header(connection, MHD_HTTP_HEADER_HOST), server->pages.opening->host) != 0) {
        if (get)
            send_to_page(server, &reply, location);
        else
            say(&reply, MHD_HTTP_FORBIDDEN, "Not here.\n");
        return queue(connection, &reply);
    }
    if (asking->too_large) {
        say(&reply, MHD_HTTP_CONTENT_TOO_LARGE, "Too much.\n");
        return queue(connection, &reply);
    }
    const struct request request = {.server = server,
                                    .connection = connection,
                                    .asking = asking,
                                    .language = language_of(connection),
                                    .reply = &reply};
    for (size_t i = 0; i < PP_COUNT(routes); i++) {
        if (strcmp(routes[i].path, path) == 0 && strcmp(routes[i].method, asked) == 0) {
            routes[i].answer(&request);
            return queue(connection, &reply);
        }
    }
    if (!get)
        say(&reply, MHD_HTTP_METHOD_NOT_ALLOWED, "Not here.\n");
    else if (!answer_file(path, &reply))
        send_to_page(server, &reply, location);
    return queue(connection, &reply);
}

/* ---- libmicrohttpd ---- */

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **slot) {
    struct asking *asking = *slot;
    (void)version;
    if (!asking) {
        *slot = asking = calloc(1, sizeof *asking);
        if (!asking)
            return MHD_NO;
        asking->body = PP_BUF_INIT(TYPED_BODY_MAX);
        return MHD_YES;
    }
    if (*size) {
        asking->too_large |= !pp_buf_add(&asking->body, data, *size, NULL);
        *size = 0;
        return MHD_YES;
    }
    return answer(arg, connection, path, method, asking);
}

/* However it has ended: a phone that hangs up has been answered. */
static void on_completed(void *arg, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code) {
    struct server *server = arg;
    struct asking *asking = *slot;
    (void)connection, (void)code;
    if (!asking)
        return;
    server->sent |= asking->gives;
    pp_buf_finish(&asking->body);
    free(asking);
    *slot = NULL;
}

static void log_line(void *arg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void log_line(void *arg, const char *format, va_list args) {
    char line[256];
    (void)arg;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\r\n")] = 0;
    pp_log_debug("%s", line);
}

/* ---- Its time ---- */

static bool hand_on(struct server *server, int link, struct pp_error *error) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_REQUEST_MAX);
    server->sent = false;
    if (!network_request_encode(&server->given, &packet, error))
        return false;
    network_request_finish(&server->given);
    return send(link, packet.data, packet.size, MSG_NOSIGNAL) == (ssize_t)packet.size ||
           pp_fail_errno(error, "pingplay-network");
}

/* Until the other end is gone. */
static bool turn(struct server *server, int link, struct pp_error *error) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return pp_fail(error, PP_E_STATE, "the server has no descriptor");
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait_ms = SERVER_IDLE_S * 1000;
        struct pollfd fds[2] = {{.fd = link, .events = POLLIN}, {.fd = info->epoll_fd, .events = POLLIN}};
        if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES && wait_ms > SERVER_IDLE_S * 1000)
            wait_ms = SERVER_IDLE_S * 1000;
        (void)!poll(fds, PP_COUNT(fds), (int)wait_ms);
        if (fds[0].revents)
            return true;
        if (MHD_run(server->daemon) == MHD_NO)
            return pp_fail(error, PP_E_STATE, "the server has stopped");
        if (server->sent && !hand_on(server, link, error))
            return false;
    }
}

static bool make_token(char token[TYPED_TOKEN_SIZE], struct pp_error *error) {
    uint8_t bytes[(TYPED_TOKEN_SIZE - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return pp_fail_errno(error, "getrandom");
    pp_hex_encode(bytes, sizeof bytes, token);
    return true;
}

bool server_run(int link, int listener, const struct setup_opening *opening, const struct strings *strings,
                struct pp_error *error) {
    struct server server = {.pages = {.opening = opening, .strings = strings}};
    if (!make_token(server.pages.token, error)) {
        close(listener);
        return false;
    }
    server.daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, &server, MHD_OPTION_EXTERNAL_LOGGER,
        log_line, NULL, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)SERVER_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)SERVER_PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, &server, MHD_OPTION_END);
    if (!server.daemon) {
        close(listener);
        return pp_fail(error, PP_E_IO, "cannot start the server");
    }
    bool ended = turn(&server, link, error);
    MHD_stop_daemon(server.daemon);
    pp_wipe(&server, sizeof server);
    return ended;
}
