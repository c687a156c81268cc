#include "render/media/audio.h"

#include <libavutil/mathematics.h>

#include "ipc/ring.h"
#include "render/media/limits.h"

#define RATE          IPC_AUDIO_RATE
#define STEP_MIN      (RATE / 25)             /* frames: times of files waver; less than 40 ms is no gap */
#define GAP_MAX       ((uint64_t)RATE * 3600) /* frames of silence at once: an hour */
#define DECODED_MAX   (RATE * 4)              /* frames out of one packet */
#define SILENCE_PIECE 1024                    /* frames */

bool audio_open(struct audio *audio, struct reader *reader, struct ipc_audio_ring *ring,
                struct pp_error *error) {
    *audio = (struct audio){
        .reader = reader, .ring = ring, .frame = av_frame_alloc(), .packet = av_packet_alloc()};
    const struct container_decode how = {.threads = 1, .pixels_max = MEDIA_PIXELS_MAX};
    if (audio->frame && audio->packet)
        audio->decoder = container_decoder(reader->container->audio, &how, error);
    else
        pp_fail(error, PP_E_NOMEM, "out of memory");
    if (audio->decoder)
        return true;
    audio_close(audio);
    return false;
}

void audio_close(struct audio *audio) {
    avcodec_free_context(&audio->decoder);
    swr_free(&audio->resampler);
    av_frame_free(&audio->frame);
    av_packet_free(&audio->packet);
    free(audio->samples);
    *audio = (struct audio){0};
}

