/* The director and its zones, with real processes as renderers, a real store, and a player that does what the
 * test says. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/director.h"
#include "agent/turn.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/bulk.h"
#include "fake_renderer.h"
#include "ipc/conn.h"
#include "scratch.h"
#include "store/store.h"

#define PATIENCE_MS              20000 /* until a test gives up on something that should come */
#define SHOWN_BEFORE_THE_SWITCH  16    /* layers: one for each zone */
#define MORE_THAN_A_SOCKET_HOLDS 4001  /* messages */

struct stage {
    struct scratch scratch;
    struct store *store;
    struct net_loop *loop;
    struct director *director;
    struct ipc_launcher *launcher; /* NULL: renderers are of our own user */
    pid_t launcher_pid;
    int listener;
    int player; /* our end of the agent's connection */
    char socket[PP_PATH_MAX];
    int settled_shown, settled_empty, plays, faults, notes, displays, losses, deaths, identified,
        unidentified;
    int64_t shown_for_ms;     /* of the last play */
    int64_t ahead_ms;         /* of the wall clock before CLOCK_MONOTONIC */
    int held_up;              /* times that reading the wall clock is held up */
    const char *canvas;       /* in manifests, the end of the canvas */
    const char *align, *kind; /* in manifests: of the playlist, of its items */
    int frames;               /* frame socket of the last LAYER_ADD; -1 none */
    const char *words;        /* on the status screen */
    char last_fault[IPC_REASON_MAX + 1];
    int kills, lies;
    char last_breach[IPC_REASON_MAX + 1];
    int messages; /* that are on the screen */
};

/* ---- The stage ---- */

static void on_settled(void *arg, bool shown) {
    struct stage *stage = arg;
    stage->settled_shown += shown;
    stage->settled_empty += !shown;
}

static void on_play(void *arg, const struct zone_play *play) {
    struct stage *stage = arg;
    stage->plays++;
    stage->shown_for_ms = play->shown_for_ms;
}

static void on_fault(void *arg, const struct channel_item *item, const char *reason, bool set_aside) {
    struct stage *stage = arg;
    (void)item;
    (void)set_aside;
    stage->faults++;
    snprintf(stage->last_fault, sizeof stage->last_fault, "%s", reason);
}

static void on_breach(void *arg, enum renderer_breach breach, const char *name, const char *reason) {
    struct stage *stage = arg;
    stage->kills += breach == RENDERER_KILLED;
    stage->lies += breach == RENDERER_BROKEN;
    snprintf(stage->last_breach, sizeof stage->last_breach, "%s: %s", name, reason);
}

static void on_note(void *arg, const struct channel_item *item, const char *reason) {
    struct stage *stage = arg;
    (void)item;
    stage->notes++;
    assert_string_equal(reason, "no sound");
}

static void on_message(void *arg) {
    struct stage *stage = arg;
    stage->messages++;
}

static void on_display(void *arg, const struct ipc_display *display) {
    struct stage *stage = arg;
    (void)display;
    stage->displays++;
}

static void on_player_lost(void *arg, bool orderly) {
    struct stage *stage = arg;
    stage->losses++;
    stage->deaths += !orderly;
}

static void on_identified(void *arg, bool shown) {
    struct stage *stage = arg;
    stage->identified += shown;
    stage->unidentified += !shown;
}

static bool write_status(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                         struct pp_error *error) {
    (void)error;
    const struct stage *stage = arg;
    snprintf(json, IPC_TEXT_MAX + 1, "{\"width\":%u,\"height\":%u,\"words\":\"%s\"}", width, height,
             stage->words);
    return true;
}

static int open_object(void *arg, const uint8_t sha256[CHANNEL_HASH_SIZE], struct pp_error *error) {
    const struct stage *stage = arg;
    return store_object_open(stage->store, sha256, error);
}

static int64_t now_ms(void *arg) {
    struct stage *stage = arg;
    if (stage->held_up > 0) {
        stage->held_up--;
        poll(NULL, 0, 5);
    }
    return pp_clock_monotonic_ms() + stage->ahead_ms;
}

static void turn(struct stage *stage) {
    struct pp_error error = {0};
    assert_true(net_loop_turn(stage->loop, 5, &error));
}

static void say(struct stage *stage, const struct ipc_message *message) {
    struct pp_error error = {0};
    assert_true(ipc_send(stage->player, message, &error));
}

static void player_accept(struct stage *stage) {
    struct pp_error error = {0};
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    while ((stage->player = ipc_accept(stage->listener, &error)) < 0) {
        assert_true(pp_clock_monotonic_ms() < end_ms);
        turn(stage);
    }
    struct ipc_message display = {.type = IPC_DISPLAY, .display = {1280, 720, 60000, "test"}};
    say(stage, &display);
}

/* The next message of that type; others are passed over. */
static struct ipc_message expect(struct stage *stage, uint16_t type) {
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    for (;;) {
        struct ipc_message message = {0};
        struct pp_error error = {0};
        while (!ipc_receive(stage->player, &message, &error)) {
            assert_int_equal(error.code, PP_E_STATE);
            assert_true(pp_clock_monotonic_ms() < end_ms);
            turn(stage);
        }
        if (message.type == IPC_LAYER_ADD) {
            pp_close(&stage->frames);
            stage->frames = ipc_message_take(&message, 0);
        }
        for (size_t i = 0; i < message.fd_count; i++)
            pp_close(&message.fds[i]);
        message.fd_count = 0;
        if (message.type == type)
            return message;
    }
}

static void say_shown(struct stage *stage, uint32_t layer) {
    struct ipc_message ready = {.type = IPC_LAYER_READY, .layer_ready = {layer}};
    struct ipc_message shown = {.type = IPC_LAYER_SHOWN,
                                .layer_shown = {layer, (uint64_t)pp_clock_monotonic_ms()}};
    say(stage, &ready);
    say(stage, &shown);
}

static void say_ended(struct stage *stage, uint32_t layer) {
    struct ipc_message ended = {.type = IPC_LAYER_ENDED,
                                .layer_ended = {layer, (uint64_t)pp_clock_monotonic_ms(), 50, 0}};
    say(stage, &ended);
}

/* A manifest of so many zones with one playlist of an item for each letter, whose "object" begins with that
 * letter; capital: missing. */
static struct channel_manifest *manifest_of_zones(struct stage *stage, int zones, const char *letters,
                                                  const char *duration) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf items = PP_BUF_INIT(65536);
    pp_autobuf struct pp_buf objects = PP_BUF_INIT(65536);
    pp_autobuf struct pp_buf json = PP_BUF_INIT(65536);
    for (size_t i = 0; letters[i]; i++) {
        char content[32];
        uint8_t sha256[32];
        char hash[PP_HEX_SIZE(32)];
        snprintf(content, sizeof content, "%c%zu", letters[i], i);
        assert_true(crypto_sha256(content, strlen(content), sha256, &error));
        pp_hex_encode(sha256, 32, hash);
        if (letters[i] >= 'a')
            assert_true(store_object_put(stage->store, sha256, content, strlen(content), &error));
        assert_true(pp_buf_addf(&items, NULL, "%s{\"id\":\"i%zu\",\"kind\":\"%s\",\"object\":\"o%zu\"%s%s%s}",
                                i ? "," : "", i, stage->kind, i, *duration ? ",\"duration\":\"" : "",
                                duration, *duration ? "\"" : ""));
        assert_true(pp_buf_addf(&objects, NULL,
                                "%s\"o%zu\":{\"sha256\":\"%s\",\"length\":%zu,\"key\":\"%043d\"}",
                                i ? "," : "", i, hash, strlen(content), 0));
    }
    assert_true(pp_buf_addf(
        &json, NULL,
        "{\"format\":1,\"channel\":\"c\",\"canvas\":{\"width\":1920,\"height\":1080,\"background\":"
        "\"#000000\"%s},"
        "\"layouts\":{\"l\":{\"zones\":[",
        stage->canvas));
    for (int i = 0; i < zones; i++)
        assert_true(pp_buf_addf(&json, NULL,
                                "%s{\"id\":\"z%d\",\"x\":0,\"y\":0,\"width\":1920,\"height\":1080,\"z\":%d,"
                                "\"playlist\":\"p\"}",
                                i ? "," : "", i, i));
    assert_true(
        pp_buf_addf(&json, NULL,
                    "]}},\"playlists\":{\"p\":{\"align\":\"%s\",\"items\":[%s]}},\"default_layout\":\"l\","
                    "\"objects\":{%s}}",
                    stage->align, pp_buf_text(&items), pp_buf_text(&objects)));
    /* base64url's digit of zero is 'A' */
    for (char *key = (char *)json.data; (key = strstr(key, "\"key\":\"0"));)
        for (key += 7; *key == '0'; key++)
            *key = 'A';
    struct channel_manifest *parsed = channel_manifest_parse(json.data, json.size, &error);
    if (!parsed)
        fail_msg("%s", error.message);
    return parsed;
}

