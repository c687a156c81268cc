/* What is on the screen: colours, places, order, fades. The real program, through its socket. */
#include "rig.h"

#include <string.h>

static const struct ipc_ring bgra = {.format = IPC_PIXEL_BGRA};

#define BACKGROUND 0x203040

static void shot_expect(struct rig *rig, int x, int y, uint32_t rgb, int tolerance) {
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, x, y, rgb, tolerance);
    image_free(&image);
}

static void without_a_layer_there_is_a_calm_dark_background(void **state) {
    struct rig *rig = *state;
    struct image image = rig_screenshot(rig);
    assert_int_equal(image.width, 160);
    assert_int_equal(image.height, 90);
    for (int y = 0; y < 90; y++) {
        for (int x = 0; x < 160; x++)
            assert_pixel(&image, x, y, 0x101418, 0);
    }
    image_free(&image);
}

static void the_display_is_described_to_the_agent(void **state) {
    const struct rig *rig = *state;
    assert_int_equal(rig->display.width, 160);
    assert_int_equal(rig->display.height, 90);
    assert_string_equal(rig->display.driver, "dummy/software");
}

struct colour_case {
    struct ipc_ring layout;
    uint8_t a, b, c;
    uint32_t rgb;
};

/* Expected values by the matrices of ITU-R BT.601 and BT.709. */
static void colours_follow_the_declared_matrix_and_range(void **state) {
    struct rig *rig = *state;
    static const struct colour_case cases[] = {
        {{.format = IPC_PIXEL_BGRA}, 30, 20, 200, 0xc8141e},
        {{.format = IPC_PIXEL_I420, .matrix = IPC_MATRIX_BT601}, 81, 90, 240, 0xfe0000},
        {{.format = IPC_PIXEL_I420, .matrix = IPC_MATRIX_BT709}, 63, 102, 240, 0xff0000},
        {{.format = IPC_PIXEL_NV12, .matrix = IPC_MATRIX_BT601}, 145, 54, 34, 0x00ff01},
        {{.format = IPC_PIXEL_NV12, .matrix = IPC_MATRIX_BT709}, 173, 42, 26, 0x00ff00},
        {{.format = IPC_PIXEL_I420, .matrix = IPC_MATRIX_BT601, .full_range = 1}, 76, 85, 255, 0xfe0000},
        {{.format = IPC_PIXEL_NV12, .matrix = IPC_MATRIX_BT709, .full_range = 1}, 54, 99, 255, 0xfe0000},
        {{.format = IPC_PIXEL_I420, .matrix = IPC_MATRIX_BT709}, 16, 128, 128, 0x000000},
        {{.format = IPC_PIXEL_I420, .matrix = IPC_MATRIX_BT709}, 235, 128, 128, 0xffffff},
        {{.format = IPC_PIXEL_I420, .matrix = IPC_MATRIX_BT601, .full_range = 1}, 128, 128, 128, 0x808080},
        {{.format = IPC_PIXEL_NV12, .matrix = IPC_MATRIX_BT709, .full_range = 1}, 255, 128, 128, 0xffffff},
    };
    for (uint32_t i = 0; i < PP_COUNT(cases); i++) {
        const struct colour_case *c = &cases[i];
        struct source source;
        source_picture(rig, &source, (struct ipc_layer_add){.layer = i + 1}, c->layout, c->a, c->b, c->c);
        rig_show_now(rig, i + 1, i);
        shot_expect(rig, 80, 45, c->rgb, 4);
        source_close(&source);
    }
}

/* A red picture of 16 x 16 in a zone of 80 x 40 at 40,20. */
static void picture_in_zone(struct rig *rig, unsigned fit, struct ipc_ring layout) {
    struct source source;
    struct ipc_layer_add add = {.layer = 1, .x = 40, .y = 20, .width = 80, .height = 40, .fit = (uint8_t)fit};
    source_picture(rig, &source, add, layout, 0, 0, 255);
    rig_show_now(rig, 1, 0);
    source_close(&source);
}

static void contain_shows_the_whole_picture_in_the_middle(void **state) {
    struct rig *rig = *state;
    picture_in_zone(rig, IPC_FIT_CONTAIN, bgra);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 60, 20, 0xff0000, 0);
    assert_pixel(&image, 99, 59, 0xff0000, 0);
    assert_pixel(&image, 59, 40, BACKGROUND, 0);
    assert_pixel(&image, 100, 40, BACKGROUND, 0);
    assert_pixel(&image, 80, 19, BACKGROUND, 0);
    assert_pixel(&image, 80, 60, BACKGROUND, 0);
    image_free(&image);
}

