/* How much is uploaded between two presents, in this process: real scene and timeline on a display of SDL's dummy
 * driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "player/clock.h"
#include "player/timeline.h"

#define LAYERS 10
#define SIDE   1400 /* pixels: the most that a small place may have */

struct stage {
    struct scene scene;
    struct audio *audio;
    struct display *display;
    int sockets[LAYERS]; /* the renderers' ends */
    struct ipc_video_ring rings[LAYERS];
    unsigned ready, failed; /* LAYER_READY, LAYER_FAILED: so many */
};

static void on_report(void *arg, const struct ipc_message *message) {
    struct stage *stage = arg;
    stage->ready += message->type == IPC_LAYER_READY;
    stage->failed += message->type == IPC_LAYER_FAILED;
}

static int setup(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    struct pp_error error = {0};
    const struct display_options options = {.windowed = {160, 90}};
    assert_non_null(stage);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    stage->audio = audio_create(&error);
    stage->display = display_create(&options, &error);
    assert_non_null(stage->display);
    scene_init(&stage->scene, stage->display, stage->audio, NULL);
    stage->scene.report = on_report;
    stage->scene.report_arg = stage;
    *state = stage;
    return 0;
}

static int teardown(void **state) {
    struct stage *stage = *state;
    scene_finish(&stage->scene);
    for (size_t i = 0; i < LAYERS; i++) {
        pp_close(&stage->sockets[i]);
        ipc_video_ring_finish(&stage->rings[i]);
    }
    display_destroy(stage->display);
    audio_destroy(stage->audio);
    free(stage);
    return 0;
}

static void send_message(struct stage *stage, size_t i, struct ipc_message message) {
    struct pp_error error = {0};
    if (!ipc_send(stage->sockets[i], &message, &error))
        fail_msg("%s", error.message);
}

static void add(struct stage *stage, size_t i) {
    int pair[2];
    struct pp_error error = {0};
    const struct ipc_layer_add layer = {.layer = (uint32_t)i + 1, .width = 1920, .height = 1080};
    struct ipc_ring layout = {.format = IPC_PIXEL_BGRA,
                              .width = SIDE,
                              .height = SIDE,
                              .slots = 1,
                              .aspect_num = 1,
                              .aspect_den = 1};
    assert_true(ipc_pair(pair, &error) && ipc_set_nonblocking(pair[1], &error));
    stage->sockets[i] = pair[0];
    assert_true(scene_layer_add(&stage->scene, &layer, pair[1], &error));
    assert_true(ipc_video_layout(&layout, &error));
    send_message(stage, i, (struct ipc_message){.type = IPC_RING, .ring = layout});
    scene_receive(&stage->scene);
    ipc_automessage struct ipc_message memory = {0};
    assert_true(ipc_receive(stage->sockets[i], &memory, &error));
    assert_int_equal(memory.type, IPC_MEMORY);
}

static void all_have_a_first_frame(struct stage *stage) {
    for (size_t i = 0; i < LAYERS; i++)
        add(stage, i);
    for (size_t i = 0; i < LAYERS; i++)
        send_message(stage, i, (struct ipc_message){.type = IPC_FRAME, .frame = {0, 0}});
    scene_receive(&stage->scene);
}

/* A present waits for a few uploads at most, however many layers have one, and no layer is forgotten. */
static void uploads_of_many_layers_are_spread_over_presents(void **state) {
    struct stage *stage = *state;
    const uint64_t each = (uint64_t)SIDE * SIDE * 4;
    const unsigned most = (unsigned)((SCENE_UPLOAD_LEAST + 160u * 90 * SCENE_UPLOAD_PER_PIXEL) / each);
    all_have_a_first_frame(stage);
    unsigned turns = 0;
    while (stage->ready < LAYERS) {
        unsigned before = stage->ready;
        timeline_advance(&stage->scene, player_now_us());
        assert_in_range(stage->ready - before, 1, most);
        assert_int_equal(timeline_due_us(&stage->scene) == 0, stage->ready < LAYERS);
        turns++;
    }
    assert_true(turns >= LAYERS / most);
}

/* What is on the screen is not late because others begin. */
static void what_is_shown_is_uploaded_first(void **state) {
    struct stage *stage = *state;
    add(stage, 0);
    send_message(stage, 0, (struct ipc_message){.type = IPC_FRAME, .frame = {0, 0}});
    scene_receive(&stage->scene);
    const struct ipc_layer_show show = {.layer = 1};
    scene_layer_show(&stage->scene, &show);
    timeline_advance(&stage->scene, player_now_us());
    const struct layer *shown = scene_find(&stage->scene, stage->scene.owner, 1);
    assert_true(shown->shown);
    for (size_t i = 1; i < LAYERS; i++) {
        add(stage, i);
        send_message(stage, i, (struct ipc_message){.type = IPC_FRAME, .frame = {0, 0}});
    }
    send_message(stage, 0, (struct ipc_message){.type = IPC_FRAME, .frame = {0, 1}});
    scene_receive(&stage->scene);
    stage->scene.upload_turn = 1; /* others would have theirs */
    timeline_advance(&stage->scene, shown->start_us + 1000000);
    assert_int_equal(shown->picture_pts_us, 1);
}

/* The picture stays; that nothing follows is told, in words. */
static void a_film_of_which_nothing_comes_has_failed_where_it_is(void **state) {
    struct stage *stage = *state;
    add(stage, 0);
    struct layer *layer = scene_find(&stage->scene, stage->scene.owner, 1);
    layer->hold_us = 6 * LAYER_STALL_US;
    send_message(stage, 0, (struct ipc_message){.type = IPC_FRAME, .frame = {0, 0}});
    scene_receive(&stage->scene);
    const struct ipc_layer_show show = {.layer = 1};
    scene_layer_show(&stage->scene, &show);
    timeline_advance(&stage->scene, player_now_us());
    int64_t due_us = layer->start_us + LAYER_STALL_US;
    assert_int_equal(layer_stalled_us(layer), due_us);
    timeline_advance(&stage->scene, due_us - 1);
    assert_int_equal(stage->failed, 0);
    timeline_advance(&stage->scene, due_us);
    assert_int_equal(stage->failed, 1);
    assert_true(layer->picture && layer->ended && !layer->failed);
    /* What comes after all comes too late, and is no reason to take the picture away. */
    const struct ipc_message frame = {.type = IPC_FRAME, .frame = {0, 1}};
    struct pp_error ignored = {0};
    (void)!ipc_send(stage->sockets[0], &frame, &ignored);
    scene_receive(&stage->scene);
    timeline_advance(&stage->scene, due_us + LAYER_STALL_US);
    assert_int_equal(stage->failed, 1);
    assert_true(layer->picture && !layer->failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(uploads_of_many_layers_are_spread_over_presents, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_shown_is_uploaded_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_film_of_which_nothing_comes_has_failed_where_it_is, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