static struct channel_manifest *manifest(struct stage *stage, const char *letters, const char *duration) {
    return manifest_of_zones(stage, 1, letters, duration);
}

/* Our one child that lives, apart from `known`; 0 none. */
static pid_t only_child_but(pid_t known) {
    char path[64];
    char text[256] = "";
    pid_t found = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    for (char *end = text; *end; end += strspn(end, " ")) {
        pid_t child = (pid_t)strtol(end, &end, 10);
        assert_true(child == known || !found);
        found = child == known ? found : child;
    }
    return found;
}

static int setup_with(void **state, struct ipc_launcher *launcher) {
    static struct stage stage;
    stage = (struct stage){.player = -1,
                           .launcher = launcher,
                           .words = "old",
                           .ahead_ms = pp_clock_realtime_ms() - pp_clock_monotonic_ms(),
                           .canvas = "",
                           .align = "none",
                           .kind = "image",
                           .frames = -1};
    struct pp_error error = {0};
    scratch_open(&stage.scratch);
    struct store_config store = {0};
    stage.store = store_open(stage.scratch.path, &store, &error);
    stage.loop = net_loop_create(&error);
    assert_true(pp_path_format(stage.socket, &error, "%s/player.sock", stage.scratch.path));
    stage.listener = ipc_listen(stage.socket, &error);
    assert_true(stage.store && stage.loop && stage.listener >= 0);
    fake_renderer_install(stage.scratch.path);
    struct director_config config = {.loop = stage.loop,
                                     .open_object = open_object,
                                     .player_socket = stage.socket,
                                     .renderers = {.folder = stage.scratch.path,
                                                   .launcher = launcher,
                                                   .on_breach = on_breach,
                                                   .arg = &stage},
                                     .now_ms = now_ms,
                                     .on_settled = on_settled,
                                     .on_play = on_play,
                                     .on_fault = on_fault,
                                     .on_note = on_note,
                                     .on_display = on_display,
                                     .on_player_lost = on_player_lost,
                                     .write_status = write_status,
                                     .write_identify = write_status,
                                     .on_identified = on_identified,
                                     .write_notice = write_status,
                                     .write_message = write_status,
                                     .on_message = on_message,
                                     .arg = &stage};
    stage.director = director_create(&config, &error);
    assert_non_null(stage.director);
    player_accept(&stage);
    expect(&stage, IPC_HELLO);
    *state = &stage;
    return 0;
}

static int setup(void **state) {
    return setup_with(state, NULL);
}

/* Renderers of another user, whom only the launcher may kill; as root. */
static int setup_launched(void **state) {
    struct pp_error error = {0};
    struct ipc_launcher *launcher = NULL;
    if (geteuid() == 0 && !(launcher = ipc_launcher_create("nobody", &error)))
        fail_msg("%s", error.message);
    if (!launcher)
        print_message("renderers are of OUR OWN user, because only root can start those of another\n");
    pid_t pid = only_child_but(0);
    setup_with(state, launcher);
    struct stage *stage = *state;
    stage->launcher_pid = pid;
    assert_int_equal(chmod(stage->scratch.path, 0711), 0);
    return 0;
}

static int teardown(void **state) {
    struct stage *stage = *state;
    director_destroy(stage->director);
    ipc_launcher_destroy(stage->launcher);
    pp_close(&stage->frames);
    pp_close(&stage->player);
    pp_close(&stage->listener);
    net_loop_destroy(stage->loop);
    store_close(stage->store);
    scratch_remove(&stage->scratch);
    return 0;
}

static void take_content(struct director *director) {
    director_set_manifest(director, NULL);
}

static void blank(struct director *director) {
    director_set_blank(director, true);
}

/* What a renderer of the kind 's' was told. */
static int64_t told_ms(const struct stage *stage, uint16_t type) {
    ipc_automessage struct ipc_message message = {0};
    struct pollfd readable = {.fd = stage->frames, .events = POLLIN};
    struct pp_error error = {0};
    assert_int_equal(poll(&readable, 1, PATIENCE_MS), 1);
    assert_true(ipc_receive(stage->frames, &message, &error));
    assert_int_equal(message.type, type);
    return (int64_t)(type == IPC_END ? message.end.duration_us : message.clock.position_us) / 1000;
}

/* ---- Tests ---- */

static void the_next_item_waits_for_the_end_of_the_one_shown(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT2S"));
    assert_int_equal(expect(stage, IPC_CANVAS).canvas.width, 1920);
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    struct ipc_layer_show show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.layer, first);
    assert_int_equal(show.replaces, 0);
    assert_int_equal(show.trigger, IPC_TRIGGER_READY);
    /* An item as short as the preroll time has its successor started soon. */
    say_shown(stage, first);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.layer, second);
    assert_int_equal(show.replaces, first);
    assert_int_equal(show.trigger, IPC_TRIGGER_END);
    say_ended(stage, first);
    say_shown(stage, second);
    /* And round again. */
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, first);
    show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.replaces, second);
    assert_int_equal(stage->plays, 1);
    while (!stage->settled_shown)
        turn(stage);
    assert_string_equal(stage->last_fault, "");
}

static void a_player_that_tells_of_the_far_future_does_not_stop_the_playlist(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT4S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    struct ipc_message shown = {.type = IPC_LAYER_SHOWN, .layer_shown = {first, IPC_TIME_MS_MAX}};
    say(stage, &shown);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_ended(stage, first);
    say_shown(stage, second);
    while (!stage->plays)
        turn(stage);
    assert_in_range(stage->shown_for_ms, 0, PATIENCE_MS);
}

static void stop_waiting(void *arg) {
    *(bool *)arg = true;
}

/* The playlist of films of a frame each: whatever its film says of its length, an item's successor is started after
 * half a second at the soonest, and the last picture stays until then. Both are timers of one loop: however slow the
 * machine is, no more than these are started before the other one rings. */
static void items_that_end_at_once_start_no_storm_of_renderers(void **state) {
    struct stage *stage = *state;
    struct net_timer bell = {0};
    struct pp_error error = {0};
    bool rung = false;
    int started = 0;
    stage->kind = "video";
    director_set_manifest(stage->director, manifest(stage, "ooo", "PT0.1S"));
    net_timer_start_in(&bell, stage->loop, INT64_C(4) * ZONE_SHOWN_MIN_MS, stop_waiting, &rung);
    while (!rung) {
        ipc_automessage struct ipc_message message = {0};
        if (!ipc_receive(stage->player, &message, &error)) {
            turn(stage);
            continue;
        }
        if (message.type != IPC_LAYER_ADD)
            continue;
        started++;
        say_shown(stage, message.layer_add.layer);
        say_ended(stage, message.layer_add.layer);
    }
    assert_in_range(started, 1, 5);
}

/* A file may claim any length: the player ends it by what it shows of it, and nobody else by that. */
static void a_film_without_a_duration_is_bounded_by_what_is_shown(void **state) {
    struct stage *stage = *state;
    stage->kind = "video";
    director_set_manifest(stage->director, manifest(stage, "oo", ""));
    struct ipc_layer_add add = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(add.hold_ms, ZONE_STILL_MAX_MS);
    say_shown(stage, add.layer);
    say_ended(stage, add.layer);
    expect(stage, IPC_LAYER_ADD);
    assert_int_equal(stage->faults, 0);
}

static void an_item_with_a_duration_may_stand_still_for_it(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT20S"));
    assert_int_equal(expect(stage, IPC_LAYER_ADD).layer_add.hold_ms, 0);
}

