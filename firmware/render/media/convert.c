#include "render/media/convert.h"

#include <libavutil/pixdesc.h>
#include <math.h>

#include "base/mem.h"
#include "render/media/alpha.h"
#include "render/media/compat.h"
#include "render/media/limits.h"

/* From either on an unmarked film is BT.709, below both BT.601, as other players guess: a wide film may have
 * few rows. */
#define HD_WIDTH  1280
#define HD_HEIGHT 577

static bool is_full_range(const AVFrame *frame) {
    switch ((enum AVPixelFormat)frame->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
        return true;
    default:
        return frame->color_range == AVCOL_RANGE_JPEG;
    }
}

/* SWS_CS_… of the frame's own matrix. */
static int matrix_of(const AVFrame *frame, bool still) {
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    default:
        return still || (frame->width < HD_WIDTH && frame->height < HD_HEIGHT) ? SWS_CS_ITU601
                                                                               : SWS_CS_ITU709;
    }
}

/* JPEG's, the same samples under an older name. */
static enum AVPixelFormat plain_format(enum AVPixelFormat format) {
    return format == AV_PIX_FMT_YUVJ420P ? AV_PIX_FMT_YUV420P : format;
}

static bool is_rgb_like(enum AVPixelFormat format) {
    const AVPixFmtDescriptor *about = av_pix_fmt_desc_get(format);
    return !about || about->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL);
}

static enum AVPixelFormat ring_pixels(const struct convert *convert) {
    return convert->layout.format == IPC_PIXEL_BGRA ? AV_PIX_FMT_BGRA : AV_PIX_FMT_YUV420P;
}

static void shrink(struct convert *convert, double factor) {
    if (factor >= 1)
        return;
    convert->width = (unsigned)fmax(1, floor(convert->width * factor + 0.5));
    convert->height = (unsigned)fmax(1, floor(convert->height * factor + 0.5));
}

/* Down to what still covers the target in both directions, whatever the layer's fit is; a long side that
 * sticks out is kept to twice the target. */
static void shrink_to_target(struct convert *convert, const struct convert_wish *wish) {
    double width = wish->orientation.transpose ? wish->target_height : wish->target_width;
    double height = wish->orientation.transpose ? wish->target_width : wish->target_height;
    if (width < 1 || height < 1)
        return;
    shrink(convert, fmax(width / convert->width, height / convert->height));
    shrink(convert, fmin(2 * width / convert->width, 2 * height / convert->height));
}

static double slot_bytes(const struct convert *convert) {
    double pixel = convert->layout.format == IPC_PIXEL_BGRA ? 4 : 1.5;
    /* Strides are multiples of 64 bytes, for the colours at half the width, too. */
    return pixel * (convert->width + 128.0) * (convert->height + 2.0);
}

/* Down to the pixels that the player takes for such a place. */
static void fit_place(struct convert *convert, const struct convert_wish *wish) {
    double most = (double)ipc_picture_pixels_max(wish->target_width, wish->target_height);
    if (!wish->target_width || !wish->target_height || (double)convert->width * convert->height <= most)
        return;
    shrink_to_target(convert, wish);
    for (int i = 0; i < 8 && (double)convert->width * convert->height > most; i++)
        shrink(convert, 0.98 * sqrt(most / ((double)convert->width * convert->height)));
}

static double ring_bytes_max(const struct convert_wish *wish) {
    if (!wish->target_width || !wish->target_height)
        return IPC_RING_MAX;
    return (double)ipc_ring_bytes_max(ipc_picture_pixels_max(wish->target_width, wish->target_height));
}

/* Fewer slots, then smaller pictures, until the ring is small enough. */
static void fit_ring(struct convert *convert, const struct convert_wish *wish) {
    unsigned least = wish->slots < MEDIA_SLOTS_MIN ? wish->slots : MEDIA_SLOTS_MIN;
    unsigned slots = wish->slots;
    double most = ring_bytes_max(wish);
    while (slots > least && slot_bytes(convert) * slots > most)
        slots--;
    if (slot_bytes(convert) * slots > most)
        shrink_to_target(convert, wish);
    for (int i = 0; i < 8 && slot_bytes(convert) * slots > most; i++)
        shrink(convert, 0.98 * sqrt(most / (slot_bytes(convert) * slots)));
    unsigned longest = convert->width > convert->height ? convert->width : convert->height;
    shrink(convert, (double)IPC_SIDE_MAX / longest);
    convert->layout.slots = (uint8_t)slots;
}

