/*
 * The sound device, shared by all layers. It is opened in the background when the first voice comes, closed
 * when there was none for a while, and its absence changes nothing: voices are then passed over in real time.
 * Opening and closing may take long, so they happen on a thread of their own; mixing happens on SDL's.
 */
#ifndef PP_PLAYER_AUDIO_H
#define PP_PLAYER_AUDIO_H

#include "ipc/wire.h"

struct audio;
struct audio_voice;

struct audio *audio_create(struct pp_error *error);
void audio_destroy(struct audio *audio);

/* A voice with a new ring, whose memory is `*fd`, the caller's; silent until it is started. NULL with a
 * reason,
 * `*fd` then being closed or not touched. Remove it before the audio is destroyed. */
struct audio_voice *audio_voice_add(struct audio *audio, const struct ipc_audio *layout, int *fd,
                                    struct pp_error *error);
void audio_voice_remove(struct audio *audio, struct audio_voice *voice);

/* Frame 0 is to be heard at `start_us` (PLAYER_NEVER: not yet known). Best told ahead of that moment. Once
 * the voice has begun this only corrects its idea of time. */
void audio_voice_start(struct audio *audio, struct audio_voice *voice, int64_t start_us);
/* Silence from `duration_us` on, counted from its begin. */
void audio_voice_limit(struct audio *audio, struct audio_voice *voice, int64_t duration_us);
void audio_voice_gain(struct audio *audio, struct audio_voice *voice, float gain);
/* us from its begin, up to which there was sound to be heard. */
int64_t audio_voice_heard_us(struct audio *audio, struct audio_voice *voice);
/* us that the sound really heard is ahead of the time given with audio_voice_start. */
int64_t audio_voice_ahead_us(struct audio *audio, struct audio_voice *voice);

/* Of all voices together, in percent; 100 at first. */
void audio_set_volume(struct audio *audio, unsigned percent);
/* Percent of that: 100 at first. */
void audio_duck(struct audio *audio, unsigned percent);

/* Opens or closes the device as needed and passes over voices where there is none. Returns when to call again
 * at the latest. */
int64_t audio_tick(struct audio *audio, int64_t now_us);

#endif
