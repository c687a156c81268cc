/* The HTTPS client against a real server: what is sent, what is refused, what of answers is taken. */
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "world.h"

static void nothing_is_sent_that_was_not_asked_for(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "http1", NULL);
    net_autoresponse struct net_response response = {0};
    assert_true(net_client_set_cookie(client, "a=b", NULL));
    test_server_do(&world->server,
                   "{\"do\":\"answers\",\"list\":[{\"headers\":{\"set-cookie\":\"x=y; Path=/\"}},{}]}");
    struct net_request request = {.path = "/x/../y%2e?q=1"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    net_response_finish(&response);
    assert_true(net_client_fetch(client, &request, &response, NULL));
    pp_autojson cJSON *log = world_log(world);
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
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
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
    pp_autojson cJSON *log = world_log(world);
    assert_string_equal(test_log_text(log, 0, "method"), "PUT");
    assert_string_equal(test_log_header(log, 0, "prefer"), "wait=50");
    assert_string_equal(test_log_header(log, 0, "content-type"), "image/png");
    assert_string_equal(test_log_header(log, 0, "content-length"), "3");
    assert_string_equal(test_log_header(log, 0, "if-none-match"), "\"v1\"");
}

static void post_without_a_body_names_no_type(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "http1", NULL);
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"status\":204}]}");
    struct net_request request = {.method = "POST", .path = "/v1/session"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    pp_autojson cJSON *log = world_log(world);
    assert_string_equal(test_log_text(log, 0, "method"), "POST");
    assert_string_equal(test_log_header(log, 0, "content-length"), "0");
    assert_null(test_log_header(log, 0, "content-type"));
}

static void requests_that_must_not_be_made_are_refused_at_start(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
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
        {.path = "https://127.0.0.1:1/", .bearer = "token"},
        {.path = "/\xc3\xa9"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_null(net_client_start(client, &rows[i], &error));
        assert_in_range(error.code, PP_E_INVALID, PP_E_LIMIT);
        assert_string_not_equal(error.message, "");
    }
    pp_autojson cJSON *log = world_log(world);
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
        {.ca_file = NULL, .base_url = "https://example.org"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_null(net_client_create(world->loop, &rows[i], NULL));
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    assert_false(net_client_set_cookie(client, "no value", NULL));
    assert_false(net_client_set_cookie(client, "a=b; c=d", NULL));
    assert_false(net_client_set_cookie(client, "a=b\r\nX: y", NULL));
    assert_false(net_client_set_identity(client, "certificate", NULL, NULL));
}

/* This process's socket that is connected to `port` of this machine. */
static int socket_to(int port) {
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        if (!getpeername(fd, (struct sockaddr *)(void *)&peer, &size) && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            return fd;
    }
    return -1;
}

static void connection_into_which_nobody_listens_is_not_kept_for_long(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/"};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{}]}");
    assert_true(net_client_fetch(client, &request, &response, NULL));
    unsigned limit = 0;
    socklen_t size = sizeof limit;
    int fd = socket_to(test_server_port(&world->server, "good"));
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, &size), 0);
    assert_in_range(limit, 1, 60000);
    cJSON_Delete(world_log(world));
}

static void redirect_is_an_answer_and_is_not_followed(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server,
                   "{\"do\":\"answers\",\"list\":[{\"status\":302,\"headers\":{\"location\":\"/b\"}}]}");
    struct net_request request = {.path = "/a"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    assert_int_equal(response.status, 302);
    assert_string_equal(response.location, "/b");
    pp_autojson cJSON *log = world_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 1);
}

static void proxies_of_the_environment_are_not_used(void **state) {
    struct world *world = *state;
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", test_server_port(&world->server, "proxy"));
    setenv("https_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{}]}");
    struct net_request request = {.path = "/"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    pp_autojson cJSON *log = world_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 1);
    assert_string_equal(test_log_text(log, 0, "proxy"), "");
}

static void configured_proxy_sees_only_the_name_whatever_no_proxy_says(void **state) {
    struct world *world = *state;
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", test_server_port(&world->server, "proxy"));
    setenv("no_proxy", "*", 1);
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", proxy);
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"body\":\"through\"}]}");
    assert_true(net_client_set_cookie(client, "secret=value", NULL));
    struct net_request request = {.path = "/path", .send_cookie = true, .bearer = "token"};
    assert_true(net_client_fetch(client, &request, &response, NULL));
    unsetenv("no_proxy");
    assert_string_equal(pp_buf_text(&response.body), "through");
    pp_autojson cJSON *log = world_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    const char *seen = test_log_text(log, 0, "proxy");
    assert_int_equal(strncmp(seen, "CONNECT 127.0.0.1:", 18), 0);
    assert_null(strstr(seen, "secret"));
    assert_null(strstr(seen, "token"));
    assert_null(strstr(seen, "/path"));
}

static void answer_over_its_cap_is_refused_announced_or_not(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
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

    PP_AUTO(net_client) struct net_client *raw = world_connect(world, "raw", NULL);
    net_autoresponse struct net_response unannounced = {0};
    test_server_do(&world->server,
                   "{\"do\":\"raw\",\"list\":[\"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked"
                   "\\r\\n\\r\\na\\r\\n0123456789\\r\\n0\\r\\n\\r\\n\"]}");
    assert_false(net_client_fetch(raw, &request, &unannounced, &error));
    assert_string_equal(error.message, "answer of more than 9 bytes");
    cJSON_Delete(world_log(world));
}

