#include "render/media/compat.h"

#include <libavutil/mathematics.h>

#include "ipc/wire.h"

bool compat_fail(struct pp_error *error, int averror, const char *what) {
    static const struct {
        int averror;
        enum pp_code code;
        const char *words;
    } known[] = {
        {AVERROR(ENOMEM), PP_E_NOMEM, "it needs more memory than there is for one item"},
        {AVERROR_INVALIDDATA, PP_E_INVALID, "it is damaged"},
        {AVERROR_EOF, PP_E_INVALID, "it ends too early"},
        {AVERROR_PATCHWELCOME, PP_E_UNSUPPORTED, "it is of a form that cannot be shown"},
        {AVERROR(ENOSYS), PP_E_UNSUPPORTED, "it is of a form that cannot be shown"},
    };
    for (size_t i = 0; i < PP_COUNT(known); i++) {
        if (known[i].averror == averror)
            return pp_fail(error, known[i].code, "%s: %s", what, known[i].words);
    }
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(averror, text, sizeof text);
    return pp_fail(error, PP_E_INVALID, "%s: %s", what, text);
}

int64_t compat_us(int64_t time, AVRational base) {
    int64_t us = av_rescale_q(time, base, (AVRational){1, 1000000}), most = (int64_t)IPC_TIME_US_MAX;
    return us < -most ? -most : us > most ? most : us;
}

int64_t compat_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

const int32_t *compat_stream_matrix(const AVStream *stream) {
    size_t size = 0;
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *side = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    const uint8_t *data = side ? side->data : NULL;
    size = side ? side->size : 0;
#else
    const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
    return data && size >= 9 * sizeof(int32_t) ? (const int32_t *)(const void *)data : NULL;
}
