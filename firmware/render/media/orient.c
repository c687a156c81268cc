#include "render/media/orient.h"

#include <stdlib.h>
#include <string.h>

#define TILE 32 /* pixels a side: a turned copy walks columns, and this keeps them in the cache */

/* x' = a x + c y, y' = b x + d y with a, b = matrix[0], [1] and c, d = matrix[3], [4]. */
struct orientation orientation_of_matrix(const int32_t matrix[9]) {
    int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    if (llabs(a) + llabs(d) >= llabs(b) + llabs(c))
        return (struct orientation){.flip_x = a < 0, .flip_y = d < 0};
    return (struct orientation){.transpose = true, .flip_x = c < 0, .flip_y = b < 0};
}

struct orientation orientation_of_exif(long value) {
    static const struct orientation table[9] = {
        [2] = {.flip_x = true},
        [3] = {.flip_x = true, .flip_y = true},
        [4] = {.flip_y = true},
        [5] = {.transpose = true},
        [6] = {.transpose = true, .flip_x = true},
        [7] = {.transpose = true, .flip_x = true, .flip_y = true},
        [8] = {.transpose = true, .flip_y = true},
    };
    return value >= 1 && value <= 8 ? table[value] : table[0];
}

bool orientation_is_identity(struct orientation orientation) {
    return !orientation.transpose && !orientation.flip_x && !orientation.flip_y;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Where the source is read for the target pixel (0, 0), and the steps for one target pixel to the right and
 * down. */
struct walk {
    const uint8_t *origin;
    ptrdiff_t right, down; /* bytes */
};

static struct walk walk_of(struct orientation orientation, const uint8_t *from, ptrdiff_t stride,
                           size_t width, size_t height, size_t pixel_size) {
    struct walk walk = {from, (ptrdiff_t)pixel_size, stride};
    if (orientation.transpose) {
        walk.right = stride;
        walk.down = (ptrdiff_t)pixel_size;
    }
    size_t out_width = orientation.transpose ? height : width;
    size_t out_height = orientation.transpose ? width : height;
    if (orientation.flip_x) {
        walk.origin += walk.right * (ptrdiff_t)(out_width - 1);
        walk.right = -walk.right;
    }
    if (orientation.flip_y) {
        walk.origin += walk.down * (ptrdiff_t)(out_height - 1);
        walk.down = -walk.down;
    }
    return walk;
}

static void copy_row(uint8_t *to, const uint8_t *from, ptrdiff_t step, size_t count, size_t pixel_size) {
    if (pixel_size == 4) {
        for (size_t i = 0; i < count; i++, from += step)
            memcpy(to + 4 * i, from, 4);
        return;
    }
    for (size_t i = 0; i < count; i++, from += step)
        to[i] = *from;
}

static void copy_tile(const struct walk *walk, struct orient_plane to, size_t x, size_t y, size_t width,
                      size_t height, size_t pixel_size) {
    for (size_t row = y; row < y + height; row++) {
        const uint8_t *from = walk->origin + walk->down * (ptrdiff_t)row + walk->right * (ptrdiff_t)x;
        copy_row(to.data + row * to.stride + x * pixel_size, from, walk->right, width, pixel_size);
    }
}

void orient_copy(struct orientation orientation, struct orient_plane to, const uint8_t *from,
                 ptrdiff_t stride, size_t width, size_t height, size_t pixel_size) {
    if (orientation_is_identity(orientation)) {
        for (size_t row = 0; row < height; row++)
            memcpy(to.data + row * to.stride, from + stride * (ptrdiff_t)row, width * pixel_size);
        return;
    }
    struct walk walk = walk_of(orientation, from, stride, width, height, pixel_size);
    size_t out_width = orientation.transpose ? height : width;
    size_t out_height = orientation.transpose ? width : height;
    for (size_t y = 0; y < out_height; y += TILE) {
        for (size_t x = 0; x < out_width; x += TILE)
            copy_tile(&walk, to, x, y, least(TILE, out_width - x), least(TILE, out_height - y), pixel_size);
    }
}
