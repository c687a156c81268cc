/* What the agent makes of sync's results, and what it tells of itself. */
#include "support/screen.h"

#include "agent/agent_internal.h"
#include "base/file.h"
#include "base/json.h"
#include "fake_renderer.h"
#include "ipc/conn.h"
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

/* A screen that is being erased has taken its content away while a look was under way. */
static void what_a_look_finds_after_the_stop_is_nothing_to_show(void **state) {
    struct agent agent;
    begin(&agent, *state);
    content_recall(&agent);
    assert_int_equal(agent.content.current_look.state, LOOK_RUNNING);
    content_stop(&agent);
    pp_jobs_wait(agent.jobs);
    assert_int_equal(agent.content.current_look.state, LOOK_IDLE);
    assert_false(net_timer_is_running(&agent.content.look_timer));
    end(&agent);
}

/* ---- A player that is looked at ---- */

#define PATIENCE_MS 20000 /* until a message that should come is given up */

/* Turns the loop until the player has that message. */
static void expect(struct agent *agent, int player, uint16_t type) {
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    struct ipc_message message = {0};
    do {
        assert_true(pp_clock_monotonic_ms() < end_ms);
        assert_true(net_loop_turn(agent->loop, 5, NULL));
        message = (struct ipc_message){0};
        if (!ipc_receive(player, &message, NULL))
            message.type = 0;
        for (size_t i = 0; i < message.fd_count; i++)
            pp_close(&message.fds[i]);
    } while (message.type != type);
}

static int accept_player(struct agent *agent, int listener) {
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    const struct ipc_message display = {.type = IPC_DISPLAY, .display = {1280, 720, 60000, "test"}};
    int player;
    while ((player = ipc_accept(listener, NULL)) < 0) {
        assert_true(pp_clock_monotonic_ms() < end_ms);
        assert_true(net_loop_turn(agent->loop, 5, NULL));
    }
    assert_true(ipc_send(player, &display, NULL));
    expect(agent, player, IPC_CANVAS);
    return player;
}

static void check_screen(struct agent *agent, const char *name) {
    char json[IPC_TEXT_MAX + 1];
    assert_true(screens_write(agent, 1280, 720, json, NULL));
    pp_autojson cJSON *screen = pp_json_parse(json, strlen(json), sizeof json, NULL);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(screen, "screen")->valuestring, name);
}

/* What ends a session is followed part by part: the content may be seen until its turn has come. */
static void who_has_signed_out_sees_the_sign_in_before_the_content_is_gone(void **state) {
    struct screen *screen = *state;
    struct agent agent;
    char socket[PP_PATH_MAX];
    begin(&agent, screen);
    content_stop(&agent);
    assert_true(pp_path_format(socket, NULL, "%s/player", screen->folder));
    snprintf(agent.config.player_socket, sizeof agent.config.player_socket, "%s", socket);
    snprintf(agent.config.renderers, sizeof agent.config.renderers, "%s", screen->folder);
    fake_renderer_install(screen->folder);
    pp_autoclose int listener = ipc_listen(socket, NULL);
    assert_true(listener >= 0);
    agent.state = AGENT_ONLINE;
    agent.document.access.mode = access_mode_find("sso");
    agent.document.access.open = true;
    assert_true(content_start(&agent, NULL));
    pp_autoclose int player = accept_player(&agent, listener);
    agent.content.view = CONTENT_SHOWN;
    agent_update_screen(&agent);
    assert_int_equal(screens_find(&agent), AGENT_SHOWS_CONTENT);

    agent.document.access.open = false;
    agent_update_screen(&agent);
    assert_int_equal(agent.content.view, CONTENT_SHOWN);
    check_screen(&agent, "signed-out");
    expect(&agent, player, IPC_LAYER_ADD);
    strcpy(agent.access.user_code, "BCDF-GHJK");
    strcpy(agent.access.qr, "https://provider.example/device?user_code=BCDF-GHJK");
    agent_update_screen(&agent);
    check_screen(&agent, "sign-in");
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

int main(int argc, char **argv) {
    int status = 0;
    (void)argc;
    if (fake_renderer_main(argv[0], &status))
        return status;
    const struct CMUnitTest tests[] = {
        screen_test(a_locked_screen_looks_for_nothing_on_flash),
        screen_test(a_status_can_be_read_whatever_the_trouble_is_called),
        screen_test(what_a_look_finds_after_the_stop_is_nothing_to_show),
        screen_test(who_has_signed_out_sees_the_sign_in_before_the_content_is_gone),
        screen_test(an_empty_channel_stays_empty_whatever_a_look_at_the_flash_finds),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
