/* The HTTPS client against a real server: what is sent, what is refused, how calls end. */
#include "support/server.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "net/client.h"

#define BULK_SIZE 3000000 /* bytes of the large object */

struct world {
    struct test_server server;
    struct net_loop *loop;
};

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    test_server_start(&world->server);
    world->loop = net_loop_create(NULL);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    net_loop_destroy(world->loop);
    test_server_stop(&world->server);
    free(world);
    return 0;
}

static struct net_client *connect_with(struct world *world, const char *port, const char *proxy) {
    char url[64];
    struct pp_error error = {0};
    test_server_url(&world->server, port, url);
    struct net_client_config config = {.base_url = url,
                                       .ca_file = test_server_path(&world->server, "authority"),
                                       .proxy = proxy,
                                       .max_connections_per_host = 2};
    struct net_client *client = net_client_create(world->loop, &config, &error);
    assert_string_equal(error.message, "");
    assert_non_null(client);
    return client;
}

static struct net_client *connect_to(struct world *world, const char *port) {
    return connect_with(world, port, NULL);
}

static cJSON *take_log(struct world *world) {
    return test_server_ask(&world->server, "{\"do\":\"log\"}");
}

static void nothing_is_sent_that_was_not_asked_for(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "http1");
    net_autoresponse struct net_response response = {0};
    assert_true(net_client_set_cookie(client, "a=b", NULL));
    test_server_do(&world->server,
                   "{\"do\":\"answers\",\"list\":[{\"headers\":{\"set-cookie\":\"x=y; Path=/\"}},{}]}");
    struct net_request request = {.path = "/x/../y%2e?q=1"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    net_response_finish(&response);
    assert_true(net_client_fetch(client, &request, &response, NULL));
    pp_autojson cJSON *log = take_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(test_log_text(log, i, "method"), "GET");
        assert_string_equal(test_log_text(log, i, "url"), "/x/../y%2e?q=1");
        assert_null(test_log_header(log, i, "cookie"));
        assert_null(test_log_header(log, i, "authorization"));
        assert_null(test_log_header(log, i, "accept-encoding"));
        assert_string_equal(test_log_header(log, i, "user-agent"), "pingplay/" PP_VERSION);
        /* host, user-agent, accept */
        assert_int_equal(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, i), "raw")->valueint, 3);
    }
}

static void request_carries_its_headers_and_body(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"status\":204}]}");
    const char *const headers[] = {"Prefer: wait=50", NULL};
    struct net_request request = {.method = "PUT",
                                  .path = "/v1/screenshots/1",
                                  .headers = headers,
                                  .content_type = "image/png",
                                  .body = "a\0b",
                                  .body_size = 3,
                                  .if_none_match = "\"v1\""};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    assert_int_equal(response.status, 204);
    pp_autojson cJSON *log = take_log(world);
    assert_string_equal(test_log_text(log, 0, "method"), "PUT");
    assert_string_equal(test_log_header(log, 0, "prefer"), "wait=50");
    assert_string_equal(test_log_header(log, 0, "content-type"), "image/png");
    assert_string_equal(test_log_header(log, 0, "content-length"), "3");
    assert_string_equal(test_log_header(log, 0, "if-none-match"), "\"v1\"");
}

static void post_without_a_body_names_no_type(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "http1");
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"status\":204}]}");
    struct net_request request = {.method = "POST", .path = "/v1/session"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    pp_autojson cJSON *log = take_log(world);
    assert_string_equal(test_log_text(log, 0, "method"), "POST");
    assert_string_equal(test_log_header(log, 0, "content-length"), "0");
    assert_null(test_log_header(log, 0, "content-type"));
}