static void cover_fills_the_zone_and_no_more(void **state) {
    struct rig *rig = *state;
    picture_in_zone(rig, IPC_FIT_COVER, bgra);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 40, 20, 0xff0000, 0);
    assert_pixel(&image, 119, 59, 0xff0000, 0);
    assert_pixel(&image, 80, 19, BACKGROUND, 0);
    assert_pixel(&image, 80, 60, BACKGROUND, 0);
    assert_pixel(&image, 39, 40, BACKGROUND, 0);
    image_free(&image);
}

static void fill_stretches_to_the_zone(void **state) {
    struct rig *rig = *state;
    picture_in_zone(rig, IPC_FIT_FILL, bgra);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 40, 20, 0xff0000, 0);
    assert_pixel(&image, 119, 59, 0xff0000, 0);
    assert_pixel(&image, 120, 40, BACKGROUND, 0);
    image_free(&image);
}

static void samples_that_are_not_square_are_widened(void **state) {
    struct rig *rig = *state;
    picture_in_zone(rig, IPC_FIT_CONTAIN,
                    (struct ipc_ring){.format = IPC_PIXEL_BGRA, .aspect_num = 2, .aspect_den = 1});
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 40, 40, 0xff0000, 0);
    assert_pixel(&image, 119, 40, 0xff0000, 0);
    image_free(&image);
}

static void an_extreme_shape_does_no_harm(void **state) {
    struct rig *rig = *state;
    static const struct ipc_ring shapes[] = {
        {.format = IPC_PIXEL_BGRA, .width = 1, .height = 8192, .slots = 1, .aspect_den = UINT16_MAX},
        {.format = IPC_PIXEL_I420, .width = 8191, .height = 1, .slots = 1, .aspect_num = UINT16_MAX},
        {.format = IPC_PIXEL_NV12, .width = 1, .height = 1, .slots = 1}};
    uint32_t layer = 0;
    for (size_t i = 0; i < PP_COUNT(shapes); i++) {
        for (uint8_t fit = IPC_FIT_CONTAIN; fit <= IPC_FIT_FILL; fit++) {
            struct source source;
            source_picture(rig, &source, (struct ipc_layer_add){.layer = ++layer, .fit = fit}, shapes[i], 128,
                           128, 128);
            rig_show_now(rig, layer, layer - 1);
            rig_ping(rig);
            source_close(&source);
        }
    }
}

static void a_canvas_of_another_shape_is_letterboxed_in_the_background(void **state) {
    struct rig *rig = *state;
    struct source source;
    rig_send(rig, &(struct ipc_message){.type = IPC_CANVAS, .canvas = {900, 900, 0x405060, 0, 0}});
    struct ipc_layer_add add = {
        .layer = 1, .x = -5, .y = -5, .width = 2000, .height = 2000, .fit = IPC_FIT_FILL};
    source_picture(rig, &source, add, bgra, 255, 0, 0);
    rig_show_now(rig, 1, 0);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 34, 45, 0x405060, 0);
    assert_pixel(&image, 35, 0, 0x0000ff, 0);
    assert_pixel(&image, 124, 89, 0x0000ff, 0);
    assert_pixel(&image, 125, 45, 0x405060, 0);
    image_free(&image);
    source_close(&source);
}

static void a_canvas_that_fills_has_no_bars(void **state) {
    struct rig *rig = *state;
    struct source source;
    rig_send(rig, &(struct ipc_message){
                      .type = IPC_CANVAS,
                      .canvas = {.width = 900, .height = 900, .background = 0x405060, .fill = 1}});
    struct ipc_layer_add add = {.layer = 1, .width = 450, .height = 900, .fit = IPC_FIT_FILL};
    source_picture(rig, &source, add, bgra, 255, 0, 0);
    rig_show_now(rig, 1, 0);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 0, 0, 0x0000ff, 0);
    assert_pixel(&image, 79, 89, 0x0000ff, 0);
    assert_pixel(&image, 80, 45, 0x405060, 0);
    image_free(&image);
    source_close(&source);
}