static void a_renderer_may_use_by_its_kind_and_place(void **state) {
    (void)state;
    static const enum channel_kind kinds[] = {CHANNEL_IMAGE, CHANNEL_VIDEO};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        const struct zone_budget budget = zone_budget_of(kinds[i]);
        assert_in_range(budget.first_cpu_ms, 1000, budget.first_ms);
        assert_in_range(budget.first_ms, 1000, 20000);
        assert_in_range(zone_memory_mib(&budget, 1, 1), 256, 1023);
        assert_in_range(zone_memory_mib(&budget, 1920, 1080), zone_memory_mib(&budget, 1280, 720) + 1, 1023);
        assert_in_range(zone_memory_mib(&budget, IPC_SIDE_MAX, IPC_SIDE_MAX), 1, IPC_MEMORY_MIB_MAX);
    }
}

static void a_film_shorter_than_its_time_stays_until_then(void **state) {
    struct stage *stage = *state;
    stage->kind = "video";
    director_set_manifest(stage->director, manifest(stage, "oo", "PT600S"));
    uint32_t film = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, film);
    say_ended(stage, film);
    while (!stage->plays)
        turn(stage);
    struct ipc_message message = {0};
    struct pp_error error = {0};
    while (ipc_receive(stage->player, &message, &error))
        assert_int_not_equal(message.type, IPC_LAYER_ADD);
}

static void what_follows_a_film_that_ended_early_waits_for_its_time(void **state) {
    struct stage *stage = *state;
    stage->kind = "video";
    director_set_manifest(stage->director, manifest(stage, "os", "PT3S"));
    uint32_t film = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    int64_t before_ms = pp_clock_monotonic_ms();
    expect(stage, IPC_LAYER_SHOW);
    say_shown(stage, film);
    say_ended(stage, film);
    struct ipc_layer_show show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.replaces, film);
    assert_int_equal(show.trigger, IPC_TRIGGER_TIME);
    assert_in_range(show.at_ms, before_ms + 3000, pp_clock_monotonic_ms() + 3000);
    assert_int_equal(told_ms(stage, IPC_CLOCK), 0);
    assert_int_equal(told_ms(stage, IPC_END), 3000);
}

static void one_picture_alone_stays_without_a_successor(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    while (!stage->settled_shown)
        turn(stage);
    struct ipc_message message = {0};
    struct pp_error error = {0};
    while (ipc_receive(stage->player, &message, &error))
        assert_int_not_equal(message.type, IPC_LAYER_ADD);
}

static void items_that_fail_are_left_out_whatever_way_they_fail(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "fxkutMmo", "PT20S"));
    for (int i = 0; i < 6; i++)
        expect(stage, IPC_LAYER_ADD);
    uint32_t good = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    expect(stage, IPC_LAYER_SHOW);
    say_shown(stage, good);
    while (!stage->settled_shown)
        turn(stage);
    assert_int_equal(stage->faults, 7);
}

/* One that is killed otherwise, says why, or ends by itself, does nothing that is not its to do. */
static void what_only_a_renderer_that_was_taken_over_does_is_told_as_that(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "fxkyto", "PT20S"));
    for (int i = 0; i < 5; i++)
        expect(stage, IPC_LAYER_ADD);
    uint32_t good = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    expect(stage, IPC_LAYER_SHOW);
    say_shown(stage, good);
    while (!stage->settled_shown)
        turn(stage);
    assert_int_equal(stage->kills, 1);
    assert_int_equal(stage->lies, 1);
    assert_non_null(strstr(stage->last_breach, ": a message that is not its to send"));
    struct ipc_message failed = {
        .type = IPC_LAYER_FAILED,
        .layer_failed = {.layer = good, .broken = 1, .reason = "a slot out of range"}};
    say(stage, &failed);
    while (stage->lies < 2)
        turn(stage);
    assert_non_null(strstr(stage->last_breach, ": a slot out of range"));
    assert_int_equal(stage->kills, 1);
}

static void that_something_of_an_item_is_lost_is_told_once(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "nn", "PT2S"));
    uint32_t shown = 0;
    for (int i = 0; i < 4; i++) { /* two items, twice */
        uint32_t next = expect(stage, IPC_LAYER_ADD).layer_add.layer;
        expect(stage, IPC_LAYER_SHOW);
        while (stage->notes < (i < 1 ? 1 : 2))
            turn(stage);
        if (shown)
            say_ended(stage, shown);
        say_shown(stage, next);
        shown = next;
    }
    while (stage->plays < 3)
        turn(stage);
    assert_int_equal(stage->notes, 2);
    assert_int_equal(stage->faults, 0);
}

static void what_is_lost_of_an_item_is_not_told_of_the_one_that_follows(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "ho", "PT2S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    int frames = stage->frames;
    stage->frames = -1;
    say_shown(stage, first);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    /* A second ahead, so that the first one goes late. */
    struct ipc_message shown = {.type = IPC_LAYER_SHOWN,
                                .layer_shown = {second, (uint64_t)pp_clock_monotonic_ms() + 1000}};
    say(stage, &shown);
    while (stage->plays < 1)
        turn(stage);
    pp_close(&frames); /* its renderer now tells */
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, first);
    assert_int_equal(stage->notes, 0);
}

static void a_layer_that_the_player_drops_is_followed_by_the_next(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT20S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, first);
    struct ipc_message failed = {.type = IPC_LAYER_FAILED,
                                 .layer_failed = {.layer = first, .reason = "a slot out of range"}};
    say(stage, &failed);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    struct ipc_layer_show show = expect(stage, IPC_LAYER_SHOW).layer_show;
    while (show.layer != second || show.trigger != IPC_TRIGGER_READY)
        show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.replaces, first);
    assert_string_equal(stage->last_fault, "a slot out of range");
}

static void a_renderer_that_cannot_be_started_is_nobody_s_fault_and_told_once(void **state) {
    struct stage *stage = *state;
    char renderer[PP_PATH_MAX];
    assert_true(pp_path_format(renderer, NULL, "%s/pingplay-render-media", stage->scratch.path));
    assert_int_equal(unlink(renderer), 0);
    director_set_manifest(stage->director, manifest(stage, "oo", "PT20S"));
    while (!stage->settled_empty)
        turn(stage);
    for (int i = 0; i < 2 * FAULTS_TILL_ASIDE; i++) {
        director_clear_faults(stage->director); /* no more than "try again" here */
        turn(stage);
    }
    assert_int_equal(stage->faults, 1);
    assert_int_equal(symlink("/proc/self/exe", renderer), 0);
    director_clear_faults(stage->director);
    expect(stage, IPC_LAYER_ADD);
}

/* In place of the C library's: a flash on which objects cannot be opened for a while. */
static bool flash_fails;
static int flash_asked;
int openat64(int dir, const char *path, int flags, ...);

int openat64(int dir, const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    bool fails = flash_fails && strncmp(path, "objects/", strlen("objects/")) == 0;
    flash_asked += fails;
    errno = EIO;
    return fails ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

static void a_flash_that_fails_sets_nothing_aside_and_takes_no_picture_away(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT2S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, first);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    flash_fails = true;
    flash_asked = 0;
    say_ended(stage, first);
    say_shown(stage, second);
    say_ended(stage, second);
    while (flash_asked < 2 * (FAULTS_TILL_ASIDE + 1)) /* each of both more often than it may fail */
        turn(stage);
    assert_int_equal(stage->faults, 1); /* told once */
    assert_int_equal(stage->settled_empty, 0);
    flash_fails = false;
    struct ipc_message message = expect(stage, IPC_LAYER_REMOVE);
    assert_int_equal(message.layer_remove.layer, first);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, second);
    assert_int_equal(stage->faults, 1);
}

static void a_renderer_that_could_not_read_sets_nothing_aside(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "r", "PT2S"));
    for (int i = 0; i < FAULTS_TILL_ASIDE + 1; i++)
        expect(stage, IPC_LAYER_ADD);
    assert_int_equal(stage->faults, 1);
    assert_int_equal(stage->settled_empty, 0);
    assert_string_equal(stage->last_fault, "Input/output error");
}

