/*
 * What stands beside the picture in a PNG (PNG, third edition, 5): its colours are read here, and everything that the
 * decoder does not need is taken out before it sees the file. A text or profile of a few bytes may inflate to
 * gigabytes, which FFmpeg would do.
 *
 *   89 "PNG" 0D 0A 1A 0A   | length 4 | type 4 | data | CRC 4 |   | length 4 | …
 */
#ifndef PP_RENDER_MEDIA_PNG_H
#define PP_RENDER_MEDIA_PNG_H

#include "base/buf.h"
#include "render/media/colour.h"

struct png_colours {
    struct colour_description description;
    struct pp_buf profile; /* of iCCP, inflated; empty: none that can be used */
};
#define PNG_COLOURS_INIT                                                                                     \
    { .profile = PP_BUF_INIT(COLOUR_PROFILE_MAX) }

/* Leaves only the chunks that make up the picture, in `data`, and returns how many bytes they are. With or without
 * the signature in front, as packets of an animation have it. */
size_t png_clean(uint8_t *data, size_t size);

/* Reads what `data`, a file or its beginning, says of its colours; before png_clean. */
void png_read_colours(const uint8_t *data, size_t size, struct png_colours *colours);
void png_colours_finish(struct png_colours *colours);

#endif
