/* When things are on the screen: seams, triggers, stillness, sound. The real program, through its socket.
 * What is asserted is the player's own schedule and order, from its trace; never how long something took. */
#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static const struct ipc_ring bgra = {.format = IPC_PIXEL_BGRA};

#define STEP_US    40000
#define FRAMES     12
#define LENGTH_US  (FRAMES * STEP_US)
#define ON_TIME_US 50000 /* a show later than this begins when it is seen (timeline.c) */

static int64_t number(const cJSON *object, const char *name) {
    return (int64_t)cJSON_GetObjectItem(object, name)->valuedouble;
}

static const cJSON *entry_of(const cJSON *line, uint32_t layer) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(line, "layers")) {
        if (number(entry, "layer") == layer)
            return entry;
    }
    return NULL;
}

/* The first present that contains the layer. */
static const cJSON *first_with(const cJSON *lines, uint32_t layer) {
    const cJSON *line;
    cJSON_ArrayForEach(line, lines) {
        if (entry_of(line, layer))
            return line;
    }
    fail_msg("layer %u was never presented", layer);
    return NULL;
}

static void frames_send(struct source *source, int from, int to) {
    for (int i = from; i < to; i++)
        source_frame(source, (int64_t)i * STEP_US, (uint8_t)(i * 10), 128, 128);
}

/* Two clips, the second shown where the first ends. */
static void play_two(struct rig *rig, struct source clips[2], struct ipc_message ended[2]) {
    for (uint32_t i = 0; i < 2; i++) {
        source_add(rig, &clips[i], (struct ipc_layer_add){.layer = i + 1, .fit = IPC_FIT_FILL});
        source_ring(&clips[i], (struct ipc_ring){.format = IPC_PIXEL_NV12});
        frames_send(&clips[i], 0, 4);
    }
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    rig_show(rig, (struct ipc_layer_show){.layer = 2, .replaces = 1, .trigger = IPC_TRIGGER_END});
    for (int i = 0; i < 2; i++) {
        frames_send(&clips[i], 4, FRAMES);
        source_end(&clips[i], LENGTH_US);
    }
    ended[0] = rig_expect(rig, IPC_LAYER_ENDED);
    ended[1] = rig_expect(rig, IPC_LAYER_ENDED);
}

static void a_change_falls_on_the_frame_where_the_previous_item_ends(void **state) {
    struct rig *rig = *state;
    struct source clips[2];
    struct ipc_message ended[2];
    play_two(rig, clips, ended);
    cJSON *lines = rig_stop(rig);
    const cJSON *first = first_with(lines, 1);
    const cJSON *second = first_with(lines, 2);
    int64_t seam_us = number(entry_of(first, 1), "due_us") + LENGTH_US;
    if (number(second, "at_us") - seam_us <= ON_TIME_US)
        assert_int_equal(number(entry_of(second, 2), "due_us"), seam_us);
    assert_null(entry_of(second, 1));
    assert_non_null(entry_of(second->prev, 1));
    assert_int_equal(number(entry_of(second->prev, 1), "pts_us"), LENGTH_US - STEP_US);
    cJSON_Delete(lines);
    source_close(&clips[0]);
    source_close(&clips[1]);
}

static void no_present_is_blank_once_something_was_shown(void **state) {
    struct rig *rig = *state;
    struct source clips[2];
    struct ipc_message ended[2];
    play_two(rig, clips, ended);
    cJSON *lines = rig_stop(rig);
    for (const cJSON *line = first_with(lines, 1); line && cJSON_GetObjectItem(line, "layers");
         line = line->next)
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(line, "layers")), 1);
    cJSON_Delete(lines);
    source_close(&clips[0]);
    source_close(&clips[1]);
}

static void every_frame_is_counted_as_presented_or_late(void **state) {
    struct rig *rig = *state;
    struct source clips[2];
    struct ipc_message ended[2];
    play_two(rig, clips, ended);
    cJSON *lines = rig_stop(rig);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t seen = 0;
        int64_t last_pts_us = -1;
        const cJSON *line;
        cJSON_ArrayForEach(line, lines) {
            const cJSON *entry = entry_of(line, i + 1);
            if (entry && number(entry, "pts_us") > last_pts_us) {
                seen++;
                last_pts_us = number(entry, "pts_us");
            }
        }
        assert_int_equal(ended[i].layer_ended.layer, i + 1);
        assert_int_equal(ended[i].layer_ended.frames_presented, seen);
        assert_int_equal(ended[i].layer_ended.frames_presented + ended[i].layer_ended.frames_late, FRAMES);
    }
    cJSON_Delete(lines);
    source_close(&clips[0]);
    source_close(&clips[1]);
}

