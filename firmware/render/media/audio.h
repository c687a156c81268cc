/*
 * The sound: packets to 48 kHz stereo in the sound ring, kept in step with the picture's times. Gaps are
 * filled with silence, what comes twice is dropped.
 */
#ifndef PP_RENDER_MEDIA_AUDIO_H
#define PP_RENDER_MEDIA_AUDIO_H

#include <libswresample/swresample.h>

#include "base/error.h"
#include "render/media/compat.h"
#include "render/media/reader.h"

struct audio {
    struct reader *reader;       /* borrowed; NULL: no sound */
    struct ipc_audio_ring *ring; /* borrowed */
    AVCodecContext *decoder;
    SwrContext *resampler;
    AVFrame *frame;
    AVPacket *packet;
    int16_t *samples;           /* decoded, interleaved */
    size_t room;                /* frames that `samples` has room for */
    size_t waiting, taken;      /* frames in it; of them already written */
    uint64_t silence;           /* frames to write first */
    uint64_t position;          /* frames from the item's begin, of what is written, silence and waiting */
    int64_t base_us;            /* begin of this pass through the file; below 0: not all of it is played */
    int64_t first_us;           /* the file's time that is its begin */
    bool drained, ended;        /* the decoder was told that the file is over; all is written */
    int rate, format, channels; /* what the resampler was made for */
};

PP_MUST_USE bool audio_open(struct audio *audio, struct reader *reader, struct ipc_audio_ring *ring,
                            struct pp_error *error);
void audio_close(struct audio *audio);

enum audio_result {
    AUDIO_FULL,  /* the ring is, for now */
    AUDIO_LATER, /* the picture has to go on first */
    AUDIO_END,
    AUDIO_FAILED
};
/* Writes as much as fits. */
enum audio_result audio_fill(struct audio *audio, struct pp_error *error);
/* After a rewind: the file's time `first_us` is now at `base_us`. */
void audio_restart(struct audio *audio, int64_t base_us);

/* Whether what comes next is silence until after `time_us`; then that is left out with all that follows. */
bool audio_cut(struct audio *audio, int64_t time_us);

int64_t audio_end_us(const struct audio *audio);

#endif
