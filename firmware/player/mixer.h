/*
 * One layer's sound: what of its ring is heard when. Pure arithmetic over an audio ring; audio.h owns the
 * device and the lock. A voice counts time in frames of 48 kHz from its layer's begin. What its ring does not
 * have in time is silence, and is dropped when it comes, so that sound never falls behind the pictures.
 */
#ifndef PP_PLAYER_MIXER_H
#define PP_PLAYER_MIXER_H

#include "ipc/ring.h"

#define MIXER_BLOCK 1024 /* frames mixed at once at most */
#define MIXER_RESYNC_US                                                                                      \
    250000 /* us; further off than this, sound jumps instead of pictures slewing to it                       \
            */

struct mixer_voice {
    struct ipc_audio_ring ring;
    int64_t start_us; /* when frame 0 is to be heard; PLAYER_NEVER while unknown */
    bool begun;       /* frame `position` 0 has passed */
    int64_t position; /* frames since begin, silence included */
    int64_t limit;    /* frames; silence after it; INT64_MAX none */
    int64_t debt;     /* frames that were silence and have yet to be dropped from the ring */
    int64_t heard;    /* frames: `position` when the ring last had some that was not silence */
    int64_t ahead_us; /* us that sound is ahead of `start_us`'s clock */
    float gain;       /* reached */
    float gain_to;    /* wanted; reached within the next mix */
};

int64_t mixer_frames_of(int64_t us);
int64_t mixer_us_of(int64_t frames);
/* Frame 0 is to be heard at `start_us` from now on; what is known of being ahead moves with it, so that a
 * correction is not made again until the next block tells of it. */
void mixer_move(struct mixer_voice *voice, int64_t start_us);
/* Adds the voice to `frames` interleaved stereo frames, the first of which is heard at `at_us`. */
void mixer_mix(struct mixer_voice *voice, int64_t at_us, float *out, size_t frames);
/* All of `frames` louder or softer, evenly from one factor to the other, without a click. */
void mixer_scale(float *out, size_t frames, float from, float to);
/* As if mixed up to `at_us`, unheard: for a display without a sound device. */
void mixer_skip(struct mixer_voice *voice, int64_t at_us);

#endif
