#include "render/media/picture.h"

#include <libavutil/pixdesc.h>

#include "render/media/compat.h"

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

/* The decoder mixes four inks to three colours where it sees Adobe's marker, and then no profile for inks can be
 * applied: so it does not see it, and gives the planes as they are. */
static bool prepare_jpeg(struct picture *picture, AVPacket *packet, struct pp_error *error) {
    struct jpeg_head *head = &picture->jpeg;
    if (!jpeg_read_head(packet->data, (size_t)packet->size, head))
        return true;
    if (head->coding == JPEG_ARITHMETIC)
        return pp_fail(error, PP_E_UNSUPPORTED,
                       "arithmetic-coded JPEG cannot be shown: save it as an ordinary JPEG");
    if (head->components != 4 || head->bits != 8 || head->coding == JPEG_LOSSLESS ||
        (head->adobe_transform != 0 && head->adobe_transform != 2))
        return true;
    picture->inks = head->adobe_transform == 2 ? PICTURE_YCCK : PICTURE_CMYK;
    packet->data[head->adobe_at] = 'a';
    return true;
}

bool picture_prepare(struct picture *picture, AVPacket *packet, struct pp_error *error) {
    if (picture->kind != MEDIA_JPEG && picture->kind != MEDIA_PNG && picture->kind != MEDIA_APNG)
        return true;
    int result = av_packet_make_writable(packet);
    if (result < 0)
        return compat_fail(error, result, "the picture");
    if (picture->kind == MEDIA_JPEG)
        return prepare_jpeg(picture, packet, error);
    if (picture->kind == MEDIA_PNG)
        png_read_colours(packet->data, (size_t)packet->size, &picture->png);
    av_shrink_packet(packet, (int)png_clean(packet->data, (size_t)packet->size));
    return true;
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
