/* EST against a real server: what is asked, what is waited for, what ends the operation. */
#include "support/held_flash.h"
#include "support/screen.h"

#include "identity/authorities.h"
#include "identity/est.h"

struct outcome {
    struct screen *screen;
    struct est *est;
    int done, waits;
    int64_t waited_ms; /* of the last wait */
    int wait_limit;    /* cancels at this many waits; 0: never */
    bool named;        /* it gets a certificate meanwhile, whose name another request would have */
    struct pp_error error;
    struct pp_error why;
};

static void on_done(void *arg, const struct pp_error *error) {
    struct outcome *outcome = arg;
    outcome->done++;
    if (error)
        outcome->error = *error;
    net_loop_stop(outcome->screen->loop);
}

static void on_wait(void *arg, int64_t wait_ms, const struct pp_error *why) {
    struct outcome *outcome = arg;
    outcome->waits++;
    outcome->waited_ms = wait_ms;
    outcome->why = why ? *why : (struct pp_error){0};
    if (outcome->named)
        assert_true(screen_accept(outcome->screen, ",\"cn\":\"meanwhile\"", pp_clock_realtime_s(), NULL));
    if (outcome->waits != outcome->wait_limit)
        return;
    est_cancel(outcome->est);
    net_loop_stop(outcome->screen->loop);
}

static struct est_config config_of(struct screen *screen, struct outcome *outcome) {
    outcome->screen = screen;
    return (struct est_config){.loop = screen->loop,
                               .client = screen->client,
                               .identity = screen->identity,
                               .authorities = screen->authorities,
                               .on_done = on_done,
                               .on_wait = on_wait,
                               .arg = outcome};
}

/* The server has no wishes, unless a test says so. */
static void answer_attributes(struct screen *screen, const char *answer) {
    test_server_do(&screen->server, "{\"do\":\"route\",\"path\":\"/.well-known/est/csrattrs\",\"answer\":%s}",
                   answer);
}

static void enroll_with(struct screen *screen, const char *credentials, const char *answers,
                        struct outcome *outcome) {
    struct est_config config = config_of(screen, outcome);
    struct pp_secret_text *secret = credentials ? pp_secret_text_create(credentials, NULL) : NULL;
    config.credentials = secret;
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[%s]}", answers);
    outcome->est = est_enroll_start(&config, "to-ken", NULL);
    pp_secret_text_destroy(secret);
    assert_non_null(outcome->est);
    assert_true(net_loop_run(screen->loop, NULL));
}

static void enroll(struct screen *screen, const char *answers, struct outcome *outcome) {
    struct est_config config = config_of(screen, outcome);
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[%s]}", answers);
    outcome->est = est_enroll_start(&config, "to-ken", NULL);
    assert_non_null(outcome->est);
    assert_true(net_loop_run(screen->loop, NULL));
}

/* Without the questions for attributes. */
static cJSON *take_log(struct screen *screen) {
    cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    for (int i = cJSON_GetArraySize(log) - 1; i >= 0; i--) {
        if (!strcmp(test_log_text(log, i, "url"), "/.well-known/est/csrattrs"))
            cJSON_DeleteItemFromArray(log, i);
    }
    return log;
}

static void enrolment_brings_the_certificate(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    enroll(screen, "{\"est\":{\"cn\":\"device-1\"}}", &outcome);
    assert_string_equal(outcome.error.message, "");
    assert_int_equal(outcome.done, 1);
    assert_string_equal(identity_device_id(screen->identity), "device-1");
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 1);
    assert_string_equal(test_log_text(log, 0, "method"), "POST");
    assert_string_equal(test_log_text(log, 0, "url"), "/.well-known/est/simpleenroll");
    assert_string_equal(test_log_header(log, 0, "authorization"), "Bearer to-ken");
    assert_string_equal(test_log_header(log, 0, "content-type"), "application/pkcs10");
    assert_string_equal(test_log_text(log, 0, "device"), "");
}

static void on_jobs(void *arg, short revents) {
    (void)revents;
    pp_jobs_finish(arg);
}

