/* What the agent keeps, on a flash that lets the test say when an fsync is over, and whether it goes well. */
#include "support/screen.h"

#include "support/held_flash.h"

#include "agent/agent_internal.h"

#define DOCUMENT "{\"version\":7}"

static cJSON *make_status(void *arg) {
    (void)arg;
    return cJSON_CreateObject();
}

static void open_parts(struct agent *agent, struct screen *screen) {
    const struct reporter_config reporter = {.loop = screen->loop,
                                             .client = screen->client,
                                             .vault = screen->vault,
                                             .state_dir = screen->folder,
                                             .make_status = make_status};
    const struct director_config director = {.loop = screen->loop,
                                             .player_socket = "/nonexistent/player",
                                             .renderers = {.folder = "/nonexistent"}};
    agent->loop = screen->loop;
    agent->client = screen->client;
    agent->vault = screen->vault;
    agent->identity = screen->identity;
    agent->reporter = reporter_create(&reporter, NULL);
    agent->director = director_create(&director, NULL);
    agent->jobs = pp_jobs_create("flash", NULL);
    assert_true(agent->reporter && agent->director && agent->jobs);
}

/* An agent in `state`, whose vault has lost its floors, unless they are `known`. */
static void begin(struct agent *agent, struct screen *screen, enum agent_state state, bool known) {
    *agent = (struct agent){.state = state};
    open_parts(agent, screen);
    assert_true(floors_load(&agent->floors, screen->vault, NULL, NULL));
    assert_true(!known || floors_set_lock(&agent->floors, LOCK_NONE, NULL));
    assert_int_equal(agent->floors.lock, known ? LOCK_NONE : LOCK_UNTOLD);
    vault_set_jobs(screen->vault, agent->jobs);
    keeping_start(agent);
    agent_update_screen(agent);
}

static void end(struct agent *agent) {
    flash_hold(false);
    pp_jobs_wait(agent->jobs);
    enrolment_stop(agent); /* a locked screen offers one */
    keeping_stop(agent);
    network_key_stop(agent);
    pp_jobs_wait(agent->jobs);
    vault_set_jobs(agent->vault, NULL);
    pp_jobs_destroy(agent->jobs);
    director_destroy(agent->director);
    reporter_destroy(agent->reporter);
    floors_finish(&agent->floors);
}

/* Also of a test that failed: nobody waits for a flash that is held for ever. */
static int tear_down(void **state) {
    flash_fail(0);
    flash_hold(false);
    return screen_tear_down(state);
}

#define kept_test(function) cmocka_unit_test_setup_teardown(function, screen_set_up, tear_down)

/* As if its time had come. */
static void run_keep_timer(struct agent *agent) {
    assert_true(net_timer_is_running(&agent->keeping.timer));
    net_timer_stop(&agent->keeping.timer);
    agent->keeping.timer.callback(agent->keeping.timer.arg);
    pp_jobs_wait(agent->jobs);
}

static void a_lock_is_obeyed_once_it_is_kept(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_ONLINE, true);
    flash_hold(true);
    for (int refusals = 0; refusals < 2; refusals++) {
        agent_lock(&agent, LOCK_RETIRED);
        assert_int_equal(agent.state, AGENT_LOCKING);
        assert_false(agent.content.covered);
    }
    flash_hold(false);
    pp_jobs_wait(agent.jobs);
    assert_int_equal(agent.state, AGENT_LOCKED);
    assert_true(agent.content.covered);
    assert_true(agent.floors.lock);
    end(&agent);
}

/* Whether it was locked by the headend, or because nothing is known. */
static void a_locked_screen_stays_covered_while_something_is_written(void **state) {
    for (int known = 0; known < 2; known++) {
        struct agent agent;
        begin(&agent, *state, AGENT_LOCKED, known);
        if (known) {
            agent_lock(&agent, LOCK_RETIRED);
            pp_jobs_wait(agent.jobs);
            agent_update_screen(&agent);
            agent.floors.unwritten = true; /* its time, say */
        }
        assert_true(agent.content.covered);
        flash_hold(true);
        agent_lock(&agent, LOCK_RETIRED);
        assert_true(agent.floors.writing);
        agent_update_screen(&agent);
        assert_true(agent.content.covered);
        end(&agent);
        assert_true(agent.content.covered);
    }
}

static void assert_kept_document(struct agent *agent, const char *text) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    assert_int_equal(vault_get(agent->vault, KEEPING_STATE_RECORD, &json, NULL), text != NULL);
    assert_string_equal(pp_buf_text(&json), text ? text : "");
}

static void take_document(struct agent *agent) {
    const struct state_document document = {.floor = {0, 7}, .issued_s = 1, .expires_s = INT32_MAX};
    keeping_keep(agent, &document, DOCUMENT, strlen(DOCUMENT));
    pp_jobs_wait(agent->jobs);
}