/* The clock does not wait for frames: one that comes late makes it known where the clock is, and what the
 * renderer left out for that counts as late. */
static void a_late_frame_makes_the_clock_known(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1}, (struct ipc_ring){.slots = 1}, 16, 128,
                   128);
    rig_show_now(rig, 1, 0);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    source_frame(&source, STEP_US, 64, 128, 128);
    source_send(&source, &(struct ipc_message){.type = IPC_LATE, .late = {7}});
    source_frame(&source, 10 * STEP_US, 128, 128, 128);
    source_end(&source, 11 * STEP_US);
    struct ipc_message ended = rig_expect(rig, IPC_LAYER_ENDED);
    assert_true(source.clock_us >= STEP_US + 50000);
    assert_int_equal(ended.layer_ended.frames_presented + ended.layer_ended.frames_late, 3 + 7);
    source_close(&source);
}

static void a_show_at_a_time_is_scheduled_for_that_time(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1}, bgra, 1, 2, 3);
    uint64_t at_ms = (uint64_t)pp_clock_monotonic_ms() + 200;
    rig_show(rig, (struct ipc_layer_show){.layer = 1, .trigger = IPC_TRIGGER_TIME, .at_ms = at_ms});
    assert_true(rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.at_ms >= at_ms);
    cJSON *lines = rig_stop(rig);
    const cJSON *line = first_with(lines, 1);
    if (number(line, "at_us") - (int64_t)at_ms * 1000 <= ON_TIME_US)
        assert_int_equal(number(entry_of(line, 1), "due_us"), at_ms * 1000);
    cJSON_Delete(lines);
    source_close(&source);
}

static void a_show_before_the_first_frame_waits_for_it(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1});
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    rig_ping(rig);
    source_ring(&source, bgra);
    source_frame(&source, 0, 0, 255, 0);
    assert_int_equal(rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.layer, 1);
    source_close(&source);
}

static void an_item_that_is_not_ready_leaves_the_last_picture(void **state) {
    struct rig *rig = *state;
    struct source sources[2];
    source_picture(rig, &sources[0], (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0,
                   255);
    source_end(&sources[0], 20000);
    source_add(rig, &sources[1], (struct ipc_layer_add){.layer = 2, .fit = IPC_FIT_FILL});
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    rig_show(rig, (struct ipc_layer_show){.layer = 2, .replaces = 1, .trigger = IPC_TRIGGER_END});
    rig_expect(rig, IPC_LAYER_ENDED);
    struct image held = rig_screenshot(rig);
    assert_pixel(&held, 80, 45, 0xff0000, 0);
    source_ring(&sources[1], bgra);
    source_frame(&sources[1], 0, 0, 255, 0);
    assert_int_equal(rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.layer, 2);
    struct image next = rig_screenshot(rig);
    assert_pixel(&next, 80, 45, 0x00ff00, 0);
    image_free(&held);
    image_free(&next);
    source_close(&sources[0]);
    source_close(&sources[1]);
}

static void a_slot_is_released_once_it_is_uploaded(void **state) {
    struct rig *rig = *state;
    struct source source;
    struct ipc_message message;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1}, bgra, 0, 0, 255);
    assert_true(ipc_receive(source.socket, &message, NULL));
    assert_int_equal(message.type, IPC_RELEASE);
    assert_int_equal(message.release.slot, 0);
    source_close(&source);
}

/* Two seconds are the thing measured here, not a wait for something. */
static void a_still_picture_costs_no_redraw_and_hardly_a_wakeup(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1}, bgra, 0, 0, 255);
    rig_show_now(rig, 1, 0);
    nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    cJSON *lines = rig_stop(rig);
    const cJSON *shown = first_with(lines, 1);
    const cJSON *end = shown->next;
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(end, "end")));
    assert_in_range(number(end, "wakeups") - number(shown, "wakeups"), 1, 3);
    cJSON_Delete(lines);
    source_close(&source);
}