static void let_go(void *arg) {
    const struct outcome *outcome = arg;
    assert_int_equal(outcome->done, 0);
    assert_false(identity_has_certificate(outcome->screen->identity));
    flash_hold(false);
}

/* The loop goes on while the certificate is on its way to flash, and enrolment is over when it is there. */
static void enrolment_is_over_once_the_certificate_is_on_flash(void **state) {
    struct screen *screen = *state;
    for (int cancels = 0; cancels < 2; cancels++) {
        struct outcome outcome = {.screen = screen};
        struct net_timer timer = {0};
        PP_AUTO(pp_jobs) struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
        struct net_watch *watch = net_loop_watch(screen->loop, pp_jobs_fd(jobs), POLLIN, on_jobs, jobs, NULL);
        struct est_config config = config_of(screen, &outcome);
        vault_set_jobs(screen->vault, jobs);
        test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"est\":{\"cn\":\"device-1\"}}]}");
        flash_hold(true);
        outcome.est = est_enroll_start(&config, "to-ken", NULL);
        while (!flash.waiting)
            assert_true(net_loop_turn(screen->loop, 5, NULL));
        if (cancels) {
            est_cancel(outcome.est);
            flash_hold(false);
        } else {
            net_timer_start_in(&timer, screen->loop, 0, let_go, &outcome);
            assert_true(net_loop_run(screen->loop, NULL));
        }
        pp_jobs_wait(jobs);
        assert_int_equal(outcome.done, !cancels);
        assert_string_equal(identity_device_id(screen->identity), "device-1");
        net_loop_unwatch(screen->loop, watch);
        vault_set_jobs(screen->vault, NULL);
    }
}

static void server_that_needs_time_is_asked_again_when_it_says(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    enroll(
        screen,
        "{\"status\":202,\"headers\":{\"retry-after\":\"1\"}},{\"status\":202,\"headers\":{\"retry-after\":"
        "\"0\"}},{\"est\":{}}",
        &outcome);
    assert_int_equal(outcome.waits, 2);
    assert_int_equal(outcome.waited_ms, 1000);
    assert_int_equal(outcome.why.code, PP_OK);
    assert_true(identity_has_certificate(screen->identity));
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 3);
    double first = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, 0), "time")->valuedouble;
    double second = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, 1), "time")->valuedouble;
    assert_true(second - first >= 990);
}

static void waits_after_202_have_a_default_and_a_cap(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    enroll(screen, "{\"status\":202}", &outcome);
    assert_int_equal(outcome.waited_ms, EST_PENDING_DEFAULT_S * 1000);
    struct outcome capped = {.wait_limit = 1};
    enroll(screen, "{\"status\":202,\"headers\":{\"retry-after\":\"999999\"}}", &capped);
    assert_int_equal(capped.waited_ms, EST_PENDING_MAX_S * 1000);
    cJSON_Delete(take_log(screen));
}

struct ending {
    const char *answer;
    enum pp_code code;
    const char *says;
};

