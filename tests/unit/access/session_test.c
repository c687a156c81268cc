/* The device cookie, against a real server. */
#include "support/screen.h"

#include "access/session.h"
#include "net/problem.h"

#define COOKIE(value, rest)                                                                                  \
    "{\"status\":204,\"headers\":{\"set-cookie\":\"__Host-pingplay=" value "; Path=/; Secure; HttpOnly; "    \
    "SameSite=Strict" rest "\"}}"

struct outcome {
    struct screen *screen;
    int ready, troubles;
    struct pp_error error;
    int status;
    enum access_refusal refusal;
};

static void on_ready(void *arg) {
    struct outcome *outcome = arg;
    outcome->ready++;
    net_loop_stop(outcome->screen->loop);
}

static void on_trouble(void *arg, const struct pp_error *error, int status, enum access_refusal refusal) {
    struct outcome *outcome = arg;
    outcome->troubles++;
    outcome->error = *error;
    outcome->status = status;
    outcome->refusal = refusal;
    net_loop_stop(outcome->screen->loop);
}

/* In place of refusal.h. */
static enum access_refusal refusal_of(void *arg, const struct net_response *response, const char *nonce) {
    (void)arg;
    assert_int_equal(strlen(nonce), 22);
    return response->status == 403 && strstr(pp_buf_text(&response->body), "screen-retired")
               ? ACCESS_REFUSAL_RETIRED
               : ACCESS_REFUSAL_NONE;
}

static bool write_announcement(struct net_draft *draft, struct pp_buf *body, struct pp_buf *line,
                               struct pp_error *error) {
    (void)draft, (void)line;
    return pp_buf_add_text(body, "who.i.am", error);
}

static void destroy_announcement(struct net_draft *draft) {
    free(draft);
}

static struct net_draft *announce(void *arg, struct pp_error *error) {
    struct net_draft *draft = calloc(1, sizeof *draft);
    (void)arg, (void)error;
    *draft = (struct net_draft){.write = write_announcement, .destroy = destroy_announcement};
    return draft;
}

static struct access_session *start(struct screen *screen, struct outcome *outcome) {
    struct access_session_config config = {.loop = screen->loop,
                                           .client = screen->client,
                                           .vault = screen->vault,
                                           .on_ready = on_ready,
                                           .on_trouble = on_trouble,
                                           .announce = announce,
                                           .refusal_of = refusal_of,
                                           .arg = outcome};
    outcome->screen = screen;
    struct access_session *session = access_session_start(&config, NULL);
    assert_non_null(session);
    return session;
}

static int set_up(void **state) {
    screen_set_up(state);
    struct screen *screen = *state;
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    screen_use_identity(screen);
    return 0;
}

static void dictate(struct screen *screen, const char *answers) {
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[%s]}", answers);
}

static cJSON *take_log(struct screen *screen) {
    return test_server_ask(&screen->server, "{\"do\":\"log\"}");
}

static void run(struct screen *screen) {
    assert_true(net_loop_run(screen->loop, NULL));
}

static void get_state(struct screen *screen, int status) {
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/v1/state", .send_cookie = true, .use_identity = true};
    assert_true(net_client_fetch(screen->client, &request, &response, NULL));
    assert_int_equal(response.status, status);
}

static void session_gives_the_cookie_that_requests_then_carry(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    dictate(screen, COOKIE("one", "; Max-Age=3600") ",{}");
    PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
    assert_null(access_session_cookie(session));
    assert_int_equal(outcome.ready, 0);
    run(screen);
    assert_int_equal(outcome.ready, 1);
    assert_string_equal(access_session_cookie(session), "__Host-pingplay=one");
    get_state(screen, 200);
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    assert_string_equal(test_log_text(log, 0, "method"), "POST");
    assert_string_equal(test_log_text(log, 0, "url"), "/v1/session");
    assert_string_equal(test_log_text(log, 0, "device"), "device-1");
    assert_null(test_log_header(log, 0, "cookie"));
    assert_string_equal(test_log_header(log, 1, "cookie"), "__Host-pingplay=one");
}

