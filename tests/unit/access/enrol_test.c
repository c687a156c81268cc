/*
 * RFC 8628 against a real server whose answers are dictated: the exact requests, in their order, and the time
 * the server saw between them (never less than what the protocol asks; there is no upper bound to assert).
 */
#include "support/screen.h"

#include "access/enrol.h"

#define DEVICE(code, interval, expires)                                                                      \
    "{\"json\":{\"device_code\":\"" code "\",\"user_code\":\"BCDF-GHJK\",\"verification_uri\":"              \
    "\"https://h/enrol\",\"verification_uri_complete\":\"https://h/enrol?user_code=BCDF-GHJK\","             \
    "\"expires_in\":" expires ",\"interval\":" interval "}}"
#define ERROR(code) "{\"status\":400,\"json\":{\"error\":\"" code "\"}}"
#define TOKEN       "{\"json\":{\"access_token\":\"the-token\",\"token_type\":\"Bearer\",\"expires_in\":300}}"
#define PENDING     ERROR("authorization_pending")

struct outcome {
    struct screen *screen;
    struct access_enrol *enrol;
    int codes, tokens, troubles;
    int trouble_kinds[8];
    int stop_at_codes, stop_at_troubles; /* ends the run at that count; 0: never */
    bool destroy_in_callback, restart_on_token;
    char token[64];
    char user_code[ACCESS_USER_CODE_MAX];
    char complete[ACCESS_URI_MAX];
    int64_t life_ms;
    struct pp_error error; /* of the last trouble */
};

static void end(struct outcome *outcome) {
    if (outcome->destroy_in_callback) {
        access_enrol_destroy(outcome->enrol);
        outcome->enrol = NULL;
    }
    net_loop_stop(outcome->screen->loop);
}

static void on_code(void *arg, const struct access_code *code) {
    struct outcome *outcome = arg;
    outcome->codes++;
    strcpy(outcome->user_code, code->user_code);
    strcpy(outcome->complete, code->verification_uri_complete);
    assert_string_equal(code->verification_uri, "https://h/enrol");
    outcome->life_ms = code->expires_ms - pp_clock_monotonic_ms();
    if (outcome->codes == outcome->stop_at_codes)
        end(outcome);
}

static void on_token(void *arg, const char *access_token) {
    struct outcome *outcome = arg;
    outcome->tokens++;
    strcpy(outcome->token, access_token);
    if (outcome->restart_on_token && outcome->tokens == 1)
        access_enrol_restart(outcome->enrol);
    else
        end(outcome);
}

static void on_trouble(void *arg, enum access_trouble trouble, const struct pp_error *error) {
    struct outcome *outcome = arg;
    outcome->trouble_kinds[outcome->troubles++ % 8] = (int)trouble;
    outcome->error = *error;
    if (outcome->troubles == outcome->stop_at_troubles)
        end(outcome);
}

static void start(struct screen *screen, const char *answers, struct outcome *outcome) {
    struct access_enrol_config config = {.loop = screen->loop,
                                         .client = screen->client,
                                         .jwk_thumbprint = identity_thumbprint(screen->identity),
                                         .denied_pause_ms = 1500,
                                         .on_code = on_code,
                                         .on_token = on_token,
                                         .on_trouble = on_trouble,
                                         .arg = outcome};
    outcome->screen = screen;
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[%s]}", answers);
    outcome->enrol = access_enrol_start(&config, NULL);
    assert_non_null(outcome->enrol);
}

/* Runs until a callback ends it; the log of requests is the caller's. */
static cJSON *run(struct screen *screen, const char *answers, struct outcome *outcome) {
    start(screen, answers, outcome);
    assert_true(net_loop_run(screen->loop, NULL));
    access_enrol_destroy(outcome->enrol);
    return test_server_ask(&screen->server, "{\"do\":\"log\"}");
}

/* "d" for each device_authorization, "t" for each token request. */
static void assert_sequence(const cJSON *log, const char *sequence) {
    char seen[32] = "";
    for (int i = 0; i < cJSON_GetArraySize(log) && i < 31; i++) {
        const char *url = test_log_text(log, i, "url");
        strcat(seen, !strcmp(url, "/oauth/device_authorization") ? "d"
                     : !strcmp(url, "/oauth/token")              ? "t"
                                                                 : "?");
        assert_string_equal(test_log_text(log, i, "method"), "POST");
    }
    assert_string_equal(seen, sequence);
}

