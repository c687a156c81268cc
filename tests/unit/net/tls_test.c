/* Servers that must not be trusted, over real TLS: refused with the reason in words, and nothing was sent to
 * them. */
#include "support/server.h"

#include "base/file.h"
#include "net/client_internal.h"

struct world {
    struct test_server server;
    struct net_loop *loop;
    char *certificate;
    struct crypto_key *key;
    char key_log[80]; /* what SSLKEYLOGFILE names */
    struct net_clocks clocks;
};

static char *read_text(const char *path) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    assert_true(pp_file_read(AT_FDCWD, path, &text, NULL));
    return strdup(pp_buf_text(&text));
}

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    test_server_start(&world->server);
    snprintf(world->key_log, sizeof world->key_log, "%s/keys", world->server.folder);
    setenv("SSLKEYLOGFILE", world->key_log, 1);
    world->loop = net_loop_create(NULL);
    world->certificate = read_text(test_server_path(&world->server, "device"));
    char *pem = read_text(test_server_path(&world->server, "deviceKey"));
    world->key = crypto_key_load_pem(pem, strlen(pem), NULL);
    assert_non_null(world->key);
    free(pem);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    net_loop_destroy(world->loop);
    test_server_stop(&world->server);
    free(world->certificate);
    crypto_key_destroy(world->key);
    free(world);
    return 0;
}

/* Has the server of a bad certificate started, unless it runs from the start. */
static void start_defect(struct world *world, const char *name) {
    cJSON *ports = cJSON_GetObjectItemCaseSensitive(world->server.ready, "ports");
    if (cJSON_HasObjectItem(ports, name))
        return;
    pp_autojson cJSON *started = test_server_ask(&world->server, "{\"do\":\"defect\",\"name\":\"%s\"}", name);
    cJSON_AddItemToObject(ports, name, cJSON_DetachItemFromObjectCaseSensitive(started, "port"));
}

/* A request with everything that must not leak: cookie, certificate, token, body. */
static void fetch(struct world *world, const char *port, const char *authority, bool identity,
                  struct net_response *response, struct pp_error *error) {
    char url[64];
    test_server_url(&world->server, port, url);
    struct net_client_config config = {
        .base_url = url, .ca_file = test_server_path(&world->server, authority), .clocks = world->clocks};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, NULL);
    assert_non_null(client);
    assert_true(net_client_set_cookie(client, "__Host-pingplay=secret", NULL));
    if (identity)
        assert_true(net_client_set_identity(client, world->certificate, world->key, NULL));
    struct net_request request = {.path = "/v1/status",
                                  .body = "secret",
                                  .body_size = 6,
                                  .content_type = "text/plain",
                                  .bearer = "secret",
                                  .timeout_ms = 20000,
                                  .send_cookie = true,
                                  .use_identity = identity};
    (void)!net_client_fetch(client, &request, response, error);
}

static void assert_nothing_arrived(struct world *world, const char *port) {
    pp_autojson cJSON *bytes = test_server_ask(&world->server, "{\"do\":\"bytes\"}");
    const cJSON *seen = cJSON_GetObjectItemCaseSensitive(bytes, port);
    if (!seen)
        return;
    assert_true(cJSON_GetObjectItemCaseSensitive(seen, "connections")->valueint >= 1);
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(seen, "bytes")->valueint, 0);
}

static void refused(void **state, const char *port, const char *reason) {
    struct world *world = *state;
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    fetch(world, port, "authority", true, &response, &error);
    assert_false(response.ok);
    assert_int_equal(response.status, 0);
    assert_int_equal(error.code, PP_E_TLS);
    char expected[128];
    snprintf(expected, sizeof expected, "the server cannot be trusted: %s (", reason);
    if (strncmp(error.message, expected, strlen(expected)) != 0)
        print_message("%s: \"%s\" instead of \"%s\"", port, error.message, expected);
    assert_nothing_arrived(world, port);
    pp_autojson cJSON *log = test_server_ask(&world->server, "{\"do\":\"log\"}");
    assert_int_equal(cJSON_GetArraySize(log), 0);
}

struct bad_certificate {
    const char *port; /* of scripted.mjs */
    const char *reason;
};

