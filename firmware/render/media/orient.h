/*
 * Turning and mirroring pictures: what cameras write as EXIF orientation (TIFF 6.0 / EXIF 2.32 §4.6.4) and
 * films as a display matrix (ISO 14496-12 §8.3.2, libavutil/display.h).
 */
#ifndef PP_RENDER_MEDIA_ORIENT_H
#define PP_RENDER_MEDIA_ORIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First x and y change places, then the result is mirrored. */
struct orientation {
    bool transpose;
    bool flip_x; /* left and right */
    bool flip_y; /* top and bottom */
};

struct orientation orientation_of_matrix(const int32_t matrix[9]);
struct orientation orientation_of_exif(long value); /* 1 … 8; anything else: as it is */
bool orientation_is_identity(struct orientation orientation);

struct orient_plane {
    uint8_t *data;
    size_t stride; /* bytes */
};

/* Copies a plane of `width` x `height` source pixels of `pixel_size` bytes (1 or 4) into place. */
void orient_copy(struct orientation orientation, struct orient_plane to, const uint8_t *from,
                 ptrdiff_t stride, size_t width, size_t height, size_t pixel_size);

#endif
