/* Pictures with the colours of another space than the screen's. The numbers are those of lcms' transicc
 * (tests/data/media/colours.sh prints them), or of the formulas of IEC 61966-2-1 where there is no profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "object.h"
#include "render/media/colour.h"
#include "render/media/png.h"

#define PATCHES 4

struct patches {
    const char *file;
    int tolerance;
    struct stage_colour patches[PATCHES]; /* each 32 x 32 pixels, beside each other */
};

/* clang-format off */
#define PLAIN   {200, 60, 40, 255}, {60, 160, 220, 255}, {128, 128, 128, 255}, {30, 140, 70, 255}
#define P3      {217, 42, 23, 255}, {0, 163, 226, 255}, {128, 128, 128, 255}, {0, 143, 61, 255}
#define ADOBE   {232, 57, 34, 255}, {0, 161, 223, 255}, {129, 129, 129, 255}, {0, 141, 63, 255}
#define GREY    {159, 159, 159, 255}, {197, 197, 197, 255}, {188, 188, 188, 255}, {176, 176, 176, 255}
#define LINEAR  {229, 133, 110, 255}, {133, 208, 239, 255}, {188, 188, 188, 255}, {96, 196, 143, 255}
#define WIDE    {230, 60, 39, 255}, {0, 160, 222, 255}, {128, 128, 128, 255}, {0, 140, 65, 255}
#define PRESS   {166, 92, 25, 255}, {81, 132, 192, 255}, {132, 133, 134, 255}, {106, 135, 83, 255}
#define CMYK    {158, 130, 34, 255}, {155, 84, 110, 255}, {0, 79, 109, 255}, {79, 133, 162, 255}
/* Without a profile each ink takes its part, and black of the rest. */
#define UNKNOWN {184, 46, 69, 255}, {51, 179, 255, 255}, {127, 127, 127, 255}, {62, 184, 62, 255}
/* clang-format on */

static struct patches files[] = {
    {"p3.png", 2, {P3}},
    {"p3.jpg", 3, {P3}},
    {"p3.webp", 2, {P3}},
    {"adobe.png", 2, {ADOBE}},
    {"adobe.jpg", 3, {ADOBE}},
    {"srgb.png", 0, {PLAIN}},
    {"srgb.jpg", 2, {PLAIN}},
    {"grey.png", 2, {GREY}},
    {"grey.jpg", 3, {GREY}},
    {"press.jpg", 3, {PRESS}},
    {"press-cmyk.jpg", 4, {CMYK}},
    {"press-none.jpg", 3, {UNKNOWN}},
    {"gamma.png", 2, {LINEAR}},
    {"gamma-usual.png", 0, {PLAIN}},
    {"primaries.png", 2, {WIDE}},
    {"srgb-wins.png", 0, {PLAIN}},
    {"profile-wins.png", 2, {P3}},
    {"code-wins.png", 2, {P3}},
    {"bad-profile.png", 0, {PLAIN}},
    {"bad-primaries.png", 0, {PLAIN}},
};

static void colours_are_the_screens(void **state) {
    const struct patches *file = *state;
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    struct stage stage;
    struct ipc_frame frame;
    assert_true(pp_path_format(path, &error, "colours/%s", file->file));
    object_play(&stage, &(struct object_wish){.name = path});
    stage_expect(&stage, STAGE_FRAME, &frame);
    for (unsigned i = 0; i < PATCHES; i++)
        stage_expect_pixel(&stage, frame.slot, 32 * i + 16, 16, file->patches[i], file->tolerance);
    stage_close_well(&stage);
}

/* Scaled and turned, too: the patches beside each other are one above the other. */
static void inks_are_scaled_before_they_are_colours(void **state) {
    static const struct stage_colour press[] = {PRESS};
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage,
                &(struct object_wish){.name = "colours/press.jpg", .target_width = 64, .target_height = 8});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.ring.layout.width, 64);
    for (unsigned i = 0; i < PATCHES; i++)
        stage_expect_pixel(&stage, frame.slot, 16 * i + 8, 8, press[i], 3);
    stage_close_well(&stage);
}

/* ---- what strangers may write ---- */

static void profile_that_is_none_changes_nothing(void **state) {
    (void)state;
    static const uint8_t nothing[200] = {0};
    assert_null(colour_of_profile(nothing, 0, COLOUR_RGB));
    assert_null(colour_of_profile(nothing, sizeof nothing, COLOUR_RGB));
    assert_null(colour_of_profile(nothing, COLOUR_PROFILE_MAX + 1, COLOUR_RGB));
}

static void profile_of_inks_is_not_for_three_colours(void **state) {
    (void)state;
    pp_autobuf struct pp_buf jpeg = PP_BUF_INIT(1024 * 1024);
    object_load("colours/press.jpg", &jpeg);
    uint8_t *name = memmem(jpeg.data, jpeg.size, "ICC_PROFILE", 12);
    assert_non_null(name);
    const uint8_t *profile = name + 14;
    size_t size = (size_t)(name[-2] << 8 | name[-1]) - 16;
    assert_null(colour_of_profile(profile, size, COLOUR_RGB));
    assert_null(colour_of_profile(profile, size, COLOUR_GREY));
    PP_AUTO(colour) struct colour *colour = colour_of_profile(profile, size, COLOUR_CMYK);
    assert_non_null(colour);
}

int main(void) {
    const struct CMUnitTest others[] = {
        cmocka_unit_test(inks_are_scaled_before_they_are_colours),
        cmocka_unit_test(profile_that_is_none_changes_nothing),
        cmocka_unit_test(profile_of_inks_is_not_for_three_colours),
    };
    struct CMUnitTest tests[PP_COUNT(files)];
    for (size_t i = 0; i < PP_COUNT(files); i++)
        tests[i] = (struct CMUnitTest){files[i].file, colours_are_the_screens, NULL, NULL, &files[i]};
    return cmocka_run_group_tests_name("files", tests, NULL, NULL) +
           cmocka_run_group_tests_name("colours", others, NULL, NULL);
}