static void nothing_that_can_be_shown_is_told(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "MN", "PT20S"));
    while (!stage->settled_empty)
        turn(stage);
    assert_int_equal(stage->settled_shown, 0);
    assert_true(stage->faults >= 2);
}

/* A player that takes no more messages is left in the next turn of the loop; what is to be started just
 * before that is not to blame. */
static void items_are_not_blamed_for_a_player_that_hangs(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT20S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    struct ipc_message failed = {.type = IPC_LAYER_FAILED,
                                 .layer_failed = {.layer = first, .reason = "for once"}};
    say(stage, &failed);
    while (!stage->faults)
        turn(stage);
    for (int i = 0; i < MORE_THAN_A_SOCKET_HOLDS; i++)
        director_set_mark(stage->director, i % 2);
    director_clear_faults(stage->director);
    turn(stage);
    int old = stage->player;
    player_accept(stage);
    pp_close(&old);
    expect(stage, IPC_LAYER_ADD);
    assert_int_equal(stage->faults, 1);
}

static void what_can_be_shown_at_last_is_told_and_takes_the_status_screen_away(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "M", "PT20S"));
    while (!stage->settled_empty)
        turn(stage);
    director_show_status(stage->director);
    uint32_t status = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, status);
    uint8_t sha256[32];
    struct pp_error error = {0};
    assert_true(crypto_sha256("M0", 2, sha256, &error));
    assert_true(store_object_put(stage->store, sha256, "M0", 2, &error));
    director_clear_faults(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, status);
    while (!stage->settled_shown)
        turn(stage);
}

static void say_failed(struct stage *stage, uint32_t layer) {
    struct ipc_message failed = {.type = IPC_LAYER_FAILED,
                                 .layer_failed = {.layer = layer, .reason = "out of order"}};
    say(stage, &failed);
}

static void content_of_which_all_fails_after_it_was_shown_is_told_until_it_is_shown_again(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t layer = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, layer);
    while (!stage->settled_shown)
        turn(stage);
    for (int failure = 1; failure < FAULTS_TILL_ASIDE; failure++) {
        say_failed(stage, layer);
        layer = expect(stage, IPC_LAYER_ADD).layer_add.layer;
        assert_int_equal(stage->settled_empty, 0); /* there is still a try, and the last picture */
    }
    say_failed(stage, layer);
    while (!stage->settled_empty)
        turn(stage);
    assert_int_equal(stage->faults, FAULTS_TILL_ASIDE);
    director_show_status(stage->director);
    uint32_t status = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, status);
    director_clear_faults(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, status);
    while (stage->settled_shown < 2)
        turn(stage);
    assert_int_equal(stage->settled_empty, 1);
}

static void one_dead_zone_beside_a_living_one_is_not_told(void **state) {
    struct stage *stage = *state;
    uint32_t layers[2];
    director_set_manifest(stage->director, manifest_of_zones(stage, 2, "o", "PT20S"));
    for (int i = 0; i < 2; i++)
        layers[i] = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    for (int i = 0; i < 2; i++)
        say_shown(stage, layers[i]);
    while (!stage->settled_shown)
        turn(stage);
    for (int failure = 0; failure < FAULTS_TILL_ASIDE; failure++) {
        say_failed(stage, layers[1]);
        if (failure + 1 < FAULTS_TILL_ASIDE)
            layers[1] = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    }
    while (stage->faults < FAULTS_TILL_ASIDE)
        turn(stage);
    turn(stage);
    turn(stage);
    assert_int_equal(stage->settled_empty, 0);
    say_failed(stage, layers[0]);
    while (!stage->settled_empty)
        turn(stage);
}

static void a_new_manifest_takes_over_from_the_picture_of_the_old_one(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t old = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, old);
    while (!stage->settled_shown)
        turn(stage);
    director_set_manifest(stage->director, manifest(stage, "o", "PT9S"));
    uint32_t new = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    struct ipc_layer_show show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.layer, new);
    assert_int_equal(show.replaces, old);
    assert_int_equal(show.transition, IPC_TRANSITION_CROSSFADE);
    say_shown(stage, new);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, old);
    assert_int_equal(stage->settled_shown, 2);
}

static void a_player_that_comes_back_is_given_everything_again(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    pp_close(&stage->player);
    player_accept(stage);
    expect(stage, IPC_HELLO);
    uint32_t again = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    assert_int_equal(expect(stage, IPC_LAYER_SHOW).layer_show.layer, again);
}

static void a_player_that_says_that_it_leaves_has_not_died(void **state) {
    struct stage *stage = *state;
    for (int leaves = 0; leaves <= 1; leaves++) {
        const struct ipc_message leaving = {.type = IPC_LEAVING};
        if (leaves)
            say(stage, &leaving);
        pp_close(&stage->player);
        player_accept(stage);
        expect(stage, IPC_HELLO);
        assert_int_equal(stage->losses, leaves + 1);
        assert_int_equal(stage->deaths, 1);
    }
}

static void a_renderer_that_was_prepared_plays_the_first_item(void **state) {
    struct stage *stage = *state;
    director_prepare(stage->director);
    pid_t prepared = only_child_but(stage->launcher_pid);
    assert_int_not_equal(prepared, 0);
    director_prepare(stage->director);
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    expect(stage, IPC_LAYER_SHOW);
    assert_int_equal(only_child_but(stage->launcher_pid), prepared);
}

static void a_prepared_renderer_that_died_waiting_is_replaced(void **state) {
    struct stage *stage = *state;
    director_prepare(stage->director);
    pid_t prepared = only_child_but(stage->launcher_pid);
    siginfo_t about;
    assert_int_equal(kill(prepared, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)prepared, &about, WEXITED | WNOWAIT), 0);
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    while (!stage->settled_shown)
        turn(stage);
    assert_int_not_equal(only_child_but(stage->launcher_pid), prepared);
    assert_int_not_equal(only_child_but(stage->launcher_pid), 0);
    assert_int_equal(stage->faults, 0);
}

/* Starts a process that holds the death of `pid`: killed, it does not end until the holder has, as one that
 * hangs in the flash's driver. */
