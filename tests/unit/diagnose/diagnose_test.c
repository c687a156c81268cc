/* diagnose/diagnose.h: each check's finding where things are as they are made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "diagnose/checks.h"
#include "diagnose/diagnose.h"
#include "diagnose/findings.h"
#include "support/server.h"

#define TURN_MS 50

struct stage {
    struct test_server server;
    struct diagnose_config config;
};

static int set_up(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    test_server_start(&stage->server);
    *state = stage;
    return 0;
}

static int tear_down(void **state) {
    struct stage *stage = *state;
    test_server_stop(&stage->server);
    free(stage);
    return 0;
}

static struct diagnose_config *configure(void **state, const char *port) {
    struct stage *stage = *state;
    stage->config = (struct diagnose_config){.by = "test"};
    if (port)
        test_server_url(&stage->server, port, stage->config.url);
    snprintf(stage->config.ca, sizeof stage->config.ca, "%s", test_server_path(&stage->server, "authority"));
    snprintf(stage->config.state_dir, sizeof stage->config.state_dir, "%s", stage->server.folder);
    return &stage->config;
}

static const cJSON *check_of(const cJSON *document, const char *name) {
    const cJSON *check;
    cJSON_ArrayForEach(check, cJSON_GetObjectItemCaseSensitive(document, "checks")) {
        if (strcmp(cJSON_GetObjectItemCaseSensitive(check, "name")->valuestring, name) == 0)
            return check;
    }
    fail_msg("no check %s", name);
    return NULL;
}

static const char *member(const cJSON *check, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(check, name)->valuestring;
}

static void assert_finding(const cJSON *document, const char *check, const char *expected) {
    assert_string_equal(member(check_of(document, check), "finding"), expected);
}

static void every_finding_has_words_in_both_languages_and_one_name(void **state) {
    (void)state;
    const struct finding *finding;
    for (size_t i = 0; (finding = finding_at(i)); i++) {
        assert_ptr_equal(finding_find(finding->name), finding);
        assert_non_null(verdict_name(finding->verdict));
        if (*finding->check)
            assert_string_not_equal(check_title(finding->check, 1), finding->check);
        for (int language = 0; language < 2; language++) {
            const char *text = finding->text[language];
            assert_true(text && *text);
            for (size_t size; *text; text += size) {
                size = pp_utf8_read(text, SIZE_MAX, NULL);
                assert_true(size > 0);
            }
        }
    }
    assert_null(finding_find("nothing"));
}

static void an_address_is_split_into_host_and_port(void **state) {
    (void)state;
    static const struct {
        const char *url, *host, *port;
    } rows[] = {
        {"https://headend.example", "headend.example", "443"},
        {"https://headend.example:8443", "headend.example", "8443"},
        {"https://[2001:db8::1]:8443", "2001:db8::1", "8443"},
        {"https://[::1]", "::1", "443"},
        {"http://proxy", "proxy", "1080"},
        {"http://mary:secret@proxy:8080", "proxy", "8080"},
        {"https://", NULL, NULL},
        {"https://[::1", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char host[DIAGNOSE_HOST_MAX], port[8];
        assert_int_equal(diagnose_split(rows[i].url, host, port), rows[i].host != NULL);
        if (!rows[i].host)
            continue;
        assert_string_equal(host, rows[i].host);
        assert_string_equal(port, rows[i].port);
    }
}

static void a_headend_that_answers_is_reached_trusted_and_heard(void **state) {
    pp_autojson cJSON *document = diagnose(configure(state, "good"));
    assert_finding(document, "dns", "name-literal");
    assert_finding(document, "proxy", "proxy-none");
    assert_finding(document, "tcp", "tcp-connected");
    assert_finding(document, "tls", "tls-verified");
    assert_string_equal(member(document, "by"), "test");
    struct stage *stage = *state;
    pp_autojson cJSON *log = test_server_ask(&stage->server, "{\"do\":\"log\"}");
    assert_int_equal(cJSON_GetArraySize(log), 1);
    assert_string_equal(test_log_text(log, 0, "method"), "GET");
    assert_null(test_log_header(log, 0, "cookie"));
    assert_null(test_log_header(log, 0, "authorization"));
}

static void one_that_cannot_be_trusted_is_told_with_the_reason(void **state) {
    pp_autojson cJSON *document = diagnose(configure(state, "unknownAuthority"));
    assert_finding(document, "tcp", "tcp-connected");
    assert_finding(document, "tls", "tls-untrusted");
    assert_finding(document, "answer", "skipped");
    assert_non_null(strstr(member(check_of(document, "tls"), "detail"), "unknown authority"));
    assert_string_equal(member(document, "verdict"), "fault");
}

/* Whatever the headend says of itself, it has been reached and verified. */
static void one_that_answers_with_an_error_is_trusted_and_its_status_told(void **state) {
    static const struct {
        int status;
        const char *finding, *detail;
    } rows[] = {{200, "answer-good", "HTTP 200"},
                {404, "answer-error", "HTTP 404"},
                {500, "answer-error", "HTTP 500"}};
    struct stage *stage = *state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        test_server_do(&stage->server, "{\"do\":\"answers\",\"list\":[{\"status\":%d}]}", rows[i].status);
        pp_autojson cJSON *document = diagnose(configure(state, "good"));
        assert_finding(document, "tls", "tls-verified");
        assert_finding(document, "answer", rows[i].finding);
        assert_string_equal(member(check_of(document, "answer"), "detail"), rows[i].detail);
        assert_finding(document, "portal", "portal-none");
    }
}

