/* Every kind of media through the real program in its sandbox: what comes out is looked at pixel by pixel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "object.h"

/* ---- pictures ---- */

struct picture {
    const char *test, *file;
    unsigned width, height;
    struct stage_colour corners[4];
    int tolerance;
};

static void picture_is_shown(void **state) {
    const struct picture *picture = *state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = picture->file, .kind = IPC_MEDIA_IMAGE});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 0);
    assert_int_equal(stage.ring.layout.format, IPC_PIXEL_BGRA);
    assert_int_equal(stage.ring.layout.slots, 1);
    assert_int_equal(stage.ring.layout.width, picture->width);
    assert_int_equal(stage.ring.layout.height, picture->height);
    assert_int_equal(stage.ring.layout.aspect_num, stage.ring.layout.aspect_den);
    object_expect_quarters(&stage, frame.slot, picture->corners, picture->tolerance);
    assert_false(stage.has_end);
    stage_close_well(&stage);
}

#define QUARTERS                                                                                             \
    {                                                                                                        \
        {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {                                              \
            255, 255, 255, 255                                                                               \
        }                                                                                                    \
    }
#define TURNED_RIGHT                                                                                         \
    {                                                                                                        \
        {0, 0, 255, 255}, {255, 0, 0, 255}, {255, 255, 255, 255}, {                                          \
            0, 255, 0, 255                                                                                   \
        }                                                                                                    \
    }
#define TURNED_LEFT                                                                                          \
    {                                                                                                        \
        {0, 255, 0, 255}, {255, 255, 255, 255}, {255, 0, 0, 255}, {                                          \
            0, 0, 255, 255                                                                                   \
        }                                                                                                    \
    }
#define UPSIDE_DOWN                                                                                          \
    {                                                                                                        \
        {255, 255, 255, 255}, {0, 0, 255, 255}, {0, 255, 0, 255}, {                                          \
            255, 0, 0, 255                                                                                   \
        }                                                                                                    \
    }
#define GREYS                                                                                                \
    {                                                                                                        \
        {76, 76, 76, 255}, {150, 150, 150, 255}, {29, 29, 29, 255}, {                                        \
            255, 255, 255, 255                                                                               \
        }                                                                                                    \
    }
#define ALPHA                                                                                                \
    {                                                                                                        \
        {255, 0, 0, 255}, {0, 255, 0, 128}, {255, 0, 0, 255}, {                                              \
            0, 255, 0, 128                                                                                   \
        }                                                                                                    \
    }

static struct picture pictures[] = {
    {"jpeg_is_shown", "quarters.jpg", 160, 120, QUARTERS, 4},
    {"jpeg_444_is_shown", "quarters-444.jpg", 160, 120, QUARTERS, 4},
    {"jpeg_is_turned_as_exif_3_says", "quarters-exif3.jpg", 160, 120, UPSIDE_DOWN, 4},
    {"jpeg_is_turned_as_exif_6_says", "quarters-exif6.jpg", 120, 160, TURNED_RIGHT, 4},
    {"jpeg_is_turned_as_exif_8_says", "quarters-exif8.jpg", 120, 160, TURNED_LEFT, 4},
    {"png_is_shown", "quarters.png", 160, 120, QUARTERS, 0},
    {"png_of_16_bits_is_shown", "quarters-16bit.png", 160, 120, QUARTERS, 1},
    {"png_of_greys_is_shown", "quarters-grey.png", 160, 120, GREYS, 1},
    {"png_keeps_its_transparency_straight", "alpha.png", 160, 120, ALPHA, 0},
    {"webp_is_shown", "quarters.webp", 160, 120, QUARTERS, 6},
    {"lossless_webp_is_shown", "quarters-lossless.webp", 160, 120, QUARTERS, 0},
};

static void picture_ends_after_its_time(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "quarters.jpg", .duration_ms = 10000});
    stage_expect(&stage, STAGE_FRAME, &frame);
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 10000000);
    stage_close_well(&stage);
}

static void large_picture_is_scaled_to_cover_the_target(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage,
                &(struct object_wish){.name = "quarters.png", .target_width = 80, .target_height = 30});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.ring.layout.width, 80);
    assert_int_equal(stage.ring.layout.height, 60);
    object_expect_quarters(&stage, frame.slot, object_quarters, 1);
    stage_close_well(&stage);
}

static void small_picture_is_not_enlarged(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage,
                &(struct object_wish){.name = "quarters.png", .target_width = 1920, .target_height = 1080});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.ring.layout.width, 160);
    stage_close_well(&stage);
}

