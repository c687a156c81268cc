/*
 * The file inside the object: which kind it is (of an allow-list), its streams, its packets in order.
 */
#ifndef PP_RENDER_MEDIA_CONTAINER_H
#define PP_RENDER_MEDIA_CONTAINER_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/error.h"
#include "render/media/kind.h"
#include "render/media/source.h"

struct container {
    AVFormatContext *format;
    struct source *source; /* borrowed */
    AVStream *video;       /* borrowed from format */
    AVStream *audio;       /* borrowed from format; NULL: no sound, or none wanted */
    enum media_kind kind;
    bool still; /* a format of single pictures */
    int end;    /* after CONTAINER_END, FFmpeg's: AVERROR_EOF, or why it cannot be read further */
};

/* Names of the demuxers and decoders that may be used, separated by commas, as FFmpeg has them. */
extern const char container_formats[];
extern const char container_codecs[];

PP_MUST_USE bool container_open(struct container *container, struct source *source, bool want_audio,
                                struct pp_error *error);
/* The file ends before pictures that its index tells of: a copy that was broken off. */
bool container_is_cut(const struct container *container);
void container_close(struct container *container);
/* What it may cost, borrowed. */
struct budget *container_budget(const struct container *container);

enum container_result { CONTAINER_PACKET, CONTAINER_END, CONTAINER_FAILED };
/* The next packet of one of the chosen streams. FAILED only when the object itself cannot be read, or the budget is
 * spent: what breaks its format in the middle ends it there. */
enum container_result container_read(struct container *container, AVPacket *packet, struct pp_error *error);
/* To the begin again. */
PP_MUST_USE bool container_rewind(struct container *container, struct pp_error *error);
/* To the last key frame at or before the file's own time `time_us`; to the begin where the file cannot do
 * that, or where every frame needs all before it. */
PP_MUST_USE bool container_seek(struct container *container, int64_t time_us, struct pp_error *error);

struct container_decode {
    int threads;
    int64_t pixels_max;
    unsigned reduction; /* the sides are halved so often, where the decoder can */
    bool strict;        /* any damage is an error */
};
/* An opened decoder of the stream, or NULL. */
AVCodecContext *container_decoder(const AVStream *stream, const struct container_decode *how,
                                  struct pp_error *error);
/* How much of the file follows the file's own time `first_us`; 0 unknown. */
int64_t container_duration_us(const struct container *container, int64_t first_us);

#endif