/* The left half red, the right half blue. */
static void halves(struct source *source) {
    struct ipc_plane plane = ipc_video_plane(&source->ring, 0, 0);
    for (uint32_t y = 0; y < plane.rows; y++) {
        for (uint32_t x = 0; x < plane.row_bytes / 4; x++) {
            const uint8_t pixel[2][4] = {{0, 0, 255, 255}, {255, 0, 0, 255}};
            memcpy(plane.data + (size_t)plane.stride * y + (size_t)4 * x, pixel[x >= plane.row_bytes / 8], 4);
        }
    }
    source_send(source, &(struct ipc_message){.type = IPC_FRAME, .frame = {.slot = 0}});
}

static void everything_is_turned_clockwise_on_the_display(void **state) {
    struct rig *rig = *state;
    /* Where the upper left of the picture, its upper right and its background are, on the 160 x 90 of the display. */
    static const struct {
        uint8_t turn;
        int red_x, red_y, blue_x, blue_y, ground_x, ground_y;
    } turns[] = {{0, 5, 5, 150, 5, 80, 80},
                 {1, 155, 5, 155, 85, 5, 45},
                 {2, 155, 85, 5, 85, 80, 5},
                 {3, 5, 85, 5, 5, 155, 45}};
    for (size_t i = 0; i < 4; i++) {
        bool portrait = turns[i].turn % 2;
        struct source source;
        struct ipc_canvas canvas = {.width = portrait ? 90 : 160,
                                    .height = portrait ? 160 : 90,
                                    .background = 0x405060,
                                    .turn = turns[i].turn};
        rig_send(rig, &(struct ipc_message){.type = IPC_CANVAS, .canvas = canvas});
        /* The upper half. */
        struct ipc_layer_add add = {.layer = (uint32_t)i + 1,
                                    .width = canvas.width,
                                    .height = canvas.height / 2u,
                                    .fit = IPC_FIT_FILL};
        source_add(rig, &source, add);
        source_ring(&source, bgra);
        halves(&source);
        rig_expect(rig, IPC_LAYER_READY);
        rig_show_now(rig, add.layer, i ? add.layer - 1 : 0);
        struct image image = rig_screenshot(rig);
        assert_pixel(&image, turns[i].red_x, turns[i].red_y, 0xff0000, 0);
        assert_pixel(&image, turns[i].blue_x, turns[i].blue_y, 0x0000ff, 0);
        assert_pixel(&image, turns[i].ground_x, turns[i].ground_y, 0x405060, 0);
        image_free(&image);
        source_close(&source);
    }
}

static void layers_are_stacked_by_z_then_by_age(void **state) {
    struct rig *rig = *state;
    struct source sources[4];
    static const struct ipc_layer_add adds[] = {{.layer = 1, .z = 5, .x = 0, .width = 100, .height = 90},
                                                {.layer = 2, .z = 1, .x = 50, .width = 110, .height = 90},
                                                {.layer = 3, .z = 5, .x = 20, .width = 20, .height = 90},
                                                {.layer = 4, .z = -3, .x = 0, .width = 160, .height = 90}};
    static const uint8_t colours[4][3] = {{0, 0, 255}, {0, 255, 0}, {255, 0, 0}, {255, 255, 255}};
    for (int i = 0; i < 4; i++) {
        struct ipc_layer_add add = adds[i];
        add.fit = IPC_FIT_FILL;
        source_picture(rig, &sources[i], add, bgra, colours[i][0], colours[i][1], colours[i][2]);
    }
    for (uint32_t layer = 4; layer > 0; layer--)
        rig_show_now(rig, layer, 0);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 10, 45, 0xff0000, 0);
    assert_pixel(&image, 30, 45, 0x0000ff, 0);
    assert_pixel(&image, 70, 45, 0xff0000, 0);
    assert_pixel(&image, 140, 45, 0x00ff00, 0);
    image_free(&image);
    rig_send(rig, &(struct ipc_message){.type = IPC_LAYER_REMOVE, .layer_remove = {1}});
    assert_int_equal(rig_expect(rig, IPC_LAYER_ENDED).layer_ended.layer, 1);
    shot_expect(rig, 10, 45, 0xffffff, 0);
    for (int i = 0; i < 4; i++)
        source_close(&sources[i]);
}

static void alpha_lets_the_layer_below_through(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL});
    source_ring(&source, bgra);
    struct ipc_plane plane = ipc_video_plane(&source.ring, 0, 0);
    for (uint32_t i = 0; i < plane.rows * plane.stride; i++)
        plane.data[i] = i % 4 == 3 ? 128 : 255;
    source_send(&source, &(struct ipc_message){.type = IPC_FRAME});
    rig_show_now(rig, 1, 0);
    shot_expect(rig, 80, 45, 0x8f97a0, 2);
    source_close(&source);
}