static void refusals_end_the_operation_and_say_why(void **state) {
    struct screen *screen = *state;
    static const struct ending rows[] = {
        {"{\"status\":401,\"headers\":{\"content-type\":\"application/"
         "problem+json\"},\"body\":\"{\\\"title\\\":"
         "\\\"Token used\\\"}\"}",
         PP_E_DENIED, "EST: HTTP 401: Token used"},
        {"{\"status\":403}", PP_E_DENIED, "EST: HTTP 403"},
        {"{\"status\":400}", PP_E_HTTP, "EST: HTTP 400"},
        {"{\"status\":204}", PP_E_HTTP, "EST: answer with unexpected status 204"},
        {"{\"status\":302,\"headers\":{\"location\":\"/x\"}}", PP_E_HTTP, "EST: HTTP 302"},
        {"{\"body\":\"AAAA\",\"headers\":{\"content-type\":\"text/html\"}}", PP_E_INVALID,
         "EST: answer of type \"text/html\", not application/pkcs7-mime"},
        {"{\"est\":{},\"headers\":{\"content-type\":\"application/pkcs7-mime; "
         "smime-type=server-generated-key\"}}",
         PP_E_INVALID,
         "EST: answer of type \"application/pkcs7-mime; smime-type=server-generated-key\", not "
         "application/pkcs7-mime"},
        {"{\"body\":\"!!!!\",\"headers\":{\"content-type\":\"application/pkcs7-mime\"}}", PP_E_INVALID,
         "EST: answer: not a base64 character at offset 0"},
        {"{\"body\":\"AAAA\",\"headers\":{\"content-type\":\"application/pkcs7-mime\"}}", PP_E_INVALID,
         "EST: PKCS#7 message: not a message at offset 0"},
        {"{\"est\":{\"authority\":\"stranger\"}}", PP_E_AUTH,
         "EST: the certificate does not come from the configured authority"},
        {"{\"est\":{\"key\":\"other\"}}", PP_E_AUTH,
         "EST: no certificate of the answer is for this screen's key"},
        {"{\"size\":100000,\"headers\":{\"content-type\":\"application/pkcs7-mime\"}}", PP_E_LIMIT,
         "EST: answer of 100000 bytes, at most 54610 are allowed"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct outcome outcome = {0};
        enroll(screen, rows[i].answer, &outcome);
        assert_string_equal(outcome.error.message, rows[i].says);
        assert_int_equal(outcome.error.code, rows[i].code);
        assert_int_equal(outcome.done, 1);
        assert_int_equal(outcome.waits, 0);
        assert_false(identity_has_certificate(screen->identity));
    }
    cJSON_Delete(take_log(screen));
}

static void broken_servers_and_connections_are_asked_again(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    enroll(screen, "{\"status\":503},{\"body\":\"0123456789\",\"cut\":5},{\"est\":{}}", &outcome);
    assert_int_equal(outcome.waits, 2);
    assert_int_equal(outcome.why.code, PP_E_NET);
    assert_int_equal(outcome.done, 1);
    assert_true(identity_has_certificate(screen->identity));
    cJSON_Delete(take_log(screen));
}

static void retry_after_of_an_overloaded_server_is_honoured(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    enroll(screen, "{\"status\":429,\"headers\":{\"retry-after\":\"100\"}}", &outcome);
    assert_in_range(outcome.waited_ms, 100000, 110000);
    assert_int_equal(outcome.why.code, PP_E_HTTP);
    cJSON_Delete(take_log(screen));
}

static void server_that_cannot_be_trusted_is_told_and_tried_again(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    screen_connect(screen, "expired");
    enroll(screen, "", &outcome);
    assert_int_equal(outcome.why.code, PP_E_TLS);
    assert_non_null(strstr(outcome.why.message, "its certificate has expired"));
    pp_autojson cJSON *bytes = test_server_ask(&screen->server, "{\"do\":\"bytes\"}");
    const cJSON *seen = cJSON_GetObjectItemCaseSensitive(bytes, "expired");
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(seen, "bytes")->valueint, 0);
}

static void renewal_is_asked_for_with_the_certificate(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    struct est_config config = config_of(screen, &outcome);
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\",\"days\":2", pp_clock_realtime_s(), NULL));
    screen_use_identity(screen);
    int64_t before = identity_not_after(screen->identity);
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"est\":{\"cn\":\"device-1\"}}]}");
    assert_non_null(est_reenroll_start(&config, NULL));
    assert_true(net_loop_run(screen->loop, NULL));
    assert_string_equal(outcome.error.message, "");
    assert_true(identity_not_after(screen->identity) > before);
    pp_autojson cJSON *log = take_log(screen);
    assert_string_equal(test_log_text(log, 0, "url"), "/.well-known/est/simplereenroll");
    assert_string_equal(test_log_text(log, 0, "device"), "device-1");
    assert_null(test_log_header(log, 0, "authorization"));
}

static void renewal_for_another_device_is_refused(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    struct est_config config = config_of(screen, &outcome);
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"est\":{\"cn\":\"device-2\"}}]}");
    assert_non_null(est_reenroll_start(&config, NULL));
    assert_true(net_loop_run(screen->loop, NULL));
    assert_string_equal(outcome.error.message, "EST: the certificate is for device device-2, not device-1");
    assert_int_equal(outcome.error.code, PP_E_AUTH);
    assert_string_equal(identity_device_id(screen->identity), "device-1");
    cJSON_Delete(take_log(screen));
}

