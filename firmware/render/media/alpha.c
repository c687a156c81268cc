#include "render/media/alpha.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "render/media/compat.h"

bool alpha_is_in(const AVFrame *frame) {
    const AVPixFmtDescriptor *about = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    return about && about->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL);
}

static void premultiply_row(uint8_t *pixel, int width) {
    for (int x = 0; x < width; x++, pixel += 4) {
        unsigned alpha = pixel[3];
        for (int i = 0; i < 3; i++)
            pixel[i] = (uint8_t)((pixel[i] * alpha + 127) / 255);
    }
}

static bool make_bgra(AVFrame **made, int width, int height, struct pp_error *error) {
    if (*made && (*made)->width == width && (*made)->height == height)
        return true;
    av_frame_free(made);
    *made = av_frame_alloc();
    if (!*made)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    (*made)->width = width;
    (*made)->height = height;
    (*made)->format = AV_PIX_FMT_BGRA;
    int result = av_frame_get_buffer(*made, 64);
    return result < 0 ? compat_fail(error, result, "a picture") : true;
}

bool alpha_premultiplied(const AVFrame *frame, AVFrame **made, struct pp_error *error) {
    if (!make_bgra(made, frame->width, frame->height, error))
        return false;
    struct SwsContext *scaler =
        sws_getContext(frame->width, frame->height, (enum AVPixelFormat)frame->format, frame->width,
                       frame->height, AV_PIX_FMT_BGRA, SWS_POINT, NULL, NULL, NULL);
    if (!scaler)
        return pp_fail(error, PP_E_UNSUPPORTED, "pictures of the form %s cannot be shown",
                       av_get_pix_fmt_name((enum AVPixelFormat)frame->format));
    sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, (*made)->data,
              (*made)->linesize);
    sws_freeContext(scaler);
    for (int y = 0; y < frame->height; y++)
        premultiply_row((*made)->data[0] + (ptrdiff_t)y * (*made)->linesize[0], frame->width);
    return true;
}

void alpha_straighten(uint8_t *pixels, size_t stride, size_t width, size_t rows) {
    for (size_t y = 0; y < rows; y++) {
        uint8_t *pixel = pixels + y * stride;
        for (size_t x = 0; x < width; x++, pixel += 4) {
            unsigned alpha = pixel[3];
            for (int i = 0; i < 3 && alpha > 0 && alpha < 255; i++) {
                unsigned value = (pixel[i] * 255 + alpha / 2) / alpha;
                pixel[i] = (uint8_t)(value > 255 ? 255 : value);
            }
        }
    }
}
