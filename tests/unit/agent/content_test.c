/* What the agent makes of sync's results, and what it tells of itself. */
#include "support/screen.h"

#include "agent/agent_internal.h"
#include "base/json.h"
#include "sync/internal.h"

static cJSON *make_status(void *arg) {
    (void)arg;
    return cJSON_CreateObject();
}

static void begin(struct agent *agent, struct screen *screen) {
    const struct store_config store = {0};
    const struct reporter_config reporter = {.loop = screen->loop,
                                             .client = screen->client,
                                             .vault = screen->vault,
                                             .state_dir = screen->folder,
                                             .make_status = make_status};
    *agent = (struct agent){.loop = screen->loop,
                            .vault = screen->vault,
                            .identity = screen->identity,
                            .document = {.floor.version = 1, .has_channel = true, .channel = "lobby"},
                            .config.player_socket = "/nonexistent/player",
                            .config.renderers = "/nonexistent"};
    agent->store = store_open(screen->folder, &store, NULL);
    struct sync_config sync = {.state_dir = screen->folder,
                               .vault = screen->vault,
                               .store = agent->store,
                               .base_url = "https://headend.example",
                               .ca_file = screen_ca(screen),
                               .scrub_pause_ms = -1};
    agent->sync = sync_create(&sync, NULL);
    agent->reporter = reporter_create(&reporter, NULL);
    agent->jobs = pp_jobs_create("flash", NULL);
    assert_true(agent->store && agent->sync && agent->reporter && agent->jobs);
    assert_true(floors_load(&agent->floors, screen->vault, NULL, NULL));
    agent->floors.lock = LOCK_NONE; /* the vault is new: its loss had locked */
    assert_true(content_start(agent, NULL));
}

static void end(struct agent *agent) {
    content_stop(agent);
    reporter_destroy(agent->reporter);
    sync_destroy(agent->sync);
    pp_jobs_destroy(agent->jobs);
    floors_finish(&agent->floors);
    store_close(agent->store);
}

static void take_result(struct agent *agent, enum sync_kind kind) {
    struct sync_result result = {.kind = kind, .channel = "lobby"};
    sync_push_result(agent->sync, &result);
    assert_true(net_loop_turn(agent->loop, 0, NULL));
}

/* What a look at the flash finds meanwhile was taken away by then. */
static void an_empty_channel_stays_empty_whatever_a_look_at_the_flash_finds(void **state) {
    struct agent agent;
    begin(&agent, *state);
    agent.content.current_look.state = agent.content.previous_look.state = LOOK_RUNNING;
    take_result(&agent, SYNC_UNCHANGED);
    assert_int_equal(agent.content.current_look.state, LOOK_RUNNING);
    assert_int_equal(agent.content.previous_look.state, LOOK_RUNNING);
    take_result(&agent, SYNC_EMPTY);
    assert_string_equal(agent.content.empty_channel, "lobby");
    assert_int_equal(agent.content.current_look.state, LOOK_OUTDATED);
    assert_int_equal(agent.content.previous_look.state, LOOK_OUTDATED);
    end(&agent);
}

/* Its manifest has the keys of all that is not to be seen. */
static void a_locked_screen_looks_for_nothing_on_flash(void **state) {
    struct agent agent;
    begin(&agent, *state);
    agent.floors.lock = LOCK_NETWORK;
    memset(agent.document.channel_key, 7, sizeof agent.document.channel_key);
    content_forget(&agent);
    take_result(&agent, SYNC_UNCHANGED);
    content_recall(&agent);
    assert_int_equal(agent.content.current_look.state, LOOK_IDLE);
    for (size_t i = 0; i < sizeof agent.document.channel_key; i++)
        assert_int_equal(agent.document.channel_key[i], 0);
    agent.floors.lock = LOCK_NONE;
    content_recall(&agent);
    assert_int_equal(agent.content.current_look.state, LOOK_RUNNING);
    pp_jobs_wait(agent.jobs);
    end(&agent);
}

/* A server's words, or ours where they were cut: the headend would refuse the whole status. */
static void a_status_can_be_read_whatever_the_trouble_is_called(void **state) {
    struct agent agent;
    begin(&agent, *state);
    agent.state = AGENT_OFFLINE;
    pp_fail(&agent.troubles.headend, PP_E_HTTP, "HTTP 200 with \"caf\xe9\" is no answer to GET /v1/state");
    pp_autojson cJSON *status = agent_make_status(&agent);
    pp_autojsontext char *text = cJSON_PrintUnformatted(status);
    pp_autojson cJSON *read = pp_json_parse(text, strlen(text), 65536, NULL);
    assert_non_null(read);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(read, "trouble")->valuestring,
                        "HTTP 200 with \"caf?\" is no answer to GET /v1/state");
    end(&agent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(a_locked_screen_looks_for_nothing_on_flash),
        screen_test(a_status_can_be_read_whatever_the_trouble_is_called),
        screen_test(an_empty_channel_stays_empty_whatever_a_look_at_the_flash_finds),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