static const struct bad_certificate bad_certificates[] = {
    {"expired", "its certificate has expired"},
    {"notYet", "its certificate is not yet valid"},
    {"wrongName", "its certificate is for another name"},
    {"noNames", "its certificate names no server (subjectAltName)"},
    {"otherNames", "its certificate names no server (subjectAltName)"},
    {"nameAsText", "its certificate is for another name"},
    {"selfSigned", "its certificate is self-signed"},
    {"unknownAuthority", "its certificate comes from an unknown authority"},
    {"clientOnly", "its certificate is not for a server"},
    {"rsa1024", "the key of its certificate is too weak"},
    {"sha1", "its certificate is signed with too weak a hash"},
    {"sha1Above", "a certificate above its own is signed with too weak a hash"},
    {"rsa1024Above", "the key of its authority is too weak"},
    {"spoiled", "the signature of its certificate is wrong"},
    {"spoiledAbove", "the signature of a certificate above its own is wrong"},
    {"pathLength", "its certificate chain is longer than an authority allows"},
    {"constraints", "an authority may not issue certificates for its name"},
    {"notAnAuthority", "a certificate above its own may not issue others"},
    {"mayNotIssue", "a certificate above its own may not issue others"},
    {"expiredAbove", "a certificate above its own has expired"},
    {"mayNotSign", "the key of its certificate may not sign"},
    {"unknownExtension", "its certificate has a critical extension that is not known here"},
};

static void every_bad_certificate_is_refused_with_its_reason(void **state) {
    for (size_t i = 0; i < PP_COUNT(bad_certificates); i++) {
        start_defect(*state, bad_certificates[i].port);
        refused(state, bad_certificates[i].port, bad_certificates[i].reason);
    }
}

/* ---- The time ---- */

#define DAY_S 86400

static int64_t moment(void *arg) {
    return *(const int64_t *)arg * 1000;
}

static struct pp_time_source clock_at(int64_t *now_s, int days) {
    *now_s = pp_clock_realtime_s() + (int64_t)days * DAY_S;
    return (struct pp_time_source){.now_ms = moment, .arg = now_s};
}

#define NONE 99999

/* The certificate of "expired" was good until yesterday, that of "notYet" is from tomorrow on for eight days, that
 * of "good" for a month from yesterday on; their authority's own from today on. */
struct clock_row {
    const char *port;
    int time, other;    /* what the device's clocks say, in days from now; NONE: there is no other */
    const char *reason; /* NULL: accepted */
};

static const struct clock_row clock_rows[] = {
    {"notYet", 5, NONE, NULL},
    {"expired", 5, NONE, "its certificate has expired"},
    {"good", 40, NONE, "its certificate has expired"},
    {"good", -5, NONE, "a certificate above its own is not yet valid"},
    {"good", -20000, NONE, "a certificate above its own is not yet valid"}, /* 1972 */
    {"viaIntermediate", 40, NONE, "a certificate above its own has expired"},
    {"good", 400, 0, NULL}, /* a last signed time that is wrong, and a system's clock that is right */
    {"good", 0, -20000, NULL},
    {"notYet", 0, 5, NULL},
    {"good", 400, -400, "its certificate has expired"},
    {"expired", 0, 5, "its certificate has expired"},
    {"notYet", 0, -5, "its certificate is not yet valid"},
    {"expiredAbove", 0, 5, "a certificate above its own has expired"}, /* all of a chain, at one time */
};

static void certificates_are_judged_at_the_time_of_the_device(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < PP_COUNT(clock_rows); i++) {
        const struct clock_row *row = &clock_rows[i];
        net_loop_destroy(world->loop); /* and the connections and sessions of the row before */
        world->loop = net_loop_create(NULL);
        int64_t time_s;
        int64_t other_s;
        world->clocks = (struct net_clocks){.time = clock_at(&time_s, row->time)};
        if (row->other != NONE)
            world->clocks.other = clock_at(&other_s, row->other);
        start_defect(world, row->port);
        net_autoresponse struct net_response response = {0};
        struct pp_error error = {0};
        char expected[128] = "";
        fetch(world, row->port, "authority", false, &response, &error);
        if (row->reason)
            snprintf(expected, sizeof expected, "the server cannot be trusted: %s (", row->reason);
        if (strncmp(error.message, expected, strlen(expected)) != 0 ||
            (error.code == PP_E_TLS) != !!row->reason)
            fail_msg("%s, %d and %d days: \"%s\"", row->port, row->time, row->other, error.message);
        cJSON_Delete(test_server_ask(&world->server, "{\"do\":\"log\"}"));
        cJSON_Delete(test_server_ask(&world->server, "{\"do\":\"bytes\"}"));
    }
    world->clocks = (struct net_clocks){0};
}

static void a_refusal_for_the_time_names_the_day_of_the_clock(void **state) {
    struct world *world = *state;
    net_loop_destroy(world->loop);
    world->loop = net_loop_create(NULL);
    int64_t time_s = 86400 * 366;
    world->clocks.time = (struct pp_time_source){.now_ms = moment, .arg = &time_s};
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    fetch(world, "good", "authority", true, &response, &error);
    assert_int_equal(error.code, PP_E_TLS);
    assert_non_null(strstr(error.message, "; this clock says 1971-01-02)"));
    world->clocks = (struct net_clocks){0};
}

static void server_of_tls_1_1_is_refused(void **state) {
    refused(state, "tls11", "it only speaks too old a protocol version of TLS");
}