static void a_connection_that_breaks_before_it_is_verified_is_told_as_that(void **state) {
    pp_autojson cJSON *document = diagnose(configure(state, "cutting"));
    assert_finding(document, "tcp", "tcp-connected");
    assert_finding(document, "tls", "tls-broken");
    assert_finding(document, "answer", "skipped");
    assert_non_null(strstr(member(check_of(document, "tls"), "detail"), "broke during the TLS handshake"));
    assert_string_equal(member(document, "verdict"), "fault");
}

static void one_that_is_verified_and_then_hangs_up_is_no_firewall(void **state) {
    struct stage *stage = *state;
    test_server_do(&stage->server, "{\"do\":\"raw\",\"list\":[\"\"]}");
    pp_autojson cJSON *document = diagnose(configure(state, "raw"));
    assert_finding(document, "tls", "tls-verified");
    assert_finding(document, "answer", "answer-none");
}

static void a_ca_that_is_no_file_is_told(void **state) {
    struct diagnose_config *config = configure(state, "good");
    snprintf(config->ca, sizeof config->ca, "/nonexistent/ca.pem");
    pp_autojson cJSON *document = diagnose(config);
    assert_finding(document, "tls", "ca-unreadable");
}

/* A port that was had a moment ago, and is nobody's. */
static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pp_autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void nobody_at_the_port_is_told_and_nothing_further_is_tried(void **state) {
    struct diagnose_config *config = configure(state, NULL);
    snprintf(config->url, sizeof config->url, "https://127.0.0.1:%d", free_port());
    pp_autojson cJSON *document = diagnose(config);
    assert_finding(document, "tcp", "tcp-refused");
    assert_finding(document, "tls", "skipped");
    assert_finding(document, "answer", "skipped");
    snprintf(config->proxy, sizeof config->proxy, "http://mary:secret@127.0.0.1:%d", free_port());
    pp_autojson cJSON *by_proxy = diagnose(config);
    assert_finding(by_proxy, "proxy", "proxy-unreached");
    assert_finding(by_proxy, "tcp", "tcp-by-proxy");
    pp_autojsontext char *text = cJSON_PrintUnformatted(by_proxy);
    assert_null(strstr(text, "secret"));
}

/* A proxy by HTTP Basic, and what the agent has of it: nobody is told of a password that it has. */
static void a_proxy_is_asked_with_the_credentials_that_there_are(void **state) {
    struct stage *stage = *state;
    struct diagnose_config *config = configure(state, "good");
    struct net_proxy_settings settings = {0};
    snprintf(config->proxy, sizeof config->proxy, "http://127.0.0.1:%d",
             test_server_port(&stage->server, "basicProxy"));
    pp_autojson cJSON *without = diagnose(config);
    assert_finding(without, "proxy", "proxy-reached");
    assert_finding(without, "password", "password-none");
    assert_finding(without, "portal", "skipped");
    assert_non_null(strstr(member(check_of(without, "tls"), "detail"), "407"));
    memcpy(settings.address, config->proxy, sizeof settings.address);
    strcpy(settings.user, "screen");
    strcpy(settings.password, "a:b@c");
    PP_AUTO(net_proxy) struct net_proxy *proxy = net_proxy_create(&settings, NULL);
    config->through = proxy;
    pp_autojson cJSON *with = diagnose(config);
    assert_finding(with, "proxy", "proxy-reached");
    assert_finding(with, "password", "password-held");
    assert_finding(with, "portal", "portal-none");
    assert_finding(with, "ticket", "ticket-none");
    assert_finding(with, "tls", "tls-verified");
    pp_autojsontext char *text = cJSON_PrintUnformatted(with);
    assert_null(strstr(text, "a:b@c"));
}

