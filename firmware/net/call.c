#include <string.h>

#include "base/clock.h"
#include "net/client_internal.h"

void net_call_enlist(struct net_call *call, struct net_calls *list) {
    net_call_delist(call);
    call->list = list;
    TAILQ_INSERT_TAIL(list, call, link);
}

void net_call_delist(struct net_call *call) {
    if (call->list)
        TAILQ_REMOVE(call->list, call, link);
    call->list = NULL;
}

/* Out of libcurl's hands. */
static void take_back(struct net_call *call) {
    if (!call->added)
        return;
    curl_multi_remove_handle(call->client->transfers->multi, call->easy);
    call->added = false;
    call->client->transferring--;
    call->client->transfers->unsettled = true; /* another may take its place */
}

void net_call_destroy(struct net_call *call) {
    take_back(call);
    net_call_delist(call);
    curl_easy_cleanup(call->easy);
    net_draft_destroy(call->draft);
    pp_secret_text_destroy(call->cookie);
    free(call->url);
    net_headers_wipe(call->headers);
    net_identity_release(call->identity);
    net_trust_release(call->trust);
    pp_buf_finish(&call->body);
    pp_buf_finish(&call->head.text);
    net_response_finish(&call->response);
    free(call);
}

void net_call_cancel(struct net_call *call) {
    if (!call)
        return;
    struct net_loop *loop = call->client->loop;
    if (call->client->thread) {
        net_thread_cancel(call->client->thread, call);
        return;
    }
    call->cancelled = true;
    if (loop->performing)
        loop->unsettled = true;
    else
        net_call_destroy(call);
}

/* Ends a transfer from within one of its callbacks: libcurl's answer to 0 bytes taken. */
static size_t refuse(struct net_call *call) {
    if (call->response.error.code == PP_OK)
        pp_fail(&call->response.error, PP_E_CANCELLED, "cancelled");
    return 0;
}

static bool has_body(const struct net_call *call) {
    int status = call->response.status;
    return status != 204 && status != 304 && strcmp(call->request.method, "HEAD") != 0;
}

/* A body that ends with the connection can be cut by anyone on the way: libcurl does not ask for TLS's own farewell.
 * "Later" has none that counts, and libest's EST server says it without a length. */
static bool body_has_end(const struct net_call *call) {
    const struct net_response *response = &call->response;
    return call->client->multiplexed || response->content_length >= 0 || response->status == 202 ||
           net_response_header(response, "transfer-encoding");
}

static bool begin_body(struct net_call *call) {
    struct net_response *response = &call->response;
    const struct net_request *request = &call->request;
    bool success = response->status >= 200 && response->status <= 299;
    bool whole_or_part = response->status == 200 || response->status == 206;
    size_t asked = request->response_max ? request->response_max : NET_RESPONSE_BODY_MAX;
    call->bulk = whole_or_part && request->on_data;
    call->body_max = success ? asked : NET_RESPONSE_BODY_MAX;
    response->body.max = call->body_max;
    if (has_body(call) && !body_has_end(call))
        return pp_fail(&response->error, PP_E_INVALID, "answer whose end could not be told from a cut");
    if (has_body(call) && response->content_length > (int64_t)call->body_max)
        return pp_fail(&response->error, PP_E_LIMIT, "answer of %lld bytes, at most %zu are allowed",
                       (long long)response->content_length, call->body_max);
    if (whole_or_part && request->on_start && !request->on_start(request->arg, response, &response->error))
        return false;
    return true;
}

/* Over HTTP/2 one connection carries all calls: those that wait go on. */
static void note_version(struct net_call *call) {
    struct net_client *client = call->client;
    long version = 0;
    bool known = curl_easy_getinfo(call->easy, CURLINFO_HTTP_VERSION, &version) == CURLE_OK;
    client->multiplexed = known && version >= CURL_HTTP_VERSION_2_0;
    client->transfers->unsettled |= client->multiplexed;
}

static bool end_of_head(struct net_call *call) {
    long status = 0;
    /* An interim answer: the real one follows. */
    if (curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 200)
        return status != 101 || pp_fail(&call->response.error, PP_E_INVALID,
                                        "answer in another protocol, which nobody asked for");
    call->response.status = (int)status;
    note_version(call);
    return net_head_finish(&call->head, call->request.range_from, pp_time_now_s(&call->client->clocks.time),
                           &call->response, &call->response.error) &&
           begin_body(call);
}

size_t net_call_on_header(char *line, size_t size, size_t count, void *arg) {
    struct net_call *call = arg;
    size_t length = size * count;
    bool blank = length <= 2 && (length == 0 || line[0] == '\r' || line[0] == '\n');
    if (call->cancelled || !net_head_line(&call->head, line, length, &call->response.error))
        return refuse(call);
    if (blank && !call->head.complete && !end_of_head(call))
        return refuse(call);
    return call->cancelled ? refuse(call) : length;
}