static void requests_that_must_not_be_made_are_refused_at_start(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    const char *const split[] = {"X: a\r\nCookie: b", NULL};
    const char *const nameless[] = {"no colon", NULL};
    const char *const spaced[] = {"X y: z", NULL};
    static char long_path[NET_URL_MAX + 1] = "/";
    memset(long_path + 1, 'x', NET_URL_MAX - 1);
    const struct net_request rows[] = {
        {.path = NULL},
        {.path = "relative"},
        {.path = "http://127.0.0.1/"},
        {.path = "ftp://127.0.0.1/"},
        {.path = "https://"},
        {.path = "https://user@127.0.0.1/"},
        {.path = "https://user:pw@127.0.0.1/"},
        {.path = "/a b"},
        {.path = "/a\r\nHost: x"},
        {.path = "/a#b"},
        {.path = long_path},
        {.path = "/", .method = "CONNECT"},
        {.path = "/", .method = "get"},
        {.path = "/", .method = "GET", .body = "x", .body_size = 1, .content_type = "a/b"},
        {.path = "/", .body = "x", .body_size = 1},
        {.path = "/", .headers = split},
        {.path = "/", .headers = nameless},
        {.path = "/", .headers = spaced},
        {.path = "/", .bearer = "a\nb"},
        {.path = "https://127.0.0.1:1/", .send_cookie = true},
        {.path = "https://127.0.0.1:1/", .use_identity = true},
        {.path = "https://other.example/", .use_identity = true},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_null(net_client_start(client, &rows[i], &error));
        assert_in_range(error.code, PP_E_INVALID, PP_E_LIMIT);
        assert_string_not_equal(error.message, "");
    }
    pp_autojson cJSON *log = take_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 0);
}

static void configurations_that_cannot_be_meant_are_refused(void **state) {
    struct world *world = *state;
    const char *ca = test_server_path(&world->server, "authority");
    const struct net_client_config rows[] = {
        {.ca_file = ca, .base_url = "http://example.org"},
        {.ca_file = ca, .base_url = "https://example.org/path"},
        {.ca_file = ca, .base_url = "https://example.org/?q"},
        {.ca_file = ca, .base_url = "https://user@example.org"},
        {.ca_file = ca, .base_url = "https://example.org", .proxy = "socks5://127.0.0.1"},
        {.ca_file = NULL, .base_url = "https://example.org"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_null(net_client_create(world->loop, &rows[i], NULL));
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    assert_false(net_client_set_cookie(client, "no value", NULL));
    assert_false(net_client_set_cookie(client, "a=b; c=d", NULL));
    assert_false(net_client_set_cookie(client, "a=b\r\nX: y", NULL));
    assert_false(net_client_set_identity(client, "certificate", NULL, NULL));
}

static void redirect_is_an_answer_and_is_not_followed(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server,
                   "{\"do\":\"answers\",\"list\":[{\"status\":302,\"headers\":{\"location\":\"/b\"}}]}");
    struct net_request request = {.path = "/a"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    assert_int_equal(response.status, 302);
    assert_string_equal(response.location, "/b");
    pp_autojson cJSON *log = take_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 1);
}

static void proxies_of_the_environment_are_not_used(void **state) {
    struct world *world = *state;
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", test_server_port(&world->server, "proxy"));
    setenv("https_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{}]}");
    struct net_request request = {.path = "/"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    pp_autojson cJSON *log = take_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 1);
    assert_string_equal(test_log_text(log, 0, "proxy"), "");
}

static void configured_proxy_sees_only_the_name_whatever_no_proxy_says(void **state) {
    struct world *world = *state;
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", test_server_port(&world->server, "proxy"));
    setenv("no_proxy", "*", 1);
    PP_AUTO(net_client) struct net_client *client = connect_with(world, "good", proxy);
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"body\":\"through\"}]}");
    assert_true(net_client_set_cookie(client, "secret=value", NULL));
    struct net_request request = {.path = "/path", .send_cookie = true, .bearer = "token"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    unsetenv("no_proxy");
    assert_string_equal(pp_buf_text(&response.body), "through");
    pp_autojson cJSON *log = take_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    const char *seen = test_log_text(log, 0, "proxy");
    assert_int_equal(strncmp(seen, "CONNECT 127.0.0.1:", 18), 0);
    assert_null(strstr(seen, "secret"));
    assert_null(strstr(seen, "token"));
    assert_null(strstr(seen, "/path"));
}

static void answer_over_its_cap_is_refused_announced_or_not(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    test_server_do(&world->server,
                   "{\"do\":\"route\",\"path\":\"/ten\",\"answer\":{\"body\":\"0123456789\"}}");
    struct net_request request = {.path = "/ten", .response_max = 10};
    struct pp_error error = {0};
    net_autoresponse struct net_response fits = {0};
    assert_true(net_client_fetch(client, &request, &fits, &error));
    net_autoresponse struct net_response response = {0};
    request.response_max = 9;
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "answer of 10 bytes, at most 9 are allowed");

    PP_AUTO(net_client) struct net_client *raw = connect_to(world, "raw");
    net_autoresponse struct net_response unannounced = {0};
    test_server_do(&world->server, "{\"do\":\"raw\",\"list\":[\"HTTP/1.1 200 OK\\r\\n\\r\\n0123456789\"]}");
    assert_false(net_client_fetch(raw, &request, &unannounced, &error));
    assert_string_equal(error.message, "answer of more than 9 bytes");
    cJSON_Delete(take_log(world));
}