static void a_single_transparent_pixel_lets_the_layer_below_through(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_add(rig, &source, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL});
    source_ring(&source, bgra);
    struct ipc_plane plane = ipc_video_plane(&source.ring, 0, 0);
    memset(plane.data, 255, (size_t)plane.rows * plane.stride);
    memset(plane.data + (size_t)(plane.rows - 1) * plane.stride + plane.row_bytes - 4, 0, 4);
    source_send(&source, &(struct ipc_message){.type = IPC_FRAME});
    rig_show_now(rig, 1, 0);
    shot_expect(rig, 80, 45, 0xffffff, 0);
    shot_expect(rig, 159, 89, BACKGROUND, 2);
    source_close(&source);
}

static void the_offline_mark_comes_and_goes(void **state) {
    struct rig *rig = *state;
    struct image before = rig_screenshot(rig);
    rig_send(rig, &(struct ipc_message){.type = IPC_MARK, .mark = {1}});
    struct image with = rig_screenshot(rig);
    rig_send(rig, &(struct ipc_message){.type = IPC_MARK, .mark = {0}});
    struct image after = rig_screenshot(rig);
    size_t size = (size_t)before.width * (size_t)before.height * 3;
    assert_memory_not_equal(before.pixels, with.pixels, size);
    assert_memory_equal(before.pixels, after.pixels, size);
    image_free(&before);
    image_free(&with);
    image_free(&after);
}

/* Switched off from afar: black, also with what comes meanwhile, and as it was afterwards; each is answered. */
static void a_display_that_is_off_shows_nothing_but_black(void **state) {
    struct rig *rig = *state;
    struct source source;
    source_picture(rig, &source, (struct ipc_layer_add){.layer = 1}, bgra, 0, 0, 255);
    rig_show_now(rig, 1, 0);
    shot_expect(rig, 80, 45, 0xff0000, 0);
    for (uint8_t on = 0; on <= 1; on++) {
        rig_send(rig, &(struct ipc_message){.type = IPC_CONTROL, .control = {IPC_CONTROL_POWER, on}});
        struct ipc_controlled answer = rig_expect(rig, IPC_CONTROLLED).controlled;
        assert_int_equal(answer.control, IPC_CONTROL_POWER);
        assert_int_equal(answer.value, on);
        shot_expect(rig, 80, 45, on ? 0xff0000 : 0x000000, 0);
        shot_expect(rig, 2, 2, on ? BACKGROUND : 0x000000, 2);
    }
    rig_send(rig, &(struct ipc_message){.type = IPC_CONTROL, .control = {IPC_CONTROL_VOLUME, 40}});
    assert_int_equal(rig_expect(rig, IPC_CONTROLLED).controlled.value, 40);
    source_close(&source);
}

/* The alpha of a layer in the last line of the trace, or -1. */
static int last_alpha(const struct rig *rig, uint32_t layer) {
    cJSON *lines = rig_trace(rig);
    const cJSON *line = cJSON_GetArrayItem(lines, cJSON_GetArraySize(lines) - 1);
    const cJSON *entry;
    int alpha = -1;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(line, "layers")) {
        if (cJSON_GetObjectItem(entry, "layer")->valuedouble == layer)
            alpha = cJSON_GetObjectItem(entry, "alpha")->valueint;
    }
    cJSON_Delete(lines);
    return alpha;
}

/* A long fade, as it is drawn when its alpha is `least` or more: the picture is taken while that stays the
 * same. */
static struct image fade_stopped(struct rig *rig, uint32_t duration_ms, int least, int *alpha) {
    struct image image = {0};
    rig_show(rig, (struct ipc_layer_show){.layer = 2,
                                          .replaces = 1,
                                          .transition = IPC_TRANSITION_CROSSFADE,
                                          .duration_ms = duration_ms});
    rig_expect(rig, IPC_LAYER_SHOWN);
    for (*alpha = 0; *alpha < least || last_alpha(rig, 2) != *alpha;) {
        image_free(&image);
        *alpha = last_alpha(rig, 2);
        image = rig_screenshot(rig);
    }
    return image;
}

