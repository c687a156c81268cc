/*
 * From a picture's own colours to those of the screen, sRGB (IEC 61966-2-1): ICC profiles (ICC.1) through Little CMS,
 * and what a PNG says without one. Relative colorimetric with black point compensation, as agencies prove their work.
 *
 * A profile comes from strangers: one that is too large, damaged, of another kind than the pixels, or of a class that
 * describes no picture is as if there were none.
 */
#ifndef PP_RENDER_MEDIA_COLOUR_H
#define PP_RENDER_MEDIA_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define COLOUR_PROFILE_MAX (8 * 1024 * 1024) /* bytes of an ICC profile */

struct colour;

enum colour_space { COLOUR_RGB, COLOUR_GREY, COLOUR_CMYK };
/* NULL: the colours are sRGB as far as anybody can tell. `space` is what the pixels are. */
struct colour *colour_of_profile(const uint8_t *profile, size_t size, enum colour_space space);

/* What a PNG says of its colours (PNG, third edition, 11.3.2). */
struct colour_description {
    bool has_code;         /* cICP: the numbers of ITU-T H.273 */
    uint8_t primaries;     /* of H.273 table 2 */
    uint8_t transfer;      /* of H.273 table 3 */
    bool is_srgb;          /* sRGB */
    uint32_t gamma;        /* gAMA, in 1/100000; 0 unknown */
    bool has_chromaticity; /* cHRM: white, red, green, blue, each x and y in 1/100000 */
    uint32_t chromaticity[8];
};
/* NULL as above. The first of code, sRGB, gamma and chromaticity holds; a profile stands before all but the code. */
struct colour *colour_of_description(const struct colour_description *description);

void colour_destroy(struct colour *colour);
PP_DEFINE_AUTO(colour, struct colour, colour_destroy)

/* BGRA with straight alpha, in place. Not for CMYK. */
void colour_convert(const struct colour *colour, uint8_t *pixels, size_t stride, size_t width, size_t rows);
/* `count` pixels of four inks (0: none) to opaque BGRA. Where `colour` is NULL, without a profile: only black is
 * mixed in. */
void colour_convert_inks(const struct colour *colour, const uint8_t *inks, uint8_t *pixels, size_t count);

#endif
