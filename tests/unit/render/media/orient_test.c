#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "render/media/orient.h"

/* A picture of 3 x 2:  1 2 3
 *                      4 5 6 */
static const uint8_t picture[] = {1, 2, 3, 4, 5, 6};

static void expect_turned(long exif, const uint8_t wanted[6]) {
    struct orientation orientation = orientation_of_exif(exif);
    size_t width = orientation.transpose ? 2 : 3;
    uint8_t bytes[6] = {0}, words[24] = {0}, from[24];
    orient_copy(orientation, (struct orient_plane){bytes, width}, picture, 3, 3, 2, 1);
    assert_memory_equal(bytes, wanted, 6);
    for (size_t i = 0; i < 6; i++)
        memset(from + 4 * i, picture[i], 4);
    orient_copy(orientation, (struct orient_plane){words, 4 * width}, from, 12, 3, 2, 4);
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(words[i], wanted[i / 4]);
}

static void each_exif_orientation_puts_pixels_where_it_says(void **state) {
    (void)state;
    expect_turned(1, (const uint8_t[]){1, 2, 3, 4, 5, 6});
    expect_turned(2, (const uint8_t[]){3, 2, 1, 6, 5, 4});
    expect_turned(3, (const uint8_t[]){6, 5, 4, 3, 2, 1});
    expect_turned(4, (const uint8_t[]){4, 5, 6, 1, 2, 3});
    expect_turned(5, (const uint8_t[]){1, 4, 2, 5, 3, 6});
    expect_turned(6, (const uint8_t[]){4, 1, 5, 2, 6, 3});
    expect_turned(7, (const uint8_t[]){6, 3, 5, 2, 4, 1});
    expect_turned(8, (const uint8_t[]){3, 6, 2, 5, 1, 4});
    expect_turned(0, (const uint8_t[]){1, 2, 3, 4, 5, 6});
    expect_turned(9, (const uint8_t[]){1, 2, 3, 4, 5, 6});
}

static void expect_matrix(int a, int b, int c, int d, long exif) {
    const int32_t matrix[9] = {a * 65536, b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 1 << 30};
    struct orientation is = orientation_of_matrix(matrix), wanted = orientation_of_exif(exif);
    assert_int_equal(is.transpose, wanted.transpose);
    assert_int_equal(is.flip_x, wanted.flip_x);
    assert_int_equal(is.flip_y, wanted.flip_y);
}

static void each_matrix_is_the_orientation_it_means(void **state) {
    (void)state;
    expect_matrix(1, 0, 0, 1, 1);
    expect_matrix(-1, 0, 0, 1, 2);
    expect_matrix(-1, 0, 0, -1, 3);
    expect_matrix(1, 0, 0, -1, 4);
    expect_matrix(0, 1, 1, 0, 5);
    expect_matrix(0, 1, -1, 0, 6);
    expect_matrix(0, -1, -1, 0, 7);
    expect_matrix(0, -1, 1, 0, 8);
}

/* Larger than one tile in both directions, and no multiple of it. */
static void large_planes_are_turned_whole(void **state) {
    enum { WIDTH = 101, HEIGHT = 77 };
    static uint8_t from[WIDTH * HEIGHT], to[WIDTH * HEIGHT];
    (void)state;
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 31 + i / 7);
    orient_copy(orientation_of_exif(6), (struct orient_plane){to, HEIGHT}, from, WIDTH, WIDTH, HEIGHT, 1);
    for (size_t y = 0; y < HEIGHT; y++) {
        for (size_t x = 0; x < WIDTH; x++)
            assert_int_equal(to[x * HEIGHT + HEIGHT - 1 - y], from[y * WIDTH + x]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_exif_orientation_puts_pixels_where_it_says),
        cmocka_unit_test(each_matrix_is_the_orientation_it_means),
        cmocka_unit_test(large_planes_are_turned_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
