/*
 * Shared memory between a renderer and the player. The renderer says in RING or AUDIO what it needs; the
 * player checks that, makes a memfd of exactly that size, seals it (F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL),
 * maps it and gives it to the renderer in MEMORY. So all memory that travels is counted by the player, and a
 * renderer needs no right to make any.
 *
 * Frame ring (RING's layout, mapped read-only by the player):
 *
 *      slot 0                      slot 1                          slot n begins at n x slot_size
 *      +--------------+-----+-----+--------------+-----+-----+-
 *      | Y rows       | U   | V   | Y rows       |     |     |
 *      +--------------+-----+-----+--------------+-----+-----+-
 *
 * Plane p begins at offsets[p] and has its rows strides[p] apart; planes do not overlap.
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
    uint8_t *memory; /* NULL: none; read-only on the player's side */
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
PP_MUST_USE bool ipc_video_layout(struct ipc_ring *layout, struct pp_error *error);
/* A picture for a place of `width` x `height` pixels of the display has at most so many pixels: what is
 * larger is scaled down by its renderer. The player allows twice that, since sizes may change meanwhile. */
#define IPC_PICTURE_OF_PLACE   5         /* times the place: a film of 4K (DCI) on a display of 1080p */
#define IPC_PICTURE_PIXELS_MIN (1 << 20) /* pixels, however small the place is */
uint64_t ipc_picture_pixels_max(uint32_t width, uint32_t height);
/* A ring of such pictures has at most so many bytes: four slots of a film, one of a picture. */
#define IPC_RING_BYTES_PER_PIXEL 6
#define IPC_RING_PADDING         (2 * 1024 * 1024) /* bytes of it, for the ends of rows */
uint64_t ipc_ring_bytes_max(uint64_t pixels_max);

/* Player: checks a layout, makes the memfd for it, seals it and maps it read-only. `*fd` belongs to the
 * caller and goes with MEMORY. PP_E_INVALID or PP_E_LIMIT say what does not hold. */
PP_MUST_USE bool ipc_video_ring_create(const struct ipc_ring *layout, struct ipc_video_ring *ring, int *fd,
                                       struct pp_error *error);
/* Renderer: maps the memory that the player made for this layout. `fd` is borrowed. */
PP_MUST_USE bool ipc_video_ring_open(const struct ipc_ring *layout, int fd, struct ipc_video_ring *ring,
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
/* Player. `*fd` belongs to the caller and goes with MEMORY. */
PP_MUST_USE bool ipc_audio_ring_create(const struct ipc_audio *layout, struct ipc_audio_ring *ring, int *fd,
                                       struct pp_error *error);
/* Renderer. */
PP_MUST_USE bool ipc_audio_ring_open(const struct ipc_audio *layout, int fd, struct ipc_audio_ring *ring,
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