static void a_document_that_the_flash_did_not_take_is_tried_again(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_ONLINE, true);
    flash_fail(1); /* the document's; the floors' goes well */
    take_document(&agent);
    assert_int_equal(agent.floors.state.version, 7);
    assert_false(agent.floors.unwritten);
    assert_kept_document(&agent, NULL);
    flash_fail(1);
    run_keep_timer(&agent);
    assert_kept_document(&agent, NULL);
    assert_true(agent.keeping.failure_reported);
    run_keep_timer(&agent);
    assert_kept_document(&agent, DOCUMENT);
    assert_false(agent.keeping.failure_reported);
    assert_int_equal(agent.keeping.document.json.size, 0);
    end(&agent);
}

/* Also where a document is not kept: the lock and the time are another record's. */
static void what_is_kept_is_looked_at_again_and_again(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_ONLINE, true);
    flash_fail(1);
    take_document(&agent);
    for (int i = 0; i < 3; i++) {
        agent.floors.unwritten = true;
        run_keep_timer(&agent);
        assert_false(agent.floors.unwritten);
    }
    assert_true(net_timer_is_running(&agent.keeping.timer));
    end(&agent);
}

/* ---- Without word of the headend ---- */

/* A policy of a week and a month, and no word for that many days. */
static void be_silent(struct agent *agent, int64_t days) {
    agent->floors.policy = (struct offline_policy){.lock_after_s = 7 * 86400, .erase_after_s = 30 * 86400};
    agent->floors.word_s = floors_now_s(&agent->floors) - days * 86400;
    assert_true(net_timer_is_running(&agent->keeping.silence_timer));
    agent->keeping.silence_timer.callback(agent->keeping.silence_timer.arg);
    pp_jobs_wait(agent->jobs);
}

static void a_screen_without_word_of_its_headend_locks_in_time(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_OFFLINE, true);
    be_silent(&agent, 6);
    assert_int_equal(agent.state, AGENT_OFFLINE);
    assert_true(net_timer_is_running(&agent.keeping.silence_timer));
    be_silent(&agent, 7);
    assert_int_equal(agent.state, AGENT_LOCKED);
    assert_int_equal(agent.floors.lock, LOCK_OFFLINE);
    assert_true(agent.content.covered);
    assert_null(agent.enrolment.enrol); /* nobody has to approve it: it has to be connected */
    assert_string_equal(screens_trouble(&agent).code, "L-1");
    agent_handle(&agent, AGENT_CONTACT); /* "nothing new" is not signed */
    assert_int_equal(agent.state, AGENT_LOCKED);
    agent_handle(&agent, AGENT_STATE);
    pp_jobs_wait(agent.jobs);
    assert_int_equal(agent.state, AGENT_ONLINE);
    assert_int_equal(agent.floors.lock, LOCK_NONE);
    end(&agent);
}

/* Also one that says that it is online: it hears something, and nothing that is signed. */
static void a_screen_that_is_told_nothing_signed_locks_all_the_same(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_ONLINE, true);
    be_silent(&agent, 8);
    assert_int_equal(agent.state, AGENT_LOCKED);
    end(&agent);
}

static void a_screen_that_was_off_for_too_long_is_locked_before_it_shows_anything(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_STARTING, true);
    assert_false(keeping_find_lock(&agent));
    agent.floors.policy.lock_after_s = 7 * 86400;
    agent.floors.word_s = floors_now_s(&agent.floors) - 8 * 86400;
    assert_true(keeping_find_lock(&agent));
    assert_int_equal(agent.floors.lock, LOCK_OFFLINE);
    end(&agent);
}

/* A refusal is more than silence; a person has to approve it then. */
static void the_reason_of_a_lock_is_the_headends_where_it_has_one(void **state) {
    struct agent agent;
    begin(&agent, *state, AGENT_OFFLINE, true);
    agent_lock(&agent, LOCK_RETIRED);
    pp_jobs_wait(agent.jobs);
    be_silent(&agent, 8);
    assert_int_equal(agent.floors.lock, LOCK_RETIRED);
    end(&agent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kept_test(a_lock_is_obeyed_once_it_is_kept),
        kept_test(a_locked_screen_stays_covered_while_something_is_written),
        kept_test(a_document_that_the_flash_did_not_take_is_tried_again),
        kept_test(what_is_kept_is_looked_at_again_and_again),
        kept_test(a_screen_without_word_of_its_headend_locks_in_time),
        kept_test(a_screen_that_is_told_nothing_signed_locks_all_the_same),
        kept_test(a_screen_that_was_off_for_too_long_is_locked_before_it_shows_anything),
        kept_test(the_reason_of_a_lock_is_the_headends_where_it_has_one),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
