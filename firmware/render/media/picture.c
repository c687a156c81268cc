#include "render/media/picture.h"

#include <libavutil/intreadwrite.h>
#include <libavutil/pixdesc.h>

#include "render/media/compat.h"
#include "render/media/limits.h"

void picture_finish(struct picture *picture) {
    png_colours_finish(&picture->png);
}

void picture_prepare_animation(struct picture *picture, AVCodecParameters *parameters) {
    if (picture->kind != MEDIA_APNG || !parameters->extradata)
        return;
    size_t size = (size_t)parameters->extradata_size;
    png_read_colours(parameters->extradata, size, &picture->png);
    parameters->extradata_size = (int)png_clean(parameters->extradata, size);
}

static bool too_large(const struct picture *picture, int64_t pixels_max, struct pp_error *error) {
    if (picture->width <= MEDIA_STILL_SIDE_MAX && picture->height <= MEDIA_STILL_SIDE_MAX &&
        (int64_t)picture->width * picture->height <= pixels_max)
        return false;
    return !pp_fail(error, PP_E_LIMIT,
                    "a picture of %u x %u pixels is larger than can be shown: at most %d million",
                    picture->width, picture->height, (int)(pixels_max / 1000000));
}

static int64_t reduced_pixels(const struct picture *picture) {
    return ((int64_t)picture->width >> picture->reduction) * (picture->height >> picture->reduction);
}

/* A large photograph is decoded only as large as it is shown, which the transform of JPEG makes easy; one that is
 * still too large then, smaller. */
static void choose_reduction(struct picture *picture, unsigned side) {
    picture->reduction = 0;
    if (picture->jpeg.coding == JPEG_LOSSLESS || reduced_pixels(picture) <= MEDIA_PHOTO_WHOLE_MAX)
        return;
    while (side > 0 && picture->reduction < MEDIA_REDUCTION_MAX &&
           picture->width >> (picture->reduction + 1) >= side &&
           picture->height >> (picture->reduction + 1) >= side)
        picture->reduction++;
    while (picture->reduction < MEDIA_REDUCTION_MAX && reduced_pixels(picture) > MEDIA_PIXELS_MAX)
        picture->reduction++;
}

/* The decoder mixes four inks to three colours where it sees Adobe's marker, and then no profile for inks can be
 * applied: so it does not see it, and gives the planes as they are. */
static void find_inks(struct picture *picture, AVPacket *packet) {
    const struct jpeg_head *head = &picture->jpeg;
    if (head->components != 4 || head->bits != 8 || head->coding == JPEG_LOSSLESS ||
        (head->adobe_transform != 0 && head->adobe_transform != 2))
        return;
    picture->inks = head->adobe_transform == 2 ? PICTURE_YCCK : PICTURE_CMYK;
    packet->data[head->adobe_at] = 'a';
}

/* A copy that was broken off often has the length of the whole, and nothing in it. */
static void cut_zeros(AVPacket *packet) {
    int size = packet->size;
    while (size > 0 && packet->data[size - 1] == 0)
        size--;
    av_shrink_packet(packet, size);
}

static bool prepare_jpeg(struct picture *picture, AVPacket *packet, unsigned side, struct pp_error *error) {
    struct jpeg_head *head = &picture->jpeg;
    cut_zeros(packet);
    if (!jpeg_read_head(packet->data, (size_t)packet->size, head))
        return true;
    picture->width = head->width;
    picture->height = head->height;
    if (head->coding == JPEG_ARITHMETIC)
        return pp_fail(error, PP_E_UNSUPPORTED,
                       "arithmetic-coded JPEG cannot be shown: save it as an ordinary JPEG");
    if (too_large(picture, head->coding == JPEG_LOSSLESS ? MEDIA_PIXELS_MAX : MEDIA_PHOTO_PIXELS_MAX, error))
        return false;
    if (head->coding == JPEG_PROGRESSIVE && 2 * head->samples > MEDIA_COEFFICIENTS_MAX)
        return pp_fail(
            error, PP_E_LIMIT,
            "a progressive JPEG of %u x %u pixels needs too much memory: save it as an ordinary JPEG",
            head->width, head->height);
    if (head->scans > MEDIA_SCANS_MAX || head->scans * head->samples > MEDIA_SCANNED_MAX)
        return pp_fail(error, PP_E_LIMIT, "a JPEG of %u scans cannot be shown: save it as an ordinary JPEG",
                       head->scans);
    choose_reduction(picture, side);
    find_inks(picture, packet);
    return true;
}