static void a_crossfade_mixes_and_fades_out_what_it_does_not_cover(void **state) {
    struct rig *rig = *state;
    struct source below;
    struct source above;
    source_picture(rig, &below, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    source_picture(rig, &above, (struct ipc_layer_add){.layer = 2, .fit = IPC_FIT_CONTAIN}, bgra, 255, 0, 0);
    rig_show_now(rig, 1, 0);
    int alpha = 0;
    struct image image = fade_stopped(rig, 60000, 2, &alpha);
    uint32_t mixed = (uint32_t)(255 - alpha) << 16 | (uint32_t)alpha;
    uint32_t left_red = (uint32_t)(255 * (255 - alpha) + 0x20 * alpha) / 255;
    uint32_t left_green = (uint32_t)(0x30 * alpha) / 255;
    uint32_t left_blue = (uint32_t)(0x40 * alpha) / 255;
    assert_pixel(&image, 80, 45, mixed, 3);
    assert_pixel(&image, 10, 45, left_red << 16 | left_green << 8 | left_blue, 3);
    image_free(&image);
    source_close(&below);
    source_close(&above);
}

/* What is transparent hides nothing: the old picture fades out under it, instead of going at the end. */
static void a_crossfade_to_a_transparent_picture_fades_the_old_one_out(void **state) {
    struct rig *rig = *state;
    struct source below;
    struct source above;
    source_picture(rig, &below, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    source_add(rig, &above, (struct ipc_layer_add){.layer = 2, .fit = IPC_FIT_FILL});
    source_ring(&above, bgra);
    source_send(&above, &(struct ipc_message){.type = IPC_FRAME}); /* the memory is zero */
    rig_show_now(rig, 1, 0);
    int alpha = 0;
    struct image image = fade_stopped(rig, 20000, 20, &alpha);
    uint32_t red = (uint32_t)(255 * (255 - alpha) + 0x20 * alpha) / 255;
    assert_pixel(&image, 80, 45,
                 red << 16 | (uint32_t)(0x30 * alpha / 255) << 8 | (uint32_t)(0x40 * alpha / 255), 3);
    image_free(&image);
    source_close(&below);
    source_close(&above);
}

static void after_a_crossfade_only_the_new_layer_is_left(void **state) {
    struct rig *rig = *state;
    struct source below;
    struct source above;
    source_picture(rig, &below, (struct ipc_layer_add){.layer = 1, .fit = IPC_FIT_FILL}, bgra, 0, 0, 255);
    source_picture(rig, &above, (struct ipc_layer_add){.layer = 2, .fit = IPC_FIT_CONTAIN}, bgra, 255, 0, 0);
    rig_show_now(rig, 1, 0);
    rig_show(rig, (struct ipc_layer_show){
                      .layer = 2, .replaces = 1, .transition = IPC_TRANSITION_CROSSFADE, .duration_ms = 150});
    assert_int_equal(rig_expect(rig, IPC_LAYER_ENDED).layer_ended.layer, 1);
    source_expect_closed(&below);
    struct image image = rig_screenshot(rig);
    assert_pixel(&image, 80, 45, 0x0000ff, 0);
    assert_pixel(&image, 10, 45, BACKGROUND, 0);
    image_free(&image);
    source_close(&below);
    source_close(&above);
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        RIG_TEST(without_a_layer_there_is_a_calm_dark_background),
        RIG_TEST(the_display_is_described_to_the_agent),
        RIG_TEST(colours_follow_the_declared_matrix_and_range),
        RIG_TEST(contain_shows_the_whole_picture_in_the_middle),
        RIG_TEST(cover_fills_the_zone_and_no_more),
        RIG_TEST(fill_stretches_to_the_zone),
        RIG_TEST(samples_that_are_not_square_are_widened),
        RIG_TEST(an_extreme_shape_does_no_harm),
        RIG_TEST(a_canvas_of_another_shape_is_letterboxed_in_the_background),
        RIG_TEST(a_canvas_that_fills_has_no_bars),
        RIG_TEST(everything_is_turned_clockwise_on_the_display),
        RIG_TEST(layers_are_stacked_by_z_then_by_age),
        RIG_TEST(alpha_lets_the_layer_below_through),
        RIG_TEST(a_single_transparent_pixel_lets_the_layer_below_through),
        RIG_TEST(the_offline_mark_comes_and_goes),
        RIG_TEST(a_display_that_is_off_shows_nothing_but_black),
        RIG_TEST(a_crossfade_mixes_and_fades_out_what_it_does_not_cover),
        RIG_TEST(a_crossfade_to_a_transparent_picture_fades_the_old_one_out),
        RIG_TEST(after_a_crossfade_only_the_new_layer_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
