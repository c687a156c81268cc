/* What a broken or hostile renderer or agent gets, and what stays on the screen meanwhile. */
#include "rig.h"

#include "player/scene.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct ipc_ring bgra = {.format = IPC_PIXEL_BGRA};

#define BACKGROUND 0x203040

static void shot_expect(struct rig *rig, uint32_t rgb) {
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 80, 45, rgb, 0);
    image_free(&image);
}

static void raw(int fd, const char *bytes, size_t size) {
    assert_int_equal(send(fd, bytes, size, 0), (ssize_t)size);
}

static struct ipc_message frame(unsigned slot, uint64_t pts_us) {
    return (struct ipc_message){.type = IPC_FRAME, .frame = {(uint8_t)slot, pts_us}};
}

static void ring_send(const struct source *source, struct ipc_ring layout) {
    struct ipc_message message = {.type = IPC_RING, .ring = layout};
    source_send(source, &message);
}

static struct ipc_ring good_layout(void) {
    struct ipc_ring layout = {
        .format = IPC_PIXEL_I420, .width = 16, .height = 16, .slots = 2, .aspect_num = 1, .aspect_den = 1};
    assert_true(ipc_video_layout(&layout, NULL));
    return layout;
}

static void do_slot_out_of_range(struct source *source) {
    struct ipc_message message = frame(4, 40000);
    source_send(source, &message);
}
static void do_slot_not_released(struct source *source) {
    struct ipc_message message = frame(1, 40000000);
    source_send(source, &message);
    message = frame(1, 40040000);
    source_send(source, &message);
}
static void do_pts_standing_still(struct source *source) {
    struct ipc_message message = frame(1, 0);
    source_send(source, &message);
}
static void do_frame_after_end(struct source *source) {
    struct ipc_message message = frame(1, 40000);
    source_end(source, 60000000);
    source_send(source, &message);
}
static void do_second_ring(struct source *source) {
    ring_send(source, good_layout());
}
static void do_late_audio(struct source *source) {
    struct ipc_message message = {.type = IPC_AUDIO, .audio = {IPC_SAMPLE_S16, IPC_AUDIO_RATE, 2, 8192}};
    source_send(source, &message);
}
static void do_garbage(struct source *source) {
    raw(source->socket, "\x03\x03", 2);
}
static void do_agents_message(struct source *source) {
    source_send(source, &(struct ipc_message){.type = IPC_LAYER_REMOVE, .layer_remove = {1}});
}
static void do_overlong(struct source *source) {
    raw(source->socket, "\x02\x03\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", 14);
}

static void do_late_twice(struct source *source) {
    struct ipc_message message = {.type = IPC_LATE, .late = {1}};
    source_send(source, &message);
    source_send(source, &message);
}

struct offence {
    void (*commit)(struct source *source);
    const char *reason;
};

static void a_shown_layer_whose_renderer_breaks_the_protocol_shows_nothing(void **state) {
    struct rig *rig = *state;
    static const struct offence offences[] = {
        {do_slot_out_of_range, "FRAME: slot 4 of 4"},
        {do_slot_not_released, "FRAME: slot 1 is not released"},
        {do_pts_standing_still, "FRAME: pts 0 does not grow"},
        {do_frame_after_end, "FRAME after END"},
        {do_second_ring, "a second RING"},
        {do_late_audio, "AUDIO after the first FRAME"},
        {do_late_twice, "a second LATE before a FRAME"},
        {do_garbage, "version: the packet ends at byte 2"},
        {do_agents_message, "LAYER_REMOVE on a frame socket"},
        {do_overlong, "message FRAME: 1 bytes follow its end at byte 13"},
    };
    for (uint32_t i = 0; i < PP_COUNT(offences); i++) {
        struct source source;
        source_picture(rig, &source, (struct ipc_layer_add){.layer = i + 1, .fit = IPC_FIT_FILL}, bgra, 0, 0,
                       255);
        rig_show_now(rig, i + 1, 0);
        shot_expect(rig, 0xff0000);
        offences[i].commit(&source);
        struct ipc_message failed = rig_expect(rig, IPC_LAYER_FAILED);
        assert_int_equal(failed.layer_failed.layer, i + 1);
        assert_string_equal(failed.layer_failed.reason, offences[i].reason);
        assert_int_equal(failed.layer_failed.gone, 0);
        assert_int_equal(failed.layer_failed.broken, 1);
        source_expect_closed(&source);
        shot_expect(rig, BACKGROUND);
        source_close(&source);
    }
}

