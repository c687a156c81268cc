/*
 * Shared memory between a renderer and the player. Each ring is a memfd sealed with F_SEAL_SHRINK and
 * F_SEAL_GROW, so that its size cannot change under the other side.
 *
 * Frame ring (RING's layout, mapped read-only by the player):
 *
 *      slot 0                      slot 1                          slot n begins at n x slot_size
 *      +--------------+-----+-----+--------------+-----+-----+-
 *      | Y rows       | U   | V   | Y rows       |     |     |  plane p at offsets[p],
 *      +--------------+-----+-----+--------------+-----+-----+-   rows strides[p] apart
 *
 * A slot is the renderer's until it sends FRAME, then the player's until RELEASE.
 *
 * Audio ring (interleaved stereo; both sides map it read-write):
 *
 *      0           64          4096
 *      +-----------+-----------+------------------------------------------------+
 *      | u64 write | u64 read  | capacity_frames x 2 samples                    |
 *      +-----------+-----------+------------------------------------------------+
 *
 * The positions count frames since the begin, run free and are never reduced; frame n lies at n mod capacity.
 * `write` is the renderer's, `read` the player's. Nobody is woken by the other: the renderer looks at its
 * free space about every quarter of the ring's time. What the other side stores there is believed only after
 * clamping: at most `capacity` frames are ever waiting or free.
 */
#ifndef PP_IPC_RING_H
#define PP_IPC_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ipc/wire.h"

#define IPC_AUDIO_DATA_OFFSET 4096 /* bytes */
#define IPC_AUDIO_CHANNELS    2

struct ipc_video_ring {
    struct ipc_ring layout;
    uint8_t *memory; /* NULL: none; read-only when it came from ipc_video_ring_open */
    size_t size;     /* bytes mapped */
};

struct ipc_plane {
    uint8_t *data;   /* first row */
    uint32_t stride; /* bytes */
    uint32_t rows;
    uint32_t row_bytes; /* of them used */
};

/* Renderer: from format, width, height and slots of `layout`, fills its offsets, strides (multiples of 64)
 * and slot_size; PP_E_LIMIT when the ring would be over IPC_RING_MAX. The other fields are the caller's. */
bool ipc_video_layout(struct ipc_ring *layout, struct pp_error *error);
/* Renderer: makes the memfd of a layout, seals and maps it. `*fd` belongs to the caller and goes with RING.
 */
bool ipc_video_ring_create(const struct ipc_ring *layout, struct ipc_video_ring *ring, int *fd,
                           struct pp_error *error);
/* Player: checks the layout by itself, against the memfd's seals and size, then maps it. `fd` is borrowed.
 * PP_E_INVALID or PP_E_LIMIT say what does not hold. */
bool ipc_video_ring_open(const struct ipc_ring *layout, int fd, struct ipc_video_ring *ring,
                         struct pp_error *error);
/* `slot` is less than layout.slots (the caller checked), `plane` less than ipc_pixel_planes. */
struct ipc_plane ipc_video_plane(const struct ipc_video_ring *ring, unsigned slot, unsigned plane);
unsigned ipc_pixel_planes(unsigned format);
void ipc_video_ring_finish(struct ipc_video_ring *ring);

struct ipc_audio_ring {
    struct ipc_audio layout;
    uint8_t *memory;   /* NULL: none */
    size_t size;       /* bytes mapped */
    uint64_t position; /* frames; this side's own position, the one in memory is a copy for the other side */
};

size_t ipc_audio_frame_size(const struct ipc_audio *layout); /* bytes, of both channels */
/* Renderer. `*fd` belongs to the caller and goes with AUDIO. */
bool ipc_audio_ring_create(const struct ipc_audio *layout, struct ipc_audio_ring *ring, int *fd,
                           struct pp_error *error);
/* Player. */
bool ipc_audio_ring_open(const struct ipc_audio *layout, int fd, struct ipc_audio_ring *ring,
                         struct pp_error *error);
/* Renderer: frames that can be written now. */
size_t ipc_audio_ring_space(const struct ipc_audio_ring *ring);
/* Renderer: writes up to `frames`, returns how many fitted. */
size_t ipc_audio_ring_write(struct ipc_audio_ring *ring, const void *samples, size_t frames);
/* Player: frames that can be read now. */
size_t ipc_audio_ring_waiting(const struct ipc_audio_ring *ring);
/* Player: takes up to `frames` (into `samples`, or dropped where NULL), returns how many there were. */
size_t ipc_audio_ring_read(struct ipc_audio_ring *ring, void *samples, size_t frames);
void ipc_audio_ring_finish(struct ipc_audio_ring *ring);

#endif