size_t net_call_on_body(char *data, size_t size, size_t count, void *arg) {
    struct net_call *call = arg;
    struct net_response *response = &call->response;
    size_t length = size * count;
    if (call->cancelled)
        return refuse(call);
    if (length > call->body_max - response->received) {
        pp_fail(&response->error, PP_E_LIMIT, "answer of more than %zu bytes", call->body_max);
        return refuse(call);
    }
    response->received += length;
    bool taken = call->bulk ? call->request.on_data(call->request.arg, data, length, &response->error)
                            : pp_buf_add(&response->body, data, length, &response->error);
    return taken && !call->cancelled ? length : refuse(call);
}

/*
 * Whether there is a connection for one more. Calls beyond that wait here, in the order of their start, and
 * not in libcurl: there their waiting counts as connecting (8.7 and later), so that a queue behind long
 * downloads would time out, and 7.88 can forget to wake them.
 */
static bool may_transfer(const struct net_client *client) {
    return client->multiplexed || client->transferring < client->connections;
}

/* A call that waits its turn, or that goes once more, trusts those who are trusted by then. */
static bool take_present_trust(struct net_call *call, struct pp_error *error) {
    struct net_setup setup = {.easy = call->easy};
    if (!call->trust)
        return true;
    PP_AUTO(net_trust) struct net_trust *present = net_authorities_get(call->client->authorities);
    if (present == call->trust)
        return true;
    net_tls_setup_trust(&setup, NULL, present);
    if (setup.code != CURLE_OK)
        return pp_fail(error, PP_E_NOMEM, "trusted authorities: %s", curl_easy_strerror(setup.code));
    net_trust_release(call->trust);
    call->tls.trust = call->trust = pp_steal(&present);
    return true;
}

static bool add_call(struct net_call *call, struct pp_error *error) {
    if (!take_present_trust(call, error))
        return false;
    CURLMcode code = curl_multi_add_handle(call->client->transfers->multi, call->easy);
    call->added = code == CURLM_OK;
    call->client->transferring += call->added;
    return call->added || pp_fail(error, PP_E_IO, "libcurl: %s", curl_multi_strerror(code));
}

/* Any answer is one of who was verified; without any, what breaks a connection says something of the way. */
static void tell_outcome(const struct net_call *call) {
    const struct net_client *client = call->client;
    const struct net_response *response = &call->response;
    bool lost = response->error.code == PP_E_NET || response->error.code == PP_E_TLS ||
                response->error.code == PP_E_PORTAL;
    if (client->on_outcome && call->own_origin && (response->status || lost))
        client->on_outcome(client->arg, response->status != 0, call->proxy_number, &response->error);
}

void net_call_finish(struct net_call *call) {
    tell_outcome(call);
    struct net_response *response = &call->response;
    struct net_request request = call->request;
    struct net_response result = *response;
    struct net_fetch *fetch = call->fetch;
    net_response_init(response, 0);
    net_call_destroy(call);
    if (fetch) {
        *fetch->response = result;
        fetch->over = true;
        return;
    }
    if (request.on_done)
        request.on_done(request.arg, &result);
    net_response_finish(&result);
}

/* Where it was made. */
static void end_call(struct net_call *call) {
    take_back(call);
    net_call_delist(call);
    if (call->client->thread)
        net_thread_end(call->client->thread, call);
    else
        net_call_finish(call);
}

/* Back to where it was before its start: its turn comes again. */
static void restart_call(struct net_call *call) {
    take_back(call);
    net_response_finish(&call->response);
    net_response_init(&call->response, NET_RESPONSE_BODY_MAX);
    pp_buf_finish(&call->head.text);
    call->head = NET_HEAD_INIT;
}

/* Whether TLS has come to its end, and not only that of a proxy. */
static bool is_verified(const struct net_call *call) {
    curl_off_t handshake_us = 0;
    return curl_easy_getinfo(call->easy, CURLINFO_APPCONNECT_TIME_T, &handshake_us) == CURLE_OK &&
           handshake_us > 0 && !call->proxy_tls.begun && call->response.error.code != PP_E_TLS;
}

static void on_finished(struct net_transfer *transfer, CURL *easy, CURLcode result) {
    struct net_call *call = (struct net_call *)transfer;
    (void)easy;
    struct net_response *response = &call->response;
    if (call->cancelled) {
        net_call_destroy(call);
        return;
    }
    if (result != CURLE_OK && response->error.code == PP_OK && net_call_ask_proxy_again(call)) {
        restart_call(call);
        return;
    }
    if (result != CURLE_OK && response->error.code == PP_OK)
        net_failure_explain(call, result, &response->error);
    else if (result == CURLE_OK && !call->head.complete)
        pp_fail(&response->error, PP_E_NET, "no whole answer came");
    response->ok = response->error.code == PP_OK;
    response->verified = response->ok || is_verified(call);
    if (response->ok)
        net_call_take_nonce(call);
    if (response->ok && net_call_prove_again(call)) {
        restart_call(call);
        return;
    }
    end_call(call);
}

void net_calls_settle(struct net_loop *loop) {
    loop->unsettled = false;
    struct net_call *call = TAILQ_FIRST(&loop->calls);
    while (call) {
        struct net_call *next = TAILQ_NEXT(call, link);
        if (call->cancelled) {
            net_call_destroy(call);
        } else if (!call->added && may_transfer(call->client) && !add_call(call, &call->response.error)) {
            /* Told as any other failure; its on_done may cancel any other call, the next one, too. */
            end_call(call);
            next = TAILQ_FIRST(&loop->calls);
        }
        call = next;
    }
}