static pid_t hold(pid_t pid) {
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t holder = fork();
    if (holder == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
            usleep(1000); /* until it lets us */
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    close(ready[1]);
    alarm(PATIENCE_MS / 1000);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return holder;
}

static void let_go(pid_t holder) {
    alarm(0);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
}

static void wait_gone(struct stage *stage, pid_t pid) {
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    while (kill(pid, 0) == 0) {
        assert_true(pp_clock_monotonic_ms() < end_ms);
        turn(stage);
    }
}

static void a_renderer_that_hangs_in_its_death_is_not_waited_for(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    expect(stage, IPC_LAYER_SHOW);
    pid_t renderer = only_child_but(stage->launcher_pid);
    pid_t holder = hold(renderer);
    director_set_manifest(stage->director, NULL);
    expect(stage, IPC_LAYER_REMOVE);
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_int_equal(kill(renderer, 0), 0); /* it is there still, and nothing has waited for it */
    let_go(holder);
    director_prepare(stage->director);
    wait_gone(stage, renderer);
}

static void a_renderer_that_hangs_in_its_death_does_not_hold_up_the_stop(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    expect(stage, IPC_LAYER_SHOW);
    pid_t renderer = only_child_but(stage->launcher_pid);
    pid_t holder = hold(renderer);
    director_destroy(pp_steal(&stage->director));
    let_go(holder);
    assert_int_equal(waitpid(renderer, NULL, 0), renderer); /* init's to do, had we ended */
}

static void a_renderer_that_was_killed_leaves_no_zombie(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    expect(stage, IPC_LAYER_SHOW);
    director_set_manifest(stage->director, NULL);
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    while (only_child_but(stage->launcher_pid)) {
        assert_true(pp_clock_monotonic_ms() < end_ms);
        turn(stage);
    }
}

/* Its picture stays, but it could go on to do anything else. */
static void a_renderer_whose_layer_failed_is_ended(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t layer = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    pid_t renderer = only_child_but(stage->launcher_pid);
    say_shown(stage, layer);
    while (!stage->settled_shown)
        turn(stage);
    struct ipc_message failed = {.type = IPC_LAYER_FAILED,
                                 .layer_failed = {.layer = layer, .reason = "a slot out of range"}};
    say(stage, &failed);
    expect(stage, IPC_LAYER_ADD); /* the next try; what failed is shown until that has a picture */
    wait_gone(stage, renderer);
}

/* As the player says it, before the renderer says anything. */
static void say_gone(struct stage *stage, uint32_t layer) {
    struct ipc_message failed = {.type = IPC_LAYER_FAILED,
                                 .layer_failed = {.layer = layer, .gone = 1, .reason = "it went away"}};
    say(stage, &failed);
}

static void a_renderer_s_own_words_tell_more_than_that_it_is_gone(void **state) {
    struct stage *stage = *state;
    siginfo_t about;
    director_set_manifest(stage->director, manifest(stage, "fo", "PT20S"));
    uint32_t layer = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    assert_int_equal(waitid(P_PID, (id_t)only_child_but(stage->launcher_pid), &about, WEXITED | WNOWAIT), 0);
    say_gone(stage, layer);
    while (!stage->faults)
        turn(stage);
    assert_string_equal(stage->last_fault, "not a picture");
}

/* The fault of an item whose renderer goes on only when it was reported to be gone. */
static const char *fault_of_one_that_is_gone(struct stage *stage, const char *letters) {
    director_set_manifest(stage->director, manifest(stage, letters, "PT20S"));
    say_gone(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    for (int i = 0; i < 5; i++)
        turn(stage);
    assert_int_equal(stage->faults, 0);
    pp_close(&stage->frames); /* it goes on */
    while (!stage->faults)
        turn(stage);
    return stage->last_fault;
}

static void a_renderer_s_own_words_are_waited_for(void **state) {
    assert_string_equal(fault_of_one_that_is_gone(*state, "lo"), "not a picture");
}

static void how_a_renderer_ended_is_waited_for(void **state) {
    assert_string_equal(fault_of_one_that_is_gone(*state, "do"),
                        "the renderer was killed by signal 9 (Killed)");
}

static void a_renderer_that_ends_well_and_too_early_is_told_as_the_player_saw_it(void **state) {
    assert_string_equal(fault_of_one_that_is_gone(*state, "eo"), "it went away");
}

/* As nohup and some supervisors start programs: nobody can wait for a child then. */
static void a_renderer_s_end_is_seen_where_children_are_ignored(void **state) {
    struct stage *stage = *state;
    signal(SIGCHLD, SIG_IGN);
    director_set_manifest(stage->director, manifest(stage, "xo", "PT20S"));
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    while (!stage->faults && pp_clock_monotonic_ms() < end_ms)
        turn(stage);
    signal(SIGCHLD, SIG_DFL);
    assert_int_equal(stage->faults, 1);
    assert_string_equal(stage->last_fault, "the renderer has ended, nobody knows how");
}

static void what_the_player_refuses_waits_for_no_renderer(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "lo", "PT20S"));
    say_failed(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    while (!stage->faults)
        turn(stage);
    assert_string_equal(stage->last_fault, "out of order");
}

/* Asked for from afar: above a status screen, too, for its time; what lies below goes on. */
static void who_this_is_lies_above_all_and_goes_by_itself(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    director_show_status(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_true(director_identify(stage->director, 1, &error));
    struct ipc_layer_add add = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(add.z, INT32_MAX - 1);
    assert_int_equal(stage->identified + stage->unidentified, 0);
    say_shown(stage, add.layer);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, add.layer);
    assert_int_equal(stage->identified, 1);
    assert_int_equal(stage->unidentified, 0);
}

static void who_this_is_cannot_be_shown_without_a_player(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    director_show_status(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_true(director_identify(stage->director, 1000, &error));
    expect(stage, IPC_LAYER_ADD);
    pp_close(&stage->player);
    while (!stage->losses)
        turn(stage);
    assert_int_equal(stage->identified, 0);
    assert_int_equal(stage->unidentified, 1);
    assert_false(director_identify(stage->director, 1000, &error));
    assert_string_equal(error.message, "there is no player");
}

static void a_status_screen_lies_above_and_goes_when_content_has_come(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    struct ipc_layer_add add = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(add.z, INT32_MAX - 2);
    assert_int_equal(add.width, 1280);
    say_shown(stage, add.layer);
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t content = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, content);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, add.layer);
}

/* Above who this is, too; what lies below goes on. */
static void an_urgent_message_lies_above_all_until_it_is_hidden(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    director_show_status(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    director_show_message(stage->director, false);
    struct ipc_layer_add full = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(full.z, INT32_MAX);
    assert_int_equal(full.height, 720);
    assert_int_equal(stage->messages, 0);
    say_shown(stage, full.layer);
    while (!stage->messages)
        turn(stage);
    assert_true(director_identify(stage->director, 60000, &error));
    struct ipc_layer_add who = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_true(who.z < full.z);
    say_shown(stage, who.layer);
    director_hide_message(stage->director);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, full.layer);
}

static void an_urgent_message_may_be_a_band_at_the_foot(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    director_show_message(stage->director, true);
    struct ipc_layer_add band = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(band.width, 1280);
    assert_int_equal(band.height, 160);
    assert_int_equal(band.y, 720 - 160);
}

static void an_urgent_message_that_fails_is_tried_again_by_itself(void **state) {
    struct stage *stage = *state;
    director_show_message(stage->director, false);
    for (int i = 0; i < 3; i++)
        say_failed(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    uint32_t shown = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, shown);
    say_failed(stage, shown);
    expect(stage, IPC_LAYER_ADD);
}