/* The server saw at least that many ms between two requests. */
static void assert_gap(const cJSON *log, int index, double least_ms) {
    double before = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, index), "time")->valuedouble;
    double after = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, index + 1), "time")->valuedouble;
    /* Two clocks, each rounded to whole ms. */
    assert_true(after - before >= least_ms - 10);
}

static void approval_brings_the_token(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log = run(screen, DEVICE("dc/1+", "1", "600") "," PENDING "," TOKEN, &outcome);
    char form[256];
    assert_sequence(log, "dtt");
    assert_gap(log, 0, 1000);
    assert_gap(log, 1, 1000);
    snprintf(form, sizeof form, "client_id=pingplay-display&jwk_thumbprint=%s",
             identity_thumbprint(screen->identity));
    assert_string_equal(test_log_text(log, 0, "body"), form);
    assert_string_equal(test_log_header(log, 0, "content-type"), "application/x-www-form-urlencoded");
    assert_string_equal(
        test_log_text(log, 1, "body"),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dc%2F1%2B&"
        "client_id=pingplay-display");
    assert_int_equal(outcome.codes, 1);
    assert_int_equal(outcome.troubles, 0);
    assert_string_equal(outcome.token, "the-token");
    assert_string_equal(outcome.user_code, "BCDF-GHJK");
    assert_string_equal(outcome.complete, "https://h/enrol?user_code=BCDF-GHJK");
    assert_in_range(outcome.life_ms, 1, 600000);
}

static void slow_down_adds_five_seconds_for_good(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen, DEVICE("dc", "1", "600") "," ERROR("slow_down") "," PENDING "," TOKEN, &outcome);
    assert_sequence(log, "dttt");
    assert_gap(log, 1, 6000);
    assert_gap(log, 2, 6000);
    assert_int_equal(outcome.tokens, 1);
}

static void interval_is_five_seconds_by_default(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log = run(screen,
                                 "{\"json\":{\"device_code\":\"dc\",\"user_code\":\"B\",\"verification_uri\":"
                                 "\"https://h/enrol\",\"expires_in\":600}}," TOKEN,
                                 &outcome);
    assert_sequence(log, "dt");
    assert_gap(log, 0, 5000);
    assert_string_equal(outcome.complete, "");
}

static void expired_token_brings_a_new_code(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log = run(
        screen, DEVICE("one", "1", "600") "," ERROR("expired_token") "," DEVICE("two", "1", "600") "," TOKEN,
        &outcome);
    assert_sequence(log, "dtdt");
    assert_non_null(strstr(test_log_text(log, 3, "body"), "device_code=two"));
    assert_int_equal(outcome.codes, 2);
    assert_int_equal(outcome.troubles, 1);
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_EXPIRED);
    assert_int_equal(outcome.tokens, 1);
}

static void code_whose_time_is_over_is_replaced_without_asking_for_its_token(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen, DEVICE("one", "5", "1") "," DEVICE("two", "1", "600") "," TOKEN, &outcome);
    assert_sequence(log, "ddt");
    assert_gap(log, 0, 1000);
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_EXPIRED);
    assert_int_equal(outcome.tokens, 1);
}

static void refusal_by_a_person_brings_a_new_code_after_a_pause(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log = run(
        screen, DEVICE("one", "1", "600") "," ERROR("access_denied") "," DEVICE("two", "1", "600") "," TOKEN,
        &outcome);
    assert_sequence(log, "dtdt");
    assert_gap(log, 1, 1500);
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_DENIED);
    assert_int_equal(outcome.error.code, PP_E_DENIED);
}

static void other_errors_bring_a_new_code_and_are_named(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log = run(
        screen, DEVICE("one", "1", "600") "," ERROR("invalid_grant") "," DEVICE("two", "1", "600") "," TOKEN,
        &outcome);
    assert_sequence(log, "dtdt");
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_SERVER);
    assert_string_equal(outcome.error.message, "enrolment: the server answers \"invalid_grant\"");
}

