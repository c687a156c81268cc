#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/wire.h"
#include "player/geometry.h"

static void assert_rect(struct geometry_rect rect, int x, int y, int w, int h) {
    assert_int_equal(rect.x, x);
    assert_int_equal(rect.y, y);
    assert_int_equal(rect.w, w);
    assert_int_equal(rect.h, h);
}

static const struct geometry_size full_hd = {1920, 1080};
static const struct geometry_size portrait = {1080, 1920};
static const struct geometry_canvas full_hd_canvas = {.size = {1920, 1080}};

static void the_canvas_is_letterboxed_or_pillarboxed(void **state) {
    (void)state;
    assert_rect(geometry_canvas(full_hd_canvas, (struct geometry_size){3840, 2160}), 0, 0, 3840, 2160);
    assert_rect(geometry_canvas(full_hd_canvas, (struct geometry_size){1280, 1024}), 0, 152, 1280, 720);
    assert_rect(geometry_canvas(full_hd_canvas, (struct geometry_size){1080, 1920}), 0, 656, 1080, 608);
    assert_rect(geometry_canvas((struct geometry_canvas){.size = portrait}, full_hd), 656, 0, 608, 1080);
}

static void a_canvas_that_fills_takes_the_shape_of_the_display_and_its_zones_with_it(void **state) {
    (void)state;
    const struct geometry_canvas fill = {.size = {1920, 1080}, .fill = true};
    assert_rect(geometry_canvas(fill, portrait), 0, 0, 1080, 1920);
    assert_rect(geometry_zone((struct geometry_rect){960, 540, 960, 540}, fill, portrait), 540, 960, 540,
                960);
}

static void a_turned_display_is_laid_out_upright(void **state) {
    (void)state;
    assert_int_equal(geometry_turned(full_hd, 1).w, 1080);
    assert_int_equal(geometry_turned(full_hd, 2).w, 1920);
    for (unsigned turn = 1; turn < 4; turn += 2) {
        struct geometry_canvas canvas = {.size = {1920, 1080}, .turn = turn};
        assert_rect(geometry_canvas(canvas, full_hd), 0, 656, 1080, 608);
        canvas.size = portrait;
        assert_rect(geometry_zone((struct geometry_rect){0, 0, 1080, 100}, canvas, full_hd), 0, 0, 1080, 100);
    }
}

static void what_was_laid_out_upright_is_turned_clockwise(void **state) {
    (void)state;
    /* 20 x 10, 30 from the left and 40 from the top of the turned display. */
    const struct geometry_rect rect = {30, 40, 20, 10};
    assert_rect(geometry_turn(rect, full_hd, 0), 30, 40, 20, 10);
    assert_rect(geometry_turn(rect, full_hd, 1), 1920 - 40 - 10, 30, 10, 20);
    assert_rect(geometry_turn(rect, full_hd, 2), 1920 - 30 - 20, 1080 - 40 - 10, 20, 10);
    assert_rect(geometry_turn(rect, full_hd, 3), 40, 1080 - 30 - 20, 10, 20);
    for (unsigned turn = 0; turn < 4; turn++) {
        struct geometry_size turned = geometry_turned(full_hd, turn);
        assert_rect(geometry_turn((struct geometry_rect){0, 0, turned.w, turned.h}, full_hd, turn), 0, 0,
                    1920, 1080);
    }
}

static void a_bar_of_one_pixel_is_not_left(void **state) {
    (void)state;
    assert_rect(geometry_canvas(full_hd_canvas, (struct geometry_size){1366, 768}), 0, 0, 1366, 768);
    assert_rect(geometry_canvas(full_hd_canvas, (struct geometry_size){1368, 768}), 1, 0, 1365, 768);
}

static void zones_that_touch_on_the_canvas_touch_on_the_display(void **state) {
    (void)state;
    const struct geometry_size display = {1366, 768};
    struct geometry_rect left =
        geometry_zone((struct geometry_rect){0, 0, 641, 1080}, full_hd_canvas, display);
    struct geometry_rect right =
        geometry_zone((struct geometry_rect){641, 0, 1279, 1080}, full_hd_canvas, display);
    assert_int_equal(left.x + left.w, right.x);
    assert_int_equal(left.w + right.w, 1366);
}

static void a_zone_is_cut_at_the_canvas(void **state) {
    (void)state;
    assert_rect(geometry_zone((struct geometry_rect){-100, 1000, 300, 300}, full_hd_canvas, full_hd), 0, 1000,
                200, 80);
    struct geometry_rect outside =
        geometry_zone((struct geometry_rect){5000, 0, 10, 10}, full_hd_canvas, full_hd);
    assert_int_equal(outside.w, 0);
}

