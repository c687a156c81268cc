#include "player/layer.h"

#include "base/log.h"
#include "ipc/conn.h"
#include "player/clock.h"

#define LATE_REPORTED_US 50000 /* us behind its time that the renderer of a frame is told of */

struct layer *layer_create(const struct ipc_layer_add *add, int socket, struct pp_error *error) {
    struct layer *layer = calloc(1, sizeof *layer);
    if (!layer) {
        pp_fail(error, PP_E_NOMEM, "layer: out of memory");
        return NULL;
    }
    layer->id = add->layer;
    layer->zone = (struct geometry_rect){add->x, add->y, (int)add->width, (int)add->height};
    layer->z = add->z;
    layer->fit = add->fit;
    layer->volume = add->volume;
    layer->hold_us = (int64_t)add->hold_ms * 1000;
    layer->socket = socket;
    layer->last_pts_us = -1;
    return layer;
}

/* Closes the renderer's side: nothing of it is needed any more but the picture. */
static void sources_close(struct layer *layer, struct audio *audio) {
    pp_close(&layer->socket);
    ipc_video_ring_finish(&layer->ring);
    layer->queued = 0;
    audio_voice_remove(audio, layer->voice);
    layer->voice = NULL;
    layer->voice_bytes = 0;
}

void layer_destroy(struct layer *layer, struct audio *audio) {
    if (!layer)
        return;
    sources_close(layer, audio);
    picture_destroy(layer->picture);
    free(layer);
}

void layer_fail(struct layer *layer, struct audio *audio) {
    sources_close(layer, audio);
    picture_destroy(layer->picture);
    layer->picture = NULL;
    layer->failed = true;
    layer->show_pending = false;
    layer->fade_us = 0; /* what it was fading over stays */
}

/* What a handler may use. */
struct layer_take {
    struct audio *audio;
    const struct layer_limits *limits;
};

static bool slot_is_held(const struct layer *layer, unsigned slot) {
    for (size_t i = 0; i < layer->queued; i++) {
        if (layer->queue[i].slot == slot)
            return true;
    }
    return false;
}

static bool memory_send(const struct layer *layer, enum ipc_memory_use use, int fd, struct pp_error *error) {
    const struct ipc_message memory = {
        .type = IPC_MEMORY, .memory = {.use = (uint8_t)use}, .fds = {fd}, .fd_count = 1};
    return ipc_send(layer->socket, &memory, error);
}

/* The texture is made from the same layout, as soon as there is a first frame. */
static uint64_t picture_bytes(const struct ipc_ring *layout) {
    uint64_t pixels = (uint64_t)layout->width * layout->height;
    return layout->format == IPC_PIXEL_BGRA ? pixels * 4 : pixels * 3 / 2;
}

uint64_t layer_picture_bytes(const struct layer *layer) {
    return picture_bytes(&layer->ring.layout);
}

uint64_t layer_memory(const struct layer *layer) {
    bool has_picture = layer->picture || layer->ring.memory;
    return layer->ring.size + layer->voice_bytes + (has_picture ? picture_bytes(&layer->ring.layout) : 0);
}

static bool ring_check(const struct ipc_ring *layout, const struct layer_limits *limits,
                       struct pp_error *error) {
    uint64_t ring_bytes = (uint64_t)layout->slot_size * layout->slots;
    if ((uint64_t)layout->width * layout->height > limits->picture_pixels)
        return pp_fail(error, PP_E_LIMIT, "%u x %u pixels are more than its place needs", layout->width,
                       layout->height);
    if (ring_bytes > ipc_ring_bytes_max(limits->picture_pixels))
        return pp_fail(error, PP_E_LIMIT, "a ring of %llu bytes is more than its place needs",
                       (unsigned long long)ring_bytes);
    if (ring_bytes + picture_bytes(layout) > limits->memory_bytes)
        return pp_fail(error, PP_E_NOMEM, "all layers together would need too much memory");
    return true;
}

static bool take_ring(struct layer *layer, struct ipc_message *message, const struct layer_take *take,
                      struct pp_error *error) {
    pp_autoclose int fd = -1;
    if (layer->ring.memory)
        return pp_fail(error, PP_E_INVALID, "a second RING");
    return ring_check(&message->ring, take->limits, error) &&
           ipc_video_ring_create(&message->ring, &layer->ring, &fd, error) &&
           memory_send(layer, IPC_MEMORY_FRAMES, fd, error);
}

static bool take_audio(struct layer *layer, struct ipc_message *message, const struct layer_take *take,
                       struct pp_error *error) {
    pp_autoclose int fd = -1;
    uint64_t bytes = message->audio.capacity_frames * (uint64_t)ipc_audio_frame_size(&message->audio);
    if (layer->voice)
        return pp_fail(error, PP_E_INVALID, "a second AUDIO");
    if (layer->frames)
        return pp_fail(error, PP_E_INVALID, "AUDIO after the first FRAME");
    if (bytes > take->limits->memory_bytes)
        return pp_fail(error, PP_E_NOMEM, "all layers together would need too much memory");
    layer->voice = audio_voice_add(take->audio, &message->audio, &fd, error);
    layer->voice_bytes = layer->voice ? bytes : 0;
    return layer->voice && memory_send(layer, IPC_MEMORY_SOUND, fd, error);
}