/* Square pixels where nothing is known, where it makes no sense, and for still pictures, whose "density" is
 * about paper.
 */
static void set_aspect(struct convert *convert, const struct convert_wish *wish) {
    AVRational aspect = {1, 1};
    if (!wish->still && wish->aspect.num > 0 && wish->aspect.den > 0)
        av_reduce(&aspect.num, &aspect.den, wish->aspect.num, wish->aspect.den, UINT16_MAX);
    if (aspect.num <= 0 || aspect.den <= 0)
        aspect = (AVRational){1, 1};
    convert->layout.aspect_num = (uint16_t)(wish->orientation.transpose ? aspect.den : aspect.num);
    convert->layout.aspect_den = (uint16_t)(wish->orientation.transpose ? aspect.num : aspect.den);
}

static bool check_size(const AVFrame *frame, bool still, struct pp_error *error) {
    int side_max = still ? MEDIA_STILL_SIDE_MAX : MEDIA_SIDE_MAX;
    int64_t pixels_max = still ? MEDIA_STILL_PIXELS_MAX : MEDIA_PIXELS_MAX;
    if (frame->width >= 1 && frame->height >= 1 && frame->width <= side_max && frame->height <= side_max &&
        (int64_t)frame->width * frame->height <= pixels_max)
        return true;
    return pp_fail(error, PP_E_LIMIT, "%d x %d pixels are over %d a side or %d million", frame->width,
                   frame->height, side_max, (int)(pixels_max / 1000000));
}

bool convert_init(struct convert *convert, const AVFrame *frame, const struct convert_wish *wish,
                  struct pp_error *error) {
    *convert = (struct convert){.colour = wish->colour, .inks = wish->inks};
    if (!check_size(frame, wish->still, error))
        return false;
    convert->orientation = wish->orientation;
    convert->width = (unsigned)frame->width;
    convert->height = (unsigned)frame->height;
    convert->still = wish->still;
    bool rgb = wish->still || is_rgb_like((enum AVPixelFormat)frame->format);
    convert->layout.format = rgb ? IPC_PIXEL_BGRA : IPC_PIXEL_I420;
    convert->layout.matrix =
        matrix_of(frame, wish->still) == SWS_CS_ITU601 ? IPC_MATRIX_BT601 : IPC_MATRIX_BT709;
    convert->layout.full_range = rgb || is_full_range(frame);
    if (wish->still)
        shrink_to_target(convert, wish);
    fit_place(convert, wish);
    fit_ring(convert, wish);
    convert->layout.width = (uint16_t)(wish->orientation.transpose ? convert->height : convert->width);
    convert->layout.height = (uint16_t)(wish->orientation.transpose ? convert->width : convert->height);
    set_aspect(convert, wish);
    return true;
}

void convert_finish(struct convert *convert) {
    sws_freeContext(convert->scaler);
    av_frame_free(&convert->scaled);
    av_frame_free(&convert->premultiplied);
    av_frame_free(&convert->inked);
    colour_destroy(convert->colour);
    convert->scaler = NULL;
    convert->colour = NULL;
}

/* SWS_CS_… of the ring. */
static int ring_matrix(const struct convert *convert) {
    return convert->layout.matrix == IPC_MATRIX_BT601 ? SWS_CS_ITU601 : SWS_CS_ITU709;
}

/* The colours of the ring: RGB, or the range and matrix it was announced with. It fails only for pairs of
 * formats that know no colour space. */
static void set_colours(struct convert *convert, int matrix, int full_range) {
    sws_setColorspaceDetails(convert->scaler, sws_getCoefficients(matrix), full_range,
                             sws_getCoefficients(ring_matrix(convert)), convert->layout.full_range, 0,
                             1 << 16, 1 << 16);
}

/* A picture that keeps its size has only its colours interpolated: linearly, as JPEG libraries do, in half
 * the time. */
static int kernel_for(const struct convert *convert, const AVFrame *frame) {
    bool same_size = frame->width == (int)convert->width && frame->height == (int)convert->height;
    if (!convert->still)
        return SWS_BICUBIC;
    return same_size ? SWS_BILINEAR : SWS_LANCZOS;
}

