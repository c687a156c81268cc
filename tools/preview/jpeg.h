/* A picture as pages take it: the player's PNG becomes a JPEG. */
#ifndef PREVIEW_JPEG_H
#define PREVIEW_JPEG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

#define JPEG_QUALITY    85
#define JPEG_SIZE_MAX   (4 * 1024 * 1024)  /* bytes */
#define JPEG_OF_PNG_MAX (16 * 1024 * 1024) /* bytes */

struct pixels {
    uint32_t width, height;
    uint8_t *rgb; /* rows without padding */
};
void pixels_finish(struct pixels *pixels);
#define pixels_auto PP_CLEANUP(pixels_finish)

/* The player's own PNG, of at most `side_max` pixels a side. */
PP_MUST_USE bool pixels_read(const void *png, size_t size, uint32_t side_max, struct pixels *pixels,
                             struct pp_error *error);
bool pixels_equal(const struct pixels *a, const struct pixels *b);

/* Appended to `out`. */
PP_MUST_USE bool jpeg_write(const struct pixels *pixels, struct pp_buf *out, struct pp_error *error);

#endif