static void a_layer_that_fails_while_it_fades_in_leaves_the_one_below(void **state) {
    struct rig *rig = *state;
    struct source below;
    struct source above;
    source_picture(rig, &below, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    source_picture(rig, &above, (struct ipc_layer_add){.layer = 2, .fit = IPC_FIT_FILL}, bgra, 255, 0, 0);
    rig_show_now(rig, 1, 0);
    rig_show(rig,
             (struct ipc_layer_show){
                 .layer = 2, .replaces = 1, .transition = IPC_TRANSITION_CROSSFADE, .duration_ms = 2000});
    rig_expect(rig, IPC_LAYER_SHOWN);
    do_garbage(&above);
    rig_expect(rig, IPC_LAYER_FAILED);
    shot_expect(rig, 0xff0000);
    source_close(&below);
    source_close(&above);
}

static void do_own_memory(struct source *source) {
    char control[CMSG_SPACE(sizeof(int))] = {0};
    uint8_t packet[IPC_PACKET_MAX];
    size_t size = 0;
    struct ipc_message message = {.type = IPC_RING, .ring = good_layout()};
    assert_true(ipc_encode(&message, packet, &size, NULL));
    struct iovec part = {.iov_base = packet, .iov_len = size};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *entry = CMSG_FIRSTHDR(&header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(entry), &source->socket, sizeof(int));
    assert_int_equal(sendmsg(source->socket, &header, 0), (ssize_t)size);
}

static void do_offset_behind(struct source *source) {
    struct ipc_ring layout = good_layout();
    layout.offsets[2] = IPC_RING_MAX;
    ring_send(source, layout);
}
static void do_stride_behind(struct source *source) {
    struct ipc_ring layout = good_layout();
    layout.strides[0] = IPC_RING_MAX;
    ring_send(source, layout);
}
static void do_stride_short(struct source *source) {
    struct ipc_ring layout = good_layout();
    layout.strides[0] = 8;
    ring_send(source, layout);
}
static void do_ring_over_all(struct source *source) {
    struct ipc_ring layout = good_layout();
    layout.slot_size = IPC_RING_MAX;
    layout.slots = IPC_SLOTS_MAX;
    ring_send(source, layout);
}
static void do_slot_too_small(struct source *source) {
    struct ipc_ring layout = good_layout();
    layout.slot_size = 64;
    ring_send(source, layout);
}
static void do_planes_over_each_other(struct source *source) {
    struct ipc_ring layout = good_layout();
    layout.offsets[1] = layout.offsets[2] = 0;
    ring_send(source, layout);
}
/* Three of these made the player 1.5 GB large and stop for 2.9 s. */
static void do_picture_larger_than_its_place(struct source *source) {
    struct ipc_ring layout = {.format = IPC_PIXEL_I420,
                              .width = IPC_SIDE_MAX,
                              .height = 4096,
                              .slots = 1,
                              .strides = {IPC_SIDE_MAX, IPC_SIDE_MAX, IPC_SIDE_MAX},
                              .slot_size = IPC_RING_MAX,
                              .aspect_num = 1,
                              .aspect_den = 1};
    ring_send(source, layout);
}
static void do_many_slots(struct source *source) {
    struct ipc_ring layout = {.format = IPC_PIXEL_BGRA, .width = 1400, .height = 700, .slots = 16};
    layout.aspect_num = layout.aspect_den = 1;
    assert_true(ipc_video_layout(&layout, NULL));
    ring_send(source, layout);
}

static void rings_that_are_wrong_or_too_large_get_no_memory(void **state) {
    struct rig *rig = *state;
    static const struct offence offences[] = {
        {do_own_memory, "message RING: 1 descriptors, needs 0"},
        {do_offset_behind, "plane 2 ends at"},
        {do_stride_behind, "plane 0 ends at"},
        {do_stride_short, "stride 8 is under 16"},
        {do_ring_over_all, "is more than its place needs"},
        {do_slot_too_small, "behind its slot"},
        {do_planes_over_each_other, "planes 0 and 1 overlap"},
        {do_picture_larger_than_its_place, "16384 x 4096 pixels are more than its place needs"},
        {do_many_slots, "is more than its place needs"},
    };
    for (uint32_t i = 0; i < PP_COUNT(offences); i++) {
        struct source source;
        source_add(rig, &source, (struct ipc_layer_add){.layer = i + 1});
        offences[i].commit(&source);
        struct ipc_message failed = rig_expect(rig, IPC_LAYER_FAILED);
        if (!strstr(failed.layer_failed.reason, offences[i].reason))
            fail_msg("'%s' does not say '%s'", failed.layer_failed.reason, offences[i].reason);
        source_expect_closed(&source);
        source_close(&source);
    }
    rig_ping(rig);
}

/* As many as the player takes, each with as much as it gets: it ends at the budget, and what is removed makes
 * room for others. */
static void all_layers_together_are_within_a_budget(void **state) {
    struct rig *rig = *state;
    struct source sources[IPC_LAYERS_MAX];
    struct ipc_ring layout = {.format = IPC_PIXEL_BGRA, .width = 1400, .height = 1400, .slots = 1};
    layout.aspect_num = layout.aspect_den = 1;
    assert_true(ipc_video_layout(&layout, NULL));
    const uint64_t each = layout.slot_size + 1400u * 1400u * 4u;
    uint32_t taken = 0;
    for (bool room = true; room && taken < IPC_LAYERS_MAX; taken++) {
        source_add(rig, &sources[taken], (struct ipc_layer_add){.layer = taken + 1});
        ring_send(&sources[taken], layout);
        ipc_automessage struct ipc_message answer = rig_answer(rig, &sources[taken]);
        room = answer.type == IPC_MEMORY;
        if (!room) {
            assert_string_equal(answer.layer_failed.reason, "all layers together would need too much memory");
            assert_int_equal(answer.layer_failed.broken, 0);
        }
    }
    const uint64_t budget = 160 * 90 * SCENE_MEMORY_PER_PIXEL + SCENE_MEMORY_LEAST;
    assert_int_equal(taken - 1, budget / each);
    rig_send(rig, &(struct ipc_message){.type = IPC_LAYER_REMOVE, .layer_remove = {1}});
    struct source other;
    source_add(rig, &other, (struct ipc_layer_add){.layer = 100});
    source_ring(&other, layout);
    source_close(&other);
    for (uint32_t i = 0; i < taken; i++)
        source_close(&sources[i]);
}

static void order_is_kept_from_the_first_message(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1});
    struct ipc_message message = frame(0, 0);
    source_send(&source, &message);
    assert_string_equal(rig_expect(rig, IPC_LAYER_FAILED).layer_failed.reason, "FRAME before RING");
    source_close(&source);
    source_add(rig, &source, (struct ipc_layer_add){.layer = 2});
    source_end(&source, 1);
    assert_string_equal(rig_expect(rig, IPC_LAYER_FAILED).layer_failed.reason, "END before the first FRAME");
    source_close(&source);
}