/* The player lets go of what it held at the first thing that it shows: nobody is to see the content alone. */
static void a_player_that_comes_back_is_given_the_urgent_message_first(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    director_show_message(stage->director, false);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    pp_close(&stage->player);
    player_accept(stage);
    expect(stage, IPC_HELLO);
    struct ipc_layer_add message = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(message.z, INT32_MAX);
    assert_int_equal(expect(stage, IPC_LAYER_SHOW).layer_show.layer, message.layer);
    say_shown(stage, message.layer);
    assert_true(expect(stage, IPC_LAYER_ADD).layer_add.z < INT32_MAX);
    /* Likewise where the message cannot be drawn: all else is not to wait for it. */
    pp_close(&stage->player);
    player_accept(stage);
    expect(stage, IPC_HELLO);
    say_failed(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_true(expect(stage, IPC_LAYER_ADD).layer_add.z < INT32_MAX);
}

/* The canvas that was the last to be sent before the next layer, and that layer. */
static struct ipc_canvas expect_canvas(struct stage *stage, struct ipc_layer_add *add) {
    struct ipc_canvas canvas = expect(stage, IPC_CANVAS).canvas;
    for (;;) {
        struct ipc_message message = {0};
        struct pp_error error = {0};
        while (!ipc_receive(stage->player, &message, &error))
            turn(stage);
        uint16_t type = message.type;
        if (type == IPC_CANVAS)
            canvas = message.canvas;
        if (type == IPC_LAYER_ADD)
            *add = message.layer_add;
        ipc_message_finish(&message);
        if (type == IPC_LAYER_ADD)
            return canvas;
    }
}

static void expect_size(const struct ipc_canvas *canvas, unsigned width, unsigned height, unsigned fill,
                        unsigned turns) {
    assert_int_equal(canvas->width, width);
    assert_int_equal(canvas->height, height);
    assert_int_equal(canvas->fill, fill);
    assert_int_equal(canvas->turn, turns);
}

static void a_status_screen_has_the_whole_display_whatever_the_content_s_canvas(void **state) {
    struct stage *stage = *state;
    struct ipc_layer_add add;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    struct ipc_canvas canvas = expect_canvas(stage, &add);
    expect_size(&canvas, 1920, 1080, 0, 0);
    say_shown(stage, add.layer);
    director_show_status(stage->director);
    canvas = expect_canvas(stage, &add);
    expect_size(&canvas, 1280, 720, 1, 0);
    assert_int_equal(add.width, 1280);
    assert_int_equal(add.height, 720);
    /* And what is added next belongs to the content again. */
    canvas = expect(stage, IPC_CANVAS).canvas;
    expect_size(&canvas, 1920, 1080, 0, 0);
}

static void a_canvas_that_fills_is_told_to_the_player(void **state) {
    struct stage *stage = *state;
    struct ipc_layer_add add;
    stage->canvas = ",\"fit\":\"fill\"";
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    struct ipc_canvas canvas = expect_canvas(stage, &add);
    expect_size(&canvas, 1920, 1080, 1, 0);
}

static void a_rotation_turns_content_and_status_screens(void **state) {
    struct stage *stage = *state;
    struct ipc_layer_add add;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    struct ipc_canvas canvas = expect_canvas(stage, &add);
    uint32_t upright = add.layer;
    say_shown(stage, upright);
    while (!stage->settled_shown)
        turn(stage);
    director_set_rotation(stage->director, 90);
    canvas = expect_canvas(stage, &add);
    expect_size(&canvas, 1920, 1080, 0, 1);
    assert_int_equal(expect(stage, IPC_LAYER_SHOW).layer_show.replaces, upright);
    assert_int_equal(stage->displays, 2);
    director_set_rotation(stage->director, 90); /* as it is: nothing begins anew */
    assert_int_equal(stage->displays, 2);
    director_show_status(stage->director);
    canvas = expect_canvas(stage, &add);
    expect_size(&canvas, 720, 1280, 1, 1);
    assert_int_equal(add.width, 720);
    say_shown(stage, add.layer);
    for (int i = 0; i < 5; i++)
        turn(stage);
    director_set_rotation(stage->director, 180);
    canvas = expect_canvas(stage, &add);
    expect_size(&canvas, 1280, 720, 1, 2);
}

/* The next LAYER_ADD; none is taken off the screen before it. */
static uint32_t expect_add_without_remove(struct stage *stage) {
    for (;;) {
        struct ipc_message message = {0};
        struct pp_error error = {0};
        while (!ipc_receive(stage->player, &message, &error))
            turn(stage);
        uint16_t type = message.type;
        uint32_t layer = message.layer_add.layer;
        ipc_message_finish(&message);
        assert_int_not_equal(type, IPC_LAYER_REMOVE);
        if (type == IPC_LAYER_ADD)
            return layer;
    }
}

/* That the player has shown it may be on its way: taken off then, nothing would be left on the screen, and if the
 * agent was stopped just then, until the next one has drawn something. */
static void a_status_screen_that_may_be_shown_already_is_not_taken_off(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    const char *const words[] = {"newer", "and newer", "newest"};
    for (size_t i = 0; i < PP_COUNT(words); i++) {
        stage->words = words[i];
        director_show_status(stage->director);
        turn(stage);
    }
    say_shown(stage, first);
    uint32_t second = expect_add_without_remove(stage);
    assert_int_equal(second, first + 1); /* what came between is not drawn at all */
    assert_int_equal(expect(stage, IPC_LAYER_SHOW).layer_show.replaces, first);
    say_shown(stage, second);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, first);
}

/* What lies below, "no network" say, is not seen in between; and where the next one cannot be drawn, what is over goes
 * all the same. */
static void a_notice_stays_until_the_next_one_is_drawn(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    director_show_status(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    assert_true(director_notice(stage->director, 60000, &error));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, first);
    for (int i = 0; i < 5; i++)
        turn(stage);
    stage->words = "new";
    assert_true(director_notice(stage->director, 60000, &error));
    uint32_t second = expect_add_without_remove(stage);
    assert_int_equal(expect(stage, IPC_LAYER_SHOW).layer_show.replaces, first);
    say_shown(stage, second);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, first);
    stage->words = "newest";
    assert_true(director_notice(stage->director, 60000, &error));
    uint32_t third = expect_add_without_remove(stage);
    say_failed(stage, third);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, third);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, second);
}

static void a_status_screen_that_waits_is_drawn_when_the_one_before_fails(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    stage->words = "new";
    director_show_status(stage->director);
    say_failed(stage, first);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    assert_int_equal(second, first + 1);
    say_shown(stage, second);
    director_show_status(stage->director); /* nothing more is to be drawn */
    for (int i = 0; i < 5; i++)
        turn(stage);
    struct ipc_message message = {0};
    struct pp_error error = {0};
    while (ipc_receive(stage->player, &message, &error))
        assert_int_not_equal(message.type, IPC_LAYER_ADD);
}

static void a_status_screen_that_waits_is_not_drawn_over_content_that_begins(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    uint32_t status = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    stage->words = "new";
    director_show_status(stage->director);
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t content = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, status);
    say_shown(stage, content);
    while (!stage->settled_shown)
        turn(stage);
    for (uint32_t removed = 0; removed != status;) {
        struct ipc_message message = {0};
        struct pp_error error = {0};
        while (!ipc_receive(stage->player, &message, &error))
            turn(stage);
        assert_int_not_equal(message.type, IPC_LAYER_ADD);
        removed = message.type == IPC_LAYER_REMOVE ? message.layer_remove.layer : 0;
        ipc_message_finish(&message);
    }
}

static void an_item_that_may_be_shown_already_is_not_taken_off_by_a_new_manifest(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "oo", "PT2S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, first);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t third = expect_add_without_remove(stage);
    say_shown(stage, third);
    uint32_t removed[] = {expect(stage, IPC_LAYER_REMOVE).layer_remove.layer,
                          expect(stage, IPC_LAYER_REMOVE).layer_remove.layer};
    assert_true((removed[0] == first && removed[1] == second) ||
                (removed[0] == second && removed[1] == first));
}

static void a_status_screen_is_drawn_again_only_with_other_words(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    director_show_status(stage->director);
    say_shown(stage, first);
    director_show_status(stage->director);
    stage->words = "new";
    director_show_status(stage->director);
    uint32_t second = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    assert_int_equal(second, first + 1);
    struct ipc_message failed = {.type = IPC_LAYER_FAILED,
                                 .layer_failed = {.layer = second, .reason = "not drawn"}};
    say(stage, &failed);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, second);
    director_show_status(stage->director);
    assert_int_equal(expect(stage, IPC_LAYER_ADD).layer_add.layer, second + 1);
}

static void a_status_screen_that_failed_is_tried_again_by_itself(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    say_failed(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    uint32_t again = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, again);
    say_failed(stage, again);
    expect(stage, IPC_LAYER_ADD);
}

static void a_blank_director_shows_no_content_until_it_is_let_again(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t first = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, first);
    director_set_blank(stage->director, true);
    assert_int_equal(expect(stage, IPC_LAYER_REMOVE).layer_remove.layer, first);
    assert_false(director_is_settling(stage->director));
    director_set_blank(stage->director, false);
    assert_int_not_equal(expect(stage, IPC_LAYER_ADD).layer_add.layer, first);
}

static void content_that_is_taken_away_while_it_begins_never_settles(void **state) {
    struct stage *stage = *state;
    void (*const away[])(struct director *) = {take_content, blank};
    for (size_t i = 0; i < 2; i++) {
        /* All of it is missing, so the end of settling is a matter of one turn. */
        director_set_manifest(stage->director, manifest(stage, "M", "PT20S"));
        while (!stage->faults)
            turn(stage);
        away[i](stage->director);
        turn(stage);
        turn(stage);
        assert_int_equal(stage->settled_empty, 0);
        stage->faults = 0;
    }
}

static void a_display_of_another_size_is_given_all_anew_and_one_that_was_only_off_nothing(void **state) {
    struct stage *stage = *state;
    director_set_manifest(stage->director, manifest(stage, "o", "PT20S"));
    uint32_t old = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    say_shown(stage, old);
    while (!stage->settled_shown)
        turn(stage);
    struct ipc_message display = {.type = IPC_DISPLAY, .display = {1280, 720, 50000, "test"}};
    say(stage, &display);
    say(stage, &display);
    display.display.width = 640;
    say(stage, &display);
    uint32_t new = expect(stage, IPC_LAYER_ADD).layer_add.layer;
    assert_int_equal(expect(stage, IPC_LAYER_SHOW).layer_show.replaces, old);
    assert_int_equal(stage->displays, 2);
    say_shown(stage, new);
    while (stage->settled_shown < 2)
        turn(stage);
}

