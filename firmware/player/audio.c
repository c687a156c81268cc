#include "player/audio.h"

#include <SDL.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/mem.h"
#include "player/alsa.h"
#include "player/clock.h"
#include "player/mixer.h"

#define VOICES_MAX     32
#define DEVICE_SAMPLES 1024 /* frames a callback */
#define DEVICE_BUFFERS 2    /* of them between mixing and hearing */
#define BLOCK_US       (INT64_C(1000000) * DEVICE_SAMPLES / IPC_AUDIO_RATE)
#define LATENCY_US     (DEVICE_BUFFERS * BLOCK_US)
#define STREAM_LOST_US 100000   /* us between our idea of the device's time and the clock: start over */
#define STREAM_NUDGE   16       /* of that difference, one part is corrected at each callback */
#define IDLE_CLOSE_US  3000000  /* us without a voice until the device is closed */
#define RETRY_US       30000000 /* us until opening is tried again */
#define TICK_US        50000    /* us between passes over voices that no device plays */
#define STOP_WAIT_US   500000   /* us for a device that is slow to open or close, at the end */

enum device_state { DEVICE_CLOSED, DEVICE_OPENING, DEVICE_OPEN, DEVICE_CLOSING, DEVICE_FAILED };

struct audio_voice {
    struct mixer_voice mix;
};

struct audio {
    pthread_mutex_t lock; /* over voices and their content, stream_us */
    struct audio_voice *voices[VOICES_MAX];
    size_t count;
    float volume;      /* reached, of all voices */
    float volume_to;   /* wanted; reached within the next block */
    float ducked_to;   /* of that, likewise */
    int64_t stream_us; /* when the next block is mixed, by the device's pace; 0 unknown */
    _Atomic enum device_state state;
    SDL_AudioDeviceID device; /* the device thread's while OPENING or CLOSING, else the main thread's */
    int64_t idle_since_us;    /* no voice since; main thread */
    int64_t retry_us;         /* not opened before; 0: at once; main thread */
};

struct audio *audio_create(struct pp_error *error) {
    struct audio *audio = calloc(1, sizeof *audio);
    if (!audio) {
        pp_fail(error, PP_E_NOMEM, "audio: out of memory");
        return NULL;
    }
    pthread_mutex_init(&audio->lock, NULL);
    audio->volume = audio->volume_to = audio->ducked_to = 1;
    return audio;
}

void audio_set_volume(struct audio *audio, unsigned percent) {
    pthread_mutex_lock(&audio->lock);
    audio->volume_to = (float)percent / 100;
    pthread_mutex_unlock(&audio->lock);
}

void audio_duck(struct audio *audio, unsigned percent) {
    pthread_mutex_lock(&audio->lock);
    audio->ducked_to = (float)percent / 100;
    pthread_mutex_unlock(&audio->lock);
}

/* The device's blocks come with jitter; their pace is the device's. Follows the pace, corrected slowly. */
static int64_t stream_advance(struct audio *audio, int64_t now_us) {
    int64_t off = now_us - audio->stream_us;
    if (off > STREAM_LOST_US || off < -STREAM_LOST_US)
        audio->stream_us = now_us;
    else
        audio->stream_us += off / STREAM_NUDGE;
    int64_t at_us = audio->stream_us;
    audio->stream_us += BLOCK_US;
    return at_us;
}

static void clip(float *out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = out[i] > 1.0f ? 1.0f : out[i] < -1.0f ? -1.0f : out[i];
}

static void on_block(void *arg, Uint8 *stream, int length) {
    struct audio *audio = arg;
    float *out = (float *)(void *)stream;
    size_t frames = (size_t)length / (IPC_AUDIO_CHANNELS * sizeof *out);
    memset(stream, 0, (size_t)length);
    pthread_mutex_lock(&audio->lock);
    int64_t at_us = stream_advance(audio, player_now_us()) + LATENCY_US;
    for (size_t i = 0; i < audio->count; i++)
        mixer_mix(&audio->voices[i]->mix, at_us, out, frames);
    float volume_to = audio->volume_to * audio->ducked_to;
    mixer_scale(out, frames, audio->volume, volume_to);
    audio->volume = volume_to;
    pthread_mutex_unlock(&audio->lock);
    clip(out, frames * IPC_AUDIO_CHANNELS);
}