static void a_renderer_that_dies_leaves_its_last_picture(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    rig_show_now(rig, 1, 0);
    source_frame(&source, 1, 0, 255, 0);
    source_close(&source);
    struct ipc_message failed = rig_expect(rig, IPC_LAYER_FAILED);
    assert_string_equal(failed.layer_failed.reason, "the renderer went away before the end");
    assert_int_equal(failed.layer_failed.gone, 1);
    assert_int_equal(failed.layer_failed.broken, 0);
    rig_expect(rig, IPC_LAYER_ENDED);
    shot_expect(rig, 0x00ff00);
}

static void a_renderer_that_dies_counts_as_ended_for_what_follows(void **state) {
    struct rig *rig = *state;
    struct source sources[2];
    source_picture(rig, &sources[0], (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0,
                   255);
    source_picture(rig, &sources[1], (struct ipc_layer_add){.layer = 2, .fit = IPC_FIT_FILL}, bgra, 255, 0,
                   0);
    rig_show_now(rig, 1, 0);
    rig_show(rig, (struct ipc_layer_show){.layer = 2, .replaces = 1, .trigger = IPC_TRIGGER_END});
    source_frame(&sources[0], 1, 0, 255, 0);
    source_close(&sources[0]);
    rig_expect(rig, IPC_LAYER_FAILED);
    assert_int_equal(rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.layer, 2);
    shot_expect(rig, 0x0000ff);
    source_close(&sources[1]);
}

static void a_still_picture_outlives_its_renderer(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    source_close(&source);
    rig_show_now(rig, 1, 0);
    shot_expect(rig, 0xff0000);
}

/* Shows red as layer 1 and disconnects in the way told; the picture must still be there. */
static void held_after(struct rig *rig, struct source *source) {
    rig_expect_disconnect(rig);
    struct image image = rig_screenshot_by_signal(rig);
    assert_pixel(&image, 80, 45, 0xff0000, 0);
    image_free(&image);
    source_close(source);
}

static void red_show(struct rig *rig, struct source *source) {
    source_picture(rig, source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    rig_show_now(rig, 1, 0);
}

static void an_agent_that_breaks_the_protocol_is_disconnected_and_the_picture_held(void **state) {
    struct rig *rig = *state;
    static const struct ipc_message offences[] = {
        {.type = IPC_HELLO, .hello = {IPC_PROTOCOL}},
        {.type = IPC_RELEASE, .release = {1}},
        {.type = IPC_DISPLAY, .display = {.width = 1, .height = 1, .refresh_mhz = 1}},
    };
    for (size_t i = 0; i < PP_COUNT(offences); i++) {
        struct source source;
        red_show(rig, &source);
        rig_send(rig, &offences[i]);
        held_after(rig, &source);
        rig_connect(rig);
    }
    struct source source;
    red_show(rig, &source);
    raw(rig->agent, "\x99\x99\x01\x00", 4);
    held_after(rig, &source);
    rig_connect(rig);
}

static void a_layer_number_used_twice_ends_the_connection(void **state) {
    struct rig *rig = *state;
    struct source source;
    struct source again;
    red_show(rig, &source);
    source_add(rig, &again, (struct ipc_layer_add){.layer = 1});
    held_after(rig, &source);
    source_close(&again);
    rig_connect(rig);
}

static void nothing_is_obeyed_before_hello(void **state) {
    struct rig *rig = *state;
    struct source source;
    red_show(rig, &source);
    rig_disconnect(rig);
    rig->agent = ipc_connect(rig->socket, NULL);
    rig_send(rig, &(struct ipc_message){.type = IPC_MARK, .mark = {1}});
    held_after(rig, &source);
    rig_connect(rig);
}

static void another_version_of_the_protocol_is_refused(void **state) {
    struct rig *rig = *state;
    rig_disconnect(rig);
    rig->agent = ipc_connect(rig->socket, NULL);
    rig_send(rig, &(struct ipc_message){.type = IPC_HELLO, .hello = {IPC_PROTOCOL + 1}});
    rig_expect_disconnect(rig);
    rig_connect(rig);
}

static void the_old_picture_stays_until_the_new_agent_shows_something(void **state) {
    struct rig *rig = *state;
    struct source old;
    struct source new;
    red_show(rig, &old);
    rig_disconnect(rig);
    rig_connect(rig);
    rig_send(rig, &(struct ipc_message){.type = IPC_CANVAS, .canvas = {90, 160, 0x777777, 0, 0}});
    shot_expect(rig, 0xff0000);
    struct ipc_layer_add add = {.layer = 1, .width = 90, .height = 160, .fit = IPC_FIT_FILL};
    source_picture(rig, &new, add, bgra, 255, 0, 0);
    shot_expect(rig, 0xff0000);
    rig_show_now(rig, 1, 0);
    source_expect_closed(&old);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 80, 45, 0x0000ff, 0);
    assert_pixel(&image, 5, 45, 0x777777, 0);
    image_free(&image);
    source_close(&old);
    source_close(&new);
}

static void a_newer_agent_takes_over_from_one_that_is_still_connected(void **state) {
    struct rig *rig = *state;
    struct rig second = *rig;
    rig_connect(&second);
    rig_expect_disconnect(rig);
    rig->agent = second.agent;
    rig_ping(rig);
}

static void a_layer_over_the_cap_fails_and_the_others_stay(void **state) {
    struct rig *rig = *state;
    struct source sources[IPC_LAYERS_MAX + 1];
    for (uint32_t i = 0; i <= IPC_LAYERS_MAX; i++)
        source_add(rig, &sources[i], (struct ipc_layer_add){.layer = i + 1});
    struct ipc_message failed = rig_expect(rig, IPC_LAYER_FAILED);
    assert_int_equal(failed.layer_failed.layer, IPC_LAYERS_MAX + 1);
    assert_string_equal(failed.layer_failed.reason, "too many layers");
    source_ring(&sources[0], bgra);
    source_frame(&sources[0], 0, 0, 0, 255);
    assert_int_equal(rig_expect(rig, IPC_LAYER_READY).layer_ready.layer, 1);
    for (uint32_t i = 0; i <= IPC_LAYERS_MAX; i++)
        source_close(&sources[i]);
}

static void layers_that_are_gone_may_be_named(void **state) {
    struct rig *rig = *state;
    rig_send(rig, &(struct ipc_message){.type = IPC_LAYER_REMOVE, .layer_remove = {5}});
    rig_show(rig, (struct ipc_layer_show){.layer = 6, .replaces = 5});
    rig_ping(rig);
}

/* Needs root to become somebody else; the socket is opened up so that only the player's own check is left. */
static void a_stranger_is_refused(void **state) {
    struct rig *rig = *state;
    if (getuid() != 0)
        skip();
    assert_int_equal(chmod(rig->folder, 0755), 0);
    assert_int_equal(chmod(rig->socket, 0666), 0);
    pid_t child = fork();
    if (child == 0) {
        struct ipc_message message = {.type = IPC_HELLO, .hello = {IPC_PROTOCOL}};
        struct pp_error error = {0};
        int fd = setuid(65534) == 0 ? ipc_connect(rig->socket, NULL) : -1;
        if (fd < 0)
            _exit(1);
        (void)!ipc_send(fd, &message, NULL);
        _exit(!ipc_receive(fd, &message, &error) && error.code == PP_E_NET ? 0 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    rig_ping(rig);
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_shown_layer_whose_renderer_breaks_the_protocol_shows_nothing),
        RIG_TEST(a_layer_that_fails_while_it_fades_in_leaves_the_one_below),
        RIG_TEST(rings_that_are_wrong_or_too_large_get_no_memory),
        RIG_TEST(all_layers_together_are_within_a_budget),
        RIG_TEST(order_is_kept_from_the_first_message),
        RIG_TEST(a_renderer_that_dies_leaves_its_last_picture),
        RIG_TEST(a_renderer_that_dies_counts_as_ended_for_what_follows),
        RIG_TEST(a_still_picture_outlives_its_renderer),
        RIG_TEST(an_agent_that_breaks_the_protocol_is_disconnected_and_the_picture_held),
        RIG_TEST(a_layer_number_used_twice_ends_the_connection),
        RIG_TEST(nothing_is_obeyed_before_hello),
        RIG_TEST(another_version_of_the_protocol_is_refused),
        RIG_TEST(the_old_picture_stays_until_the_new_agent_shows_something),
        RIG_TEST(a_newer_agent_takes_over_from_one_that_is_still_connected),
        RIG_TEST(a_layer_over_the_cap_fails_and_the_others_stay),
        RIG_TEST(layers_that_are_gone_may_be_named),
        RIG_TEST(a_stranger_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
