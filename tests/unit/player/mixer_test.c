#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "player/clock.h"
#include "player/mixer.h"

#define BLOCK    480   /* frames: 10 ms */
#define BLOCK_US 10000 /* us */

struct voice_test {
    struct ipc_audio_ring writer;
    struct mixer_voice voice;
    int fd;
    int16_t next;
    float out[BLOCK * 2];
};

static int setup(void **state) {
    struct voice_test *test = calloc(1, sizeof *test);
    const struct ipc_audio layout = {IPC_SAMPLE_S16, IPC_AUDIO_RATE, 2, 4096};
    assert_true(ipc_audio_ring_create(&layout, &test->writer, &test->fd, NULL));
    assert_true(ipc_audio_ring_open(&layout, test->fd, &test->voice.ring, NULL));
    test->voice.start_us = PLAYER_NEVER;
    test->voice.limit = INT64_MAX;
    test->voice.gain_to = 1.0f;
    *state = test;
    return 0;
}

static int teardown(void **state) {
    struct voice_test *test = *state;
    ipc_audio_ring_finish(&test->writer);
    ipc_audio_ring_finish(&test->voice.ring);
    pp_close(&test->fd);
    free(test);
    return 0;
}

/* Frame n has the value n / 32768 on both sides. */
static void ramp_write(struct voice_test *test, int frames) {
    for (int i = 0; i < frames; i++) {
        const int16_t frame[2] = {test->next, test->next};
        assert_int_equal(ipc_audio_ring_write(&test->writer, frame, 1), 1);
        test->next++;
    }
}

static void mix(struct voice_test *test, int64_t at_us) {
    memset(test->out, 0, sizeof test->out);
    mixer_mix(&test->voice, at_us, test->out, BLOCK);
}

/* The number of the frame heard at `index` of the last block. */
static int heard(const struct voice_test *test, int index) {
    return (int)lroundf(test->out[2 * index] * 32768.0f);
}

static void a_voice_begins_within_a_block_at_its_moment(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 1000);
    test->voice.start_us = 1005000;
    mix(test, 990000);
    assert_int_equal(test->voice.begun, false);
    mix(test, 1000000);
    assert_int_equal(heard(test, 239), 0);
    assert_int_equal(heard(test, 241), 1);
    assert_int_equal(heard(test, 479), 239);
    mix(test, 1010000);
    assert_int_equal(heard(test, 0), 240);
}

static void a_voice_that_is_not_started_is_silent_and_keeps_its_sound(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 1000);
    mix(test, 1000000);
    assert_int_equal(heard(test, 479), 0);
    assert_int_equal(ipc_audio_ring_waiting(&test->voice.ring), 1000);
}

static void a_late_start_skips_what_is_past(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 2000);
    test->voice.start_us = 1000000;
    mix(test, 1010000);
    assert_int_equal(heard(test, 0), 480);
}

static void what_comes_too_late_is_dropped(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 100);
    test->voice.start_us = 0;
    mix(test, 0);
    assert_int_equal(heard(test, 99), 99);
    assert_int_equal(heard(test, 100), 0);
    ramp_write(test, 1000);
    mix(test, BLOCK_US);
    assert_int_equal(heard(test, 0), 480);
    assert_int_equal(heard(test, 479), 959);
}

static void nothing_is_heard_behind_the_limit(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 1000);
    test->voice.start_us = 0;
    test->voice.limit = 300;
    mix(test, 0);
    assert_int_equal(heard(test, 299), 299);
    assert_int_equal(heard(test, 300), 0);
    mix(test, BLOCK_US);
    assert_int_equal(heard(test, 0), 0);
}

static void a_gain_is_reached_within_a_block_without_a_step(void **state) {
    struct voice_test *test = *state;
    static int16_t loud[2000 * 2];
    for (size_t i = 0; i < PP_COUNT(loud); i++)
        loud[i] = 16384;
    ipc_audio_ring_write(&test->writer, loud, 2000);
    test->voice.start_us = 0;
    mix(test, 0);
    assert_float_equal(test->out[0], 0.5f, 1e-6f);
    test->voice.gain_to = 0.0f;
    mix(test, BLOCK_US);
    assert_float_equal(test->out[BLOCK], 0.25f, 0.01f);
    for (int i = 1; i < BLOCK; i++)
        assert_true(test->out[2 * i] <= test->out[2 * i - 2]);
    mix(test, 2 * BLOCK_US);
    assert_float_equal(test->out[100], 0.0f, 1e-6f);
}

static void two_voices_add_up(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 1000);
    test->voice.start_us = 0;
    for (int i = 0; i < BLOCK * 2; i++)
        test->out[i] = 0.25f;
    mixer_mix(&test->voice, 0, test->out, BLOCK);
    assert_float_equal(test->out[200], 0.25f + 100.0f / 32768.0f, 1e-6f);
}

static void a_device_that_runs_slow_is_told_as_sound_behind(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 4000);
    test->voice.start_us = 0;
    mix(test, 0);
    mix(test, BLOCK_US + 3000);
    assert_int_equal(test->voice.ahead_us, -3000);
    assert_int_equal(heard(test, 0), 480);
}

