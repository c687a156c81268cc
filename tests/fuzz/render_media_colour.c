/* What a picture says beside its pixels: an ICC profile, the chunks of a PNG, the markers of a JPEG. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "render/media/colour.h"
#include "render/media/jpeg.h"
#include "render/media/png.h"

#define INPUT_MAX (256 * 1024) /* bytes */
#define PIXELS    16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert(struct colour *colour, enum colour_space space) {
    static const uint8_t inks[4 * PIXELS] = {1, 2, 3, 4, 255};
    uint8_t pixels[4 * PIXELS] = {0};
    PP_AUTO(colour) struct colour *taken = colour;
    if (space == COLOUR_CMYK)
        colour_convert_inks(taken, inks, pixels, PIXELS);
    else if (taken)
        colour_convert(taken, pixels, sizeof pixels, PIXELS, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct png_colours colours = PNG_COLOURS_INIT;
    struct jpeg_head head;
    if (size > INPUT_MAX)
        return 0;
    for (enum colour_space space = COLOUR_RGB; space <= COLOUR_CMYK; space++)
        convert(colour_of_profile(data, size, space), space);
    jpeg_read_head(data, size, &head);
    png_read_colours(data, size, &colours);
    convert(colour_of_description(&colours.description), COLOUR_RGB);
    convert(colour_of_profile(colours.profile.data, colours.profile.size, COLOUR_RGB), COLOUR_RGB);
    png_colours_finish(&colours);
    uint8_t *copy = malloc(size + 1);
    if (copy) {
        memcpy(copy, data, size);
        if (png_clean(copy, size) > size || (jpeg_read_head(copy, size, &head) && head.adobe_at >= size))
            abort();
    }
    free(copy);
    return 0;
}