static void a_picture_with_a_duration_ends_by_itself(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1}, bgra, 0, 0, 255);
    source_end(&source, 30000);
    source_close(&source);
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    struct ipc_message ended = rig_expect(rig, IPC_LAYER_ENDED);
    assert_int_equal(ended.layer_ended.frames_presented, 1);
    assert_int_equal(ended.layer_ended.frames_late, 0);
}

/* A clip of one frame with sound in its ring. */
#define HOLD_MS  150
#define WEEKS_US (INT64_C(49) * 86400 * 1000000) /* of a film with one timestamp far away */

/* Two frames, then one that is due weeks later: the length is what the file claims. */
static void the_end_is_by_what_was_shown_and_not_by_a_claimed_length(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL, .hold_ms = HOLD_MS});
    source_ring(&source, bgra);
    frames_send(&source, 0, 2);
    source_frame(&source, WEEKS_US, 0, 0, 255);
    source_end(&source, WEEKS_US + STEP_US);
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    uint64_t shown_ms = rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.at_ms;
    uint64_t ended_ms = rig_expect(rig, IPC_LAYER_ENDED).layer_ended.at_ms;
    assert_true(ended_ms + 1 + ON_TIME_US / 1000 >= shown_ms + STEP_US / 1000 + HOLD_MS);
    source_close(&source);
}

static void a_film_that_stalls_has_ended(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL, .hold_ms = HOLD_MS});
    source_ring(&source, bgra);
    frames_send(&source, 0, 2);
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    struct ipc_layer_ended ended = rig_expect(rig, IPC_LAYER_ENDED).layer_ended;
    assert_int_equal(ended.frames_presented + ended.frames_late, 2);
    source_close(&source);
}

/* The display's pace is the most: what nobody can see is not uploaded. */
static void frames_faster_than_the_display_cost_no_more_than_its_pace(void **state) {
    struct rig *rig = *state;
    struct source source;
    int64_t least_us = INT64_C(1000000000) / rig->display.refresh_mhz / 2, before_us = 0;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL});
    source_ring(&source, bgra);
    source_frame(&source, 0, 0, 0, 0);
    rig_show_now(rig, 1, 0);
    for (int i = 1; i <= 64; i++)
        source_frame(&source, i, (uint8_t)i, 0, 0);
    source_end(&source, 65);
    rig_expect(rig, IPC_LAYER_ENDED);
    source_close(&source);
    cJSON *lines = rig_stop(rig);
    const cJSON *line;
    int64_t pts_us = 0;
    cJSON_ArrayForEach(line, lines) {
        const cJSON *entry = entry_of(line, 1);
        if (!entry || number(entry, "pts_us") == pts_us)
            continue;
        assert_true(!before_us || number(line, "at_us") - before_us >= least_us);
        before_us = number(line, "at_us");
        pts_us = number(entry, "pts_us");
    }
    cJSON_Delete(lines);
}

static void sound_add_held(struct rig *rig, struct source *source, struct ipc_audio_ring *ring,
                           uint32_t hold_ms) {
    static int16_t noise[8192 * 2];
    memset(noise, 1, sizeof noise - 1);
    noise[0] = 2;
    const struct ipc_audio layout = {IPC_SAMPLE_S16, IPC_AUDIO_RATE, 2, 8192};
    source_add(rig, source, (struct ipc_layer_add){.layer = 1, .volume = 100, .hold_ms = hold_ms});
    source_send(source, &(struct ipc_message){.type = IPC_AUDIO, .audio = layout});
    pp_autoclose int fd = source_memory(source, IPC_MEMORY_SOUND);
    assert_true(ipc_audio_ring_open(&layout, fd, ring, NULL));
    assert_int_equal(ipc_audio_ring_write(ring, noise, 8192), 8192);
    source_ring(source, bgra);
    source_frame(source, 0, 0, 0, 255);
    rig_expect(rig, IPC_LAYER_READY);
}

/* Waits until all of the sound was taken. */
static void sound_add(struct rig *rig, struct source *source, struct ipc_audio_ring *ring) {
    sound_add_held(rig, source, ring, 0);
}