static void error_body_has_its_own_cap(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"status\":500,\"size\":70000}]}");
    struct net_request request = {.path = "/", .response_max = 1000000};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    cJSON_Delete(take_log(world));
}

struct hostile {
    const char *raw;
    enum pp_code code;
};

static void malformed_answers_are_refused(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "raw");
    static const struct hostile rows[] = {
        {"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nab", PP_E_NET}, /* cut */
        {"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nab", PP_E_NET},
        {"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n", PP_E_NET},
        {"HTTP/1.1 200 OK\\r\\nETag: a\\r\\nETag: b\\r\\n\\r\\n", PP_E_INVALID},
        {"HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\n\\r\\nxx", PP_E_INVALID},
        {"HTTP/1.1 206 Partial\\r\\nContent-Range: bytes 0-1/2\\r\\n\\r\\nxx", PP_E_INVALID},
        {"", PP_E_NET},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        net_autoresponse struct net_response response = {0};
        struct pp_error error = {0};
        struct net_request request = {.path = "/"};
        test_server_do(&world->server, "{\"do\":\"raw\",\"list\":[\"%s\"]}", rows[i].raw);
        assert_false(net_client_fetch(client, &request, &response, &error));
        assert_false(response.ok);
        assert_int_equal(error.code, rows[i].code);
    }
    cJSON_Delete(take_log(world));
}

static void answers_that_are_not_http_fail(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "raw");
    static const char *const rows[] = {"nonsense without a head", "HTTP/1.1 abc\\r\\n\\r\\n",
                                       "HTTP/1.1 200 OK\\r\\nno colon\\r\\n\\r\\n",
                                       "HTTP/1.1 200 OK\\r\\nContent-Length: -4\\r\\n\\r\\nxxxx"};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        net_autoresponse struct net_response response = {0};
        struct pp_error error = {0};
        struct net_request request = {.path = "/"};
        test_server_do(&world->server, "{\"do\":\"raw\",\"list\":[\"%s\"]}", rows[i]);
        assert_false(net_client_fetch(client, &request, &response, &error));
        assert_string_not_equal(error.message, "");
    }
    cJSON_Delete(take_log(world));
}

static void flood_of_headers_is_cut_off(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "raw");
    pp_autobuf struct pp_buf flood = PP_BUF_INIT(1000000);
    assert_true(pp_buf_add_text(&flood, "{\"do\":\"raw\",\"list\":[\"HTTP/1.1 200 OK\\r\\n", NULL));
    for (int i = 0; i < 200; i++)
        assert_true(pp_buf_addf(&flood, NULL, "X-%d: y\\r\\n", i));
    assert_true(pp_buf_add_text(&flood, "\\r\\n\"]}", NULL));
    test_server_do(&world->server, "%s", pp_buf_text(&flood));
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    struct net_request request = {.path = "/"};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "answer of more than 100 header lines");
    cJSON_Delete(take_log(world));
}

/* ---- Bodies in pieces ---- */

struct download {
    uint64_t next;  /* offset of the byte expected */
    uint64_t limit; /* on_data refuses what is beyond */
    int starts, done;
    bool wrong;
    struct net_loop *loop;
    struct net_call *call;
    struct net_call *other; /* cancelled by on_data */
    struct net_client *client;
    int expected; /* calls to end before the loop stops */
};

static bool note_start(void *arg, const struct net_response *head, struct pp_error *error) {
    struct download *download = arg;
    (void)error;
    download->starts++;
    assert_int_equal(head->status, download->next ? 206 : 200);
    return true;
}

static bool check_data(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct download *download = arg;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++, download->next++)
        download->wrong |= bytes[i] != (uint8_t)(download->next * 7 + (download->next >> 8));
    if (download->limit && download->next > download->limit)
        return pp_fail(error, PP_E_NOSPACE, "no room");
    return true;
}