static void cookie_is_kept_over_a_restart_and_used_without_asking(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    dictate(screen, COOKIE("one", "; Max-Age=3600") ",{}");
    struct access_session *session = start(screen, &outcome);
    run(screen);
    access_session_destroy(session);
    screen_reopen(screen);
    screen_connect(screen, "good");
    screen_use_identity(screen);
    struct outcome again = {0};
    session = start(screen, &again);
    run(screen);
    assert_int_equal(again.ready, 1);
    get_state(screen, 200);
    access_session_destroy(session);
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 2);
    assert_string_equal(test_log_header(log, 1, "cookie"), "__Host-pingplay=one");
}

static void stored_cookies_that_cannot_be_used_count_as_none(void **state) {
    struct screen *screen = *state;
    static const char *const rows[] = {
        "",
        "4000000000",
        "4000000000 ",
        "4000000000 other=value",
        "4000000000 __Host-pingplay=a b",
        "-1 __Host-pingplay=a",
        "9999999999999999 __Host-pingplay=a",
        "1000 __Host-pingplay=expired",
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct outcome outcome = {0};
        assert_true(vault_put(screen->vault, ACCESS_COOKIE_RECORD, rows[i], strlen(rows[i]), NULL));
        dictate(screen, COOKIE("new", ""));
        PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
        assert_null(access_session_cookie(session));
        run(screen);
        assert_string_equal(access_session_cookie(session), "__Host-pingplay=new");
    }
    cJSON_Delete(take_log(screen));
}

static void refused_cookie_is_forgotten_and_replaced(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    assert_true(vault_put(screen->vault, ACCESS_COOKIE_RECORD, "4000000000 __Host-pingplay=old", 30, NULL));
    dictate(screen, "{\"status\":401}," COOKIE("new", "") ",{}");
    PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
    run(screen);
    get_state(screen, 401);
    access_session_renew(session);
    access_session_renew(session);
    assert_null(access_session_cookie(session));
    pp_autobuf struct pp_buf record = PP_BUF_INIT(2000);
    assert_false(vault_get(screen->vault, ACCESS_COOKIE_RECORD, &record, NULL));
    run(screen);
    assert_int_equal(outcome.ready, 2);
    get_state(screen, 200);
    pp_autojson cJSON *log = take_log(screen);
    assert_int_equal(cJSON_GetArraySize(log), 3);
    assert_string_equal(test_log_header(log, 0, "cookie"), "__Host-pingplay=old");
    assert_string_equal(test_log_text(log, 1, "url"), "/v1/session");
    assert_string_equal(test_log_header(log, 2, "cookie"), "__Host-pingplay=new");
}

static void cookie_refused_at_once_is_not_asked_for_in_a_circle(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    dictate(screen, COOKIE("one", "") "," COOKIE("two", ""));
    PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
    run(screen);
    access_session_renew(session);
    run(screen);
    pp_autojson cJSON *log = take_log(screen);
    double first = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, 0), "time")->valuedouble;
    double second = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, 1), "time")->valuedouble;
    assert_true(second - first >= 990);
}

static void cookie_is_renewed_before_it_ends(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    dictate(screen, COOKIE("one", "; Max-Age=2") "," COOKIE("two", "; Max-Age=3600"));
    PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
    run(screen);
    assert_string_equal(access_session_cookie(session), "__Host-pingplay=one");
    pp_autobuf struct pp_buf record = PP_BUF_INIT(2000);
    assert_false(vault_get(screen->vault, ACCESS_COOKIE_RECORD, &record, NULL)); /* not for so short a life */
    run(screen);
    assert_int_equal(outcome.ready, 2);
    assert_string_equal(access_session_cookie(session), "__Host-pingplay=two");
    assert_true(vault_get(screen->vault, ACCESS_COOKIE_RECORD, &record, NULL));
    cJSON_Delete(take_log(screen));
}