/* What begins to be heard is as loud as it is to be, however loud it was when something was heard last. */
static void reach_volume(struct audio *audio) {
    pthread_mutex_lock(&audio->lock);
    audio->volume = audio->volume_to * audio->ducked_to;
    pthread_mutex_unlock(&audio->lock);
}

static bool device_open(struct audio *audio) {
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0)
        return false;
    if (strcmp(SDL_GetCurrentAudioDriver(), "alsa") == 0)
        alsa_silence();
    const SDL_AudioSpec wanted = {.freq = IPC_AUDIO_RATE,
                                  .format = AUDIO_F32SYS,
                                  .channels = IPC_AUDIO_CHANNELS,
                                  .samples = DEVICE_SAMPLES,
                                  .callback = on_block,
                                  .userdata = audio};
    audio->device = SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0);
    if (!audio->device) {
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        return false;
    }
    reach_volume(audio);
    SDL_PauseAudioDevice(audio->device, 0);
    return true;
}

static void *open_main(void *arg) {
    struct audio *audio = arg;
    bool ok = device_open(audio);
    if (ok)
        pp_log_info("sound device open: %s", SDL_GetCurrentAudioDriver());
    else
        pp_log_warning("no sound device: %s", SDL_GetError());
    SDL_TLSCleanup();
    atomic_store(&audio->state, ok ? DEVICE_OPEN : DEVICE_FAILED);
    return NULL;
}

static void *close_main(void *arg) {
    struct audio *audio = arg;
    SDL_CloseAudioDevice(audio->device);
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    SDL_TLSCleanup();
    atomic_store(&audio->state, DEVICE_CLOSED);
    return NULL;
}

static void device_change(struct audio *audio, enum device_state passing, enum device_state on_failure,
                          void *(*body)(void *)) {
    pthread_t thread;
    atomic_store(&audio->state, passing);
    if (pthread_create(&thread, NULL, body, audio) == 0)
        pthread_detach(thread);
    else
        atomic_store(&audio->state, on_failure);
}

static void audio_settle(struct audio *audio) {
    for (int64_t until = player_now_us() + STOP_WAIT_US; player_now_us() < until;) {
        enum device_state state = atomic_load(&audio->state);
        if (state != DEVICE_OPENING && state != DEVICE_CLOSING)
            break;
        SDL_Delay(5);
    }
}

void audio_destroy(struct audio *audio) {
    if (!audio)
        return;
    audio_settle(audio);
    if (atomic_load(&audio->state) == DEVICE_OPEN)
        device_change(audio, DEVICE_CLOSING, DEVICE_OPEN, close_main);
    audio_settle(audio);
    enum device_state state = atomic_load(&audio->state);
    if (state != DEVICE_CLOSED && state != DEVICE_FAILED)
        return; /* a driver that hangs still uses it; the process ends anyway */
    pthread_mutex_destroy(&audio->lock);
    free(audio);
}

struct audio_voice *audio_voice_add(struct audio *audio, const struct ipc_audio *layout, int *fd,
                                    struct pp_error *error) {
    pp_autofree struct audio_voice *voice = calloc(1, sizeof *voice);
    if (!voice) {
        pp_fail(error, PP_E_NOMEM, "audio: out of memory");
        return NULL;
    }
    if (!ipc_audio_ring_create(layout, &voice->mix.ring, fd, error))
        return NULL;
    voice->mix.start_us = PLAYER_NEVER;
    voice->mix.limit = INT64_MAX;
    pthread_mutex_lock(&audio->lock);
    bool room = audio->count < VOICES_MAX;
    if (room)
        audio->voices[audio->count++] = voice;
    pthread_mutex_unlock(&audio->lock);
    if (room)
        return pp_steal(&voice);
    ipc_audio_ring_finish(&voice->mix.ring);
    pp_fail(error, PP_E_LIMIT, "audio: more than %d voices", VOICES_MAX);
    return NULL;
}

