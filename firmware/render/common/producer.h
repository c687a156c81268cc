/*
 * The renderer's side of a layer's frame socket: it asks for the rings, sends frames, takes slots back
 * (ipc/ring.h, ipc/wire.h), and waits, for the player or for the end, without ever spinning.
 */
#ifndef PP_RENDER_COMMON_PRODUCER_H
#define PP_RENDER_COMMON_PRODUCER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ipc/ring.h"

#define PRODUCER_STILL_MAX_US 500000 /* us: however late it is, a picture that moves does so this often */

struct producer {
    int socket;  /* the frame socket, until the process ends */
    int control; /* borrowed: when the agent closes it, this process has no reason to be */
    bool hears;  /* more than START comes there: producer_wait then returns with `told` */
    bool told;   /* there is something to be read */
    struct ipc_video_ring ring;
    struct ipc_audio_ring audio; /* memory NULL: no sound */
    int memory;                  /* that the player gave, until it is mapped; -1 none */
    uint8_t memory_use;          /* enum ipc_memory_use, of it */
    uint32_t free_slots;         /* bit n: slot n is ours */
    uint64_t next_pts_us;        /* us: the least that the next frame may have */
    bool behind;                 /* a CLOCK came, and no frame since was in time */
    int64_t origin_us;           /* where behind: us, CLOCK_MONOTONIC, when pts 0 was due */
    int64_t behind_since_us;     /* the same: of the first CLOCK */
    uint32_t left_out;           /* frames, of which the player does not know yet */
    int64_t sent_us;             /* us, CLOCK_MONOTONIC, of the latest frame */
};

void producer_init(struct producer *producer, int socket, int control);
/* The frame socket stays open: the player is to see it closed by the end of the process, which is after the
 * agent was told why. */
void producer_finish(struct producer *producer);

/* Asks the player for the frame ring of `layout` (format, width, height, slots and the colours are the
 * caller's; the rest is filled here), waits for its memory and maps it. Once. PP_E_NET: the player refused.
 */
PP_MUST_USE bool producer_open_video(struct producer *producer, const struct ipc_ring *layout,
                                     struct pp_error *error);
/* The same for the sound ring (interleaved 16-bit stereo of IPC_AUDIO_RATE), before the first frame. */
PP_MUST_USE bool producer_open_audio(struct producer *producer, uint32_t capacity_frames,
                                     struct pp_error *error);

/* A slot that may be written, or -1. */
int producer_free_slot(const struct producer *producer);
/* Gives `slot` to the player. A time that does not grow is moved just behind the one before. */
PP_MUST_USE bool producer_send_frame(struct producer *producer, unsigned slot, uint64_t pts_us,
                                     struct pp_error *error);
/* By how much a frame whose time ends at `end_us` would be late; 0: it is not, as far as the player said. */
int64_t producer_late_us(struct producer *producer, int64_t end_us);
/* For how long frames have been late; 0: they are not. */
int64_t producer_behind_us(const struct producer *producer);
/* The one before is recent enough for this one to be left out. */
bool producer_may_leave_out(const struct producer *producer);
/* So many frames are not sent, because they would be late. */
void producer_leave_out(struct producer *producer, uint32_t frames);
PP_MUST_USE bool producer_send_end(struct producer *producer, uint64_t duration_us, struct pp_error *error);

/* Takes what the player sent; waits up to `timeout_ms` (-1: for ever) for something to come. PP_E_NET: the
 * player or the agent is gone; PP_E_INVALID: the player broke the protocol. */
PP_MUST_USE bool producer_wait(struct producer *producer, int timeout_ms, struct pp_error *error);

#endif