static bool prepare_resampler(struct audio *audio, struct pp_error *error) {
    const AVFrame *frame = audio->frame;
    if (audio->resampler && audio->rate == frame->sample_rate && audio->format == frame->format &&
        audio->channels == frame->ch_layout.nb_channels)
        return true;
    swr_free(&audio->resampler);
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO, from = {0};
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&from, frame->ch_layout.nb_channels);
    else if (av_channel_layout_copy(&from, &frame->ch_layout) < 0)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    int result = swr_alloc_set_opts2(&audio->resampler, &stereo, AV_SAMPLE_FMT_S16, RATE, &from,
                                     (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
    av_channel_layout_uninit(&from);
    if (result >= 0)
        result = swr_init(audio->resampler);
    if (result < 0)
        return compat_fail(error, result, "the sound");
    audio->rate = frame->sample_rate;
    audio->format = frame->format;
    audio->channels = frame->ch_layout.nb_channels;
    return true;
}

static bool make_room(struct audio *audio, size_t frames, struct pp_error *error) {
    if (frames <= audio->room)
        return true;
    int16_t *grown = realloc(audio->samples, frames * 2 * sizeof *grown);
    if (!grown)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    audio->samples = grown;
    audio->room = frames;
    return true;
}

/* `from` NULL takes what the resampler still holds. */
static bool resample(struct audio *audio, const AVFrame *from, struct pp_error *error) {
    int most = swr_get_out_samples(audio->resampler, from ? from->nb_samples : 0);
    audio->waiting = audio->taken = 0;
    if (most <= 0)
        return true;
    if (most > DECODED_MAX)
        return pp_fail(error, PP_E_LIMIT, "the sound: %d samples in one packet", most);
    if (!make_room(audio, (size_t)most, error))
        return false;
    uint8_t *out[] = {(uint8_t *)audio->samples};
    const uint8_t **in = from ? (const uint8_t **)(void *)from->extended_data : NULL;
    int made = swr_convert(audio->resampler, out, most, in, from ? from->nb_samples : 0);
    if (made < 0)
        return compat_fail(error, made, "the sound");
    audio->waiting = (size_t)made;
    return true;
}

/* Compares where the samples belong with where they would land, and puts silence between or drops their
 * begin. */
static void align_audio(struct audio *audio) {
    int64_t time = audio->frame->best_effort_timestamp;
    if (time == AV_NOPTS_VALUE)
        return;
    AVRational base = audio->reader->container->audio->time_base;
    int64_t file_us = compat_us(time, base);
    int64_t wanted_us = audio->base_us + file_us - audio->first_us;
    int64_t step = av_rescale(wanted_us, RATE, 1000000) - (int64_t)audio->position;
    /* Where the item begins in the middle of a packet, that packet is cut to the sample. */
    bool cut = audio->base_us < 0 && audio->position == 0;
    if (!cut && llabs(step) < STEP_MIN)
        return;
    if (step > 0) {
        audio->silence = (uint64_t)step < GAP_MAX ? (uint64_t)step : GAP_MAX;
        return;
    }
    size_t drop = (uint64_t)-step < audio->waiting ? (size_t)-step : audio->waiting;
    audio->taken += drop;
    audio->waiting -= drop;
}

static bool take_frame(struct audio *audio, struct pp_error *error) {
    if (audio->frame->nb_samples < 1 || audio->frame->sample_rate < 1)
        return true;
    if (!prepare_resampler(audio, error) || !resample(audio, audio->frame, error))
        return false;
    align_audio(audio);
    if (audio->waiting)
        budget_renew(container_budget(audio->reader->container));
    audio->position += audio->silence + audio->waiting;
    return true;
}

static bool take_rest(struct audio *audio, struct pp_error *error) {
    audio->ended = true;
    if (!audio->resampler)
        return true;
    if (!resample(audio, NULL, error))
        return false;
    audio->position += audio->waiting;
    return true;
}

/* Gives the decoder its next packet. Damaged ones are silence. */
static enum audio_result feed(struct audio *audio, struct pp_error *error) {
    switch (reader_next(audio->reader, READER_AUDIO, audio->packet, error)) {
    case READER_PACKET:
        avcodec_send_packet(audio->decoder, audio->packet);
        av_packet_unref(audio->packet);
        return AUDIO_FULL;
    case READER_LATER:
        return AUDIO_LATER;
    case READER_FAILED:
        return AUDIO_FAILED;
    case READER_END:
        break;
    }
    if (!audio->drained)
        avcodec_send_packet(audio->decoder, NULL);
    audio->drained = true;
    return AUDIO_END;
}

/* Decodes until there is something to write. AUDIO_FULL stands for that. */
static enum audio_result decode(struct audio *audio, struct pp_error *error) {
    while (audio->waiting == 0 && audio->silence == 0 && !audio->ended) {
        int result = avcodec_receive_frame(audio->decoder, audio->frame);
        if (result >= 0) {
            if (!take_frame(audio, error))
                return AUDIO_FAILED;
            continue;
        }
        if (result == AVERROR_EOF || audio->drained) {
            if (!take_rest(audio, error))
                return AUDIO_FAILED;
            continue;
        }
        enum audio_result fed = feed(audio, error);
        if (fed == AUDIO_LATER || fed == AUDIO_FAILED)
            return fed;
    }
    return audio->waiting || audio->silence ? AUDIO_FULL : AUDIO_END;
}

static void write_silence(struct audio *audio) {
    static const int16_t silence[SILENCE_PIECE * 2];
    while (audio->silence > 0) {
        size_t piece = audio->silence < SILENCE_PIECE ? (size_t)audio->silence : SILENCE_PIECE;
        size_t written = ipc_audio_ring_write(audio->ring, silence, piece);
        audio->silence -= written;
        if (written < piece)
            return;
    }
}

enum audio_result audio_fill(struct audio *audio, struct pp_error *error) {
    for (;;) {
        enum audio_result result = decode(audio, error);
        if (result != AUDIO_FULL)
            return result;
        write_silence(audio);
        if (audio->silence > 0)
            return AUDIO_FULL;
        size_t written = ipc_audio_ring_write(audio->ring, audio->samples + 2 * audio->taken, audio->waiting);
        audio->taken += written;
        audio->waiting -= written;
        if (audio->waiting > 0)
            return AUDIO_FULL;
    }
}

void audio_restart(struct audio *audio, int64_t base_us) {
    avcodec_flush_buffers(audio->decoder);
    swr_free(&audio->resampler);
    audio->base_us = base_us;
    audio->drained = audio->ended = false;
}

bool audio_cut(struct audio *audio, int64_t time_us) {
    uint64_t sound_at = audio->position - audio->waiting;
    if (audio->silence == 0 || av_rescale((int64_t)sound_at, 1000000, RATE) <= time_us)
        return false;
    audio->position -= audio->silence + audio->waiting;
    audio->silence = audio->waiting = 0;
    audio->ended = true;
    return true;
}

int64_t audio_end_us(const struct audio *audio) {
    return av_rescale((int64_t)audio->position, 1000000, RATE);
}
