/* What FFmpeg 5.1 (Debian 12) and 7.1 (Debian 13) call differently, and its errors in our words. Private to
 * the module.
 */
#ifndef PP_RENDER_MEDIA_COMPAT_H
#define PP_RENDER_MEDIA_COMPAT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/error.h"
#include "base/mem.h"

/* Fills `error` with "what: why", in words where they are known; returns false. */
bool compat_fail(struct pp_error *error, int averror, const char *what);

/* us; what no item can have (IPC_TIME_US_MAX, either way) is cut, so that sums of a few cannot overflow. */
int64_t compat_us(int64_t time, AVRational base);
/* In the stream's time base; 0 unknown. */
int64_t compat_frame_duration(const AVFrame *frame);
/* Nine numbers (libavutil/display.h), or NULL. */
const int32_t *compat_stream_matrix(const AVStream *stream);

static inline void compat_packet_free(AVPacket *packet) {
    av_packet_free(&packet);
}
static inline void compat_frame_free(AVFrame *frame) {
    av_frame_free(&frame);
}
PP_DEFINE_AUTO(packet, AVPacket, compat_packet_free)
PP_DEFINE_AUTO(frame, AVFrame, compat_frame_free)

#endif