static bool take_authorities(void *arg, const uint8_t *pkcs7, size_t size, struct pp_error *error) {
    const struct outcome *outcome = arg;
    struct authorities trusted;
    struct authority_record next = {0};
    char told[PP_ERROR_MESSAGE_MAX];
    assert_true(authorities_open(&trusted, screen_ca(outcome->screen), NULL, NULL));
    bool taken = authorities_take_answer(&trusted, pkcs7, size, pp_clock_realtime_s(), &next, told, error);
    authority_record_finish(&next);
    authorities_finish(&trusted);
    return taken;
}

static void check_cacerts(struct screen *screen, const char *options, const char *says) {
    struct outcome outcome = {0};
    struct est_config config = config_of(screen, &outcome);
    config.take_authorities = take_authorities;
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"cacerts\":%s}]}", options);
    assert_non_null(est_cacerts_start(&config, NULL));
    assert_true(net_loop_run(screen->loop, NULL));
    assert_int_equal(outcome.done, 1);
    assert_string_equal(outcome.error.message, says);
}

static void authorities_of_the_server_must_hold_the_configured_one(void **state) {
    struct screen *screen = *state;
    check_cacerts(screen, "[\"stranger\",\"authority\"]", "");
    check_cacerts(screen, "[\"stranger\"]", "EST: the server's authority is not the configured one");
    check_cacerts(screen, "[\"authority\",\"device\"]",
                  "EST: certificate 2 of the answer: \"device-of-the-test\" is no authority");
    pp_autojson cJSON *log = take_log(screen);
    assert_string_equal(test_log_text(log, 0, "method"), "GET");
    assert_string_equal(test_log_text(log, 0, "url"), "/.well-known/est/cacerts");
}

static void cancelled_operation_is_silent(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    struct est_config config = config_of(screen, &outcome);
    struct est *est = est_enroll_start(&config, "token", NULL);
    assert_non_null(est);
    assert_true(net_loop_turn(screen->loop, 0, NULL));
    est_cancel(est);
    assert_true(net_loop_turn(screen->loop, 0, NULL));
    assert_int_equal(outcome.done, 0);
    cJSON_Delete(take_log(screen));
}

