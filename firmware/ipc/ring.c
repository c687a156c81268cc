#include "ipc/ring.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define STRIDE_ALIGN 64
#define SEALS        (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define WRITE_OFFSET 0
#define READ_OFFSET  64

static int memfd_make(const char *name, size_t size, struct pp_error *error) {
    pp_autoclose int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        pp_fail_errno(error, "memfd_create");
        return -1;
    }
    if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        return pp_steal_fd(&fd);
    pp_fail_errno(error, "%s: a memfd of %zu bytes", name, size);
    return -1;
}

static uint8_t *memfd_map(int fd, size_t size, int protection, struct pp_error *error) {
    void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED)
        return memory;
    pp_fail_errno(error, "ring: mmap of %zu bytes", size);
    return NULL;
}

static void unmap(uint8_t **memory, size_t *size) {
    if (*memory)
        munmap(*memory, *size);
    *memory = NULL;
    *size = 0;
}

unsigned ipc_pixel_planes(unsigned format) {
    switch (format) {
    case IPC_PIXEL_I420:
        return 3;
    case IPC_PIXEL_NV12:
        return 2;
    default:
        return 1;
    }
}

static uint32_t plane_rows(const struct ipc_ring *layout, unsigned plane) {
    return plane ? (layout->height + 1u) / 2 : layout->height;
}

static uint32_t plane_row_bytes(const struct ipc_ring *layout, unsigned plane) {
    uint32_t half = (layout->width + 1u) / 2;
    switch (layout->format) {
    case IPC_PIXEL_I420:
        return plane ? half : layout->width;
    case IPC_PIXEL_NV12:
        return plane ? 2 * half : layout->width;
    default:
        return 4u * layout->width;
    }
}

uint64_t ipc_picture_pixels_max(uint32_t width, uint32_t height) {
    uint64_t pixels = (uint64_t)width * height * IPC_PICTURE_OF_PLACE;
    return pixels > IPC_PICTURE_PIXELS_MIN ? pixels : IPC_PICTURE_PIXELS_MIN;
}

uint64_t ipc_ring_bytes_max(uint64_t pixels_max) {
    uint64_t bytes = pixels_max * IPC_RING_BYTES_PER_PIXEL + IPC_RING_PADDING;
    return bytes < IPC_RING_MAX ? bytes : IPC_RING_MAX;
}

bool ipc_video_layout(struct ipc_ring *layout, struct pp_error *error) {
    uint64_t at = 0;
    for (unsigned plane = 0; plane < IPC_PLANES; plane++) {
        layout->offsets[plane] = layout->strides[plane] = 0;
        if (plane >= ipc_pixel_planes(layout->format))
            continue;
        uint32_t stride = (plane_row_bytes(layout, plane) + STRIDE_ALIGN - 1) / STRIDE_ALIGN * STRIDE_ALIGN;
        layout->offsets[plane] = (uint32_t)at;
        layout->strides[plane] = stride;
        at += (uint64_t)stride * plane_rows(layout, plane);
        if (at > IPC_RING_MAX)
            break;
    }
    if (at * layout->slots > IPC_RING_MAX)
        return pp_fail(error, PP_E_LIMIT, "ring: %u frames of %u x %u are over %u bytes", layout->slots,
                       layout->width, layout->height, IPC_RING_MAX);
    layout->slot_size = (uint32_t)at;
    return true;
}

/* Where a plane ends, in bytes from its slot's begin. */
static uint64_t plane_end(const struct ipc_ring *layout, unsigned plane) {
    return layout->offsets[plane] + (uint64_t)layout->strides[plane] * (plane_rows(layout, plane) - 1) +
           plane_row_bytes(layout, plane);
}

/* Each byte of the memory belongs to one pixel: a picture costs no more than its ring did. */
static bool planes_overlap(const struct ipc_ring *layout, unsigned a, unsigned b) {
    return layout->offsets[a] < plane_end(layout, b) && layout->offsets[b] < plane_end(layout, a);
}