static void large_body_comes_in_pieces_and_is_resumed_where_it_was_cut(void **state) {
    struct world *world = *state;
    static const char *const ports[] = {"good", "http1"};
    for (size_t p = 0; p < PP_COUNT(ports); p++) {
        PP_AUTO(net_client) struct net_client *client = connect_to(world, ports[p]);
        struct download download = {0};
        struct pp_error error = {0};
        struct net_request request = {.path = "/bulk",
                                      .response_max = BULK_SIZE,
                                      .on_start = note_start,
                                      .on_data = check_data,
                                      .arg = &download};
        test_server_do(&world->server,
                       "{\"do\":\"answers\",\"list\":[{\"size\":%d,\"cut\":1000000},{\"size\":%d,\"cut\":"
                       "500000},{\"size\":%d}]}",
                       BULK_SIZE, BULK_SIZE, BULK_SIZE);
        for (int i = 0; i < 3; i++) {
            net_autoresponse struct net_response response = {0};
            request.range_from = download.next;
            bool whole = net_client_fetch(client, &request, &response, &error);
            assert_int_equal(whole, i == 2);
            assert_int_equal(download.starts, i + 1);
            assert_int_equal(response.body.size, 0);
            if (!whole)
                assert_int_equal(error.code, PP_E_NET);
        }
        assert_int_equal(download.next, BULK_SIZE);
        assert_false(download.wrong);
        cJSON_Delete(take_log(world));
    }
}

static void failure_of_the_taker_ends_the_call_with_its_error(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    struct download download = {.limit = 100000};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"size\":%d}]}", BULK_SIZE);
    struct net_request request = {
        .path = "/bulk", .response_max = BULK_SIZE, .on_data = check_data, .arg = &download};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    assert_string_equal(error.message, "no room");
    assert_true(download.next < BULK_SIZE);
    cJSON_Delete(take_log(world));
}

static void count_done(void *arg, const struct net_response *response) {
    struct download *download = arg;
    download->done++;
    download->wrong |= !response->ok || response->received != 50000;
    if (download->done == download->expected)
        net_loop_stop(download->loop);
}

static size_t distinct_connections(const cJSON *log) {
    int seen[64];
    size_t count = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, log) {
        int port = cJSON_GetObjectItemCaseSensitive(entry, "connection")->valueint;
        size_t i = 0;
        while (i < count && seen[i] != port)
            i++;
        if (i == count)
            seen[count++] = port;
    }
    return count;
}

static void many_calls(struct world *world, const char *port, size_t connections) {
    PP_AUTO(net_client) struct net_client *client = connect_to(world, port);
    struct download download = {.loop = world->loop, .expected = 40};
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/part\",\"answer\":{\"size\":50000}}");
    struct net_request request = {
        .path = "/part", .response_max = 50000, .on_done = count_done, .arg = &download};
    for (int i = 0; i < 40; i++)
        assert_non_null(net_client_start(client, &request, NULL));
    assert_true(net_loop_run(world->loop, NULL));
    assert_int_equal(download.done, 40);
    assert_false(download.wrong);
    pp_autojson cJSON *log = take_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 40);
    assert_int_equal(distinct_connections(log), connections);
}

static void many_calls_share_one_connection_of_http_2(void **state) {
    many_calls(*state, "good", 1);
}

static void many_calls_share_two_connections_of_http_1(void **state) {
    many_calls(*state, "http1", 2);
}

/* ---- Ends other than an answer ---- */

static void silent_server_is_given_up_after_the_timeouts(void **state) {
    struct world *world = *state;
    char url[64];
    test_server_url(&world->server, "silent", url);
    struct net_client_config config = {
        .base_url = url, .ca_file = test_server_path(&world->server, "authority"), .connect_timeout_ms = 200};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, NULL);
    struct net_request request = {.path = "/"};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NET);

    PP_AUTO(net_client) struct net_client *good = connect_to(world, "good");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hang\":true}]}");
    request.timeout_ms = 300;
    net_autoresponse struct net_response hung = {0};
    assert_false(net_client_fetch(good, &request, &hung, &error));
    assert_int_equal(error.code, PP_E_NET);
    assert_int_equal(hung.status, 0);
    cJSON_Delete(take_log(world));
}

