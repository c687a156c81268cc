/* The long poll against a real server, above all against servers that do not wait. */
#include "support/screen.h"

#include "agent/poller.h"

struct outcome {
    struct screen *screen;
    int states, contacts, troubles, status;
    enum access_refusal refusal;
    bool refuse, forget, later, dropped;
    struct poller *poller;
};

#define JOSE "\"headers\":{\"content-type\":\"application/jose\""
/* Whose it is does not matter here. */
#define DOCUMENT "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"

static enum poller_verdict on_state(void *arg, const void *token, size_t size, const char *nonce) {
    struct outcome *outcome = arg;
    (void)token;
    assert_true(size > 0);
    assert_int_equal(strlen(nonce), 22);
    outcome->states++;
    if (outcome->later)
        return POLLER_LATER;
    return outcome->refuse ? POLLER_REFUSED : POLLER_TAKEN;
}

static bool on_dropped(void *arg) {
    struct outcome *outcome = arg;
    outcome->dropped = true;
    return true;
}

static void on_contact(void *arg) {
    struct outcome *outcome = arg;
    outcome->contacts++;
    if (outcome->forget)
        poller_forget(outcome->poller);
}

static void on_trouble(void *arg, const struct pp_error *error, int status, enum access_refusal refusal) {
    struct outcome *outcome = arg;
    assert_true(error->code != PP_OK);
    outcome->troubles++;
    outcome->status = status;
    outcome->refusal = refusal;
}

/* In place of access/refusal.h: no answer here is one. */
static enum access_refusal refusal_of(void *arg, const struct net_response *response, const char *nonce) {
    (void)arg;
    (void)response;
    assert_int_equal(strlen(nonce), 22);
    return ACCESS_REFUSAL_NONE;
}

static void stop(void *arg) {
    net_loop_stop(arg);
}

static void run_for(struct screen *screen, int64_t wait_ms) {
    struct net_timer timer = {0};
    net_timer_start_in(&timer, screen->loop, wait_ms, stop, screen->loop);
    assert_true(net_loop_run(screen->loop, NULL));
}

static void always_answer(struct screen *screen, const char *answer) {
    test_server_do(&screen->server, "{\"do\":\"route\",\"path\":\"/v1/state\",\"answer\":%s}", answer);
}

static struct poller *begin(struct screen *screen, struct outcome *outcome) {
    static const struct poller_events events = {.on_state = on_state,
                                                .on_dropped = on_dropped,
                                                .on_contact = on_contact,
                                                .on_trouble = on_trouble,
                                                .refusal_of = refusal_of};
    struct poller *poller = poller_start(screen->loop, screen->client, &events, outcome, NULL);
    assert_non_null(poller);
    outcome->poller = poller;
    return poller;
}

/* The requests that a poller makes within ten of its shortest pauses, where every answer is this one. */
static int requests_against(struct screen *screen, struct outcome *outcome, const char *answer) {
    outcome->screen = screen;
    always_answer(screen, answer);
    struct poller *poller = begin(screen, outcome);
    for (int i = 0; i < 1000 && !outcome->contacts && !outcome->troubles && !outcome->states; i++)
        run_for(screen, 20);
    run_for(screen, 10 * (int64_t)POLLER_PAUSE_MS);
    poller_stop(poller);
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    return cJSON_GetArraySize(log);
}

static void a_document_that_comes_again_at_once_is_taken_once_and_not_asked_for_in_a_circle(void **state) {
    static const char *const answers[] = {
        "{\"status\":200," JOSE ",\"etag\":\"\\\"1\\\"\"},\"body\":\"" DOCUMENT "\"}",
        "{\"status\":200," JOSE "},\"body\":\"" DOCUMENT "\"}",
    };
    for (size_t i = 0; i < PP_COUNT(answers); i++) {
        struct outcome outcome = {0};
        assert_in_range(requests_against(*state, &outcome, answers[i]), 2, 3);
        assert_int_equal(outcome.states, 1);
        assert_true(outcome.contacts >= 2);
        assert_int_equal(outcome.troubles, 0);
    }
}

static void a_document_that_was_forgotten_is_new_again(void **state) {
    struct outcome outcome = {.forget = true};
    requests_against(*state, &outcome, "{\"status\":200," JOSE "},\"body\":\"" DOCUMENT "\"}");
    assert_true(outcome.states >= 2);
    assert_int_equal(outcome.states, outcome.contacts);
}

static int held_answers(struct screen *screen) {
    pp_autojson cJSON *held = test_server_ask(&screen->server, "{\"do\":\"held\"}");
    return cJSON_GetObjectItemCaseSensitive(held, "count")->valueint;
}

/* It has asked for what is newer than a document that is not wanted any more. */
static void a_poll_that_waits_is_asked_anew_when_its_document_is_forgotten(void **state) {
    static const char document[] =
        "{\"status\":200," JOSE ",\"etag\":\"\\\"1\\\"\"},\"body\":\"" DOCUMENT "\"}";
    struct screen *screen = *state;
    struct outcome outcome = {.screen = screen};
    always_answer(screen, document);
    struct poller *poller = begin(screen, &outcome);
    for (int i = 0; i < 1000 && !outcome.states; i++)
        run_for(screen, 20);
    always_answer(screen, "{\"status\":304,\"held\":true}");
    for (int i = 0; i < 1000 && !held_answers(screen); i++)
        run_for(screen, 20);
    poller_forget(poller);
    always_answer(screen, document);
    cJSON_Delete(test_server_ask(&screen->server, "{\"do\":\"release\"}"));
    for (int i = 0; i < 1000 && outcome.states < 2 && !outcome.troubles; i++)
        run_for(screen, 20);
    poller_stop(poller);
    assert_int_equal(outcome.states, 2);
    assert_int_equal(outcome.troubles, 0);
}