static void what_became_of_the_ticket_is_told_by_its_reason(void **state) {
    static const struct {
        enum pp_code code;
        const char *finding;
    } rows[] = {
        {PP_OK, "ticket-held"},           {PP_E_STATE, "ticket-awaited"}, {PP_E_AUTH, "ticket-refused"},
        {PP_E_INVALID, "ticket-refused"}, {PP_E_EXPIRED, "ticket-clock"}, {PP_E_NET, "ticket-no-kdc"},
    };
    struct net_proxy_settings settings = {.address = "http://proxy:1", .auth = NET_PROXY_NEGOTIATE};
    PP_AUTO(net_proxy) struct net_proxy *proxy = net_proxy_create(&settings, NULL);
    struct diagnosis diagnosis = {.config = configure(state, NULL), .checks = cJSON_CreateArray()};
    ((struct stage *)*state)->config.through = proxy;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error why = {0};
        if (rows[i].code)
            pp_fail(&why, rows[i].code, "why");
        net_proxy_set_ticket_trouble(proxy, &why);
        check_ticket(&diagnosis);
        const cJSON *check = cJSON_GetArrayItem(diagnosis.checks, (int)i);
        assert_string_equal(member(check, "finding"), rows[i].finding);
        assert_string_equal(member(check, "detail"), rows[i].code ? "why" : "");
    }
    cJSON_Delete(diagnosis.checks);
}

/* RFC 6761 §6.4: no name server knows it; where there is none at all that is told. */
static void a_name_that_nobody_knows_is_told(void **state) {
    struct diagnose_config *config = configure(state, NULL);
    snprintf(config->url, sizeof config->url, "https://no-such-headend.invalid");
    pp_autojson cJSON *document = diagnose(config);
    const char *finding = member(check_of(document, "dns"), "finding");
    assert_true(strcmp(finding, "name-unknown") == 0 || strncmp(finding, "name-server-", 12) == 0);
    assert_finding(document, "tcp", "skipped");
}

static void a_clock_that_differs_from_the_headend_s_is_told(void **state) {
    struct stage *stage = *state;
    struct diagnosis diagnosis = {.config = configure(state, NULL), .checks = cJSON_CreateArray()};
    diagnosis.has_date = true;
    diagnosis.date_s = pp_clock_realtime_s() + DIAGNOSE_OFF_S + 30;
    check_time(&diagnosis);
    diagnosis.date_s = pp_clock_realtime_s() - DIAGNOSE_OFF_S / 2;
    check_time(&diagnosis);
    assert_string_equal(member(cJSON_GetArrayItem(diagnosis.checks, 0), "finding"), "clock-off");
    assert_string_not_equal(member(cJSON_GetArrayItem(diagnosis.checks, 1), "finding"), "clock-off");
    cJSON_Delete(diagnosis.checks);
    (void)stage;
}

static void a_certificate_that_has_ended_is_told(void **state) {
    struct diagnosis diagnosis = {.config = configure(state, NULL), .checks = cJSON_CreateArray()};
    struct diagnose_config *config = &((struct stage *)*state)->config;
    static const char *const findings[] = {"skipped", "certificate-good", "certificate-ended"};
    config->now_ms = 1795892168000;
    for (size_t i = 0; i < PP_COUNT(findings); i++) {
        config->certificate_end_s = i == 0 ? 0 : i == 1 ? 1795892169 : 1795892168;
        check_certificate(&diagnosis);
        const cJSON *check = cJSON_GetArrayItem(diagnosis.checks, (int)i);
        assert_string_equal(member(check, "finding"), findings[i]);
        assert_string_equal(member(check, "detail"), i == 0   ? ""
                                                     : i == 1 ? "2026-11-28T18:56:09Z"
                                                              : "2026-11-28T18:56:08Z");
    }
    cJSON_Delete(diagnosis.checks);
}