void audio_voice_remove(struct audio *audio, struct audio_voice *voice) {
    if (!voice)
        return;
    pthread_mutex_lock(&audio->lock);
    for (size_t i = 0; i < audio->count; i++) {
        if (audio->voices[i] == voice)
            audio->voices[i--] = audio->voices[--audio->count];
    }
    pthread_mutex_unlock(&audio->lock);
    ipc_audio_ring_finish(&voice->mix.ring);
    free(voice);
}

void audio_voice_start(struct audio *audio, struct audio_voice *voice, int64_t start_us) {
    pthread_mutex_lock(&audio->lock);
    mixer_move(&voice->mix, start_us);
    pthread_mutex_unlock(&audio->lock);
}

void audio_voice_limit(struct audio *audio, struct audio_voice *voice, int64_t duration_us) {
    pthread_mutex_lock(&audio->lock);
    voice->mix.limit = mixer_frames_of(duration_us);
    pthread_mutex_unlock(&audio->lock);
}

void audio_voice_gain(struct audio *audio, struct audio_voice *voice, float gain) {
    pthread_mutex_lock(&audio->lock);
    voice->mix.gain_to = gain;
    pthread_mutex_unlock(&audio->lock);
}

int64_t audio_voice_heard_us(struct audio *audio, struct audio_voice *voice) {
    pthread_mutex_lock(&audio->lock);
    int64_t heard_us = mixer_us_of(voice->mix.heard);
    pthread_mutex_unlock(&audio->lock);
    return heard_us;
}

int64_t audio_voice_ahead_us(struct audio *audio, struct audio_voice *voice) {
    pthread_mutex_lock(&audio->lock);
    int64_t ahead_us = voice->mix.ahead_us;
    pthread_mutex_unlock(&audio->lock);
    return ahead_us;
}

static void voices_skip(struct audio *audio, int64_t now_us) {
    pthread_mutex_lock(&audio->lock);
    for (size_t i = 0; i < audio->count; i++)
        mixer_skip(&audio->voices[i]->mix, now_us);
    pthread_mutex_unlock(&audio->lock);
}

static int64_t tick_idle(struct audio *audio, int64_t now_us, enum device_state state) {
    if (state != DEVICE_OPEN && state != DEVICE_OPENING)
        return PLAYER_NEVER;
    if (!audio->idle_since_us)
        audio->idle_since_us = now_us;
    if (now_us - audio->idle_since_us < IDLE_CLOSE_US || state == DEVICE_OPENING)
        return player_earlier(now_us + IDLE_CLOSE_US, audio->idle_since_us + IDLE_CLOSE_US + TICK_US);
    audio->retry_us = 0;
    device_change(audio, DEVICE_CLOSING, DEVICE_OPEN, close_main);
    return PLAYER_NEVER;
}

/* SDL keeps a device that was unplugged or failed open for ever, and throws its sound away. */
static bool device_is_lost(const struct audio *audio) {
    return SDL_GetAudioDeviceStatus(audio->device) == SDL_AUDIO_STOPPED;
}

int64_t audio_tick(struct audio *audio, int64_t now_us) {
    enum device_state state = atomic_load(&audio->state);
    if (!audio->count)
        return tick_idle(audio, now_us, state);
    audio->idle_since_us = 0;
    if (state == DEVICE_OPEN && !device_is_lost(audio))
        return PLAYER_NEVER;
    if (state == DEVICE_OPEN) {
        pp_log_warning("the sound device is lost");
        audio->retry_us = now_us + RETRY_US;
        device_change(audio, DEVICE_CLOSING, DEVICE_OPEN, close_main);
    } else if ((state == DEVICE_CLOSED || state == DEVICE_FAILED) && now_us >= audio->retry_us) {
        audio->retry_us = now_us + RETRY_US;
        device_change(audio, DEVICE_OPENING, DEVICE_FAILED, open_main);
    }
    voices_skip(audio, now_us);
    return now_us + TICK_US;
}