/* Where nothing can be seen lies lime, too; it must not shine into the red when both are scaled. */
static void transparent_colours_do_not_bleed(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "alpha.png", .target_width = 40, .target_height = 30});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.ring.layout.width, 40);
    stage_expect_pixel(&stage, frame.slot, 10, 15, (struct stage_colour){255, 0, 0, 255}, 2);
    stage_expect_pixel(&stage, frame.slot, 30, 15, (struct stage_colour){0, 255, 0, 128}, 2);
    stage_close_well(&stage);
}

/* ---- movement ---- */

static void expect_steps(struct stage *stage, uint64_t base_us) {
    static const uint64_t times[] = {0, 100000, 300000};
    for (size_t i = 0; i < PP_COUNT(times); i++) {
        struct ipc_frame frame;
        stage_expect(stage, STAGE_FRAME, &frame);
        assert_int_equal(frame.pts_us, base_us + times[i]);
        stage_expect_pixel(stage, frame.slot, 32, 24, object_quarters[i], 4); /* a GIF has its palette */
        stage_release(stage, frame.slot);
    }
}

static void animation_is_shown_once(const char *file) {
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = file, .kind = IPC_MEDIA_VIDEO});
    expect_steps(&stage, 0);
    assert_int_equal(stage.ring.layout.format, IPC_PIXEL_BGRA);
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 600000);
    stage_close_well(&stage);
}

static void gif_is_shown_once_as_a_film(void **state) {
    (void)state;
    animation_is_shown_once("steps.gif");
}

static void apng_is_shown_once_as_a_film(void **state) {
    (void)state;
    animation_is_shown_once("steps.apng");
}

static void animation_repeats_for_its_time(const char *file, enum ipc_media_kind kind) {
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = file, .kind = kind, .duration_ms = 1500});
    expect_steps(&stage, 0);
    expect_steps(&stage, 600000);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 1200000);
    stage_release(&stage, frame.slot);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 1300000);
    stage_release(&stage, frame.slot);
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 1500000);
    stage_close_well(&stage);
}

static void gif_repeats_for_its_time(void **state) {
    (void)state;
    animation_repeats_for_its_time("steps.gif", IPC_MEDIA_IMAGE);
    animation_repeats_for_its_time("steps.gif", IPC_MEDIA_VIDEO);
}

static void apng_repeats_for_its_time(void **state) {
    (void)state;
    animation_repeats_for_its_time("steps.apng", IPC_MEDIA_IMAGE);
    animation_repeats_for_its_time("steps.apng", IPC_MEDIA_VIDEO);
}

static void animation_that_repeats_is_taken_up_in_a_later_pass(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage,
                &(struct object_wish){
                    .name = "steps.gif", .kind = IPC_MEDIA_VIDEO, .start_ms = 1350, .duration_ms = 1000});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 0);
    stage_expect_pixel(&stage, frame.slot, 32, 24, object_quarters[1], 4);
    stage_release(&stage, frame.slot);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 150000);
    stage_expect_pixel(&stage, frame.slot, 32, 24, object_quarters[2], 4);
    stage_release(&stage, frame.slot);
    expect_steps(&stage, 450000);
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 1000000);
    stage_close_well(&stage);
}

static void gif_of_one_frame_is_a_picture(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "one.gif", .duration_ms = 5000});
    stage_expect(&stage, STAGE_FRAME, &frame);
    stage_expect_pixel(&stage, frame.slot, 32, 24, (struct stage_colour){253, 0, 0, 255}, 4);
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 5000000);
    stage_close_well(&stage);
}

int main(void) {
    const struct CMUnitTest others[] = {
        cmocka_unit_test(picture_ends_after_its_time),
        cmocka_unit_test(large_picture_is_scaled_to_cover_the_target),
        cmocka_unit_test(small_picture_is_not_enlarged),
        cmocka_unit_test(transparent_colours_do_not_bleed),
        cmocka_unit_test(gif_is_shown_once_as_a_film),
        cmocka_unit_test(apng_is_shown_once_as_a_film),
        cmocka_unit_test(gif_repeats_for_its_time),
        cmocka_unit_test(apng_repeats_for_its_time),
        cmocka_unit_test(animation_that_repeats_is_taken_up_in_a_later_pass),
        cmocka_unit_test(gif_of_one_frame_is_a_picture),
    };
    struct CMUnitTest tests[PP_COUNT(pictures)];
    for (size_t i = 0; i < PP_COUNT(pictures); i++)
        tests[i] = (struct CMUnitTest){pictures[i].test, picture_is_shown, NULL, NULL, &pictures[i]};
    int failed = cmocka_run_group_tests_name("pictures", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("time and size", others, NULL, NULL);
}