static void stalled_download_is_given_up(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hang\":true}]}");
    struct net_request request = {.path = "/", .low_speed_bytes = 1000, .low_speed_s = 1};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NET);
    cJSON_Delete(take_log(world));
}

static void refused_connection_is_a_network_failure(void **state) {
    struct world *world = *state;
    struct net_client_config config = {.base_url = "https://127.0.0.1:1",
                                       .ca_file = test_server_path(&world->server, "authority")};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, NULL);
    struct net_request request = {.path = "/"};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NET);
}

static void fail_done(void *arg, const struct net_response *response) {
    (void)arg;
    (void)response;
    fail_msg("a cancelled call was called back");
}

static void cancelled_call_is_not_called_back(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hang\":true},{}]}");
    struct net_request request = {.path = "/a", .on_done = fail_done};
    struct net_call *call = net_client_start(client, &request, NULL);
    assert_non_null(call);
    for (int requests = 0; !requests;) {
        assert_true(net_loop_turn(world->loop, 10, NULL));
        pp_autojson cJSON *log = take_log(world);
        requests = cJSON_GetArraySize(log);
    }
    net_call_cancel(call);
    net_autoresponse struct net_response response = {0};
    struct net_request next = {.path = "/b"};
    assert_true(net_client_fetch(client, &next, &response, NULL));
    cJSON_Delete(take_log(world));
}

static bool cancel_both(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct download *download = arg;
    (void)data;
    (void)size;
    (void)error;
    download->starts++;
    net_call_cancel(download->other);
    net_call_cancel(download->call);
    net_loop_stop(download->loop);
    return false;
}

static void call_cancelled_from_its_own_data_ends_quietly_with_the_other(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    struct download download = {.loop = world->loop};
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/hang\",\"answer\":{\"hang\":true}}");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"size\":%d}]}", BULK_SIZE);
    struct net_request request = {.path = "/bulk",
                                  .response_max = BULK_SIZE,
                                  .on_data = cancel_both,
                                  .on_done = fail_done,
                                  .arg = &download};
    struct net_request hanging = {.path = "/hang", .on_done = fail_done};
    download.other = net_client_start(client, &hanging, NULL);
    download.call = net_client_start(client, &request, NULL);
    assert_true(net_loop_run(world->loop, NULL));
    assert_int_equal(download.starts, 1);
    cJSON_Delete(take_log(world));
}

static bool start_another(void *arg, const struct net_response *head, struct pp_error *error) {
    struct download *download = arg;
    struct net_request request = {
        .path = "/part", .response_max = 50000, .on_done = count_done, .arg = download};
    (void)head;
    return net_client_start(download->client, &request, error);
}

static void call_may_be_started_from_within_another(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    struct download download = {.loop = world->loop, .client = client, .expected = 2};
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/part\",\"answer\":{\"size\":50000}}");
    struct net_request request = {.path = "/part",
                                  .response_max = 50000,
                                  .on_start = start_another,
                                  .on_done = count_done,
                                  .arg = &download};
    assert_non_null(net_client_start(client, &request, NULL));
    assert_true(net_loop_run(world->loop, NULL));
    assert_int_equal(download.done, 2);
    assert_false(download.wrong);
    cJSON_Delete(take_log(world));
}

struct worker {
    struct world *world;
    atomic_bool cancel;
    struct pp_error error;
    bool result;
};

static void *fetch_hanging(void *arg) {
    struct worker *worker = arg;
    net_autoresponse struct net_response response = {0};
    PP_AUTO(net_client) struct net_client *client = connect_to(worker->world, "good");
    struct net_request request = {.path = "/hang", .cancel = &worker->cancel};
    worker->result = net_client_fetch(client, &request, &response, &worker->error);
    return NULL;
}

static void blocking_fetch_is_cancelled_from_another_thread(void **state) {
    struct world *world = *state;
    struct worker worker = {.world = world};
    pthread_t thread;
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/hang\",\"answer\":{\"hang\":true}}");
    assert_int_equal(pthread_create(&thread, NULL, fetch_hanging, &worker), 0);
    test_server_do(&world->server, "{\"do\":\"wait\",\"count\":1}");
    atomic_store(&worker.cancel, true);
    net_loop_wake(world->loop);
    pthread_join(thread, NULL);
    assert_false(worker.result);
    assert_int_equal(worker.error.code, PP_E_CANCELLED);
    cJSON_Delete(take_log(world));
}

