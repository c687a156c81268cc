#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/ring.h"

static struct ipc_ring layout_of(unsigned format, unsigned width, unsigned height, unsigned slots) {
    struct ipc_ring layout = {.format = (uint8_t)format,
                              .width = (uint16_t)width,
                              .height = (uint16_t)height,
                              .slots = (uint8_t)slots,
                              .aspect_num = 1,
                              .aspect_den = 1};
    assert_true(ipc_video_layout(&layout, NULL));
    return layout;
}

static void assert_refused(const struct ipc_ring *layout, const char *reason) {
    struct ipc_video_ring ring = {0};
    struct pp_error error = {0};
    int fd = -1;
    assert_false(ipc_video_ring_create(layout, &ring, &fd, &error));
    assert_null(ring.memory);
    assert_int_equal(fd, -1);
    if (!strstr(error.message, reason))
        fail_msg("'%s' does not say '%s'", error.message, reason);
}

static void a_layout_has_room_for_odd_sizes(void **state) {
    (void)state;
    struct ipc_ring i420 = layout_of(IPC_PIXEL_I420, 33, 17, 2);
    assert_int_equal(i420.strides[0], 64);
    assert_int_equal(i420.strides[1], 64);
    assert_int_equal(i420.offsets[1], 64 * 17);
    assert_int_equal(i420.offsets[2], 64 * 17 + 64 * 9);
    assert_int_equal(i420.slot_size, 64 * 17 + 2 * 64 * 9);
    struct ipc_ring nv12 = layout_of(IPC_PIXEL_NV12, 65, 2, 1);
    assert_int_equal(nv12.strides[1], 128);
    assert_int_equal(nv12.slot_size, 128 * 2 + 128);
    assert_int_equal(layout_of(IPC_PIXEL_BGRA, 10, 10, 1).slot_size, 64 * 10);
}