static void server_without_aead_suites_is_refused(void **state) {
    refused(state, "cbc", "no cipher suite is acceptable to both sides");
}

static void server_that_speaks_no_tls_is_refused(void **state) {
    refused(state, "plain", "it does not speak TLS");
}

static void authority_of_the_good_server_is_unknown_where_another_is_configured(void **state) {
    struct world *world = *state;
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    fetch(world, "good", "stranger", true, &response, &error);
    assert_int_equal(error.code, PP_E_TLS);
    assert_non_null(strstr(error.message, "its certificate comes from an unknown authority"));
    pp_autojson cJSON *log = test_server_ask(&world->server, "{\"do\":\"log\"}");
    assert_int_equal(cJSON_GetArraySize(log), 0);
}

static void authorities_named_by_the_environment_are_not_trusted(void **state) {
    static const char *const names[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE"};
    struct world *world = *state;
    for (size_t i = 0; i < PP_COUNT(names); i++)
        setenv(names[i], test_server_path(&world->server, "authority"), 1);
    authority_of_the_good_server_is_unknown_where_another_is_configured(state);
    for (size_t i = 0; i < PP_COUNT(names); i++)
        unsetenv(names[i]);
}

static void connection_cut_during_the_handshake_is_a_network_failure(void **state) {
    struct world *world = *state;
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    fetch(world, "cutting", "authority", true, &response, &error);
    assert_int_equal(error.code, PP_E_NET);
}

static void denied(void **state, const char *port, bool identity, const char *reason) {
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    fetch(*state, port, "authority", identity, &response, &error);
    assert_int_equal(error.code, PP_E_DENIED);
    error.message[strlen(reason)] = 0;
    assert_string_equal(error.message, reason);
}

static void server_that_refuses_our_certificate_is_told_apart(void **state) {
    denied(state, "refusing", true, "the server does not know the authority of our certificate");
    denied(state, "refusing2", true, "the server does not know the authority of our certificate");
}

static void server_that_wants_a_certificate_we_do_not_have_is_told_apart(void **state) {
    denied(state, "refusing", false, "the server wants a client certificate");
    denied(state, "refusing2", false, "the server wants a client certificate");
}

static void accepted(void **state, const char *port, const char *protocol, const char *http) {
    struct world *world = *state;
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"body\":\"yes\"}]}");
    fetch(world, port, "authority", true, &response, &error);
    assert_string_equal(error.message, "");
    assert_true(response.ok);
    assert_int_equal(response.status, 200);
    assert_string_equal(pp_buf_text(&response.body), "yes");
    pp_autojson cJSON *log = test_server_ask(&world->server, "{\"do\":\"log\"}");
    assert_int_equal(cJSON_GetArraySize(log), 1);
    assert_string_equal(test_log_text(log, 0, "tls"), protocol);
    assert_string_equal(test_log_text(log, 0, "version"), http);
    assert_string_equal(test_log_text(log, 0, "device"), "device-of-the-test");
    assert_string_equal(test_log_header(log, 0, "cookie"), "__Host-pingplay=secret");
    assert_string_equal(test_log_header(log, 0, "authorization"), "Bearer secret");
    assert_string_equal(test_log_text(log, 0, "body"), "secret");
}

static void tls_1_3_with_http_2_and_the_client_certificate_works(void **state) {
    accepted(state, "good", "TLSv1.3", "2.0");
}

static void tls_1_2_with_ecdhe_and_gcm_works(void **state) {
    accepted(state, "tls12", "TLSv1.2", "2.0");
}

static void server_behind_an_intermediate_authority_works(void **state) {
    accepted(state, "viaIntermediate", "TLSv1.3", "2.0");
}

static void server_within_the_constraints_of_its_authority_works(void **state) {
    start_defect(*state, "constrainedWell");
    accepted(state, "constrainedWell", "TLSv1.3", "2.0");
}

static void server_is_known_by_its_name_as_by_its_address(void **state) {
    struct world *world = *state;
    char url[64];
    snprintf(url, sizeof url, "https://localhost:%d", test_server_port(&world->server, "good"));
    struct net_client_config config = {.base_url = url,
                                       .ca_file = test_server_path(&world->server, "authority")};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, NULL);
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/"};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"body\":\"yes\"}]}");
    assert_true(net_client_fetch(client, &request, &response, NULL));
    cJSON_Delete(test_server_ask(&world->server, "{\"do\":\"log\"}"));
}

