/* Every option of a transfer, and its header lines. Nothing is left to libcurl's defaults that matters. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/encode.h"
#include "net/client_internal.h"

#define KEEPALIVE_IDLE_S     60L
#define KEEPALIVE_INTERVAL_S 20L
#define UNACKNOWLEDGED_MS    60000U        /* so long a connection may send without hearing anything */
#define BULK_BUFFER_SIZE     (128 * 1024L) /* bytes read at once where on_data takes them */
#define HEADER_LINE_MAX      8192          /* bytes of a header line we send, with the NUL */

static bool libcurl_speaks_http2(void) {
    return curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2;
}

/* Over HTTP/2 a call that times out leaves its connection to the next one. If a router or the server has
 * forgotten that connection, the kernel would go on sending into it for a quarter of an hour, and all calls
 * with it. Where it cannot be told so, its own limit holds. */
static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose) {
    unsigned limit = UNACKNOWLEDGED_MS;
    (void)arg;
    (void)purpose;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
    return CURL_SOCKOPT_OK;
}

static void setup_transport(struct net_setup *setup, const struct net_client *client) {
    NET_SET(setup, CURLOPT_PROTOCOLS_STR, "https");
    NET_SET(setup, CURLOPT_HTTP_VERSION,
            (long)(libcurl_speaks_http2() ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    NET_SET(setup, CURLOPT_PIPEWAIT, 1L);
    NET_SET(setup, CURLOPT_HTTP09_ALLOWED, 0L);
    NET_SET(setup, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    NET_SET(setup, CURLOPT_FOLLOWLOCATION, 0L);
    NET_SET(setup, CURLOPT_PATH_AS_IS, 1L);
    NET_SET(setup, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    NET_SET(setup, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    NET_SET(setup, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    NET_SET(setup, CURLOPT_TCP_KEEPALIVE, 1L);
    NET_SET(setup, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    NET_SET(setup, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    NET_SET(setup, CURLOPT_SOCKOPTFUNCTION, on_socket);
    NET_SET(setup, CURLOPT_NOSIGNAL, 1L);
    /* A cancelled call must not wait for a name that is still being looked up. */
    NET_SET(setup, CURLOPT_QUICK_EXIT, 1L);
    NET_SET(setup, CURLOPT_CONNECTTIMEOUT_MS, client->connect_timeout_ms);
    NET_SET(setup, CURLOPT_USERAGENT, client->user_agent);
}

/* Name and password are libcurl's, in memory that is wiped when it is freed. */
static void setup_credentials(struct net_setup *setup, const struct net_proxy_settings *settings) {
    bool negotiate = settings->auth == NET_PROXY_NEGOTIATE;
    NET_SET(setup, CURLOPT_PROXYAUTH,
            (long)(negotiate ? CURLAUTH_NEGOTIATE : CURLAUTH_BASIC | CURLAUTH_DIGEST));
    if (!negotiate && !*settings->user)
        return;
    /* For Negotiate neither is looked at, but it is not tried without. */
    NET_SET(setup, CURLOPT_PROXYUSERNAME, negotiate ? "" : settings->user);
    NET_SET(setup, CURLOPT_PROXYPASSWORD, negotiate ? "" : settings->password);
}

static void secure_proxy(struct net_setup *setup, struct net_call *call,
                         struct net_proxy_settings *settings) {
    char host[NET_PROXY_TEXT_MAX];
    if (!net_proxy_host(settings, host))
        *host = 0; /* which no certificate is for */
    net_tls_check_begin(&call->proxy_tls, host, &call->client->clocks);
    call->tls.proxy = &call->proxy_tls;
    net_tls_setup_proxy(setup, settings, &call->proxy_tls);
}

static void setup_proxy(struct net_setup *setup, struct net_call *call) {
    struct net_proxy_settings settings = {0};
    if (call->client->proxy)
        call->proxy_number = net_proxy_get(call->client->proxy, &settings);
    /* "" also keeps libcurl from asking the environment for one. */
    NET_SET(setup, CURLOPT_PROXY, settings.address);
    NET_SET(setup, CURLOPT_NOPROXY, settings.except);
    setup_credentials(setup, &settings);
    call->proxy_auth = settings.auth;
    call->proxy_named = settings.auth == NET_PROXY_PASSWORD && *settings.user;
    if (net_proxy_is_secure(&settings))
        secure_proxy(setup, call, &settings);
    pp_wipe(&settings, sizeof settings);
}

/* libcurl goes on over the connection that the 407 came by, unless that says "close": a proxy that hangs up all the
 * same ends the call before it was shown name and password. What it has asked for is known by now, a Digest's nonce to
 * libcurl, and stands in the first request this time. One that was shown them and says 407 has refused them. */
bool net_call_ask_proxy_again(struct net_call *call) {
    long status = 0, offered = 0;
    if (!call->proxy_named || call->proxy_asked_again ||
        curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK || status != 407 ||
        strstr(call->problem, "response 407") ||
        curl_easy_getinfo(call->easy, CURLINFO_PROXYAUTH_AVAIL, &offered) != CURLE_OK)
        return false;
    long by = offered & (long)CURLAUTH_DIGEST ? (long)CURLAUTH_DIGEST : offered & (long)CURLAUTH_BASIC;
    call->proxy_asked_again = true;
    return by && curl_easy_setopt(call->easy, CURLOPT_PROXYAUTH, by) == CURLE_OK;
}

static void setup_request(struct net_setup *setup, const struct net_call *call) {
    const struct net_request *request = &call->request;
    const char *method = request->method;
    if (request->body_size) {
        NET_SET(setup, CURLOPT_POST, 1L);
        NET_SET(setup, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        NET_SET(setup, CURLOPT_POSTFIELDS, (char *)call->body.data);
    } else if (!strcmp(method, "POST")) {
        NET_SET(setup, CURLOPT_POST, 1L);
        NET_SET(setup, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        NET_SET(setup, CURLOPT_POSTFIELDS, "");
    } else {
        NET_SET(setup, CURLOPT_HTTPGET, 1L);
    }
    if (!strcmp(method, "HEAD"))
        NET_SET(setup, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
        NET_SET(setup, CURLOPT_CUSTOMREQUEST, method);
    NET_SET(setup, CURLOPT_HTTPHEADER, call->headers);
    NET_SET(setup, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    NET_SET(setup, CURLOPT_LOW_SPEED_LIMIT, (long)request->low_speed_bytes);
    NET_SET(setup, CURLOPT_LOW_SPEED_TIME, (long)request->low_speed_s);
    if (request->on_data)
        NET_SET(setup, CURLOPT_BUFFERSIZE, BULK_BUFFER_SIZE);
}

static bool check_setup(const struct net_setup *setup, struct pp_error *error) {
    return setup->code == CURLE_OK || pp_fail(error, PP_E_UNSUPPORTED, "libcurl refuses option %d: %s",
                                              setup->option, curl_easy_strerror(setup->code));
}

bool net_call_setup(struct net_call *call, const char *url, struct pp_error *error) {
    struct net_setup setup = {.easy = call->easy};
    NET_SET(&setup, CURLOPT_URL, url);
    NET_SET(&setup, CURLOPT_PRIVATE, (char *)call);
    NET_SET(&setup, CURLOPT_ERRORBUFFER, call->problem);
    NET_SET(&setup, CURLOPT_HEADERFUNCTION, net_call_on_header);
    NET_SET(&setup, CURLOPT_HEADERDATA, call);
    NET_SET(&setup, CURLOPT_WRITEFUNCTION, net_call_on_body);
    NET_SET(&setup, CURLOPT_WRITEDATA, call);
    setup_transport(&setup, call->client);
    setup_proxy(&setup, call);
    net_tls_setup(&setup, call->client->ca_file, call->identity, &call->tls);
    return check_setup(&setup, error);
}

bool net_call_setup_request(struct net_call *call, struct pp_error *error) {
    struct net_setup setup = {.easy = call->easy};
    setup_request(&setup, call);
    return check_setup(&setup, error);
}

void net_headers_wipe(struct curl_slist *headers) {
    for (struct curl_slist *line = headers; line; line = line->next)
        pp_wipe(line->data, strlen(line->data));
    curl_slist_free_all(headers);
}

static bool line_valid(const char *line) {
    const char *colon = strchr(line, ':');
    if (!colon || colon == line || strlen(line) >= HEADER_LINE_MAX)
        return false;
    for (const char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 127 || (c < colon && *c == ' '))
            return false;
    }
    return true;
}

bool net_call_add_header(struct net_call *call, const char *line, struct pp_error *error) {
    if (!line_valid(line))
        return pp_fail(error, PP_E_INVALID, "request with an invalid header line");
    struct curl_slist *headers = curl_slist_append(call->headers, line);
    if (!headers)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    call->headers = headers;
    return true;
}

static bool append_value(struct net_call *call, const char *name, const char *value, struct pp_error *error) {
    char line[HEADER_LINE_MAX];
    if (!value || !*value)
        return true;
    int length = snprintf(line, sizeof line, "%s%s", name, value);
    bool fits = length > 0 && (size_t)length < sizeof line;
    bool added = fits && net_call_add_header(call, line, error);
    pp_wipe(line, sizeof line);
    return fits ? added : pp_fail(error, PP_E_LIMIT, "request header %s too long", name);
}

/* RFC 7617 §2. */
static bool append_basic(struct net_call *call, const char *credentials, struct pp_error *error) {
    char text[PP_BASE64_SIZE(NET_BASIC_MAX)];
    if (!credentials)
        return true;
    if (strlen(credentials) > NET_BASIC_MAX)
        return pp_fail(error, PP_E_LIMIT, "name and password of more than %d bytes", NET_BASIC_MAX);
    pp_base64_encode(credentials, strlen(credentials), text);
    bool added = append_value(call, "Authorization: Basic ", text, error);
    pp_wipe(text, sizeof text);
    return added;
}

static bool append_extra(struct net_call *call, const char *const *headers, struct pp_error *error) {
    for (size_t i = 0; headers && headers[i]; i++) {
        if (i == NET_REQUEST_HEADERS_MAX)
            return pp_fail(error, PP_E_LIMIT, "request with more than %d headers", NET_REQUEST_HEADERS_MAX);
        if (!net_call_add_header(call, headers[i], error))
            return false;
    }
    return true;
}

bool net_call_headers(struct net_call *call, const struct net_request *request, struct pp_error *error) {
    char range[48] = "";
    if (request->range_from)
        snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)request->range_from);
    if (request->body_size && !request->content_type)
        return pp_fail(error, PP_E_INVALID, "request with a body of no type");
    /* libcurl would wait a second for "100 Continue" where the body is large, and call an empty POST a form.
     */
    return net_call_add_header(call, "Expect:", error) &&
           append_value(call, "Content-Type:", request->content_type ? request->content_type : " ", error) &&
           append_value(call, "Authorization: Bearer ", request->bearer, error) &&
           append_basic(call, request->basic, error) &&
           append_value(call, "If-None-Match: ", request->if_none_match, error) &&
           append_value(call, "Range: ", range, error) &&
           append_value(call, "Cookie: ", request->send_cookie ? pp_secret_text(call->cookie) : NULL,
                        error) &&
           append_extra(call, request->headers, error);
}