static void error_body_has_its_own_cap(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"status\":500,\"size\":70000}]}");
    struct net_request request = {.path = "/", .response_max = 1000000};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    cJSON_Delete(world_log(world));
}

struct hostile {
    const char *raw;
    enum pp_code code;
};

static void malformed_answers_are_refused(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "raw", NULL);
    static const struct hostile rows[] = {
        {"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nab", PP_E_NET}, /* cut */
        {"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nab", PP_E_NET},
        {"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n", PP_E_NET},
        {"HTTP/1.1 200 OK\\r\\nETag: a\\r\\nETag: b\\r\\n\\r\\n", PP_E_INVALID},
        {"HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\n\\r\\nxx", PP_E_INVALID},
        {"HTTP/1.1 206 Partial\\r\\nContent-Range: bytes 0-1/2\\r\\n\\r\\nxx", PP_E_INVALID},
        {"HTTP/1.1 200 OK\\r\\n\\r\\nwhole, or cut?", PP_E_INVALID},
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
    cJSON_Delete(world_log(world));
}

/* "hello", compressed, in one chunk; libcurl would say what it holds. */
#define GZIP_CHUNK                                                                                           \
    "19\\r\\n"                                                                                               \
    "\\u001f\\u008b\\u0008\\u0000\\u0000\\u0000\\u0000\\u0000\\u0002\\u0003\\u00cb\\u0048\\u00cd\\u00c9\\u0" \
    "0c9\\u0007\\u0000\\u0086\\u00a6\\u0010\\u0036\\u0005\\u0000\\u0000\\u0000"                              \
    "\\r\\n0\\r\\n\\r\\n"

static void transfer_encodings_but_chunked_are_refused_before_the_body(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "raw", NULL);
    static const char *const encodings[] = {"gzip, chunked",     "deflate, chunked", "chunked, gzip", "gzip",
                                            "identity, chunked", "Chunked, chunked", "x-own"};
    for (size_t i = 0; i < PP_COUNT(encodings); i++) {
        net_autoresponse struct net_response response = {0};
        struct pp_error error = {0};
        struct net_request request = {.path = "/"};
        test_server_do(
            &world->server,
            "{\"do\":\"raw\",\"list\":[\"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: %s\\r\\n\\r\\n%s\"]}",
            encodings[i], GZIP_CHUNK);
        assert_false(net_client_fetch(client, &request, &response, &error));
        /* Newer releases of libcurl refuse some of them by themselves, and do not say which. */
        if (!strstr(error.message, "transfer encoding nobody asked for"))
            fail_msg("%s: %s", encodings[i], error.message);
        assert_int_equal(error.code, PP_E_INVALID);
        assert_int_equal(response.received, 0);
    }
    cJSON_Delete(world_log(world));
}

static void chunked_answer_is_read(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "raw", NULL);
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/"};
    test_server_do(&world->server,
                   "{\"do\":\"raw\",\"list\":[\"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: Chunked\\r\\n\\r\\n"
                   "3\\r\\nabc\\r\\n0\\r\\n\\r\\n\"]}");
    assert_true(net_client_fetch(client, &request, &response, NULL));
    assert_string_equal(pp_buf_text(&response.body), "abc");
    cJSON_Delete(world_log(world));
}

static void answers_that_are_not_http_fail(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "raw", NULL);
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
    cJSON_Delete(world_log(world));
}

static void flood_of_headers_is_cut_off(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "raw", NULL);
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
    cJSON_Delete(world_log(world));
}

static void certificate_goes_only_where_it_is_meant_to(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
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
    PP_AUTO(crypto_key) struct crypto_key *own = crypto_key_load_pem(key.data, key.size, NULL);
    assert_true(net_client_set_identity(client, pp_buf_text(&certificate), own, NULL));
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{},{}]}");
    static const bool use[] = {true, false, true};
    for (int i = 0; i < 3; i++) {
        net_autoresponse struct net_response response = {0};
        struct net_request request = {.path = "/", .use_identity = use[i]};
        assert_true(net_client_fetch(client, &request, &response, NULL));
        if (i == 1)
            assert_true(net_client_set_identity(client, NULL, NULL, NULL));
    }
    pp_autojson cJSON *log = world_log(world);
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
        cmocka_unit_test(connection_into_which_nobody_listens_is_not_kept_for_long),
        cmocka_unit_test(redirect_is_an_answer_and_is_not_followed),
        cmocka_unit_test(proxies_of_the_environment_are_not_used),
        cmocka_unit_test(configured_proxy_sees_only_the_name_whatever_no_proxy_says),
        cmocka_unit_test(answer_over_its_cap_is_refused_announced_or_not),
        cmocka_unit_test(error_body_has_its_own_cap),
        cmocka_unit_test(malformed_answers_are_refused),
        cmocka_unit_test(transfer_encodings_but_chunked_are_refused_before_the_body),
        cmocka_unit_test(chunked_answer_is_read),
        cmocka_unit_test(answers_that_are_not_http_fail),
        cmocka_unit_test(flood_of_headers_is_cut_off),
        cmocka_unit_test(certificate_goes_only_where_it_is_meant_to),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
