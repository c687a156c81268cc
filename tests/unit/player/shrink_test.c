/* Pictures made smaller for displays whose textures are limited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "player/shrink.h"

static struct ipc_ring layout_of(unsigned format, uint16_t width, uint16_t height) {
    struct ipc_ring layout = {.format = (uint8_t)format, .width = width, .height = height, .slots = 1};
    assert_true(ipc_video_layout(&layout, NULL));
    return layout;
}

static void the_factor_is_the_least_that_fits(void **state) {
    static const struct {
        uint16_t width, height;
        int most;
        unsigned factor;
    } cases[] = {{1920, 1080, 2048, 1}, {2048, 2048, 2048, 1}, {1920, 2560, 2048, 2},
                 {4097, 16, 2048, 3},   {1, 16384, 2048, 8},   {3840, 2160, 16384, 1}};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        struct ipc_ring layout = layout_of(IPC_PIXEL_I420, cases[i].width, cases[i].height);
        unsigned factor = shrink_factor(&layout, cases[i].most);
        assert_int_equal(factor, cases[i].factor);
        struct ipc_ring small;
        assert_true(shrink_layout(&layout, factor, &small, NULL));
        assert_in_range(small.width, 1, cases[i].most);
        assert_in_range(small.height, 1, cases[i].most);
    }
}

/* Every size and factor: only what belongs to the picture is read, which has one colour; nothing is left out.
 */
static void a_picture_of_one_colour_keeps_it_at_any_size(void **state) {
    (void)state;
    for (unsigned format = IPC_PIXEL_I420; format <= IPC_PIXEL_BGRA; format++) {
        for (unsigned size = 0; size < 12 * 12 * 5; size++) {
            struct ipc_video_ring from = {
                .layout = layout_of(format, (uint16_t)(1 + size % 12), (uint16_t)(1 + size / 12 % 12))};
            unsigned factor = 1 + size / 144;
            struct ipc_video_ring to = {0};
            assert_true(shrink_layout(&from.layout, factor, &to.layout, NULL));
            from.memory = calloc(1, from.layout.slot_size);
            to.memory = calloc(1, to.layout.slot_size);
            assert_true(from.memory && to.memory);
            for (unsigned plane = 0; plane < ipc_pixel_planes(format); plane++) {
                struct ipc_plane rows = ipc_video_plane(&from, 0, plane),
                                 small = ipc_video_plane(&to, 0, plane);
                for (uint32_t y = 0; y < rows.rows; y++)
                    memset(rows.data + (size_t)y * rows.stride, 200, rows.row_bytes);
                shrink_plane(format, plane, rows, small, factor);
                for (uint32_t y = 0; y < small.rows; y++) {
                    for (uint32_t x = 0; x < small.row_bytes; x++)
                        assert_int_equal(small.data[(size_t)y * small.stride + x], 200);
                }
            }
            free(from.memory);
            free(to.memory);
        }
    }
}

/* What a renderer laid out tightly may not fit once its rows are aligned; the staging has the room that was
 * checked. */
static void without_a_need_the_layout_stays_as_it_was_checked(void **state) {
    (void)state;
    struct ipc_ring layout = layout_of(IPC_PIXEL_I420, 130, 100), small;
    layout.strides[0] = 130;
    layout.strides[1] = layout.strides[2] = 65;
    layout.offsets[1] = 13000;
    layout.offsets[2] = 13000 + 65 * 50;
    layout.slot_size = 13000 + 2 * 65 * 50;
    assert_true(shrink_layout(&layout, 1, &small, NULL));
    assert_memory_equal(&small, &layout, sizeof small);
}

static void what_cannot_be_seen_does_not_colour_its_neighbours(void **state) {
    (void)state;
    uint8_t pixels[2 * 4] = {255, 0, 0, 0, 0, 0, 200, 255}, mean[4];
    struct ipc_plane from = {.data = pixels, .stride = 8, .rows = 1, .row_bytes = 8};
    shrink_plane(IPC_PIXEL_BGRA, 0, from,
                 (struct ipc_plane){.data = mean, .stride = 4, .rows = 1, .row_bytes = 4}, 2);
    assert_memory_equal(mean, ((uint8_t[]){0, 0, 200, 128}), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_factor_is_the_least_that_fits),
        cmocka_unit_test(a_picture_of_one_colour_keeps_it_at_any_size),
        cmocka_unit_test(without_a_need_the_layout_stays_as_it_was_checked),
        cmocka_unit_test(what_cannot_be_seen_does_not_colour_its_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