static void polls_without_an_answer_are_made_half_as_often_each_time(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen, DEVICE("dc", "1", "600") ",{\"json\":{},\"cut\":1},{\"status\":503}," PENDING "," TOKEN,
            &outcome);
    assert_sequence(log, "dtttt");
    assert_gap(log, 1, 2000);
    assert_gap(log, 2, 4000);
    assert_gap(log, 3, 1000);
    assert_int_equal(outcome.troubles, 2);
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_NETWORK);
    assert_int_equal(outcome.trouble_kinds[1], ACCESS_TROUBLE_SERVER);
}

static void retry_after_of_the_token_endpoint_is_honoured(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen, DEVICE("dc", "1", "600") ",{\"status\":429,\"headers\":{\"retry-after\":\"3\"}}," TOKEN,
            &outcome);
    assert_sequence(log, "dtt");
    assert_gap(log, 1, 3000);
}

static void unusable_answers_of_the_token_endpoint_do_not_end_the_code(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen, DEVICE("dc", "1", "600") ",{\"status\":400,\"body\":\"<html>\"}," TOKEN, &outcome);
    assert_sequence(log, "dtt");
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_SERVER);
    assert_int_equal(outcome.tokens, 1);
}

static void unusable_token_brings_a_new_code(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen,
            DEVICE("one", "1", "600") ",{\"json\":{\"access_token\":\"a b\",\"token_type\":"
                                      "\"Bearer\"}}," DEVICE("two", "1", "600") "," TOKEN,
            &outcome);
    assert_sequence(log, "dtdt");
    assert_string_equal(outcome.error.message, "enrolment: token: access_token: not a bearer token");
}

static void hostile_device_answers_are_refused_whole_and_asked_again(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    pp_autojson cJSON *log =
        run(screen,
            "{\"json\":{\"device_code\":\"dc\",\"user_code\":\"B\",\"verification_uri\":"
            "\"http://h/enrol\",\"expires_in\":600}},{\"size\":20000}," DEVICE("dc", "1", "600") "," TOKEN,
            &outcome);
    assert_sequence(log, "dddt");
    assert_gap(log, 0, 1000);
    assert_gap(log, 1, 1000);
    assert_int_equal(outcome.codes, 1);
    assert_int_equal(outcome.troubles, 2);
}

static void server_that_cannot_be_trusted_gets_nothing_and_is_named(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.stop_at_troubles = 1};
    screen_connect(screen, "unknownAuthority");
    pp_autojson cJSON *log = run(screen, "", &outcome);
    assert_sequence(log, "");
    assert_int_equal(outcome.trouble_kinds[0], ACCESS_TROUBLE_NETWORK);
    assert_int_equal(outcome.error.code, PP_E_TLS);
    assert_non_null(strstr(outcome.error.message, "its certificate comes from an unknown authority"));
    pp_autojson cJSON *bytes = test_server_ask(&screen->server, "{\"do\":\"bytes\"}");
    const cJSON *seen = cJSON_GetObjectItemCaseSensitive(bytes, "unknownAuthority");
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(seen, "bytes")->valueint, 0);
}

static void refused_token_is_answered_by_a_restart_from_within(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.restart_on_token = true};
    pp_autojson cJSON *log =
        run(screen, DEVICE("one", "1", "600") "," TOKEN "," DEVICE("two", "1", "600") "," TOKEN, &outcome);
    assert_sequence(log, "dtdt");
    assert_int_equal(outcome.tokens, 2);
}

static void it_may_be_destroyed_from_each_of_its_callbacks(void **state) {
    struct screen *screen = *state;
    struct outcome at_code = {.stop_at_codes = 1, .destroy_in_callback = true};
    cJSON_Delete(run(screen, DEVICE("dc", "1", "600"), &at_code));
    struct outcome at_token = {.destroy_in_callback = true};
    cJSON_Delete(run(screen, DEVICE("dc", "1", "600") "," TOKEN, &at_token));
    struct outcome at_trouble = {.stop_at_troubles = 1, .destroy_in_callback = true};
    cJSON_Delete(run(screen, "{\"status\":500}", &at_trouble));
    assert_int_equal(at_code.codes + at_token.tokens + at_trouble.troubles, 3);
}