static void token_that_cannot_stand_in_a_header_is_refused(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    struct pp_error error = {0};
    struct est_config config = config_of(screen, &outcome);
    assert_null(est_enroll_start(&config, "a\r\nCookie: b", &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

/* ---- Name and password (RFC 7030 §3.2.3) ---- */

#define ASKS_BASIC "{\"status\":401,\"headers\":{\"www-authenticate\":\"Basic realm=\\\"est\\\"\"}}"

static void name_and_password_go_where_they_are_asked_for(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    enroll_with(screen, "screen:s3cret", ASKS_BASIC ",{\"est\":{}}", &outcome);
    assert_string_equal(outcome.error.message, "");
    assert_true(identity_has_certificate(screen->identity));
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    assert_string_equal(test_log_header(log, 0, "authorization"), "Bearer to-ken");
    assert_string_equal(test_log_header(log, 1, "authorization"), "Basic c2NyZWVuOnMzY3JldA==");
    assert_string_equal(test_log_text(log, 0, "body"), test_log_text(log, 1, "body"));
}

static void name_and_password_are_shown_to_nobody_who_does_not_ask(void **state) {
    struct screen *screen = *state;
    static const struct ending rows[] = {
        {"{\"status\":401}", PP_E_DENIED, "EST: HTTP 401"},
        {"{\"status\":401,\"headers\":{\"www-authenticate\":\"Digest realm=\\\"basic\\\"\"}}", PP_E_DENIED,
         "EST: HTTP 401"},
        {"{\"status\":403,\"headers\":{\"www-authenticate\":\"Basic\"}}", PP_E_DENIED, "EST: HTTP 403"},
        {"{\"status\":302,\"headers\":{\"location\":\"/x\",\"www-authenticate\":\"Basic\"}}", PP_E_HTTP,
         "EST: HTTP 302"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct outcome outcome = {0};
        enroll_with(screen, "screen:s3cret", rows[i].answer, &outcome);
        assert_string_equal(outcome.error.message, rows[i].says);
        pp_autojson cJSON *log = take_log(screen);
        assert_int_equal(cJSON_GetArraySize(log), 1);
        assert_string_equal(test_log_header(log, 0, "authorization"), "Bearer to-ken");
    }
}

static void name_and_password_that_are_refused_are_not_tried_again(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    enroll_with(screen, "screen:wrong", ASKS_BASIC "," ASKS_BASIC, &outcome);
    assert_string_equal(outcome.error.message, "EST: HTTP 401");
    assert_int_equal(outcome.error.code, PP_E_DENIED);
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 2);
}

static void server_that_cannot_be_trusted_sees_no_password(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    screen_connect(screen, "unknownAuthority");
    enroll_with(screen, "screen:s3cret", "", &outcome);
    assert_int_equal(outcome.why.code, PP_E_TLS);
    pp_autojson cJSON *bytes = test_server_ask(&screen->server, "{\"do\":\"bytes\"}");
    const cJSON *seen = cJSON_GetObjectItemCaseSensitive(bytes, "unknownAuthority");
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(seen, "bytes")->valueint, 0);
}

/* ---- What the server wants in a request ---- */

#define ATTRIBUTES(base64) "{\"headers\":{\"content-type\":\"application/csrattrs\"},\"body\":\"" base64 "\"}"

static void request_has_the_extensions_that_the_server_wants(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    /* { extensionReq, { extendedKeyUsage } } */
    answer_attributes(screen, ATTRIBUTES("MBQwEgYJKoZIhvcNAQkOMQUGA1UdJQ=="));
    enroll(screen, "{\"est\":{}}", &outcome);
    assert_string_equal(outcome.error.message, "");
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 1);
    const char *body = test_log_text(log, 0, "body");
    uint8_t der[4096];
    size_t size = 0;
    assert_true(pp_base64_decode(body, strlen(body), der, sizeof der, &size, NULL));
    static const uint8_t extension[] = {0x30, 0x13, 0x06, 0x03, 0x55, 0x1d, 0x25, 0x04, 0x0c, 0x30, 0x0a,
                                        0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
    assert_non_null(memmem(der, size, extension, sizeof extension));
    answer_attributes(screen, "{\"status\":404}");
}

static void wishes_that_cannot_be_met_end_the_operation(void **state) {
    struct screen *screen = *state;
    static const struct ending rows[] = {
        {ATTRIBUTES("MBQwEgYHKoZIzj0CATEHBgUrgQQAIg=="), PP_E_UNSUPPORTED, /* ecPublicKey, { secp384r1 } */
         "EST: the server wants the curve P-384; this screen's key is EC P-256"},
        {ATTRIBUTES("MIA="), PP_E_INVALID, "EST: request attributes: not a list at offset 0"},
        {ATTRIBUTES("%%"), PP_E_INVALID, "EST: request attributes: not a base64 character at offset 0"},
        {"{\"body\":\"MAA=\",\"headers\":{\"content-type\":\"text/html\"}}", PP_E_INVALID,
         "EST: request attributes of type \"text/html\", not application/csrattrs"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct outcome outcome = {0};
        answer_attributes(screen, rows[i].answer);
        enroll(screen, "{\"est\":{}}", &outcome);
        assert_string_equal(outcome.error.message, rows[i].says);
        assert_int_equal(outcome.error.code, rows[i].code);
        pp_autojson cJSON *log = take_log(screen);
        assert_int_equal(cJSON_GetArraySize(log), 0);
    }
    answer_attributes(screen, "{\"status\":404}");
}

static void server_without_wishes_gets_a_plain_request(void **state) {
    struct screen *screen = *state;
    static const char *const rows[] = {"{\"status\":204}", "{\"status\":404}", "{\"status\":403}",
                                       "{\"status\":501}", ATTRIBUTES(""),     ATTRIBUTES("MAA=")};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct outcome outcome = {.wait_limit = 1};
        answer_attributes(screen, rows[i]);
        enroll(screen, "{\"est\":{}}", &outcome);
        assert_string_equal(outcome.error.message, "");
        assert_int_equal(outcome.waits, 0);
        assert_int_equal(outcome.done, 1);
    }
    answer_attributes(screen, "{\"status\":404}");
    cJSON_Delete(take_log(screen));
}

/* RFC 7030 §4.2.3: the very same request, also where another one would be another by now. */
static void request_is_the_same_after_a_wait(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.named = true};
    enroll(screen, "{\"status\":202,\"headers\":{\"retry-after\":\"1\"}},{\"est\":{}}", &outcome);
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    assert_string_equal(test_log_text(log, 0, "body"), test_log_text(log, 1, "body"));
}

static void date_after_202_is_honoured(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    enroll(screen,
           "{\"status\":202,\"headers\":{\"date\":\"Thu, 01 Jan 2026 00:00:00 GMT\",\"retry-after\":\"Thu, "
           "01 Jan 2026 00:02:00 GMT\"}}",
           &outcome);
    assert_int_equal(outcome.waited_ms, 120000);
    cJSON_Delete(take_log(screen));
}

/* libest's server ends a 202, which has no content, with the connection. */
static void answer_202_needs_no_length(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    screen_connect(screen, "raw");
    test_server_do(
        &screen->server,
        "{\"do\":\"raw\",\"list\":[\"HTTP/1.1 404 Not Found\\r\\nConnection: close\\r\\nContent-Length: "
        "0\\r\\n\\r\\n\",\"HTTP/1.1 202 Accepted\\r\\nRetry-After: 7\\r\\n\\r\\n\"]}");
    enroll(screen, "", &outcome);
    assert_string_equal(outcome.why.message, "");
    assert_int_equal(outcome.waited_ms, 7000);
    cJSON_Delete(test_server_ask(&screen->server, "{\"do\":\"log\"}"));
}

static void key_of_a_pending_renewal_is_kept(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.wait_limit = 1};
    struct est_config config = config_of(screen, &outcome);
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(4096);
    assert_true(screen_accept(screen, "", pp_clock_realtime_s(), NULL));
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"status\":202}]}");
    outcome.est = est_reenroll_start(&config, NULL);
    assert_non_null(outcome.est);
    assert_true(net_loop_run(screen->loop, NULL));
    assert_true(vault_get(screen->vault, "next-device-key", &kept, NULL));
    cJSON_Delete(take_log(screen));
}