static void libraries_that_cannot_keep_the_policy_are_refused(void **state) {
    (void)state;
    static const char *const others[] = {"GnuTLS/3.7.9",   "(OpenSSL/3.0.19) GnuTLS/3.7.9",
                                         "NSS/3.87",       "mbedTLS/3.6.2",
                                         "LibreSSL/3.9.2", "wolfSSL/5.6.4",
                                         "OpenSSL/1.1.1w", NULL};
    assert_true(net_tls_check_library(curl_version_info(CURLVERSION_NOW)->ssl_version, NULL));
    for (size_t i = 0; i < PP_COUNT(others); i++) {
        struct pp_error error = {0};
        assert_false(net_tls_check_library(others[i], &error));
        assert_int_equal(error.code, PP_E_UNSUPPORTED);
    }
}

struct host_row {
    const char *host, *checked;
};

static void hosts_are_checked_without_brackets_and_final_dot(void **state) {
    (void)state;
    static const struct host_row rows[] = {{"screens.example.org", "screens.example.org"},
                                           {"screens.example.org.", "screens.example.org"},
                                           {"127.0.0.1", "127.0.0.1"},
                                           {"[2001:db8::1]", "2001:db8::1"}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct net_tls_check check;
        net_tls_check_begin(&check, rows[i].host, NULL);
        assert_string_equal(check.host, rows[i].checked);
    }
}

static void http_1_1_is_spoken_where_nothing_newer_is_offered(void **state) {
    accepted(state, "http1", "TLSv1.3", "1.1");
}

static void keys_of_connections_are_logged_nowhere(void **state) {
    const struct world *world = *state;
    accepted(state, "good", "TLSv1.3", "2.0");
    assert_int_equal(access(world->key_log, F_OK), -1);
}

static void missing_file_of_authorities_is_told_at_once(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    struct net_client_config config = {.base_url = "https://127.0.0.1", .ca_file = "/nonexistent/ca.pem"};
    assert_null(net_client_create(world->loop, &config, &error));
    assert_string_equal(error.message, "trusted authorities: /nonexistent/ca.pem: No such file or directory");
}

static void file_of_authorities_without_one_is_refused(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    char url[64];
    test_server_url(&world->server, "good", url);
    struct net_client_config config = {.base_url = url,
                                       .ca_file = test_server_path(&world->server, "deviceKey")};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, &error);
    assert_non_null(client);
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/"};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_TLS);
    assert_non_null(strstr(error.message, "the file of trusted authorities cannot be used"));
}

/* A configuration that lowers every bar of OpenSSL, for all of these tests. */
static int lower_the_bars(void) {
    static const char text[] =
        "openssl_conf = own\n[own]\nssl_conf = ssl\n[ssl]\nsystem_default = low\n[low]\n"
        "CipherString = ALL:@SECLEVEL=0\nMinProtocol = None\n"
        "Options = UnsafeLegacyRenegotiation,UnsafeLegacyServerConnect\n";
    char path[] = "/tmp/pingplay-openssl-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, sizeof text - 1) != sizeof text - 1 || close(fd) != 0)
        return -1;
    return setenv("OPENSSL_CONF", path, 1);
}

/* The file is needed until OpenSSL has started. */
static void remove_configuration(void) {
    unlink(getenv("OPENSSL_CONF"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bad_certificate_is_refused_with_its_reason),
        cmocka_unit_test(certificates_are_judged_at_the_time_of_the_device),
        cmocka_unit_test(a_refusal_for_the_time_names_the_day_of_the_clock),
        cmocka_unit_test(server_of_tls_1_1_is_refused),
        cmocka_unit_test(server_without_aead_suites_is_refused),
        cmocka_unit_test(server_that_speaks_no_tls_is_refused),
        cmocka_unit_test(authority_of_the_good_server_is_unknown_where_another_is_configured),
        cmocka_unit_test(authorities_named_by_the_environment_are_not_trusted),
        cmocka_unit_test(connection_cut_during_the_handshake_is_a_network_failure),
        cmocka_unit_test(server_that_refuses_our_certificate_is_told_apart),
        cmocka_unit_test(server_that_wants_a_certificate_we_do_not_have_is_told_apart),
        cmocka_unit_test(tls_1_3_with_http_2_and_the_client_certificate_works),
        cmocka_unit_test(tls_1_2_with_ecdhe_and_gcm_works),
        cmocka_unit_test(server_behind_an_intermediate_authority_works),
        cmocka_unit_test(server_within_the_constraints_of_its_authority_works),
        cmocka_unit_test(server_is_known_by_its_name_as_by_its_address),
        cmocka_unit_test(libraries_that_cannot_keep_the_policy_are_refused),
        cmocka_unit_test(hosts_are_checked_without_brackets_and_final_dot),
        cmocka_unit_test(http_1_1_is_spoken_where_nothing_newer_is_offered),
        cmocka_unit_test(keys_of_connections_are_logged_nowhere),
        cmocka_unit_test(missing_file_of_authorities_is_told_at_once),
        cmocka_unit_test(file_of_authorities_without_one_is_refused),
    };
    assert_int_equal(lower_the_bars(), 0);
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    remove_configuration();
    return failed;
}