static void restart_in_the_middle_begins_with_a_new_code(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.stop_at_codes = 1};
    start(screen, DEVICE("one", "1", "600") "," DEVICE("two", "1", "600") "," TOKEN, &outcome);
    assert_true(net_loop_run(screen->loop, NULL));
    access_enrol_restart(outcome.enrol);
    assert_true(net_loop_run(screen->loop, NULL));
    access_enrol_destroy(outcome.enrol);
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_sequence(log, "ddt");
    assert_non_null(strstr(test_log_text(log, 2, "body"), "device_code=two"));
}

/* The answers that break off ask for an hour: without a network that has come nothing would follow in the time of this
 * test. */
static void what_had_no_answer_is_asked_at_once_when_a_network_has_come(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.stop_at_troubles = 1};
    start(screen,
          "{\"json\":{},\"cut\":1,\"headers\":{\"retry-after\":\"3600\"}}," DEVICE(
              "dc", "1", "600") ",{\"json\":{},\"cut\":1,\"headers\":{\"retry-after\":\"3600\"}}," TOKEN,
          &outcome);
    for (int i = 0; i < 2; i++) {
        assert_true(net_loop_run(screen->loop, NULL));
        assert_int_equal(outcome.trouble_kinds[i], ACCESS_TROUBLE_NETWORK);
        outcome.stop_at_troubles = 2;
        access_enrol_ask_now(outcome.enrol);
    }
    assert_true(net_loop_run(screen->loop, NULL));
    access_enrol_destroy(outcome.enrol);
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_sequence(log, "ddtt");
    assert_int_equal(outcome.codes, 1);
    assert_int_equal(outcome.tokens, 1);
}

/* A server that has answered has said when it wants to be asked again. */
static void what_had_an_answer_is_not_asked_sooner_for_a_network(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {.stop_at_troubles = 1};
    start(screen, "{\"status\":503,\"headers\":{\"retry-after\":\"3\"}}," DEVICE("dc", "1", "600") "," TOKEN,
          &outcome);
    assert_true(net_loop_run(screen->loop, NULL));
    access_enrol_ask_now(outcome.enrol);
    assert_true(net_loop_run(screen->loop, NULL));
    access_enrol_destroy(outcome.enrol);
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_sequence(log, "ddt");
    assert_gap(log, 0, 3000);
}

static void nothing_that_is_no_thumbprint_is_sent(void **state) {
    struct screen *screen = *state;
    struct access_enrol_config config = {
        .loop = screen->loop, .client = screen->client, .jwk_thumbprint = "short"};
    struct pp_error error = {0};
    assert_null(access_enrol_start(&config, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(approval_brings_the_token),
        screen_test(slow_down_adds_five_seconds_for_good),
        screen_test(interval_is_five_seconds_by_default),
        screen_test(expired_token_brings_a_new_code),
        screen_test(code_whose_time_is_over_is_replaced_without_asking_for_its_token),
        screen_test(refusal_by_a_person_brings_a_new_code_after_a_pause),
        screen_test(other_errors_bring_a_new_code_and_are_named),
        screen_test(polls_without_an_answer_are_made_half_as_often_each_time),
        screen_test(retry_after_of_the_token_endpoint_is_honoured),
        screen_test(unusable_answers_of_the_token_endpoint_do_not_end_the_code),
        screen_test(unusable_token_brings_a_new_code),
        screen_test(hostile_device_answers_are_refused_whole_and_asked_again),
        screen_test(server_that_cannot_be_trusted_gets_nothing_and_is_named),
        screen_test(refused_token_is_answered_by_a_restart_from_within),
        screen_test(it_may_be_destroyed_from_each_of_its_callbacks),
        screen_test(restart_in_the_middle_begins_with_a_new_code),
        screen_test(what_had_no_answer_is_asked_at_once_when_a_network_has_come),
        screen_test(what_had_an_answer_is_not_asked_sooner_for_a_network),
        screen_test(nothing_that_is_no_thumbprint_is_sent),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