static int group_set_up(void **state) {
    int status = screen_group_set_up(state);
    answer_attributes(*state, "{\"status\":404}");
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(enrolment_brings_the_certificate),
        screen_test(enrolment_is_over_once_the_certificate_is_on_flash),
        screen_test(server_that_needs_time_is_asked_again_when_it_says),
        screen_test(waits_after_202_have_a_default_and_a_cap),
        screen_test(refusals_end_the_operation_and_say_why),
        screen_test(broken_servers_and_connections_are_asked_again),
        screen_test(retry_after_of_an_overloaded_server_is_honoured),
        screen_test(server_that_cannot_be_trusted_is_told_and_tried_again),
        screen_test(renewal_is_asked_for_with_the_certificate),
        screen_test(renewal_for_another_device_is_refused),
        screen_test(authorities_of_the_server_must_hold_the_configured_one),
        screen_test(cancelled_operation_is_silent),
        screen_test(token_that_cannot_stand_in_a_header_is_refused),
        screen_test(name_and_password_go_where_they_are_asked_for),
        screen_test(name_and_password_are_shown_to_nobody_who_does_not_ask),
        screen_test(name_and_password_that_are_refused_are_not_tried_again),
        screen_test(server_that_cannot_be_trusted_sees_no_password),
        screen_test(request_has_the_extensions_that_the_server_wants),
        screen_test(wishes_that_cannot_be_met_end_the_operation),
        screen_test(server_without_wishes_gets_a_plain_request),
        screen_test(request_is_the_same_after_a_wait),
        screen_test(date_after_202_is_honoured),
        screen_test(answer_202_needs_no_length),
        screen_test(key_of_a_pending_renewal_is_kept),
    };
    return cmocka_run_group_tests(tests, group_set_up, screen_group_tear_down);
}