static void sound_is_taken(struct rig *rig) {
    struct source source;
    struct ipc_audio_ring ring = {0};
    sound_add(rig, &source, &ring);
    assert_int_equal(ipc_audio_ring_space(&ring), 0);
    rig_show_now(rig, 1, 0);
    int64_t until = pp_clock_monotonic_ms() + RIG_WAIT_MS;
    while (ipc_audio_ring_space(&ring) < 8192 && pp_clock_monotonic_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    assert_int_equal(ipc_audio_ring_space(&ring), 8192);
    ipc_audio_ring_finish(&ring);
    source_close(&source);
}

static void sound_is_played_while_its_layer_is_shown(void **state) {
    sound_is_taken(*state);
}

/* A film may be one picture with sound: it lasts as long as it is heard. */
static void what_is_heard_is_not_over(void **state) {
    struct rig *rig = *state;
    struct source source;
    struct ipc_audio_ring ring = {0};
    sound_add_held(rig, &source, &ring, HOLD_MS);
    source_end(&source, WEEKS_US);
    rig_show(rig, (struct ipc_layer_show){.layer = 1});
    uint64_t shown_ms = rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.at_ms;
    uint64_t ended_ms = rig_expect(rig, IPC_LAYER_ENDED).layer_ended.at_ms;
    assert_true(ended_ms + ON_TIME_US / 1000 >= shown_ms + 8192 * 1000 / IPC_AUDIO_RATE + HOLD_MS);
    ipc_audio_ring_finish(&ring);
    source_close(&source);
}

static void without_a_sound_device_sound_passes_in_real_time(void **state) {
    sound_is_taken(*state);
}

/* Whether the player has this file open. */
static bool is_open(const struct rig *rig, const char *file) {
    char path[64], target[PP_PATH_MAX];
    for (int fd = 3; fd < 64; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)rig->player, fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length > 0 && strncmp(target, file, (size_t)length) == 0)
            return true;
    }
    return false;
}

/* A cable that was pulled: the device is given up, so that it can be opened again. */
static void a_sound_device_that_is_lost_is_closed(void **state) {
    struct rig *rig = *state;
    struct source source;
    struct ipc_audio_ring ring = {0};
    char block[4096];
    const char *pipe = getenv("SDL_DISKAUDIOFILE");
    int cable = open(pipe, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    assert_true(cable >= 0);
    sound_add(rig, &source, &ring);
    rig_show_now(rig, 1, 0);
    int64_t until = pp_clock_monotonic_ms() + RIG_WAIT_MS;
    while (read(cable, block, sizeof block) <= 0 && pp_clock_monotonic_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    assert_true(is_open(rig, pipe));
    close(cable);
    while (is_open(rig, pipe) && pp_clock_monotonic_ms() < until)
        rig_ping(rig);
    assert_false(is_open(rig, pipe));
    unlink(pipe);
    ipc_audio_ring_finish(&ring);
    source_close(&source);
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_change_falls_on_the_frame_where_the_previous_item_ends),
        RIG_TEST(no_present_is_blank_once_something_was_shown),
        RIG_TEST(every_frame_is_counted_as_presented_or_late),
        RIG_TEST(a_late_frame_makes_the_clock_known),
        RIG_TEST(a_show_at_a_time_is_scheduled_for_that_time),
        RIG_TEST(a_show_before_the_first_frame_waits_for_it),
        RIG_TEST(an_item_that_is_not_ready_leaves_the_last_picture),
        RIG_TEST(a_slot_is_released_once_it_is_uploaded),
        RIG_TEST(a_still_picture_costs_no_redraw_and_hardly_a_wakeup),
        RIG_TEST(a_picture_with_a_duration_ends_by_itself),
        RIG_TEST(the_end_is_by_what_was_shown_and_not_by_a_claimed_length),
        RIG_TEST(a_film_that_stalls_has_ended),
        RIG_TEST(frames_faster_than_the_display_cost_no_more_than_its_pace),
        RIG_TEST(what_is_heard_is_not_over),
        cmocka_unit_test_setup_teardown(what_is_heard_is_not_over, rig_setup_without_sound, rig_teardown),
        RIG_TEST(sound_is_played_while_its_layer_is_shown),
        cmocka_unit_test_setup_teardown(without_a_sound_device_sound_passes_in_real_time,
                                        rig_setup_without_sound, rig_teardown),
        cmocka_unit_test_setup_teardown(a_sound_device_that_is_lost_is_closed, rig_setup_with_sound_in_a_pipe,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
