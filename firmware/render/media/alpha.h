/* Transparency while scaling: weights colours with it and takes the weight out again. */
#ifndef PP_RENDER_MEDIA_ALPHA_H
#define PP_RENDER_MEDIA_ALPHA_H

#include <libavutil/frame.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Whether the frame's format has transparency. */
bool alpha_is_in(const AVFrame *frame);
/* `frame` as BGRA, premultiplied, into `*made`, which is made or used again. */
PP_MUST_USE bool alpha_premultiplied(const AVFrame *frame, AVFrame **made, struct pp_error *error);
/* Premultiplied BGRA to straight, in place. */
void alpha_straighten(uint8_t *pixels, size_t stride, size_t width, size_t rows);

#endif
