/* net/proxy.h: which proxies are taken, what is reached without one, and how one knows us. */
#include <fcntl.h>

#include "base/file.h"
#include "world.h"

static bool check(const char *address, const char *except, struct pp_error *error) {
    struct net_proxy_settings settings = {0};
    snprintf(settings.address, sizeof settings.address, "%s", address);
    snprintf(settings.except, sizeof settings.except, "%s", except);
    *error = (struct pp_error){0};
    return net_proxy_check(&settings, error);
}

static void proxies_for_http_are_taken_by_name_and_number(void **state) {
    (void)state;
    static const struct {
        const char *address, *host;
    } rows[] = {
        {"http://proxy.example:3128", "proxy.example"},
        {"http://proxy", "proxy"},
        {"http://10.0.0.1:8080", "10.0.0.1"},
        {"http://[2001:db8::1]:3128", "2001:db8::1"},
        {"http://[::1]", "::1"},
        {"http://proxy.example:3128/", "proxy.example"},
        {"https://proxy.example:3128", "proxy.example"},
        {"https://[2001:db8::1]", "2001:db8::1"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct net_proxy_settings settings = {0};
        struct pp_error error;
        char host[NET_PROXY_TEXT_MAX];
        if (!check(rows[i].address, "", &error))
            fail_msg("%s: %s", rows[i].address, error.message);
        strcpy(settings.address, rows[i].address);
        assert_true(net_proxy_host(&settings, host));
        assert_string_equal(host, rows[i].host);
    }
}

static void what_is_no_proxy_for_http_is_refused_in_words(void **state) {
    (void)state;
    static const struct {
        const char *address, *words;
    } rows[] = {
        {"socks5://proxy.example:1080", "a SOCKS proxy cannot be used"},
        {"SOCKS4a://proxy.example", "a SOCKS proxy cannot be used"},
        {"socks5h://[::1]:1080", "a SOCKS proxy cannot be used"},
        {"pac+http://wpad.example/wpad.dat", "a PAC file cannot be used"},
        {"http://intranet.example/proxy.pac", "a PAC file cannot be used"},
        {"http://intranet.example/PROXY.PAC", "a PAC file cannot be used"},
        {"http://wpad/wpad.dat", "a PAC file cannot be used"},
        {"file:///etc/proxy.pac", "a PAC file cannot be used"},
        {"wpad", "proxies are not looked for (WPAD)"},
        {"auto", "proxies are not looked for (WPAD)"},
        {"ftp://proxy.example", "must be http://HOST:PORT or https://HOST:PORT"},
        {"proxy.example:3128", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://[::1", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://2001:db8::1:3128", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://[2001:db8::g]:3128", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://proxy.example:99999", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://proxy.example:3128/path", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://proxy.example:3128?q", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://proxy.example:3128#f", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://proxy example", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://proxy.example\r\nX: y", "must be http://HOST:PORT or https://HOST:PORT"},
        {"http://screen:secret@proxy.example:3128", "name and password do not belong"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error;
        assert_false(check(rows[i].address, "", &error));
        if (!strstr(error.message, rows[i].words) || strstr(error.message, "secret"))
            fail_msg("%s: %s", rows[i].address, error.message);
    }
}

static void credentials_are_checked_with_the_proxy(void **state) {
    (void)state;
    static const struct {
        const char *address, *user, *password;
        enum net_proxy_auth auth;
        const char *words;
    } rows[] = {
        {"http://proxy:1", "screen", "a:b@c", NET_PROXY_PASSWORD, NULL},
        {"http://proxy:1", "a:b", "", NET_PROXY_PASSWORD, "a name has no colon"},
        {"http://proxy:1", "", "secret", NET_PROXY_PASSWORD, "a password without a name"},
        {"http://proxy:1", "", "secret", NET_PROXY_NEGOTIATE, NULL}, /* of the principal */
        {"http://10.0.0.1:1", "", "", NET_PROXY_NEGOTIATE, "by its name, and not by a number"},
        {"http://[::1]:1", "", "", NET_PROXY_NEGOTIATE, "by its name, and not by a number"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct net_proxy_settings settings = {.auth = rows[i].auth};
        struct pp_error error = {0};
        strcpy(settings.address, rows[i].address);
        strcpy(settings.user, rows[i].user);
        strcpy(settings.password, rows[i].password);
        assert_int_equal(net_proxy_check(&settings, &error), rows[i].words == NULL);
        if (rows[i].words && !strstr(error.message, rows[i].words))
            fail_msg("%zu: %s", i, error.message);
    }
}

static void exceptions_are_names_addresses_and_ranges(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "example.org",
                                       ".example.org",
                                       "10.0.0.0/8, 192.0.2.1",
                                       "[::1]",
                                       "2001:db8::/32,headend-1.example.org"};
    static const char *const bad[] = {"*", "example.org;other", "http@x", "a\nb", "ex\xc3\xa4mple.org"};
    struct pp_error error;
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(check("http://proxy:1", good[i], &error));
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        assert_false(check("http://proxy:1", bad[i], &error));
        assert_non_null(strstr(error.message, "exceptions"));
    }
}

/* Whether a request to the server at 127.0.0.1 has gone through the proxy. */
static bool goes_through(struct world *world, const char *except) {
    struct net_proxy_settings settings = {0};
    char url[64];
    struct pp_error error = {0};
    snprintf(settings.address, sizeof settings.address, "http://127.0.0.1:%d",
             test_server_port(&world->server, "proxy"));
    snprintf(settings.except, sizeof settings.except, "%s", except);
    assert_true(net_proxy_check(&settings, &error));
    PP_AUTO(net_proxy) struct net_proxy *proxy = net_proxy_create(&settings, &error);
    test_server_url(&world->server, "good", url);
    const struct net_client_config config = {
        .base_url = url, .ca_file = test_server_path(&world->server, "authority"), .proxy = proxy};
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(&error); /* and so without connections */
    PP_AUTO(net_client) struct net_client *client = net_client_create(loop, &config, &error);
    net_autoresponse struct net_response response = {0};
    const struct net_request request = {.path = "/x", .timeout_ms = 20000};
    assert_non_null(client);
    (void)!net_client_fetch(client, &request, &response, &error);
    assert_string_equal(error.message, "");
    pp_autojson cJSON *log = world_log(world);
    return cJSON_HasObjectItem(cJSON_GetArrayItem(log, 0), "proxy");
}

static void what_is_excepted_is_reached_without_the_proxy_and_nothing_else(void **state) {
    static const struct {
        const char *except;
        bool through;
    } rows[] = {
        {"", true},
        {"127.0.0.1", false},
        {"10.0.0.0/8", true},
        {"127.0.0.0/8", false},
        {"example.org", true},
        {"example.org, 127.0.0.1", false},
        {"127.0.0.2/32", true},
        {"::1", true},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (goes_through(*state, rows[i].except) != rows[i].through)
            fail_msg("except \"%s\"", rows[i].except);
    }
}

static void a_change_counts_from_the_next_request_on(void **state) {
    struct world *world = *state;
    struct net_proxy_settings settings = {0}, seen;
    char url[64];
    struct pp_error error = {0};
    PP_AUTO(net_proxy) struct net_proxy *proxy = net_proxy_create(NULL, &error);
    test_server_url(&world->server, "good", url);
    const struct net_client_config config = {
        .base_url = url, .ca_file = test_server_path(&world->server, "authority"), .proxy = proxy};
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(&error);
    PP_AUTO(net_client) struct net_client *client = net_client_create(loop, &config, &error);
    const struct net_request request = {.path = "/x", .timeout_ms = 20000};
    uint32_t before = net_proxy_get(proxy, &seen);
    for (int turn = 0; turn < 3; turn++) {
        net_autoresponse struct net_response response = {0};
        (void)!net_client_fetch(client, &request, &response, &error);
        assert_string_equal(error.message, "");
        pp_autojson cJSON *log = world_log(world);
        assert_int_equal(cJSON_HasObjectItem(cJSON_GetArrayItem(log, 0), "proxy"), turn == 1);
        snprintf(settings.address, sizeof settings.address, "http://127.0.0.1:%d",
                 test_server_port(&world->server, "proxy"));
        if (turn == 1)
            *settings.address = 0;
        net_proxy_set(proxy, &settings);
        assert_int_equal(net_proxy_get(proxy, &seen), before + (uint32_t)turn + 1);
        assert_string_equal(seen.address, settings.address);
    }
}

static void authorities_are_for_proxies_by_https_alone(void **state) {
    struct world *world = *state;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_PROXY_CA_MAX - 1);
    struct net_proxy_settings settings = {.address = "https://proxy.example:3128"};
    struct pp_error error = {0};
    assert_true(pp_file_read(AT_FDCWD, test_server_path(&world->server, "authority"), &pem, &error));
    snprintf(settings.ca, sizeof settings.ca, "%s", pp_buf_text(&pem));
    assert_true(net_proxy_check(&settings, &error));
    assert_true(net_proxy_is_secure(&settings));
    strcpy(settings.address, "http://proxy.example:3128");
    assert_false(net_proxy_check(&settings, &error));
    assert_string_equal(error.message, "proxy: authorities are for one by https://");
    strcpy(settings.address, "https://proxy.example:3128");
    strcpy(settings.ca, "nobody's");
    assert_false(net_proxy_check(&settings, &error));
    assert_string_equal(error.message, "proxy: authorities: there is no certificate in it");
}

static void trouble_with_a_ticket_is_told_until_there_is_one(void **state) {
    struct pp_error why = {0}, seen = {0};
    (void)state;
    PP_AUTO(net_proxy) struct net_proxy *proxy = net_proxy_create(NULL, &seen);
    assert_false(net_proxy_ticket_trouble(proxy, &seen));
    pp_fail(&why, PP_E_AUTH, "no such principal");
    net_proxy_set_ticket_trouble(proxy, &why);
    assert_true(net_proxy_ticket_trouble(proxy, &seen));
    assert_int_equal(seen.code, PP_E_AUTH);
    assert_string_equal(seen.message, "no such principal");
    net_proxy_set_ticket_trouble(proxy, NULL);
    assert_false(net_proxy_ticket_trouble(proxy, &seen));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxies_for_http_are_taken_by_name_and_number),
        cmocka_unit_test(what_is_no_proxy_for_http_is_refused_in_words),
        cmocka_unit_test(credentials_are_checked_with_the_proxy),
        cmocka_unit_test(exceptions_are_names_addresses_and_ranges),
        cmocka_unit_test(what_is_excepted_is_reached_without_the_proxy_and_nothing_else),
        cmocka_unit_test(a_change_counts_from_the_next_request_on),
        cmocka_unit_test(authorities_are_for_proxies_by_https_alone),
        cmocka_unit_test(trouble_with_a_ticket_is_told_until_there_is_one),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