struct ending {
    const char *answer;
    enum pp_code code;
    const char *says;
    int status;
    enum access_refusal refusal;
};

static void answers_without_a_proper_cookie_are_trouble(void **state) {
    struct screen *screen = *state;
    static const struct ending rows[] = {
        {"{\"status\":403,\"headers\":{\"content-type\":\"application/"
         "problem+json\"},\"body\":\"{\\\"title\\\":"
         "\\\"Retired\\\"}\"}",
         PP_E_DENIED, "session: HTTP 403: Retired", 403, ACCESS_REFUSAL_NONE},
        {"{\"status\":403,\"headers\":{\"content-type\":\"application/problem+json\"},\"body\":\"{"
         "\\\"type\\\":\\\"urn:pingplay:problem:screen-retired\\\",\\\"status\\\":403,"
         "\\\"code\\\":\\\"screen-retired\\\"}\"}",
         PP_E_DENIED, "session: HTTP 403 (screen-retired)", 403, ACCESS_REFUSAL_RETIRED},
        {"{\"status\":500}", PP_E_HTTP, "session: HTTP 500", 500, ACCESS_REFUSAL_NONE},
        {"{\"status\":204}", PP_E_NOTFOUND, "session: answer without the cookie __Host-pingplay", 204,
         ACCESS_REFUSAL_NONE},
        {"{\"status\":204,\"headers\":{\"set-cookie\":\"__Host-pingplay=v; Path=/; HttpOnly\"}}",
         PP_E_INVALID, "session: cookie __Host-pingplay: without Secure", 204, ACCESS_REFUSAL_NONE},
        {"{\"status\":204,\"headers\":{\"set-cookie\":\"__Host-pingplay=v; Path=/; Secure; HttpOnly; "
         "Max-Age=0\"}}",
         PP_E_INVALID, "session: the cookie is at its end already", 204, ACCESS_REFUSAL_NONE},
        {"{\"status\":204,\"headers\":{\"set-cookie\":[\"__Host-pingplay=v; Path=/; Secure; HttpOnly\","
         "\"__Host-pingplay=w; Path=/; Secure; HttpOnly\"]}}",
         PP_E_INVALID, "session: cookie __Host-pingplay: set twice", 204, ACCESS_REFUSAL_NONE},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct outcome outcome = {0};
        dictate(screen, rows[i].answer);
        PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
        run(screen);
        assert_string_equal(outcome.error.message, rows[i].says);
        assert_int_equal(outcome.error.code, rows[i].code);
        assert_int_equal(outcome.status, rows[i].status);
        assert_int_equal(outcome.refusal, rows[i].refusal);
        assert_null(access_session_cookie(session));
    }
    cJSON_Delete(take_log(screen));
}

static void trouble_is_followed_by_another_try(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    dictate(screen, "{\"status\":500}," COOKIE("one", ""));
    PP_AUTO(access_session) struct access_session *session = start(screen, &outcome);
    run(screen);
    assert_int_equal(outcome.troubles, 1);
    assert_null(access_session_cookie(session));
    run(screen);
    assert_int_equal(outcome.ready, 1);
    cJSON_Delete(take_log(screen));
}

#define session_test(function) cmocka_unit_test_setup_teardown(function, set_up, screen_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        session_test(session_gives_the_cookie_that_requests_then_carry),
        session_test(cookie_is_kept_over_a_restart_and_used_without_asking),
        session_test(stored_cookies_that_cannot_be_used_count_as_none),
        session_test(refused_cookie_is_forgotten_and_replaced),
        session_test(cookie_refused_at_once_is_not_asked_for_in_a_circle),
        session_test(cookie_is_renewed_before_it_ends),
        session_test(answers_without_a_proper_cookie_are_trouble),
        session_test(trouble_is_followed_by_another_try),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
