#include "player/mixer.h"

#include <string.h>

#include "player/clock.h"

#define MIXER_BLOCK_BYTES (MIXER_BLOCK * IPC_AUDIO_CHANNELS * sizeof(float))

int64_t mixer_frames_of(int64_t us) {
    return us / 1000 * (IPC_AUDIO_RATE / 1000) + us % 1000 * (IPC_AUDIO_RATE / 1000) / 1000;
}

int64_t mixer_us_of(int64_t frames) {
    return frames * 1000 / (IPC_AUDIO_RATE / 1000);
}

void mixer_move(struct mixer_voice *voice, int64_t start_us) {
    if (voice->begun && voice->start_us != PLAYER_NEVER && start_us != PLAYER_NEVER)
        voice->ahead_us -= voice->start_us - start_us;
    voice->start_us = start_us;
}

/* Not silence, which a renderer fills gaps with, however long a file says that they are. */
static bool is_sound(const struct mixer_voice *voice, const uint8_t *block, size_t frames) {
    size_t size = frames * ipc_audio_frame_size(&voice->ring.layout);
    return size && (block[0] || memcmp(block, block + 1, size - 1) != 0);
}

/* Drops from the ring what should have been heard before; false while there is more of it. */
static bool consume_debt(struct mixer_voice *voice) {
    uint8_t block[MIXER_BLOCK_BYTES];
    size_t dropped = 1;
    while (voice->debt && dropped) {
        size_t piece = voice->debt < MIXER_BLOCK ? (size_t)voice->debt : MIXER_BLOCK;
        dropped = ipc_audio_ring_read(&voice->ring, block, piece);
        voice->debt -= (int64_t)dropped;
        if (is_sound(voice, block, dropped))
            voice->heard = voice->position;
    }
    return voice->debt == 0;
}

static void jump(struct mixer_voice *voice, int64_t position) {
    if (position > voice->position)
        voice->debt += position - voice->position;
    voice->position = position;
}

/* Frames of this block that pass before the voice is heard; `frames` when it is not heard in it at all. */
static size_t lead_in(struct mixer_voice *voice, int64_t at_us, size_t frames) {
    if (voice->start_us == PLAYER_NEVER)
        return frames;
    int64_t wanted = mixer_frames_of(at_us - voice->start_us);
    if (!voice->begun) {
        if (wanted + (int64_t)frames <= 0)
            return frames;
        voice->begun = true;
        voice->gain = voice->gain_to;
        jump(voice, wanted > 0 ? wanted : 0);
        return wanted < 0 ? (size_t)-wanted : 0;
    }
    voice->ahead_us = mixer_us_of(voice->position - wanted);
    if (voice->ahead_us > MIXER_RESYNC_US)
        return frames;
    if (voice->ahead_us < -MIXER_RESYNC_US)
        jump(voice, wanted);
    return 0;
}

static float sample_at(const struct mixer_voice *voice, const uint8_t *block, size_t index) {
    if (voice->ring.layout.format == IPC_SAMPLE_S16) {
        int16_t sample;
        memcpy(&sample, block + index * sizeof sample, sizeof sample);
        return (float)sample / 32768.0f;
    }
    float sample;
    memcpy(&sample, block + index * sizeof sample, sizeof sample);
    return sample >= -4.0f && sample <= 4.0f ? sample : 0.0f; /* also drops NaN */
}

static void block_add(struct mixer_voice *voice, const uint8_t *block, float *out, size_t frames,
                      float gain_step) {
    for (size_t i = 0; i < frames; i++) {
        out[2 * i] += voice->gain * sample_at(voice, block, 2 * i);
        out[2 * i + 1] += voice->gain * sample_at(voice, block, 2 * i + 1);
        voice->gain += gain_step;
    }
}

/* `frames` from the ring, at most MIXER_BLOCK. */
static void block_mix(struct mixer_voice *voice, float *out, size_t frames, float gain_step) {
    uint8_t block[MIXER_BLOCK_BYTES];
    size_t got = consume_debt(voice) ? ipc_audio_ring_read(&voice->ring, block, frames) : 0;
    block_add(voice, block, out, got, gain_step);
    if (is_sound(voice, block, got))
        voice->heard = voice->position + (int64_t)got;
    voice->debt += (int64_t)(frames - got);
    voice->position += (int64_t)frames;
}

void mixer_mix(struct mixer_voice *voice, int64_t at_us, float *out, size_t frames) {
    size_t done = lead_in(voice, at_us, frames);
    if (done == frames)
        return;
    float gain_step = (voice->gain_to - voice->gain) / (float)(frames - done);
    while (done < frames && voice->position < voice->limit) {
        size_t piece = frames - done < MIXER_BLOCK ? frames - done : MIXER_BLOCK;
        if ((int64_t)piece > voice->limit - voice->position)
            piece = (size_t)(voice->limit - voice->position);
        block_mix(voice, out + done * IPC_AUDIO_CHANNELS, piece, gain_step);
        done += piece;
    }
    voice->position += (int64_t)(frames - done);
    voice->gain = voice->gain_to;
}

void mixer_scale(float *out, size_t frames, float from, float to) {
    float step = (to - from) / (float)frames;
    if (from == 1 && to == 1)
        return;
    for (size_t i = 0; i < frames; i++) {
        from += step;
        out[2 * i] *= from;
        out[2 * i + 1] *= from;
    }
}

void mixer_skip(struct mixer_voice *voice, int64_t at_us) {
    if (voice->start_us == PLAYER_NEVER || at_us < voice->start_us)
        return;
    voice->begun = true;
    voice->ahead_us = 0;
    int64_t wanted = mixer_frames_of(at_us - voice->start_us);
    if (wanted > voice->position)
        jump(voice, wanted);
    consume_debt(voice);
}