static void connection_that_died_while_idle_is_replaced(void **state) {
    struct world *world = *state;
    static const char *const ports[] = {"good", "http1"};
    for (size_t i = 0; i < PP_COUNT(ports); i++) {
        PP_AUTO(net_client) struct net_client *client = connect_to(world, ports[i]);
        struct net_request request = {.path = "/"};
        test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{}]}");
        net_autoresponse struct net_response first = {0};
        assert_true(net_client_fetch(client, &request, &first, NULL));
        test_server_do(&world->server, "{\"do\":\"drop\"}");
        net_autoresponse struct net_response second = {0};
        assert_true(net_client_fetch(client, &request, &second, NULL));
        cJSON_Delete(take_log(world));
    }
}

static void certificate_goes_only_where_it_is_meant_to(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "good");
    pp_autobuf struct pp_buf certificate = PP_BUF_INIT(65536);
    pp_autobuf struct pp_buf key = PP_BUF_INIT(65536);
    FILE *file = fopen(test_server_path(&world->server, "device"), "r");
    certificate.size = fread(pp_buf_reserve(&certificate, 60000, NULL), 1, 60000, file);
    certificate.data[certificate.size] = 0;
    fclose(file);
    file = fopen(test_server_path(&world->server, "deviceKey"), "r");
    key.size = fread(pp_buf_reserve(&key, 60000, NULL), 1, 60000, file);
    key.data[key.size] = 0;
    fclose(file);
    assert_true(net_client_set_identity(client, pp_buf_text(&certificate), pp_buf_text(&key), NULL));
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{},{}]}");
    static const bool use[] = {true, false, true};
    for (int i = 0; i < 3; i++) {
        net_autoresponse struct net_response response = {0};
        struct net_request request = {.path = "/", .use_identity = use[i]};
        assert_true(net_client_fetch(client, &request, &response, NULL));
        if (i == 1)
            assert_true(net_client_set_identity(client, NULL, NULL, NULL));
    }
    pp_autojson cJSON *log = take_log(world);
    assert_string_equal(test_log_text(log, 0, "device"), "device-of-the-test");
    assert_string_equal(test_log_text(log, 1, "device"), "");
    assert_string_equal(test_log_text(log, 2, "device"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_that_was_not_asked_for),
        cmocka_unit_test(request_carries_its_headers_and_body),
        cmocka_unit_test(post_without_a_body_names_no_type),
        cmocka_unit_test(requests_that_must_not_be_made_are_refused_at_start),
        cmocka_unit_test(configurations_that_cannot_be_meant_are_refused),
        cmocka_unit_test(redirect_is_an_answer_and_is_not_followed),
        cmocka_unit_test(proxies_of_the_environment_are_not_used),
        cmocka_unit_test(configured_proxy_sees_only_the_name_whatever_no_proxy_says),
        cmocka_unit_test(answer_over_its_cap_is_refused_announced_or_not),
        cmocka_unit_test(error_body_has_its_own_cap),
        cmocka_unit_test(malformed_answers_are_refused),
        cmocka_unit_test(answers_that_are_not_http_fail),
        cmocka_unit_test(flood_of_headers_is_cut_off),
        cmocka_unit_test(large_body_comes_in_pieces_and_is_resumed_where_it_was_cut),
        cmocka_unit_test(failure_of_the_taker_ends_the_call_with_its_error),
        cmocka_unit_test(many_calls_share_one_connection_of_http_2),
        cmocka_unit_test(many_calls_share_two_connections_of_http_1),
        cmocka_unit_test(silent_server_is_given_up_after_the_timeouts),
        cmocka_unit_test(stalled_download_is_given_up),
        cmocka_unit_test(refused_connection_is_a_network_failure),
        cmocka_unit_test(cancelled_call_is_not_called_back),
        cmocka_unit_test(call_cancelled_from_its_own_data_ends_quietly_with_the_other),
        cmocka_unit_test(call_may_be_started_from_within_another),
        cmocka_unit_test(blocking_fetch_is_cancelled_from_another_thread),
        cmocka_unit_test(connection_that_died_while_idle_is_replaced),
        cmocka_unit_test(certificate_goes_only_where_it_is_meant_to),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
