#include "render/common/producer.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/mem.h"
#include "ipc/conn.h"

void producer_init(struct producer *producer, int socket, int control) {
    *producer = (struct producer){.socket = socket, .control = control, .memory = -1};
}

void producer_finish(struct producer *producer) {
    ipc_video_ring_finish(&producer->ring);
    ipc_audio_ring_finish(&producer->audio);
    pp_close(&producer->memory);
}

/* What was asked for: the player answers in order, and drops a layer that asks for too much. */
static bool memory_wait(struct producer *producer, enum ipc_memory_use use, struct pp_error *error) {
    while (producer->memory < 0) {
        if (!producer_wait(producer, -1, error))
            return false;
    }
    return producer->memory_use == use ||
           pp_fail(error, PP_E_INVALID, "the player gave memory that was not asked for");
}

bool producer_open_video(struct producer *producer, const struct ipc_ring *layout, struct pp_error *error) {
    struct ipc_message message = {.type = IPC_RING, .ring = *layout};
    if (producer->ring.memory)
        return pp_fail(error, PP_E_STATE, "a second frame ring");
    if (!ipc_video_layout(&message.ring, error) || !ipc_send(producer->socket, &message, error) ||
        !memory_wait(producer, IPC_MEMORY_FRAMES, error))
        return false;
    producer->free_slots = (1u << layout->slots) - 1;
    pp_autoclose int memory = pp_steal_fd(&producer->memory);
    return ipc_video_ring_open(&message.ring, memory, &producer->ring, error);
}

bool producer_open_audio(struct producer *producer, uint32_t capacity_frames, struct pp_error *error) {
    struct ipc_message message = {.type = IPC_AUDIO,
                                  .audio = {.format = IPC_SAMPLE_S16,
                                            .rate = IPC_AUDIO_RATE,
                                            .channels = IPC_AUDIO_CHANNELS,
                                            .capacity_frames = capacity_frames}};
    if (!ipc_send(producer->socket, &message, error) || !memory_wait(producer, IPC_MEMORY_SOUND, error))
        return false;
    pp_autoclose int memory = pp_steal_fd(&producer->memory);
    return ipc_audio_ring_open(&message.audio, memory, &producer->audio, error);
}

int producer_free_slot(const struct producer *producer) {
    return producer->free_slots ? __builtin_ctz(producer->free_slots) : -1;
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What was left out is told before what comes instead. */
static bool report_left_out(struct producer *producer, struct pp_error *error) {
    struct ipc_message message = {.type = IPC_LATE, .late = {.frames = producer->left_out}};
    if (!producer->left_out)
        return true;
    producer->left_out = 0;
    return ipc_send(producer->socket, &message, error);
}

bool producer_send_frame(struct producer *producer, unsigned slot, uint64_t pts_us, struct pp_error *error) {
    if (pts_us < producer->next_pts_us)
        pts_us = producer->next_pts_us;
    if (pts_us > IPC_TIME_US_MAX)
        return pp_fail(error, PP_E_LIMIT, "a frame after %llu us", (unsigned long long)IPC_TIME_US_MAX);
    struct ipc_message message = {.type = IPC_FRAME, .frame = {.slot = (uint8_t)slot, .pts_us = pts_us}};
    if (!report_left_out(producer, error) || !ipc_send(producer->socket, &message, error))
        return false;
    producer->free_slots &= ~(1u << slot);
    producer->next_pts_us = pts_us + 1;
    producer->sent_us = now_us();
    return true;
}

int64_t producer_late_us(struct producer *producer, int64_t end_us) {
    int64_t late_us = producer->behind ? now_us() - producer->origin_us - end_us : 0;
    producer->behind = late_us > 0;
    return producer->behind ? late_us : 0;
}

int64_t producer_behind_us(const struct producer *producer) {
    return producer->behind ? now_us() - producer->behind_since_us : 0;
}

bool producer_may_leave_out(const struct producer *producer) {
    return now_us() - producer->sent_us < PRODUCER_STILL_MAX_US;
}

void producer_leave_out(struct producer *producer, uint32_t frames) {
    producer->left_out += frames < UINT32_MAX - producer->left_out ? frames : UINT32_MAX - producer->left_out;
}

bool producer_send_end(struct producer *producer, uint64_t duration_us, struct pp_error *error) {
    struct ipc_message message = {.type = IPC_END, .end = {.duration_us = duration_us}};
    return report_left_out(producer, error) && ipc_send(producer->socket, &message, error);
}

static bool take_release(struct producer *producer, unsigned slot) {
    if (slot >= producer->ring.layout.slots || producer->free_slots & 1u << slot)
        return false;
    producer->free_slots |= 1u << slot;
    return true;
}

static bool take_clock(struct producer *producer, uint64_t position_us) {
    int64_t now = now_us();
    if (!producer->behind)
        producer->behind_since_us = now;
    producer->behind = true;
    producer->origin_us = now - (int64_t)position_us;
    return true;
}

/* Only one is on its way at a time. */
static bool take_memory(struct producer *producer, struct ipc_message *message) {
    if (producer->memory >= 0)
        return false;
    producer->memory = ipc_message_take(message, 0);
    producer->memory_use = message->memory.use;
    return true;
}

static bool take_message(struct producer *producer, struct pp_error *error) {
    ipc_automessage struct ipc_message message = {0};
    if (!ipc_receive(producer->socket, &message, error))
        return false;
    if ((message.type == IPC_RELEASE && take_release(producer, message.release.slot)) ||
        (message.type == IPC_CLOCK && take_clock(producer, message.clock.position_us)) ||
        (message.type == IPC_MEMORY && take_memory(producer, &message)))
        return true;
    return pp_fail(error, PP_E_INVALID, "the player sent what is not its to send");
}

bool producer_wait(struct producer *producer, int timeout_ms, struct pp_error *error) {
    for (;;) {
        /* What is known to be there is left to whoever reads it: until then only a hang-up is news. */
        short told = producer->told ? 0 : POLLIN;
        struct pollfd watched[] = {{.fd = producer->socket, .events = POLLIN},
                                   {.fd = producer->control, .events = told}};
        int ready = poll(watched, PP_COUNT(watched), timeout_ms);
        if (ready < 0 && errno != EINTR)
            return pp_fail_errno(error, "poll");
        if (ready == 0)
            return true;
        if (ready > 0 && watched[1].revents == POLLIN && producer->hears) {
            producer->told = true;
            return true;
        }
        if (ready > 0 && watched[1].revents)
            return pp_fail(error, PP_E_NET, "the agent is gone");
        if (ready > 0 && !take_message(producer, error))
            return false;
        if (ready > 0)
            timeout_ms = 0; /* only what is there already */
    }
}