static bool take_frame(struct layer *layer, struct ipc_message *message, const struct layer_take *take,
                       struct pp_error *error) {
    (void)take;
    const struct ipc_frame *frame = &message->frame;
    if (!layer->ring.memory)
        return pp_fail(error, PP_E_INVALID, "FRAME before RING");
    if (frame->slot >= layer->ring.layout.slots)
        return pp_fail(error, PP_E_INVALID, "FRAME: slot %u of %u", frame->slot, layer->ring.layout.slots);
    if (slot_is_held(layer, frame->slot))
        return pp_fail(error, PP_E_INVALID, "FRAME: slot %u is not released", frame->slot);
    if ((int64_t)frame->pts_us <= layer->last_pts_us)
        return pp_fail(error, PP_E_INVALID, "FRAME: pts %llu does not grow",
                       (unsigned long long)frame->pts_us);
    layer->last_pts_us = (int64_t)frame->pts_us;
    layer->queue[layer->queued++] = (struct layer_frame){frame->slot, layer->last_pts_us};
    layer->frames++;
    layer->late_told = false;
    return true;
}

static void count_late(struct layer *layer, size_t frames) {
    layer->late += (uint32_t)(frames < UINT32_MAX - layer->late ? frames : UINT32_MAX - layer->late);
}

/* A ring of which nothing more is expected is only memory. */
static void ring_trim(struct layer *layer) {
    if (!layer->queued && (layer->has_end || layer->socket < 0))
        ipc_video_ring_finish(&layer->ring);
}

/* Only once for each FRAME or END, or a renderer could keep us busy with nothing. */
static bool take_late(struct layer *layer, struct ipc_message *message, const struct layer_take *take,
                      struct pp_error *error) {
    (void)take;
    if (layer->late_told)
        return pp_fail(error, PP_E_INVALID, "a second LATE before a FRAME");
    layer->late_told = true;
    count_late(layer, message->late.frames);
    return true;
}

static bool take_end(struct layer *layer, struct ipc_message *message, const struct layer_take *take,
                     struct pp_error *error) {
    if (!layer->frames)
        return pp_fail(error, PP_E_INVALID, "END before the first FRAME");
    layer->has_end = true;
    layer->duration_us = (int64_t)message->end.duration_us;
    if (layer->voice)
        audio_voice_limit(take->audio, layer->voice, layer->duration_us);
    ring_trim(layer);
    return true;
}

struct handler {
    unsigned type;
    bool (*take)(struct layer *, struct ipc_message *, const struct layer_take *, struct pp_error *);
};

static bool message_take(struct layer *layer, struct ipc_message *message, const struct layer_take *take,
                         struct pp_error *error) {
    static const struct handler handlers[] = {{IPC_RING, take_ring},
                                              {IPC_AUDIO, take_audio},
                                              {IPC_FRAME, take_frame},
                                              {IPC_LATE, take_late},
                                              {IPC_END, take_end}};
    if (layer->has_end)
        return pp_fail(error, PP_E_INVALID, "%s after END", ipc_type_name(message->type));
    for (size_t i = 0; i < PP_COUNT(handlers); i++) {
        if (handlers[i].type == message->type)
            return handlers[i].take(layer, message, take, error);
    }
    return pp_fail(error, PP_E_INVALID, "%s on a frame socket", ipc_type_name(message->type));
}

/* A picture that stays needs no END, so one frame is a whole item. */
static enum layer_news renderer_gone(struct layer *layer, struct pp_error *error) {
    pp_close(&layer->socket);
    ring_trim(layer);
    if (layer->has_end || layer->frames == 1)
        return LAYER_NEWS_CLOSED;
    pp_fail(error, PP_E_NET, "the renderer went away before the end");
    return LAYER_NEWS_LOST;
}

enum layer_news layer_receive(struct layer *layer, struct audio *audio, const struct layer_limits *limits,
                              struct pp_error *error) {
    ipc_automessage struct ipc_message message = {0};
    if (!ipc_receive(layer->socket, &message, error)) {
        if (error->code == PP_E_STATE)
            return LAYER_NEWS_NONE;
        if (error->code == PP_E_NET)
            return renderer_gone(layer, error);
        pp_close(&layer->socket);
        return LAYER_NEWS_BROKEN;
    }
    const struct layer_take take = {.audio = audio, .limits = limits};
    if (message_take(layer, &message, &take, error))
        return LAYER_NEWS_SOME;
    pp_close(&layer->socket);
    return LAYER_NEWS_BROKEN;
}