static bool prepare_scaler(struct convert *convert, const AVFrame *frame, struct pp_error *error) {
    int matrix = matrix_of(frame, convert->still), range = is_full_range(frame);
    if (convert->scaler && convert->scaler_width == frame->width && convert->scaler_height == frame->height &&
        convert->scaler_from == (enum AVPixelFormat)frame->format && convert->scaler_matrix == matrix &&
        convert->scaler_range == range)
        return true;
    sws_freeContext(convert->scaler);
    int flags = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | kernel_for(convert, frame);
    convert->scaler =
        sws_getContext(frame->width, frame->height, (enum AVPixelFormat)frame->format, (int)convert->width,
                       (int)convert->height, ring_pixels(convert), flags, NULL, NULL, NULL);
    if (!convert->scaler)
        return pp_fail(error, PP_E_UNSUPPORTED, "pictures of the form %s cannot be shown",
                       av_get_pix_fmt_name((enum AVPixelFormat)frame->format));
    convert->scaler_width = frame->width;
    convert->scaler_height = frame->height;
    convert->scaler_from = (enum AVPixelFormat)frame->format;
    convert->scaler_matrix = matrix;
    convert->scaler_range = range;
    set_colours(convert, matrix, range);
    return true;
}

static bool make_frame(AVFrame **made, int width, int height, enum AVPixelFormat format,
                       struct pp_error *error) {
    if (*made)
        return true;
    *made = av_frame_alloc();
    if (!*made)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    (*made)->width = width;
    (*made)->height = height;
    (*made)->format = format;
    int result = av_frame_get_buffer(*made, 64);
    return result < 0 ? compat_fail(error, result, "a picture") : true;
}

static bool scale_to(struct convert *convert, const AVFrame *frame, uint8_t *const to[4],
                     const int strides[4], struct pp_error *error) {
    if (!prepare_scaler(convert, frame, error))
        return false;
    int rows = sws_scale(convert->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                         frame->height, to, strides);
    return rows > 0 ? true : pp_fail(error, PP_E_INVALID, "a picture cannot be converted");
}

/* The planes of a picture of inks are scaled each by itself: no colour is meant by them yet. */
static bool scale_planes(struct convert *convert, const AVFrame *frame, struct pp_error *error) {
    struct SwsContext *scaler =
        sws_getContext(frame->width, frame->height, (enum AVPixelFormat)frame->format, (int)convert->width,
                       (int)convert->height, AV_PIX_FMT_YUVA444P,
                       SWS_ACCURATE_RND | kernel_for(convert, frame), NULL, NULL, NULL);
    if (!scaler)
        return pp_fail(error, PP_E_UNSUPPORTED, "pictures of the form %s cannot be shown",
                       av_get_pix_fmt_name((enum AVPixelFormat)frame->format));
    const int *matrix = sws_getCoefficients(SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler, matrix, 1, matrix, 1, 0, 1 << 16, 1 << 16);
    int rows = sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height,
                         convert->inked->data, convert->inked->linesize);
    sws_freeContext(scaler);
    return rows > 0 ? true : pp_fail(error, PP_E_INVALID, "a picture cannot be converted");
}

static void slot_planes(const struct ipc_video_ring *ring, unsigned slot, uint8_t *data[4], int strides[4]) {
    for (unsigned plane = 0; plane < 4; plane++) {
        data[plane] = NULL;
        strides[plane] = 0;
        if (plane >= ipc_pixel_planes(ring->layout.format))
            continue;
        struct ipc_plane where = ipc_video_plane(ring, slot, plane);
        data[plane] = where.data;
        strides[plane] = (int)where.stride;
    }
}

/* `frame` has the ring's format and the size before turning. */
static void turn_into_slot(const struct convert *convert, const AVFrame *frame,
                           const struct ipc_video_ring *ring, unsigned slot) {
    size_t pixel_size = ring->layout.format == IPC_PIXEL_BGRA ? 4 : 1;
    for (unsigned plane = 0; plane < ipc_pixel_planes(ring->layout.format); plane++) {
        struct ipc_plane where = ipc_video_plane(ring, slot, plane);
        size_t width = plane ? (convert->width + 1) / 2 : convert->width;
        size_t height = plane ? (convert->height + 1) / 2 : convert->height;
        struct orient_plane to = {.data = where.data, .stride = where.stride};
        orient_copy(convert->orientation, to, frame->data[plane], frame->linesize[plane], width, height,
                    pixel_size);
    }
}

static bool scale_into_slot(struct convert *convert, const AVFrame *frame, const struct ipc_video_ring *ring,
                            unsigned slot, struct pp_error *error) {
    uint8_t *data[4];
    int strides[4];
    if (orientation_is_identity(convert->orientation)) {
        slot_planes(ring, slot, data, strides);
        return scale_to(convert, frame, data, strides, error);
    }
    if (!make_frame(&convert->scaled, (int)convert->width, (int)convert->height, ring_pixels(convert),
                    error) ||
        !scale_to(convert, frame, convert->scaled->data, convert->scaled->linesize, error))
        return false;
    turn_into_slot(convert, convert->scaled, ring, slot);
    return true;
}