static void a_status_screen_alone_follows_the_display_s_size_with_its_canvas(void **state) {
    struct stage *stage = *state;
    director_show_status(stage->director);
    say_shown(stage, expect(stage, IPC_LAYER_ADD).layer_add.layer);
    struct ipc_message display = {.type = IPC_DISPLAY, .display = {640, 360, 60000, "test"}};
    say(stage, &display);
    struct ipc_canvas canvas = expect(stage, IPC_CANVAS).canvas;
    assert_int_equal(canvas.width, 640);
    assert_int_equal(canvas.height, 360);
    struct ipc_layer_add add = expect(stage, IPC_LAYER_ADD).layer_add;
    assert_int_equal(add.width, 640);
    assert_int_equal(add.height, 360);
}

/* What the player holds, and the most it has held. */
struct held {
    size_t now, most, shown;
};

/* Heeds one message as a player does, with every layer shown as soon as it may. */
static void player_receive(struct stage *stage, struct held *held, struct ipc_message *message) {
    held->now += message->type == IPC_LAYER_ADD;
    held->now -= message->type == IPC_LAYER_REMOVE;
    held->most = held->now > held->most ? held->now : held->most;
    if (message->type == IPC_LAYER_SHOW && held->shown < SHOWN_BEFORE_THE_SWITCH) {
        held->shown++;
        say_shown(stage, message->layer_show.layer);
    }
    ipc_message_finish(message);
}

static void sixteen_zones_in_the_middle_of_a_switch_stay_within_the_player_s_cap(void **state) {
    struct stage *stage = *state;
    struct held held = {0};
    director_set_manifest(stage->director, manifest_of_zones(stage, CHANNEL_ZONES_MAX, "ooo", "PT20S"));
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    /* Every zone has shown its first item; then, with a short one, each has one shown and one on its way. */
    for (int switched = 0; held.most < 3 * CHANNEL_ZONES_MAX;) {
        struct ipc_message message = {0};
        struct pp_error error = {0};
        turn(stage);
        while (ipc_receive(stage->player, &message, &error))
            player_receive(stage, &held, &message);
        assert_true(pp_clock_monotonic_ms() < end_ms);
        if (stage->settled_shown > switched && switched < 1) {
            switched++;
            held.shown = 0;
            director_set_manifest(stage->director,
                                  manifest_of_zones(stage, CHANNEL_ZONES_MAX, "ooo", "PT2S"));
        }
    }
    assert_in_range(held.most, 3 * CHANNEL_ZONES_MAX, IPC_LAYERS_MAX);
    assert_int_equal(stage->faults, 0);
}

static void a_player_that_talks_nonsense_is_left_and_met_again(void **state) {
    struct stage *stage = *state;
    struct ipc_message hello = {.type = IPC_HELLO, .hello = {IPC_PROTOCOL}};
    say(stage, &hello);
    int old = stage->player;
    player_accept(stage);
    pp_close(&old);
    expect(stage, IPC_HELLO);
}

/* ---- Aligned to the wall clock: however slow a test is, what ends where by the clock is exact ---- */

#define SHORT_MS 3000   /* an item's time: its successor is started at once */
#define LONG_MS  600000 /* the same: nothing makes a test so slow that it is over */

/* What an item of the kind 's' was started with, and when it is to be shown. */
struct aligned_start {
    uint32_t layer;
    int64_t wall_ms; /* by the wall clock, of the moment at which it is to be shown */
    int64_t start_ms, duration_ms;
};

static struct aligned_start expect_start(struct stage *stage) {
    struct aligned_start start = {.layer = expect(stage, IPC_LAYER_ADD).layer_add.layer};
    struct ipc_layer_show show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.layer, start.layer);
    assert_int_equal(show.trigger, IPC_TRIGGER_TIME);
    start.wall_ms = (int64_t)show.at_ms + stage->ahead_ms;
    start.start_ms = told_ms(stage, IPC_CLOCK);
    start.duration_ms = told_ms(stage, IPC_END);
    return start;
}

/* Its time ends where that of an item does by the clock. */
static void expect_picture_in_time(const struct aligned_start *start) {
    assert_int_equal(start->start_ms, 0);
    assert_in_range(start->duration_ms, 1, SHORT_MS);
    assert_int_equal((start->wall_ms + start->duration_ms) % SHORT_MS, 0);
}

/* Begins an aligned playlist of such items while its clock says `position_ms`. */
static void begin_at(struct stage *stage, const char *kind, const char *letters, int64_t item_ms,
                     int64_t position_ms) {
    char duration[16];
    snprintf(duration, sizeof duration, "PT%dS", (int)(item_ms / 1000));
    stage->align = "wall-clock";
    stage->kind = kind;
    stage->ahead_ms = 1000 * (int64_t)strlen(letters) * item_ms - pp_clock_monotonic_ms() + position_ms;
    director_set_manifest(stage->director, manifest(stage, letters, duration));
}

static void an_aligned_picture_is_shown_for_what_is_left_of_its_time(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "image", "sss", LONG_MS, LONG_MS + 1000);
    struct aligned_start first = expect_start(stage);
    assert_in_range(first.wall_ms % LONG_MS, 1000, LONG_MS - 1);
    assert_int_equal(first.duration_ms, LONG_MS - first.wall_ms % LONG_MS);
}

static void an_aligned_film_begins_where_the_clock_says(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "video", "sss", LONG_MS, LONG_MS + 1000);
    struct aligned_start first = expect_start(stage);
    assert_in_range(first.start_ms, 1000, LONG_MS - 1);
    assert_int_equal(first.start_ms, first.wall_ms % LONG_MS);
    assert_int_equal(first.duration_ms, LONG_MS - first.start_ms);
}

static void an_aligned_film_that_is_alone_starts_over_by_the_clock(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "video", "s", SHORT_MS, 1000);
    say_shown(stage, expect_start(stage).layer);
    struct aligned_start again = expect_start(stage);
    assert_int_equal((again.wall_ms - again.start_ms) % SHORT_MS, 0);
}

static void aligned_changes_keep_to_the_clock_however_slow_a_start_was(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "image", "sss", SHORT_MS, 1000);
    for (int i = 0; i < 4; i++) {
        struct aligned_start start = expect_start(stage);
        expect_picture_in_time(&start);
        poll(NULL, 0, 100 * i);
        say_shown(stage, start.layer);
    }
}

/* As a loaded machine does it between two clocks that belong together. */
static void aligned_changes_are_exact_where_reading_the_clock_was_held_up(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "image", "sss", SHORT_MS, 1000);
    struct aligned_start start = expect_start(stage);
    for (int i = 0; i < 2; i++) {
        stage->held_up = 3;
        say_shown(stage, start.layer);
        start = expect_start(stage);
        expect_picture_in_time(&start);
        assert_int_equal(stage->held_up, 0);
    }
}

static void a_clock_that_is_set_is_followed(struct stage *stage, int64_t by_ms) {
    begin_at(stage, "image", "sss", SHORT_MS, 1000);
    struct aligned_start start = expect_start(stage);
    stage->ahead_ms += by_ms;
    int64_t end_ms = start.wall_ms + start.duration_ms + by_ms;
    for (int i = 0; i < 2; i++) {
        say_shown(stage, start.layer);
        start = expect_start(stage);
        expect_picture_in_time(&start);
        assert_true(start.wall_ms >= end_ms - TURN_REST_MS);
    }
}

static void a_clock_that_is_set_forward_is_followed(void **state) {
    a_clock_that_is_set_is_followed(*state, 86400000 + 1300);
}

static void a_clock_that_is_set_back_is_followed(void **state) {
    a_clock_that_is_set_is_followed(*state, -86400000 - 1300);
}

static void another_item_takes_the_turn_of_one_that_is_missing(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "video", "sSs", SHORT_MS, 1000);
    say_shown(stage, expect_start(stage).layer);
    struct aligned_start other = expect_start(stage);
    assert_int_equal(other.start_ms, 0);
    assert_int_equal(stage->faults, 1);
    say_shown(stage, other.layer);
    struct aligned_start own = expect_start(stage);
    assert_int_equal((own.wall_ms - own.start_ms) % SHORT_MS, 0);
}

