/* A RING or AUDIO message with hostile numbers: what is accepted stays inside the memory that is made for it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/ring.h"

#define SAMPLES_SIZE (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte that an uploader would read. */
static unsigned video_touch(const struct ipc_video_ring *ring) {
    unsigned sum = 0;
    for (unsigned slot = 0; slot < ring->layout.slots; slot++) {
        for (unsigned plane = 0; plane < ipc_pixel_planes(ring->layout.format); plane++) {
            struct ipc_plane rows = ipc_video_plane(ring, slot, plane);
            for (uint32_t row = 0; row < rows.rows; row++)
                sum += rows.data[(size_t)row * rows.stride] +
                       rows.data[(size_t)row * rows.stride + rows.row_bytes - 1];
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ipc_message message;
    if (!ipc_decode(data, size, &message, NULL))
        return 0;
    pp_autoclose int fd = -1;
    if (message.type == IPC_RING) {
        struct ipc_video_ring ring = {0};
        if (ipc_video_ring_create(&message.ring, &ring, &fd, NULL) && video_touch(&ring) == UINT32_MAX)
            abort();
        ipc_video_ring_finish(&ring);
    } else if (message.type == IPC_AUDIO) {
        struct ipc_audio_ring ring = {0};
        static uint8_t samples[SAMPLES_SIZE];
        if (ipc_audio_ring_create(&message.audio, &ring, &fd, NULL)) {
            memset(ring.memory, 0xee, 16);
            if (ipc_audio_ring_read(&ring, samples, 4096) > ring.layout.capacity_frames)
                abort();
        }
        ipc_audio_ring_finish(&ring);
    }
    return 0;
}