/* What a captive portal, a proxy or a broken headend answers is no contact, whatever its status says. */
static void an_answer_that_is_no_state_is_trouble_and_no_contact(void **state) {
    static const char *const answers[] = {
        "{\"status\":200,\"headers\":{\"content-type\":\"text/html\"},\"body\":\"<html>Welcome</html>\"}",
        "{\"status\":200,\"headers\":{\"content-type\":\"text/html\"},\"body\":\"" DOCUMENT "\"}",
        "{\"status\":200,\"body\":\"" DOCUMENT "\"}",
        "{\"status\":200," JOSE "},\"body\":\"<html>Welcome</html>\"}",
        "{\"status\":200," JOSE "},\"body\":\"one.two\"}",
        "{\"status\":200," JOSE "},\"body\":\"one.two.three.four\"}",
        "{\"status\":200,\"headers\":{\"content-type\":\"application/"
        "json\"},\"body\":\"{\\\"format\\\":1}\"}",
        "{\"status\":200," JOSE "},\"body\":\"one.t wo.three\"}",
        "{\"status\":204}",
        "{\"status\":304}", /* of nothing that we have */
    };
    for (size_t i = 0; i < PP_COUNT(answers); i++) {
        struct outcome outcome = {0};
        assert_in_range(requests_against(*state, &outcome, answers[i]), 1, 3);
        assert_int_equal(outcome.contacts, 0);
        assert_int_equal(outcome.states, 0);
        assert_true(outcome.troubles > 0);
        assert_int_equal(outcome.refusal, ACCESS_REFUSAL_NONE);
    }
}

static void a_document_that_is_not_taken_is_no_contact_and_asked_for_again_later(void **state) {
    struct outcome outcome = {.refuse = true};
    assert_in_range(
        requests_against(*state, &outcome, "{\"status\":200," JOSE "},\"body\":\"" DOCUMENT "\"}"), 1, 3);
    assert_true(outcome.states > 0);
    assert_int_equal(outcome.contacts, 0);
    assert_int_equal(outcome.troubles, 0);
}

static void begin_late(struct screen *screen, struct outcome *outcome) {
    outcome->screen = screen;
    outcome->later = true;
    always_answer(screen, "{\"status\":200," JOSE "},\"body\":\"" DOCUMENT "\"}");
    begin(screen, outcome);
    while (!outcome->states)
        run_for(screen, 20);
}

/* While it is looked at nothing is asked for, whoever wants that. */
static void a_document_that_is_settled_later_counts_from_then_on(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    begin_late(screen, &outcome);
    cJSON_Delete(test_server_ask(&screen->server, "{\"do\":\"log\"}"));
    poller_ask_now(outcome.poller);
    run_for(screen, 10 * (int64_t)POLLER_PAUSE_MS);
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_int_equal(cJSON_GetArraySize(log), 0);
    assert_int_equal(outcome.contacts, 0);
    poller_settle(outcome.poller, true);
    assert_int_equal(outcome.contacts, 1);
    while (outcome.contacts < 2) /* the same again */
        run_for(screen, 20);
    assert_int_equal(outcome.states, 1);
    assert_false(outcome.dropped);
    poller_stop(outcome.poller);
}

static void a_document_that_is_settled_later_is_dropped_when_nobody_wants_it(void **state) {
    struct screen *screen = *state;
    struct outcome outcome = {0};
    begin_late(screen, &outcome);
    poller_forget(outcome.poller);
    assert_true(outcome.dropped);
    poller_settle(outcome.poller, true); /* too late */
    assert_int_equal(outcome.contacts, 0);
    while (outcome.states < 2)
        run_for(screen, 20);
    outcome.dropped = false;
    poller_stop(outcome.poller);
    assert_true(outcome.dropped);
}

static void refusals_are_told_with_their_status_and_tried_again_without_haste(void **state) {
    for (int status = 401; status <= 403; status += 2) {
        char answer[64];
        struct outcome outcome = {0};
        snprintf(answer, sizeof answer, "{\"status\":%d}", status);
        assert_in_range(requests_against(*state, &outcome, answer), 1, 3);
        assert_int_equal(outcome.status, status);
        assert_int_equal(outcome.refusal, ACCESS_REFUSAL_NONE);
        assert_int_equal(outcome.contacts, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(a_document_that_comes_again_at_once_is_taken_once_and_not_asked_for_in_a_circle),
        screen_test(a_document_that_was_forgotten_is_new_again),
        screen_test(a_poll_that_waits_is_asked_anew_when_its_document_is_forgotten),
        screen_test(an_answer_that_is_no_state_is_trouble_and_no_contact),
        screen_test(a_document_that_is_not_taken_is_no_contact_and_asked_for_again_later),
        screen_test(a_document_that_is_settled_later_counts_from_then_on),
        screen_test(a_document_that_is_settled_later_is_dropped_when_nobody_wants_it),
        screen_test(refusals_are_told_with_their_status_and_tried_again_without_haste),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