static bool plane_check(const struct ipc_ring *layout, unsigned plane, struct pp_error *error) {
    uint64_t stride = layout->strides[plane];
    uint32_t row_bytes = plane_row_bytes(layout, plane);
    if (stride < row_bytes)
        return pp_fail(error, PP_E_INVALID, "ring: plane %u: stride %u is under %u", plane,
                       layout->strides[plane], row_bytes);
    uint64_t end = plane_end(layout, plane);
    if (end > layout->slot_size)
        return pp_fail(error, PP_E_INVALID, "ring: plane %u ends at %llu, behind its slot of %u bytes", plane,
                       (unsigned long long)end, layout->slot_size);
    for (unsigned other = 0; other < plane; other++) {
        if (planes_overlap(layout, other, plane))
            return pp_fail(error, PP_E_INVALID, "ring: planes %u and %u overlap", other, plane);
    }
    return true;
}

/* The layout by itself; `*size` gets the bytes it needs. Everything is 64-bit: nothing can wrap. */
static bool layout_check(const struct ipc_ring *layout, size_t *size, struct pp_error *error) {
    if (layout->format > IPC_PIXEL_BGRA || !layout->width || !layout->height || !layout->slots ||
        layout->slots > IPC_SLOTS_MAX || layout->width > IPC_SIDE_MAX || layout->height > IPC_SIDE_MAX)
        return pp_fail(error, PP_E_INVALID, "ring: format %u, %u x %u pixels, %u slots", layout->format,
                       layout->width, layout->height, layout->slots);
    uint64_t total = (uint64_t)layout->slot_size * layout->slots;
    if (total > IPC_RING_MAX)
        return pp_fail(error, PP_E_LIMIT, "ring: %llu bytes are over %u", (unsigned long long)total,
                       IPC_RING_MAX);
    for (unsigned plane = 0; plane < ipc_pixel_planes(layout->format); plane++) {
        if (!plane_check(layout, plane, error))
            return false;
    }
    *size = (size_t)total;
    return true;
}

static bool video_map(const struct ipc_ring *layout, int fd, size_t size, int protection,
                      struct ipc_video_ring *ring, struct pp_error *error) {
    uint8_t *memory = memfd_map(fd, size, protection, error);
    if (!memory)
        return false;
    *ring = (struct ipc_video_ring){.layout = *layout, .memory = memory, .size = size};
    return true;
}

bool ipc_video_ring_create(const struct ipc_ring *layout, struct ipc_video_ring *ring, int *fd,
                           struct pp_error *error) {
    size_t size = 0;
    if (!layout_check(layout, &size, error))
        return false;
    pp_autoclose int memory_fd = memfd_make("pingplay-frames", size, error);
    if (memory_fd < 0 || !video_map(layout, memory_fd, size, PROT_READ, ring, error))
        return false;
    *fd = pp_steal_fd(&memory_fd);
    return true;
}

bool ipc_video_ring_open(const struct ipc_ring *layout, int fd, struct ipc_video_ring *ring,
                         struct pp_error *error) {
    size_t size = 0;
    return layout_check(layout, &size, error) &&
           video_map(layout, fd, size, PROT_READ | PROT_WRITE, ring, error);
}

struct ipc_plane ipc_video_plane(const struct ipc_video_ring *ring, unsigned slot, unsigned plane) {
    const struct ipc_ring *layout = &ring->layout;
    return (struct ipc_plane){
        .data = ring->memory + (size_t)layout->slot_size * slot + layout->offsets[plane],
        .stride = layout->strides[plane],
        .rows = plane_rows(layout, plane),
        .row_bytes = plane_row_bytes(layout, plane),
    };
}

void ipc_video_ring_finish(struct ipc_video_ring *ring) {
    unmap(&ring->memory, &ring->size);
}

size_t ipc_audio_frame_size(const struct ipc_audio *layout) {
    size_t sample = layout->format == IPC_SAMPLE_F32 ? sizeof(float) : sizeof(int16_t);
    return sample * IPC_AUDIO_CHANNELS;
}

static bool audio_check(const struct ipc_audio *layout, size_t *size, struct pp_error *error) {
    uint32_t capacity = layout->capacity_frames;
    if (layout->format > IPC_SAMPLE_F32 || layout->rate != IPC_AUDIO_RATE ||
        layout->channels != IPC_AUDIO_CHANNELS)
        return pp_fail(error, PP_E_INVALID, "audio ring: format %u, %u Hz, %u channels", layout->format,
                       layout->rate, layout->channels);
    if (capacity < IPC_CAPACITY_MIN || capacity > IPC_CAPACITY_MAX || (capacity & (capacity - 1)))
        return pp_fail(error, PP_E_INVALID, "audio ring: a capacity of %u frames", capacity);
    *size = IPC_AUDIO_DATA_OFFSET + capacity * ipc_audio_frame_size(layout);
    return true;
}