static const char *known_method(const struct net_request *request) {
    static const char *const without_body[] = {"GET", "HEAD"};
    static const char *const any[] = {"POST", "PUT", "PATCH", "DELETE"};
    const char *method = request->method ? request->method : request->body_size ? "POST" : "GET";
    for (size_t i = 0; i < PP_COUNT(without_body) && !request->body_size; i++) {
        if (!strcmp(method, without_body[i]))
            return without_body[i];
    }
    for (size_t i = 0; i < PP_COUNT(any); i++) {
        if (!strcmp(method, any[i]))
            return any[i];
    }
    return NULL;
}

static bool copy_request(struct net_call *call, const struct net_request *request, struct pp_error *error) {
    call->request = *request;
    call->request.method = known_method(request);
    if (!call->request.method)
        return pp_fail(error, PP_E_INVALID, "unknown request method, or one that takes no body");
    if (!net_call_headers(call, request, error))
        return false;
    call->body = PP_BUF_INIT(NET_REQUEST_BODY_MAX);
    if (request->body_size && !pp_buf_add(&call->body, request->body, request->body_size, error))
        return pp_wrap(error, "request body");
    /* Only what was copied may be used from here on. */
    call->request.path = NULL;
    call->request.headers = NULL;
    call->request.content_type = call->request.bearer = call->request.basic = call->request.if_none_match =
        NULL;
    call->request.body = call->body.data;
    call->request.draft = NULL;
    return true;
}

static bool prepare(struct net_call *call, const struct net_request *request, struct pp_error *error) {
    char url[NET_URL_MAX];
    char host[NET_HOST_MAX];
    bool own_origin = false;
    if (!net_client_url(call->client, request->path, url, host, &own_origin, error))
        return false;
    call->own_origin = own_origin;
    net_tls_check_begin(&call->tls, host, &call->client->clocks);
    if (call->client->authorities)
        call->tls.trust = call->trust = net_authorities_get(call->client->authorities);
    if (!own_origin && (request->send_cookie || request->use_identity || request->bearer || request->basic))
        return pp_fail(error, PP_E_INVALID,
                       "cookie, certificate and token are for the headend's own address only");
    if (request->use_identity && call->client->identity) {
        call->identity = call->client->identity;
        call->identity->references++;
    }
    call->prover = call->client->prover;
    call->cookie = pp_secret_text_ref(call->client->cookie);
    return pp_text_copy(&call->url, url, error) && copy_request(call, request, error) &&
           net_call_setup(call, url, error);
}

bool net_call_begin(struct net_call *call, struct pp_error *error) {
    struct net_loop *loop = call->client->transfers;
    net_call_enlist(call, &loop->calls);
    if (!net_call_prove(call, error) || !net_call_setup_request(call, error))
        return false;
    loop->unsettled |=
        loop->performing || call->cancelled; /* given up while the key was waited for: it is not made */
    return loop->unsettled || !may_transfer(call->client) || add_call(call, error);
}

static bool start_call(struct net_call *call, const struct net_request *request, struct pp_error *error) {
    struct net_thread *thread = call->client->thread;
    if (thread && (request->on_start || request->on_data))
        return pp_fail(error, PP_E_INVALID, "this client does not hand out bodies in pieces");
    if (thread && !net_thread_is_usable(thread, error))
        return false;
    if (!prepare(call, request, error))
        return false;
    if (thread)
        net_thread_post(thread, call);
    return thread || net_call_begin(call, error);
}

struct net_call *net_client_start(struct net_client *client, const struct net_request *request,
                                  struct pp_error *error) {
    struct net_call *call = calloc(1, sizeof *call);
    if (!call) {
        net_draft_destroy(request->draft);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    call->draft = request->draft;
    call->transfer.finished = on_finished;
    call->client = client;
    call->head = NET_HEAD_INIT;
    net_response_init(&call->response, NET_RESPONSE_BODY_MAX);
    call->easy = curl_easy_init();
    if (!call->easy)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    if (call->easy && start_call(call, request, error))
        return call;
    net_call_destroy(call);
    return NULL;
}

bool net_client_fetch(struct net_client *client, const struct net_request *request,
                      struct net_response *response, struct pp_error *error) {
    struct net_fetch fetch = {.response = response};
    net_response_init(response, 0);
    struct net_call *call = net_client_start(client, request, error);
    if (!call)
        return false;
    call->fetch = &fetch;
    while (!fetch.over) {
        bool cancelled = request->cancel && atomic_load(request->cancel);
        if (!cancelled && net_loop_turn(client->loop, -1, error))
            continue;
        if (fetch.over) /* by the turn that failed after it: the call is gone */
            break;
        net_call_cancel(call);
        return cancelled ? pp_fail(error, PP_E_CANCELLED, "cancelled") : false;
    }
    if (!response->ok && error)
        *error = response->error;
    return response->ok;
}