static void the_flash_is_tried(void **state) {
    struct diagnose_config *config = configure(state, NULL);
    pp_autojson cJSON *document = diagnose(config);
    const char *finding = member(check_of(document, "storage"), "finding");
    assert_true(strcmp(finding, "storage-good") == 0 || strcmp(finding, "storage-low") == 0);
    snprintf(config->state_dir, sizeof config->state_dir, "/nonexistent/pingplay");
    pp_autojson cJSON *absent = diagnose(config);
    assert_finding(absent, "storage", "storage-absent");
}

static void what_only_the_agent_knows_is_told_or_said_to_be_unknown(void **state) {
    struct diagnose_config *config = configure(state, NULL);
    pp_autojson cJSON *without = diagnose(config);
    assert_finding(without, "agent", "config-missing");
    assert_finding(without, "sandbox", "sandbox-unseen");
    config->has_agent = true;
    config->sandboxed = true;
    snprintf(config->code, sizeof config->code, "S-1");
    snprintf(config->trouble, sizeof config->trouble, "a signature is wrong");
    pp_autojson cJSON *with = diagnose(config);
    assert_finding(with, "agent", "agent-trouble");
    assert_string_equal(member(check_of(with, "agent"), "detail"), "S-1: a signature is wrong");
    assert_finding(with, "sandbox", "sandbox-partial");
    const char *display = member(check_of(with, "display"), "finding");
    assert_true(strcmp(display, "display-no-player") == 0 || strcmp(display, "display-unplugged") == 0);
}

/* ---- On a thread of its own ---- */

struct waiting {
    cJSON *document;
    int calls;
};

static void on_done(void *arg, cJSON *document) {
    struct waiting *waiting = arg;
    waiting->document = document;
    waiting->calls++;
}

static void a_loop_hears_of_it_once_and_never_of_one_that_was_abandoned(void **state) {
    struct diagnose_config *config = configure(state, "good");
    struct pp_error error;
    struct waiting waiting = {0}, abandoned = {0};
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(&error);
    struct diagnose_run *given_up = diagnose_start(loop, config, on_done, &abandoned, &error);
    assert_non_null(given_up);
    diagnose_abandon(given_up);
    assert_non_null(diagnose_start(loop, config, on_done, &waiting, &error));
    for (int i = 0; i < 1000 && !waiting.calls; i++)
        assert_true(net_loop_turn(loop, TURN_MS, &error));
    assert_int_equal(waiting.calls, 1);
    assert_int_equal(abandoned.calls, 0);
    assert_finding(waiting.document, "tls", "tls-verified");
    cJSON_Delete(waiting.document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_has_words_in_both_languages_and_one_name),
        cmocka_unit_test(an_address_is_split_into_host_and_port),
        cmocka_unit_test(a_headend_that_answers_is_reached_trusted_and_heard),
        cmocka_unit_test(one_that_cannot_be_trusted_is_told_with_the_reason),
        cmocka_unit_test(one_that_answers_with_an_error_is_trusted_and_its_status_told),
        cmocka_unit_test(a_connection_that_breaks_before_it_is_verified_is_told_as_that),
        cmocka_unit_test(one_that_is_verified_and_then_hangs_up_is_no_firewall),
        cmocka_unit_test(a_ca_that_is_no_file_is_told),
        cmocka_unit_test(nobody_at_the_port_is_told_and_nothing_further_is_tried),
        cmocka_unit_test(a_proxy_is_asked_with_the_credentials_that_there_are),
        cmocka_unit_test(what_became_of_the_ticket_is_told_by_its_reason),
        cmocka_unit_test(a_name_that_nobody_knows_is_told),
        cmocka_unit_test(a_clock_that_differs_from_the_headend_s_is_told),
        cmocka_unit_test(a_certificate_that_has_ended_is_told),
        cmocka_unit_test(the_flash_is_tried),
        cmocka_unit_test(what_only_the_agent_knows_is_told_or_said_to_be_unknown),
        cmocka_unit_test(a_loop_hears_of_it_once_and_never_of_one_that_was_abandoned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
