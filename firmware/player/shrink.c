#include "player/shrink.h"

unsigned shrink_factor(const struct ipc_ring *layout, int most) {
    unsigned side = layout->width > layout->height ? layout->width : layout->height;
    return most > 0 ? (side + (unsigned)most - 1) / (unsigned)most : 1;
}

bool shrink_layout(const struct ipc_ring *layout, unsigned factor, struct ipc_ring *small,
                   struct pp_error *error) {
    *small = *layout;
    small->slots = 1;
    if (factor <= 1)
        return true; /* as it was checked: laid out anew it might need more room */
    small->width = (uint16_t)((layout->width + factor - 1) / factor);
    small->height = (uint16_t)((layout->height + factor - 1) / factor);
    return ipc_video_layout(small, error);
}

/* The pixels that one of the smaller picture stands for. */
struct block {
    const uint8_t *data;
    size_t stride;          /* bytes */
    uint32_t width, height; /* pixels */
};

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static struct block block_at(const struct ipc_plane *from, uint32_t x, uint32_t y, unsigned factor,
                             unsigned channels) {
    uint32_t left = x * factor, top = y * factor;
    uint32_t width = least(from->row_bytes / channels - left, factor),
             height = least(from->rows - top, factor);
    return (struct block){.data = from->data + (size_t)top * from->stride + (size_t)left * channels,
                          .stride = from->stride,
                          .width = width,
                          .height = height};
}

static uint8_t rounded(uint64_t sum, uint64_t count) {
    return count ? (uint8_t)((sum + count / 2) / count) : 0;
}

static uint8_t mean_of(const struct block *block, unsigned channel, unsigned channels) {
    uint64_t sum = 0, count = 0;
    for (uint32_t y = 0; y < block->height; y++) {
        for (uint32_t x = 0; x < block->width; x++, count++)
            sum += block->data[y * block->stride + (size_t)x * channels + channel];
    }
    return rounded(sum, count);
}

static void mean_of_bgra(const struct block *block, uint8_t out[4]) {
    uint64_t sums[4] = {0}, count = 0;
    for (uint32_t y = 0; y < block->height; y++) {
        const uint8_t *pixel = block->data + y * block->stride;
        for (uint32_t x = 0; x < block->width; x++, count++, pixel += 4) {
            for (unsigned i = 0; i < 3; i++)
                sums[i] += (uint64_t)pixel[i] * pixel[3];
            sums[3] += pixel[3];
        }
    }
    for (unsigned i = 0; i < 3; i++)
        out[i] = rounded(sums[i], sums[3]);
    out[3] = rounded(sums[3], count);
}

void shrink_plane(unsigned format, unsigned plane, struct ipc_plane from, struct ipc_plane to,
                  unsigned factor) {
    unsigned channels = format == IPC_PIXEL_BGRA ? 4 : format == IPC_PIXEL_NV12 && plane ? 2 : 1;
    for (uint32_t y = 0; y < to.rows; y++) {
        uint8_t *row = to.data + (size_t)y * to.stride;
        for (uint32_t x = 0; x < to.row_bytes / channels; x++) {
            struct block block = block_at(&from, x, y, factor, channels);
            if (channels == 4)
                mean_of_bgra(&block, row + 4 * (size_t)x);
            for (unsigned i = 0; channels < 4 && i < channels; i++)
                row[(size_t)x * channels + i] = mean_of(&block, i, channels);
        }
    }
}
