#include "headend/ingest/thumbnail.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHANNELS 4 /* RGBA */
#define SAMPLES  4 /* each way, of the picture for a pixel of the thumbnail */

struct shape {
    uint32_t width, height; /* pixels */
};

/* The picture's, with pixels that are not square made so, as large as may be; one that is small stays as it is. */
static struct shape shape_of(const struct ipc_ring *layout) {
    double width = layout->width;
    double height = layout->height;
    if (layout->aspect_num && layout->aspect_den)
        width = width * layout->aspect_num / layout->aspect_den;
    double longer = width > height ? width : height;
    double scale = longer > THUMBNAIL_SIDE_MAX ? THUMBNAIL_SIDE_MAX / longer : 1;
    struct shape shape = {.width = (uint32_t)lround(width * scale),
                          .height = (uint32_t)lround(height * scale)};
    shape.width = shape.width ? shape.width : 1;
    shape.height = shape.height ? shape.height : 1;
    return shape;
}

static uint8_t clamp(double value) {
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)lround(value);
}

/* ITU-R BT.601 and BT.709, §3 each; limited range is 16 … 235, and 16 … 240. */
static void rgb_of(const struct ipc_ring *layout, double y, double cb, double cr, double rgba[CHANNELS]) {
    bool hd = layout->matrix == IPC_MATRIX_BT709;
    double kr = hd ? 0.2126 : 0.299;
    double kb = hd ? 0.0722 : 0.114;
    double kg = 1 - kr - kb;
    double luma = layout->full_range ? y : (y - 16) * 255 / 219;
    double chroma = layout->full_range ? 1 : 255.0 / 224;
    double blue = (cb - 128) * chroma * 2 * (1 - kb);
    double red = (cr - 128) * chroma * 2 * (1 - kr);
    rgba[0] = luma + red;
    rgba[1] = luma - (kb * blue + kr * red) / kg;
    rgba[2] = luma + blue;
    rgba[3] = 255;
}

struct picture {
    const struct ipc_ring *layout;
    struct ipc_plane planes[IPC_PLANES];
};

/* A plane that its format has not is the first one, so that none is without memory. */
static struct picture picture_of(const struct ipc_video_ring *ring, unsigned slot) {
    struct picture picture = {.layout = &ring->layout};
    unsigned count = ipc_pixel_planes(ring->layout.format);
    for (unsigned plane = 0; plane < IPC_PLANES; plane++)
        picture.planes[plane] = ipc_video_plane(ring, slot, plane < count ? plane : 0);
    return picture;
}

static uint8_t byte_at(const struct ipc_plane *plane, uint32_t row, uint32_t column) {
    return plane->data[(size_t)row * plane->stride + column];
}

static void sample(const struct picture *picture, uint32_t x, uint32_t y, double rgba[CHANNELS]) {
    const struct ipc_plane *planes = picture->planes;
    switch ((enum ipc_pixel_format)picture->layout->format) {
    case IPC_PIXEL_I420:
        rgb_of(picture->layout, byte_at(&planes[0], y, x), byte_at(&planes[1], y / 2, x / 2),
               byte_at(&planes[2], y / 2, x / 2), rgba);
        break;
    case IPC_PIXEL_NV12:
        rgb_of(picture->layout, byte_at(&planes[0], y, x), byte_at(&planes[1], y / 2, x / 2 * 2),
               byte_at(&planes[1], y / 2, x / 2 * 2 + 1), rgba);
        break;
    case IPC_PIXEL_BGRA:
        for (uint32_t i = 0; i < 3; i++)
            rgba[i] = byte_at(&planes[0], y, x * CHANNELS + 2 - i);
        rgba[3] = byte_at(&planes[0], y, x * CHANNELS + 3);
        break;
    }
}

/* The mean of some of the picture's pixels that fall into this one. */
static void pixel_make(const struct picture *picture, struct shape shape, uint32_t x, uint32_t y,
                       uint8_t out[CHANNELS]) {
    double sum[CHANNELS] = {0};
    for (uint32_t i = 0; i < SAMPLES * SAMPLES; i++) {
        double rgba[CHANNELS];
        uint64_t across = (uint64_t)x * SAMPLES + i % SAMPLES;
        uint64_t down = (uint64_t)y * SAMPLES + i / SAMPLES;
        sample(picture, (uint32_t)(across * picture->layout->width / (shape.width * SAMPLES)),
               (uint32_t)(down * picture->layout->height / (shape.height * SAMPLES)), rgba);
        for (uint32_t c = 0; c < 3; c++)
            sum[c] += rgba[c] * rgba[3];
        sum[3] += rgba[3];
    }
    for (uint32_t c = 0; c < 3; c++)
        out[c] = sum[3] > 0 ? clamp(sum[c] / sum[3]) : 0;
    out[3] = clamp(sum[3] / (SAMPLES * SAMPLES));
}

static bool png_write(const uint8_t *pixels, struct shape shape, struct pp_buf *png, struct pp_error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = shape.width,
                       .height = shape.height,
                       .format = PNG_FORMAT_RGBA};
    png_alloc_size_t size = THUMBNAIL_MAX;
    pp_autofree uint8_t *data = malloc(THUMBNAIL_MAX);
    if (!data)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!png_image_write_to_memory(&image, data, &size, 0, pixels, 0, NULL))
        return pp_fail(error, PP_E_IO, "a thumbnail: %s", image.message);
    return pp_buf_add(png, data, size, error);
}

bool thumbnail_make(const struct ipc_video_ring *ring, unsigned slot, struct pp_buf *png,
                    struct pp_error *error) {
    struct picture picture = picture_of(ring, slot);
    struct shape shape = shape_of(&ring->layout);
    pp_autofree uint8_t *pixels = malloc((size_t)shape.width * shape.height * CHANNELS);
    if (!pixels)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++)
            pixel_make(&picture, shape, x, y, pixels + ((size_t)y * shape.width + x) * CHANNELS);
    }
    return png_write(pixels, shape, png, error);
}