static void extreme_positions_do_not_overflow(void **state) {
    (void)state;
    static const int32_t extremes[] = {INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX - 1, INT32_MAX};
    const struct geometry_canvas tiny = {.size = {1, 1}};
    const struct geometry_canvas whole = {.size = {IPC_SIDE_MAX, IPC_SIDE_MAX}};
    const struct geometry_size large = {IPC_SIDE_MAX, IPC_SIDE_MAX};
    for (size_t x = 0; x < 7; x++) {
        for (size_t y = 0; y < 7; y++) {
            struct geometry_rect zone = {extremes[x], extremes[y], IPC_SIDE_MAX, 1};
            struct geometry_rect cut = geometry_zone(zone, tiny, large);
            assert_in_range(cut.w, 0, IPC_SIDE_MAX);
            struct geometry_rect target =
                geometry_fit((struct geometry_picture){{1, IPC_SIDE_MAX}, 1, UINT16_MAX},
                             geometry_zone_uncut(zone, whole, large), IPC_FIT_COVER);
            assert_in_range(target.w, 0, 16 * IPC_SIDE_MAX);
            assert_in_range(target.h, 0, 16 * IPC_SIDE_MAX);
        }
    }
}

static void pictures_are_fitted(void **state) {
    (void)state;
    const struct geometry_rect zone = {100, 100, 400, 300};
    const struct geometry_picture wide = {{1600, 900}, 1, 1};
    assert_rect(geometry_fit(wide, zone, IPC_FIT_CONTAIN), 100, 137, 400, 225);
    assert_rect(geometry_fit(wide, zone, IPC_FIT_COVER), 34, 100, 533, 300);
    assert_rect(geometry_fit(wide, zone, IPC_FIT_FILL), 100, 100, 400, 300);
    const struct geometry_picture pal = {{720, 576}, 16, 15};
    assert_rect(geometry_fit(pal, zone, IPC_FIT_CONTAIN), 100, 100, 400, 300);
    assert_rect(geometry_fit(pal, zone, IPC_FIT_COVER), 100, 100, 400, 300);
}

static void a_sliver_keeps_one_pixel(void **state) {
    (void)state;
    const struct geometry_rect zone = {0, 0, 100, 100};
    assert_rect(geometry_fit((struct geometry_picture){{16384, 1}, 1, 1}, zone, IPC_FIT_CONTAIN), 0, 49, 100,
                1);
}

static void what_is_outside_a_rectangle_is_whole_and_disjoint(void **state) {
    (void)state;
    static const struct geometry_rect holes[] = {{2, 3, 4, 5},  {-5, -5, 30, 30}, {0, 0, 3, 3},
                                                 {8, 0, 10, 2}, {50, 50, 5, 5},   {0, 4, 12, 2}};
    const struct geometry_rect outer = {0, 0, 12, 10};
    for (size_t i = 0; i < 6; i++) {
        struct geometry_rect parts[4];
        size_t count = geometry_outside(outer, holes[i], parts);
        struct geometry_rect hole = geometry_intersect(outer, holes[i]);
        for (int at = 0; at < 12 * 10; at++) {
            const struct geometry_rect pixel = {at % 12, at / 12, 1, 1};
            int covered = hole.w && geometry_contains(hole, pixel);
            for (size_t part = 0; part < count; part++)
                covered += geometry_contains(parts[part], pixel);
            assert_int_equal(covered, 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canvas_is_letterboxed_or_pillarboxed),
        cmocka_unit_test(a_canvas_that_fills_takes_the_shape_of_the_display_and_its_zones_with_it),
        cmocka_unit_test(a_turned_display_is_laid_out_upright),
        cmocka_unit_test(what_was_laid_out_upright_is_turned_clockwise),
        cmocka_unit_test(a_bar_of_one_pixel_is_not_left),
        cmocka_unit_test(zones_that_touch_on_the_canvas_touch_on_the_display),
        cmocka_unit_test(a_zone_is_cut_at_the_canvas),
        cmocka_unit_test(extreme_positions_do_not_overflow),
        cmocka_unit_test(pictures_are_fitted),
        cmocka_unit_test(a_sliver_keeps_one_pixel),
        cmocka_unit_test(what_is_outside_a_rectangle_is_whole_and_disjoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