/* The pictures' clock is moved several times between two blocks: what was corrected is not corrected again.
 */
static void a_corrected_clock_is_no_longer_off(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 4000);
    test->voice.start_us = 0;
    mix(test, 0);
    mix(test, BLOCK_US + 3000);
    mixer_move(&test->voice, 1000);
    assert_int_equal(test->voice.ahead_us, -2000);
    mix(test, 2 * BLOCK_US + 3000);
    assert_in_range(test->voice.ahead_us + 2000, 0, 30); /* a block is no whole number of us */
}

static void a_gap_of_the_device_makes_sound_jump(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 4000);
    test->voice.start_us = 0;
    mix(test, 0);
    int64_t later_us = BLOCK_US + 2 * MIXER_RESYNC_US;
    mix(test, later_us);
    assert_int_equal(test->voice.position, mixer_frames_of(later_us) + BLOCK);
}

static void samples_that_are_not_numbers_are_silence(void **state) {
    (void)state;
    const struct ipc_audio layout = {IPC_SAMPLE_F32, IPC_AUDIO_RATE, 2, 1024};
    struct ipc_audio_ring writer = {0};
    struct mixer_voice voice = {.limit = INT64_MAX, .gain_to = 1.0f};
    pp_autoclose int fd = -1;
    float out[8] = {0};
    const float bad[8] = {NAN, INFINITY, -INFINITY, 1e30f, 0.5f, -0.5f, 5.0f, 0.0f};
    assert_true(ipc_audio_ring_create(&layout, &writer, &fd, NULL));
    assert_true(ipc_audio_ring_open(&layout, fd, &voice.ring, NULL));
    ipc_audio_ring_write(&writer, bad, 4);
    mixer_mix(&voice, 0, out, 4);
    static const float expected[8] = {0, 0, 0, 0, 0.5f, -0.5f, 0, 0};
    for (int i = 0; i < 8; i++)
        assert_float_equal(out[i], expected[i], 1e-6f);
    ipc_audio_ring_finish(&writer);
    ipc_audio_ring_finish(&voice.ring);
}

static void a_hostile_position_gives_noise_but_nothing_worse(void **state) {
    struct voice_test *test = *state;
    memset(test->writer.memory, 0xff, 8);
    test->voice.start_us = 0;
    for (int i = 0; i < 50; i++)
        mix(test, i * BLOCK_US);
    assert_int_equal(test->voice.position, 50 * BLOCK);
}

static void without_a_device_time_passes_all_the_same(void **state) {
    struct voice_test *test = *state;
    ramp_write(test, 1000);
    mixer_skip(&test->voice, 500000);
    assert_int_equal(test->voice.position, 0);
    test->voice.start_us = 500000;
    mixer_skip(&test->voice, 510000);
    assert_int_equal(test->voice.position, 480);
    assert_int_equal(ipc_audio_ring_waiting(&test->voice.ring), 520);
    mixer_skip(&test->voice, 600000);
    ramp_write(test, 4000);
    mixer_skip(&test->voice, 600000);
    assert_int_equal(ipc_audio_ring_waiting(&test->voice.ring), 5000 - 4800);
}

#define VOICE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* The volume of all sound changes within a block, evenly. */
static void scale_goes_from_one_volume_to_another_without_a_step(void **state) {
    float out[2 * 100];
    (void)state;
    for (size_t i = 0; i < PP_COUNT(out); i++)
        out[i] = 1;
    mixer_scale(out, 100, 1, 1);
    assert_float_equal(out[0], 1, 0);
    mixer_scale(out, 100, 1, 0.5f);
    for (size_t i = 1; i < 100; i++) {
        assert_float_equal(out[2 * i], out[2 * i + 1], 0);
        assert_float_equal(out[2 * i - 2] - out[2 * i], 0.005, 1e-5);
    }
    assert_float_equal(out[0], 0.995, 1e-5);
    assert_float_equal(out[198], 0.5, 1e-5);
    mixer_scale(out, 100, 0, 0);
    assert_float_equal(out[0], 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_goes_from_one_volume_to_another_without_a_step),
        VOICE_TEST(a_voice_begins_within_a_block_at_its_moment),
        VOICE_TEST(a_voice_that_is_not_started_is_silent_and_keeps_its_sound),
        VOICE_TEST(a_late_start_skips_what_is_past),
        VOICE_TEST(what_comes_too_late_is_dropped),
        VOICE_TEST(nothing_is_heard_behind_the_limit),
        VOICE_TEST(a_gain_is_reached_within_a_block_without_a_step),
        VOICE_TEST(two_voices_add_up),
        VOICE_TEST(a_device_that_runs_slow_is_told_as_sound_behind),
        VOICE_TEST(a_corrected_clock_is_no_longer_off),
        VOICE_TEST(a_gap_of_the_device_makes_sound_jump),
        cmocka_unit_test(samples_that_are_not_numbers_are_silence),
        VOICE_TEST(a_hostile_position_gives_noise_but_nothing_worse),
        VOICE_TEST(without_a_device_time_passes_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
