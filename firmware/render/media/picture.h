/*
 * What a single picture or an animation says beside its pixels, read before the decoder sees it: how large it is
 * coded, with which inks, in which colours; and what the decoder had better not see.
 */
#ifndef PP_RENDER_MEDIA_PICTURE_H
#define PP_RENDER_MEDIA_PICTURE_H

#include <libavcodec/avcodec.h>

#include "base/error.h"
#include "render/media/jpeg.h"
#include "render/media/kind.h"
#include "render/media/png.h"

/* How the four planes of a JPEG for the press are to be understood. */
enum picture_inks { PICTURE_NO_INKS, PICTURE_CMYK, PICTURE_YCCK };

struct picture {
    enum media_kind kind;
    struct png_colours png;
    struct jpeg_head jpeg;  /* components 0: not known */
    unsigned width, height; /* pixels, as coded; 0: not known */
    unsigned reduction;     /* the decoder halves the sides so often, which only JPEG's can */
    enum picture_inks inks;
};
#define PICTURE_INIT(of)                                                                                     \
    { .kind = (of), .png = PNG_COLOURS_INIT }

void picture_finish(struct picture *picture);

/* Reads and cleans what stands before the first picture of an animation. */
void picture_prepare_animation(struct picture *picture, AVCodecParameters *parameters);
/* The same with a packet; the first one tells what the picture is. A photograph is decoded no smaller than `side`
 * pixels either way, where it has them; 0: as large as can be. PP_E_UNSUPPORTED, PP_E_LIMIT in words. */
PP_MUST_USE bool picture_prepare(struct picture *picture, AVPacket *packet, unsigned side,
                                 struct pp_error *error);

/* From the picture's colours to sRGB; NULL: they are that. `frame` is its first. */
struct colour *picture_colour(const struct picture *picture, const AVFrame *frame);

#endif