static void another_item_takes_the_turn_of_one_that_fails(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "image", "sfs", SHORT_MS, 1000);
    say_shown(stage, expect_start(stage).layer);
    expect(stage, IPC_LAYER_ADD);
    struct aligned_start other = expect_start(stage);
    expect_picture_in_time(&other);
    assert_int_equal(stage->faults, 1);
}

static void an_aligned_item_that_fails_on_the_screen_is_followed_at_once(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "image", "ss", SHORT_MS, 1000);
    struct aligned_start first = expect_start(stage);
    say_shown(stage, first.layer);
    struct aligned_start second = expect_start(stage);
    say_failed(stage, first.layer);
    struct ipc_layer_show show = expect(stage, IPC_LAYER_SHOW).layer_show;
    assert_int_equal(show.layer, second.layer);
    assert_true((int64_t)show.at_ms <= pp_clock_monotonic_ms());
}

static void an_aligned_item_that_fails_long_before_its_end_is_replaced_at_once(void **state) {
    struct stage *stage = *state;
    begin_at(stage, "video", "ss", LONG_MS, 1000);
    struct aligned_start first = expect_start(stage);
    say_shown(stage, first.layer);
    say_failed(stage, first.layer);
    struct aligned_start other = expect_start(stage);
    assert_int_equal(other.start_ms, 0);
    assert_true(other.wall_ms - stage->ahead_ms <= pp_clock_monotonic_ms());
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define LAUNCHED(test)                                                                                       \
    { "launched: " #test, test, setup_launched, teardown, NULL }

int main(int argc, char **argv) {
    int status = 0;
    (void)argc;
    if (fake_renderer_main(argv[0], &status))
        return status;
    const struct CMUnitTest tests[] = {
        STAGED(the_next_item_waits_for_the_end_of_the_one_shown),
        STAGED(a_player_that_tells_of_the_far_future_does_not_stop_the_playlist),
        STAGED(items_that_end_at_once_start_no_storm_of_renderers),
        STAGED(a_film_without_a_duration_is_bounded_by_what_is_shown),
        STAGED(an_item_with_a_duration_may_stand_still_for_it),
        cmocka_unit_test(a_renderer_may_use_by_its_kind_and_place),
        STAGED(a_film_shorter_than_its_time_stays_until_then),
        STAGED(what_follows_a_film_that_ended_early_waits_for_its_time),
        STAGED(one_picture_alone_stays_without_a_successor),
        STAGED(an_aligned_picture_is_shown_for_what_is_left_of_its_time),
        STAGED(an_aligned_film_begins_where_the_clock_says),
        STAGED(an_aligned_film_that_is_alone_starts_over_by_the_clock),
        STAGED(aligned_changes_keep_to_the_clock_however_slow_a_start_was),
        STAGED(aligned_changes_are_exact_where_reading_the_clock_was_held_up),
        STAGED(a_clock_that_is_set_forward_is_followed),
        STAGED(a_clock_that_is_set_back_is_followed),
        STAGED(another_item_takes_the_turn_of_one_that_is_missing),
        STAGED(another_item_takes_the_turn_of_one_that_fails),
        STAGED(an_aligned_item_that_fails_on_the_screen_is_followed_at_once),
        STAGED(an_aligned_item_that_fails_long_before_its_end_is_replaced_at_once),
        STAGED(items_that_fail_are_left_out_whatever_way_they_fail),
        STAGED(what_only_a_renderer_that_was_taken_over_does_is_told_as_that),
        STAGED(that_something_of_an_item_is_lost_is_told_once),
        STAGED(what_is_lost_of_an_item_is_not_told_of_the_one_that_follows),
        STAGED(a_layer_that_the_player_drops_is_followed_by_the_next),
        STAGED(a_flash_that_fails_sets_nothing_aside_and_takes_no_picture_away),
        STAGED(a_renderer_that_could_not_read_sets_nothing_aside),
        STAGED(nothing_that_can_be_shown_is_told),
        STAGED(a_renderer_that_cannot_be_started_is_nobody_s_fault_and_told_once),
        STAGED(items_are_not_blamed_for_a_player_that_hangs),
        STAGED(what_can_be_shown_at_last_is_told_and_takes_the_status_screen_away),
        STAGED(content_of_which_all_fails_after_it_was_shown_is_told_until_it_is_shown_again),
        STAGED(one_dead_zone_beside_a_living_one_is_not_told),
        STAGED(a_new_manifest_takes_over_from_the_picture_of_the_old_one),
        STAGED(a_player_that_comes_back_is_given_everything_again),
        STAGED(a_player_that_says_that_it_leaves_has_not_died),
        STAGED(a_renderer_that_was_prepared_plays_the_first_item),
        STAGED(a_prepared_renderer_that_died_waiting_is_replaced),
        STAGED(a_renderer_that_hangs_in_its_death_is_not_waited_for),
        STAGED(a_renderer_that_hangs_in_its_death_does_not_hold_up_the_stop),
        STAGED(a_renderer_that_was_killed_leaves_no_zombie),
        STAGED(a_renderer_whose_layer_failed_is_ended),
        STAGED(a_renderer_s_own_words_tell_more_than_that_it_is_gone),
        STAGED(a_renderer_s_own_words_are_waited_for),
        STAGED(how_a_renderer_ended_is_waited_for),
        STAGED(a_renderer_that_ends_well_and_too_early_is_told_as_the_player_saw_it),
        STAGED(a_renderer_s_end_is_seen_where_children_are_ignored),
        STAGED(what_the_player_refuses_waits_for_no_renderer),
        STAGED(who_this_is_lies_above_all_and_goes_by_itself),
        STAGED(an_urgent_message_lies_above_all_until_it_is_hidden),
        STAGED(an_urgent_message_may_be_a_band_at_the_foot),
        STAGED(an_urgent_message_that_fails_is_tried_again_by_itself),
        STAGED(a_player_that_comes_back_is_given_the_urgent_message_first),
        STAGED(who_this_is_cannot_be_shown_without_a_player),
        STAGED(a_status_screen_lies_above_and_goes_when_content_has_come),
        STAGED(a_status_screen_has_the_whole_display_whatever_the_content_s_canvas),
        STAGED(a_canvas_that_fills_is_told_to_the_player),
        STAGED(a_rotation_turns_content_and_status_screens),
        STAGED(a_status_screen_that_may_be_shown_already_is_not_taken_off),
        STAGED(a_notice_stays_until_the_next_one_is_drawn),
        STAGED(a_status_screen_that_waits_is_drawn_when_the_one_before_fails),
        STAGED(a_status_screen_that_waits_is_not_drawn_over_content_that_begins),
        STAGED(an_item_that_may_be_shown_already_is_not_taken_off_by_a_new_manifest),
        STAGED(a_status_screen_is_drawn_again_only_with_other_words),
        STAGED(a_status_screen_that_failed_is_tried_again_by_itself),
        STAGED(a_blank_director_shows_no_content_until_it_is_let_again),
        STAGED(content_that_is_taken_away_while_it_begins_never_settles),
        STAGED(a_status_screen_alone_follows_the_display_s_size_with_its_canvas),
        STAGED(a_display_of_another_size_is_given_all_anew_and_one_that_was_only_off_nothing),
        STAGED(sixteen_zones_in_the_middle_of_a_switch_stay_within_the_player_s_cap),
        STAGED(a_player_that_talks_nonsense_is_left_and_met_again),
        LAUNCHED(items_that_fail_are_left_out_whatever_way_they_fail),
        LAUNCHED(a_renderer_that_cannot_be_started_is_nobody_s_fault_and_told_once),
        LAUNCHED(a_renderer_that_was_prepared_plays_the_first_item),
        LAUNCHED(a_prepared_renderer_that_died_waiting_is_replaced),
        LAUNCHED(a_renderer_that_hangs_in_its_death_is_not_waited_for),
        LAUNCHED(a_renderer_that_hangs_in_its_death_does_not_hold_up_the_stop),
        LAUNCHED(a_renderer_that_was_killed_leaves_no_zombie),
        LAUNCHED(a_renderer_whose_layer_failed_is_ended),
        LAUNCHED(a_renderer_s_own_words_tell_more_than_that_it_is_gone),
        LAUNCHED(how_a_renderer_ended_is_waited_for),
        LAUNCHED(a_renderer_s_end_is_seen_where_children_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