/* A renderer that is gone needs no slot back; one whose socket is full will be found broken when it reuses a
 * slot or silent, so there is nothing to do about either. */
static void slot_release(const struct layer *layer, unsigned slot) {
    struct pp_error error = {0};
    const struct ipc_message release = {.type = IPC_RELEASE, .release = {.slot = (uint8_t)slot}};
    if (layer->socket >= 0 && !ipc_send(layer->socket, &release, &error))
        pp_log_debug("layer %u: %s", layer->id, error.message);
}

/* Tells a renderer that cannot keep up, or that waited for its slots too long, what need not come any more.
 */
static void audio_clock_update(const struct layer *layer, int64_t position_us) {
    struct pp_error error = {0};
    const struct ipc_message clock = {.type = IPC_CLOCK, .clock = {.position_us = (uint64_t)position_us}};
    if (layer->socket >= 0 && !layer->has_end && !ipc_send(layer->socket, &clock, &error))
        pp_log_debug("layer %u: %s", layer->id, error.message);
}

static void queue_drop(struct layer *layer, size_t count) {
    for (size_t i = 0; i < count; i++)
        slot_release(layer, layer->queue[i].slot);
    layer->queued -= count;
    memmove(layer->queue, layer->queue + count, layer->queued * sizeof layer->queue[0]);
}

bool layer_prepare(struct layer *layer, struct display *display, struct pp_error *error) {
    if (!layer->picture && layer->ring.memory)
        layer->picture = picture_create(display, &layer->ring.layout, error);
    return layer->picture || !layer->ring.memory;
}

bool layer_is_due(const struct layer *layer, int64_t until_us) {
    return layer->queued && layer->queue[0].pts_us <= until_us;
}

bool layer_upload(struct layer *layer, struct display *display, int64_t until_us, struct pp_error *error) {
    size_t due = 0;
    while (due < layer->queued && layer->queue[due].pts_us <= until_us)
        due++;
    if (!due)
        return true;
    const struct layer_frame *frame = &layer->queue[due - 1];
    if (!layer_prepare(layer, display, error) ||
        !picture_upload(layer->picture, &layer->ring, frame->slot, error))
        return false;
    /* A picture replaced before any present showed it was late as well. */
    count_late(layer, due - 1 + (layer->picture_fresh && layer->shown));
    if (layer->shown && until_us - frame->pts_us > LATE_REPORTED_US)
        audio_clock_update(layer, until_us);
    layer->picture_pts_us = frame->pts_us;
    layer->picture_fresh = true;
    layer->uploaded_us = layer->shown ? player_now_us() : 0;
    layer->ready = true;
    queue_drop(layer, due);
    ring_trim(layer);
    return true;
}

void layer_end(struct layer *layer) {
    count_late(layer, layer->queued);
    queue_drop(layer, layer->queued);
    ring_trim(layer);
    layer->ended = true;
}

int64_t layer_next_upload_us(const struct layer *layer, int64_t refresh_us) {
    if (!layer->shown || !layer->queued)
        return PLAYER_NEVER;
    int64_t due_us = layer->start_us + layer->queue[0].pts_us, least_us = layer->uploaded_us + refresh_us / 2;
    return due_us > least_us ? due_us : least_us;
}

void layer_note_sound(struct layer *layer, struct audio *audio) {
    if (layer->voice && layer->hold_us)
        layer->heard_us = audio_voice_heard_us(audio, layer->voice);
}

static int64_t alive_us(const struct layer *layer) {
    return layer->picture_pts_us > layer->heard_us ? layer->picture_pts_us : layer->heard_us;
}

/* By what was shown. The next frame need only come in time; whether it is uploaded in time is the display's. */
static int64_t held_until_us(const struct layer *layer) {
    int64_t until_us = alive_us(layer) + layer->hold_us;
    return layer->hold_us && !layer_is_due(layer, until_us) ? layer->start_us + until_us : PLAYER_NEVER;
}

int64_t layer_stalled_us(const struct layer *layer) {
    bool waits = layer->shown && layer->hold_us && !layer->queued && !layer->has_end && !layer->ended;
    return waits ? layer->start_us + alive_us(layer) + LAYER_STALL_US : PLAYER_NEVER;
}

int64_t layer_end_us(const struct layer *layer) {
    if (!layer->shown)
        return PLAYER_NEVER;
    int64_t end_us = layer->has_end ? layer->start_us + layer->duration_us : PLAYER_NEVER;
    return player_earlier(end_us, held_until_us(layer));
}

unsigned layer_alpha(const struct layer *layer, int64_t now_us) {
    int64_t age_us = now_us - layer->start_us;
    if (!layer->fade_us || age_us >= layer->fade_us)
        return 255;
    return age_us <= 0 ? 0 : (unsigned)(age_us * 255 / layer->fade_us);
}

bool layer_is_fading(const struct layer *layer, int64_t now_us) {
    return layer->shown && layer->fade_us && now_us < layer->start_us + layer->fade_us;
}
