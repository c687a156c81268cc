#include "preview/jpeg.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind stdio.h. */
#include <jpeglib.h>

#define CHANNELS 3 /* bytes of a pixel */

void pixels_finish(struct pixels *pixels) {
    free(pixels->rgb);
    *pixels = (struct pixels){0};
}

static size_t pixels_size(const struct pixels *pixels) {
    return (size_t)pixels->width * pixels->height * CHANNELS;
}

bool pixels_equal(const struct pixels *a, const struct pixels *b) {
    return a->rgb && b->rgb && a->width == b->width && a->height == b->height &&
           memcmp(a->rgb, b->rgb, pixels_size(a)) == 0;
}

bool pixels_read(const void *png, size_t size, uint32_t side_max, struct pixels *pixels,
                 struct pp_error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    *pixels = (struct pixels){0};
    if (!png_image_begin_read_from_memory(&image, png, size))
        return pp_fail(error, PP_E_INVALID, "the player's picture: %s", image.message);
    image.format = PNG_FORMAT_RGB;
    *pixels = (struct pixels){.width = image.width, .height = image.height};
    bool small = image.width <= side_max && image.height <= side_max;
    if (small)
        pixels->rgb = malloc(pixels_size(pixels));
    bool ok = pixels->rgb && png_image_finish_read(&image, NULL, pixels->rgb, 0, NULL);
    png_image_free(&image);
    if (!ok)
        pixels_finish(pixels);
    return ok || pp_fail(error, small ? PP_E_NOMEM : PP_E_LIMIT, "the player's picture: it cannot be read");
}

/* ---- Written ---- */

/* libjpeg's own way to fail is to end the process. */
struct failure {
    struct jpeg_error_mgr manager; /* the first member */
    jmp_buf back;
};

static void on_failure(j_common_ptr common) {
    struct failure *failure = (struct failure *)common->err;
    longjmp(failure->back, 1);
}

static void say_nothing(j_common_ptr common) {
    (void)common;
}

/* What changes between the two returns of setjmp stands in the structures alone. */
static bool encode(struct jpeg_compress_struct *jpeg, struct failure *failure, const struct pixels *pixels,
                   unsigned char **data, unsigned long *size) {
    if (setjmp(failure->back))
        return false;
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, data, size);
    jpeg->image_width = pixels->width;
    jpeg->image_height = pixels->height;
    jpeg->input_components = CHANNELS;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, JPEG_QUALITY, TRUE);
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = pixels->rgb + (size_t)jpeg->next_scanline * pixels->width * CHANNELS;
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    return true;
}

bool jpeg_write(const struct pixels *pixels, struct pp_buf *out, struct pp_error *error) {
    struct jpeg_compress_struct jpeg = {0};
    struct failure failure;
    unsigned char *data = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = on_failure;
    failure.manager.output_message = say_nothing;
    bool ok = encode(&jpeg, &failure, pixels, &data, &size);
    jpeg_destroy_compress(&jpeg);
    ok = ok ? pp_buf_add(out, data, size, error) : pp_fail(error, PP_E_NOMEM, "no JPEG could be made");
    free(data);
    return ok;
}