static void a_ring_over_the_cap_cannot_be_laid_out(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct ipc_ring layout = {.format = IPC_PIXEL_BGRA, .width = 3840, .height = 2160, .slots = 3};
    assert_false(ipc_video_layout(&layout, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    layout.width = layout.height = IPC_SIDE_MAX;
    assert_false(ipc_video_layout(&layout, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void pixels_written_by_the_renderer_are_read_by_the_player(void **state) {
    (void)state;
    struct ipc_ring layout = layout_of(IPC_PIXEL_NV12, 20, 10, 3);
    struct ipc_video_ring writer = {0};
    struct ipc_video_ring reader = {0};
    pp_autoclose int fd = -1;
    assert_true(ipc_video_ring_create(&layout, &reader, &fd, NULL));
    assert_true(ipc_video_ring_open(&layout, fd, &writer, NULL));
    struct ipc_plane plane = ipc_video_plane(&writer, 2, 1);
    assert_int_equal(plane.rows, 5);
    assert_int_equal(plane.row_bytes, 20);
    plane.data[plane.stride * 4 + 19] = 77;
    struct ipc_plane seen = ipc_video_plane(&reader, 2, 1);
    assert_int_equal(seen.data[seen.stride * 4 + 19], 77);
    ipc_video_ring_finish(&writer);
    ipc_video_ring_finish(&reader);
    assert_null(reader.memory);
}

static void a_created_ring_cannot_be_resized(void **state) {
    (void)state;
    struct ipc_ring layout = layout_of(IPC_PIXEL_I420, 20, 10, 2);
    struct ipc_video_ring ring = {0};
    pp_autoclose int fd = -1;
    assert_true(ipc_video_ring_create(&layout, &ring, &fd, NULL));
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(ftruncate(fd, 1 << 20), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    ipc_video_ring_finish(&ring);
}

static void a_ring_has_exactly_the_memory_of_its_layout(void **state) {
    (void)state;
    struct ipc_ring layout = layout_of(IPC_PIXEL_I420, 64, 64, 4);
    struct ipc_video_ring ring = {0};
    pp_autoclose int fd = -1;
    struct stat about;
    assert_true(ipc_video_ring_create(&layout, &ring, &fd, NULL));
    assert_int_equal(fstat(fd, &about), 0);
    assert_int_equal(about.st_size, layout.slot_size * 4);
    assert_int_equal(ring.size, layout.slot_size * 4);
    ipc_video_ring_finish(&ring);
}

static void planes_outside_their_slot_are_refused(void **state) {
    (void)state;
    const struct ipc_ring good = layout_of(IPC_PIXEL_I420, 64, 64, 4);
    struct ipc_ring bad = good;
    bad.offsets[2] += 1;
    bad.strides[2] = 64;
    bad.offsets[2] = good.slot_size - 64 * 31 - 31;
    assert_refused(&bad, "plane 2 ends at");
    bad = good;
    bad.offsets[0] = UINT32_MAX;
    assert_refused(&bad, "plane 0 ends at");
    bad = good;
    bad.strides[1] = UINT32_MAX;
    assert_refused(&bad, "plane 1 ends at");
    bad = good;
    bad.strides[0] = 63;
    assert_refused(&bad, "plane 0: stride 63 is under 64");
    bad = good;
    bad.strides[1] = 0;
    assert_refused(&bad, "plane 1: stride 0 is under 32");
}

/* A picture would else cost more than its ring: 16384 x 4096 in three planes over each other did. */
static void planes_that_overlap_are_refused(void **state) {
    (void)state;
    const struct ipc_ring good = layout_of(IPC_PIXEL_I420, 64, 64, 4);
    struct ipc_ring bad = good;
    bad.offsets[1] = bad.offsets[2] = 0;
    assert_refused(&bad, "planes 0 and 1 overlap");
    bad = good;
    bad.offsets[2] = good.offsets[1];
    assert_refused(&bad, "planes 1 and 2 overlap");
    bad = good;
    bad.offsets[2] = good.offsets[0] + 32; /* between the rows of a wider plane, too */
    assert_refused(&bad, "planes 0 and 2 overlap");
    bad = good;
    bad.offsets[1]--;
    assert_refused(&bad, "planes 0 and 1 overlap");
    bad = layout_of(IPC_PIXEL_NV12, 64, 64, 1);
    bad.offsets[0] = bad.offsets[1];
    bad.slot_size *= 2;
    assert_refused(&bad, "planes 0 and 1 overlap");
    bad = (struct ipc_ring){.format = IPC_PIXEL_I420,
                            .width = IPC_SIDE_MAX,
                            .height = 4096,
                            .slots = 1,
                            .strides = {IPC_SIDE_MAX, IPC_SIDE_MAX, IPC_SIDE_MAX},
                            .slot_size = IPC_RING_MAX};
    assert_refused(&bad, "overlap");
}

static void a_picture_is_bounded_by_its_place(void **state) {
    (void)state;
    assert_int_equal(ipc_picture_pixels_max(1, 1), IPC_PICTURE_PIXELS_MIN);
    assert_true(ipc_picture_pixels_max(1920, 1080) >= 4096 * 2160);
    assert_true(ipc_picture_pixels_max(1920, 1080) < 3 * 4096 * 2160);
    assert_true(ipc_ring_bytes_max(4096 * 2160) >= 4096 * 2160 * 3 / 2 * 4);
    assert_int_equal(ipc_ring_bytes_max(ipc_picture_pixels_max(IPC_SIDE_MAX, IPC_SIDE_MAX)), IPC_RING_MAX);
}

static void impossible_sizes_are_refused(void **state) {
    (void)state;
    const struct ipc_ring good = layout_of(IPC_PIXEL_BGRA, 64, 64, 1);
    struct ipc_ring bad = good;
    bad.slot_size = UINT32_MAX;
    bad.slots = IPC_SLOTS_MAX;
    assert_refused(&bad, "are over");
    bad = good;
    bad.slots = 0;
    assert_refused(&bad, "0 slots");
    bad = good;
    bad.slots = 200;
    assert_refused(&bad, "200 slots");
    bad = good;
    bad.height = 0;
    assert_refused(&bad, "64 x 0");
    bad = good;
    bad.format = 9;
    assert_refused(&bad, "format 9");
}

static const struct ipc_audio stereo = {
    .format = IPC_SAMPLE_S16, .rate = IPC_AUDIO_RATE, .channels = 2, .capacity_frames = 1024};

struct audio_pair {
    struct ipc_audio_ring writer, reader;
    int fd;
};

static int audio_setup(void **state) {
    struct audio_pair *pair = calloc(1, sizeof *pair);
    assert_true(ipc_audio_ring_create(&stereo, &pair->writer, &pair->fd, NULL));
    assert_true(ipc_audio_ring_open(&stereo, pair->fd, &pair->reader, NULL));
    *state = pair;
    return 0;
}

static int audio_teardown(void **state) {
    struct audio_pair *pair = *state;
    ipc_audio_ring_finish(&pair->writer);
    ipc_audio_ring_finish(&pair->reader);
    pp_close(&pair->fd);
    free(pair);
    return 0;
}

static void samples_come_out_in_order_across_the_wrap(void **state) {
    struct audio_pair *pair = *state;
    int16_t out = 0;
    int16_t in = 0;
    for (int round = 0; round < 50; round++) {
        int16_t block[700 * 2];
        for (size_t i = 0; i < PP_COUNT(block); i++)
            block[i] = out++;
        assert_int_equal(ipc_audio_ring_write(&pair->writer, block, 700), 700);
        assert_int_equal(ipc_audio_ring_waiting(&pair->reader), 700);
        int16_t back[700 * 2];
        assert_int_equal(ipc_audio_ring_read(&pair->reader, back, 1000), 700);
        for (size_t i = 0; i < PP_COUNT(back); i++)
            assert_int_equal(back[i], in++);
    }
}

static void a_full_audio_ring_takes_no_more(void **state) {
    struct audio_pair *pair = *state;
    static const int16_t silence[2000 * 2];
    assert_int_equal(ipc_audio_ring_space(&pair->writer), 1024);
    assert_int_equal(ipc_audio_ring_write(&pair->writer, silence, 2000), 1024);
    assert_int_equal(ipc_audio_ring_write(&pair->writer, silence, 1), 0);
    assert_int_equal(ipc_audio_ring_read(&pair->reader, NULL, 24), 24);
    assert_int_equal(ipc_audio_ring_space(&pair->writer), 24);
}

static void hostile_positions_are_clamped(void **state) {
    struct audio_pair *pair = *state;
    static int16_t block[2048 * 2];
    static const uint64_t hostile[] = {UINT64_MAX, UINT64_MAX - 1024, 1u << 31, 4096, 1025};
    for (size_t i = 0; i < PP_COUNT(hostile); i++) {
        memcpy(pair->writer.memory, &hostile[i], sizeof hostile[i]);
        assert_int_equal(ipc_audio_ring_waiting(&pair->reader), 1024);
        assert_int_equal(ipc_audio_ring_read(&pair->reader, block, 2048), 1024);
        memcpy(pair->writer.memory + 64, &hostile[i], sizeof hostile[i]);
        assert_in_range(ipc_audio_ring_space(&pair->writer), 0, 1024);
    }
}

static void the_players_position_is_its_own(void **state) {
    struct audio_pair *pair = *state;
    static const int16_t silence[100 * 2];
    ipc_audio_ring_write(&pair->writer, silence, 100);
    ipc_audio_ring_read(&pair->reader, NULL, 40);
    memset(pair->writer.memory + 64, 0xff, 8);
    assert_int_equal(ipc_audio_ring_waiting(&pair->reader), 60);
}

static void assert_audio_refused(struct ipc_audio layout, const char *reason) {
    struct ipc_audio_ring ring = {0};
    struct pp_error error = {0};
    int fd = -1;
    assert_false(ipc_audio_ring_create(&layout, &ring, &fd, &error));
    assert_null(ring.memory);
    assert_non_null(strstr(error.message, reason));
}

static void audio_rings_that_do_not_fit_are_refused(void **state) {
    (void)state;
    struct ipc_audio bad = stereo;
    bad.capacity_frames = 1025;
    assert_audio_refused(bad, "a capacity of 1025 frames");
    bad.capacity_frames = 1u << 31;
    assert_audio_refused(bad, "a capacity of");
    bad = stereo;
    bad.rate = 44100;
    assert_audio_refused(bad, "44100 Hz");
}

#define AUDIO_TEST(function) cmocka_unit_test_setup_teardown(function, audio_setup, audio_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layout_has_room_for_odd_sizes),
        cmocka_unit_test(a_ring_over_the_cap_cannot_be_laid_out),
        cmocka_unit_test(pixels_written_by_the_renderer_are_read_by_the_player),
        cmocka_unit_test(a_created_ring_cannot_be_resized),
        cmocka_unit_test(a_ring_has_exactly_the_memory_of_its_layout),
        cmocka_unit_test(planes_outside_their_slot_are_refused),
        cmocka_unit_test(planes_that_overlap_are_refused),
        cmocka_unit_test(a_picture_is_bounded_by_its_place),
        cmocka_unit_test(impossible_sizes_are_refused),
        AUDIO_TEST(samples_come_out_in_order_across_the_wrap),
        AUDIO_TEST(a_full_audio_ring_takes_no_more),
        AUDIO_TEST(hostile_positions_are_clamped),
        AUDIO_TEST(the_players_position_is_its_own),
        cmocka_unit_test(audio_rings_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