/* IHDR stands first: signature 8, length and type 8, then width and height. */
static bool prepare_png(struct picture *picture, AVPacket *packet, struct pp_error *error) {
    const uint8_t *data = packet->data;
    if (picture->kind == MEDIA_PNG) {
        png_read_colours(data, (size_t)packet->size, &picture->png);
        if (packet->size >= 24) {
            picture->width = AV_RB32(data + 16);
            picture->height = AV_RB32(data + 20);
        }
        if (too_large(picture, MEDIA_STILL_PIXELS_MAX, error))
            return false;
    }
    av_shrink_packet(packet, (int)png_clean(packet->data, (size_t)packet->size));
    return true;
}

/* Behind "RIFF", a size and "WEBP": the chunk VP8X, VP8L or VP8 (WebP container specification; RFC 6386, 9.1). */
static bool prepare_webp(struct picture *picture, const AVPacket *packet, struct pp_error *error) {
    const uint8_t *chunk = packet->data + 12;
    if (packet->size < 30)
        return true;
    if (AV_RL32(chunk) == MKTAG('V', 'P', '8', 'X')) {
        picture->width = 1 + AV_RL24(chunk + 12);
        picture->height = 1 + AV_RL24(chunk + 15);
    } else if (AV_RL32(chunk) == MKTAG('V', 'P', '8', 'L')) {
        picture->width = 1 + (AV_RL32(chunk + 9) & 0x3fff);
        picture->height = 1 + (AV_RL32(chunk + 9) >> 14 & 0x3fff);
    } else {
        picture->width = AV_RL16(chunk + 14) & 0x3fff;
        picture->height = AV_RL16(chunk + 16) & 0x3fff;
    }
    return !too_large(picture, MEDIA_STILL_PIXELS_MAX, error);
}

bool picture_prepare(struct picture *picture, AVPacket *packet, unsigned side, struct pp_error *error) {
    if (picture->kind == MEDIA_WEBP)
        return prepare_webp(picture, packet, error);
    if (picture->kind != MEDIA_JPEG && picture->kind != MEDIA_PNG && picture->kind != MEDIA_APNG)
        return true;
    int result = av_packet_make_writable(packet);
    if (result < 0)
        return compat_fail(error, result, "the picture");
    return picture->kind == MEDIA_JPEG ? prepare_jpeg(picture, packet, side, error)
                                       : prepare_png(picture, packet, error);
}

static enum colour_space space_of(const struct picture *picture, const AVFrame *frame) {
    if (picture->inks != PICTURE_NO_INKS)
        return COLOUR_CMYK;
    const AVPixFmtDescriptor *about = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    bool grey = about && about->nb_components < 3 && !(about->flags & AV_PIX_FMT_FLAG_PAL);
    return grey ? COLOUR_GREY : COLOUR_RGB;
}

static struct colour *png_colour(const struct picture *picture, enum colour_space space) {
    const struct png_colours *png = &picture->png;
    if (!png->description.has_code && png->profile.size > 0)
        return colour_of_profile(png->profile.data, png->profile.size, space);
    return colour_of_description(&png->description);
}

struct colour *picture_colour(const struct picture *picture, const AVFrame *frame) {
    enum colour_space space = space_of(picture, frame);
    if (picture->kind == MEDIA_PNG || picture->kind == MEDIA_APNG)
        return png_colour(picture, space);
    if (!media_kind_is_still(picture->kind))
        return NULL;
    const AVFrameSideData *side = av_frame_get_side_data(frame, AV_FRAME_DATA_ICC_PROFILE);
    return side ? colour_of_profile(side->data, side->size, space) : NULL;
}