static bool audio_map(const struct ipc_audio *layout, int fd, size_t size, struct ipc_audio_ring *ring,
                      struct pp_error *error) {
    uint8_t *memory = memfd_map(fd, size, PROT_READ | PROT_WRITE, error);
    if (!memory)
        return false;
    *ring = (struct ipc_audio_ring){.layout = *layout, .memory = memory, .size = size};
    return true;
}

bool ipc_audio_ring_create(const struct ipc_audio *layout, struct ipc_audio_ring *ring, int *fd,
                           struct pp_error *error) {
    size_t size = 0;
    if (!audio_check(layout, &size, error))
        return false;
    pp_autoclose int memory_fd = memfd_make("pingplay-audio", size, error);
    if (memory_fd < 0 || !audio_map(layout, memory_fd, size, ring, error))
        return false;
    *fd = pp_steal_fd(&memory_fd);
    return true;
}

bool ipc_audio_ring_open(const struct ipc_audio *layout, int fd, struct ipc_audio_ring *ring,
                         struct pp_error *error) {
    size_t size = 0;
    return audio_check(layout, &size, error) && audio_map(layout, fd, size, ring, error);
}

static _Atomic uint64_t *position_at(const struct ipc_audio_ring *ring, size_t offset) {
    return (_Atomic uint64_t *)(void *)(ring->memory + offset);
}

/* Frames between the two positions, whatever the other side has written into its own. */
static size_t clamp(uint64_t ahead, uint64_t behind, size_t capacity) {
    uint64_t distance = ahead - behind;
    return distance > capacity ? capacity : (size_t)distance;
}

size_t ipc_audio_ring_space(const struct ipc_audio_ring *ring) {
    size_t capacity = ring->layout.capacity_frames;
    uint64_t read = atomic_load_explicit(position_at(ring, READ_OFFSET), memory_order_acquire);
    return capacity - clamp(ring->position, read, capacity);
}

size_t ipc_audio_ring_waiting(const struct ipc_audio_ring *ring) {
    uint64_t write = atomic_load_explicit(position_at(ring, WRITE_OFFSET), memory_order_acquire);
    return clamp(write, ring->position, ring->layout.capacity_frames);
}

/* Copies `frames` between the ring from its position and `samples`, in up to two pieces. */
static void ring_copy(const struct ipc_audio_ring *ring, uint8_t *samples, size_t frames, bool into_ring) {
    size_t frame_size = ipc_audio_frame_size(&ring->layout);
    size_t capacity = ring->layout.capacity_frames;
    for (size_t done = 0; done < frames;) {
        size_t at = (size_t)((ring->position + done) & (capacity - 1));
        size_t piece = frames - done < capacity - at ? frames - done : capacity - at;
        uint8_t *inside = ring->memory + IPC_AUDIO_DATA_OFFSET + at * frame_size;
        uint8_t *outside = samples + done * frame_size;
        if (into_ring)
            memcpy(inside, outside, piece * frame_size);
        else
            memcpy(outside, inside, piece * frame_size);
        done += piece;
    }
}

size_t ipc_audio_ring_write(struct ipc_audio_ring *ring, const void *samples, size_t frames) {
    size_t space = ipc_audio_ring_space(ring);
    size_t count = frames < space ? frames : space;
    uint8_t *from = NULL;
    memcpy(&from, &samples, sizeof from); /* only read: the copy goes into the ring */
    ring_copy(ring, from, count, true);
    ring->position += count;
    atomic_store_explicit(position_at(ring, WRITE_OFFSET), ring->position, memory_order_release);
    return count;
}

size_t ipc_audio_ring_read(struct ipc_audio_ring *ring, void *samples, size_t frames) {
    size_t waiting = ipc_audio_ring_waiting(ring);
    size_t count = frames < waiting ? frames : waiting;
    if (samples)
        ring_copy(ring, samples, count, false);
    ring->position += count;
    atomic_store_explicit(position_at(ring, READ_OFFSET), ring->position, memory_order_release);
    return count;
}

void ipc_audio_ring_finish(struct ipc_audio_ring *ring) {
    unmap(&ring->memory, &ring->size);
}