/* Colours of pixels that cannot be seen must not bleed into their neighbours: scaled with their weight. */
static bool scale_transparent(struct convert *convert, const AVFrame *frame,
                              const struct ipc_video_ring *ring, unsigned slot, struct pp_error *error) {
    if (!alpha_premultiplied(frame, &convert->premultiplied, error) ||
        !scale_into_slot(convert, convert->premultiplied, ring, slot, error))
        return false;
    struct ipc_plane where = ipc_video_plane(ring, slot, 0);
    alpha_straighten(where.data, where.stride, where.row_bytes / 4, where.rows);
    return true;
}

/* Four planes of inks, inverted as Adobe has them, to a row of inks. */
static void gather_inks(const AVFrame *frame, int y, enum picture_inks how, uint8_t *inks) {
    const uint8_t *plane[4];
    for (unsigned i = 0; i < 4; i++)
        plane[i] = frame->data[i] + (ptrdiff_t)y * frame->linesize[i];
    for (int x = 0; x < frame->width; x++, inks += 4) {
        int ink[4] = {255 - plane[0][x], 255 - plane[1][x], 255 - plane[2][x], 255 - plane[3][x]};
        if (how == PICTURE_YCCK) { /* ISO 10918-5 */
            int luma = plane[0][x], cb = plane[1][x] - 128, cr = plane[2][x] - 128;
            ink[0] = luma + (91881 * cr + 32768) / 65536;
            ink[1] = luma - (22554 * cb + 46802 * cr + 32768) / 65536;
            ink[2] = luma + (116130 * cb + 32768) / 65536;
        }
        for (unsigned i = 0; i < 4; i++)
            inks[i] = (uint8_t)(ink[i] < 0 ? 0 : ink[i] > 255 ? 255 : ink[i]);
    }
}

/* The inks are scaled as they are, then become colours. */
static bool print_into_slot(struct convert *convert, const AVFrame *frame, const struct ipc_video_ring *ring,
                            unsigned slot, struct pp_error *error) {
    int width = (int)convert->width, height = (int)convert->height;
    pp_autofree uint8_t *inks = malloc(4 * (size_t)width);
    if (!inks)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!make_frame(&convert->inked, width, height, AV_PIX_FMT_YUVA444P, error) ||
        !make_frame(&convert->scaled, width, height, AV_PIX_FMT_BGRA, error) ||
        !scale_planes(convert, frame, error))
        return false;
    for (int y = 0; y < height; y++) {
        gather_inks(convert->inked, y, convert->inks, inks);
        colour_convert_inks(convert->colour, inks,
                            convert->scaled->data[0] + (ptrdiff_t)y * convert->scaled->linesize[0],
                            (size_t)width);
    }
    turn_into_slot(convert, convert->scaled, ring, slot);
    return true;
}

static bool place_frame(struct convert *convert, const AVFrame *frame, const struct ipc_video_ring *ring,
                        unsigned slot, struct pp_error *error) {
    if (convert->inks != PICTURE_NO_INKS)
        return print_into_slot(convert, frame, ring, slot, error);
    bool same_size = frame->width == (int)convert->width && frame->height == (int)convert->height;
    bool same_colours = convert->layout.format == IPC_PIXEL_BGRA ||
                        (convert->layout.full_range == is_full_range(frame) &&
                         matrix_of(frame, convert->still) == ring_matrix(convert));
    if (same_size && same_colours &&
        plain_format((enum AVPixelFormat)frame->format) == ring_pixels(convert)) {
        turn_into_slot(convert, frame, ring, slot);
        return true;
    }
    if (!same_size && alpha_is_in(frame))
        return scale_transparent(convert, frame, ring, slot, error);
    return scale_into_slot(convert, frame, ring, slot, error);
}

bool convert_frame(struct convert *convert, const AVFrame *frame, const struct ipc_video_ring *ring,
                   unsigned slot, struct pp_error *error) {
    if (!place_frame(convert, frame, ring, slot, error))
        return false;
    if (!convert->colour || convert->inks != PICTURE_NO_INKS || convert->layout.format != IPC_PIXEL_BGRA)
        return true;
    struct ipc_plane where = ipc_video_plane(ring, slot, 0);
    colour_convert(convert->colour, where.data, where.stride, where.row_bytes / 4, where.rows);
    return true;
}
