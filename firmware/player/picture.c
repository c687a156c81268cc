#include "player/picture.h"

#include "base/log.h"
#include "base/mem.h"
#include "player/shrink.h"

/* BT.601 and BT.709 limited ranges: Y 16 … 235, C 16 … 240 */
#define LIMITED_OFFSET  16
#define LIMITED_Y_RANGE 219
#define LIMITED_C_RANGE 224

struct picture {
    SDL_Renderer *renderer; /* the display's */
    SDL_Texture *texture;
    struct ipc_ring layout;
    unsigned factor; /* by which the texture is smaller */
    SDL_YUV_CONVERSION_MODE mode;
    /* One slot as the texture is to have it: smaller, or in limited range where SDL has no mode for the
     * ring's; memory NULL where slots are uploaded as they are. */
    struct ipc_video_ring staging;
    bool opaque; /* what was uploaded last */
};

static Uint32 sdl_format(unsigned format) {
    switch (format) {
    case IPC_PIXEL_I420:
        return SDL_PIXELFORMAT_IYUV;
    case IPC_PIXEL_NV12:
        return SDL_PIXELFORMAT_NV12;
    default:
        return SDL_PIXELFORMAT_BGRA32;
    }
}

static SDL_YUV_CONVERSION_MODE sdl_mode(const struct ipc_ring *layout) {
    if (layout->matrix == IPC_MATRIX_BT709)
        return SDL_YUV_CONVERSION_BT709;
    return layout->full_range ? SDL_YUV_CONVERSION_JPEG : SDL_YUV_CONVERSION_BT601;
}

/* SDL knows BT.709 in limited range only. */
static bool needs_limiting(const struct ipc_ring *layout) {
    return layout->format != IPC_PIXEL_BGRA && layout->matrix == IPC_MATRIX_BT709 && layout->full_range;
}

static bool texture_make(struct picture *picture, struct pp_error *error) {
    const struct ipc_ring *layout = &picture->staging.layout;
    SDL_SetYUVConversionMode(picture->mode);
    picture->texture = SDL_CreateTexture(picture->renderer, sdl_format(layout->format),
                                         SDL_TEXTUREACCESS_STREAMING, layout->width, layout->height);
    if (!picture->texture)
        return pp_fail(error, PP_E_IO, "texture of %u x %u: %s", layout->width, layout->height,
                       SDL_GetError());
    SDL_SetTextureBlendMode(picture->texture, SDL_BLENDMODE_BLEND);
    bool staged = picture->factor > 1 || needs_limiting(layout);
    if (staged && !(picture->staging.memory = malloc(layout->slot_size)))
        return pp_fail(error, PP_E_NOMEM, "texture: out of memory");
    return true;
}

struct picture *picture_create(struct display *display, const struct ipc_ring *layout,
                               struct pp_error *error) {
    struct picture *picture = calloc(1, sizeof *picture);
    if (!picture) {
        pp_fail(error, PP_E_NOMEM, "texture: out of memory");
        return NULL;
    }
    picture->renderer = display_renderer(display);
    picture->layout = *layout;
    picture->factor = shrink_factor(layout, display_texture_max(display));
    if (picture->factor > 1)
        pp_log_info("%u x %u is over the display's %d a side, and is shown smaller", layout->width,
                    layout->height, display_texture_max(display));
    picture->mode = sdl_mode(layout);
    if (shrink_layout(layout, picture->factor, &picture->staging.layout, error) &&
        texture_make(picture, error))
        return picture;
    picture_destroy(picture);
    return NULL;
}

void picture_destroy(struct picture *picture) {
    if (!picture)
        return;
    if (picture->texture)
        SDL_DestroyTexture(picture->texture);
    free(picture->staging.memory);
    free(picture);
}

static void rows_to_limited(struct ipc_plane from, struct ipc_plane to, unsigned range) {
    uint8_t table[256];
    for (unsigned value = 0; value < 256; value++)
        table[value] = (uint8_t)(LIMITED_OFFSET + (value * range + 127) / 255);
    for (uint32_t row = 0; row < to.rows; row++) {
        for (uint32_t i = 0; i < to.row_bytes; i++)
            to.data[(size_t)row * to.stride + i] = table[from.data[(size_t)row * from.stride + i]];
    }
}

/* The plane as SDL is to see it. */
static struct ipc_plane plane_of(const struct picture *picture, const struct ipc_video_ring *ring,
                                 unsigned slot, unsigned plane) {
    struct ipc_plane rows = ipc_video_plane(ring, slot, plane);
    if (!picture->staging.memory)
        return rows;
    struct ipc_plane staged = ipc_video_plane(&picture->staging, 0, plane);
    if (picture->factor > 1) {
        shrink_plane(ring->layout.format, plane, rows, staged, picture->factor);
        rows = staged;
    }
    if (needs_limiting(&ring->layout))
        rows_to_limited(rows, staged, plane ? LIMITED_C_RANGE : LIMITED_Y_RANGE);
    return staged;
}

/* Nothing shines through. Most pictures in BGRA are photographs, and drawing those without blending takes a
 * third of the time. */
static bool is_opaque(const struct ipc_video_ring *ring, const struct ipc_plane *plane) {
    const uint8_t opaque[4] = {0, 0, 0, 255};
    uint32_t mask;
    if (ring->layout.format != IPC_PIXEL_BGRA)
        return true;
    memcpy(&mask, opaque, sizeof mask);
    for (uint32_t row = 0; row < plane->rows; row++) {
        const uint8_t *pixels = plane->data + (size_t)row * plane->stride;
        uint32_t all = mask;
        for (uint32_t i = 0; i + sizeof all <= plane->row_bytes; i += sizeof all) {
            uint32_t pixel;
            memcpy(&pixel, pixels + i, sizeof pixel);
            all &= pixel;
        }
        if (all != mask)
            return false;
    }
    return true;
}

static int upload(struct picture *picture, const struct ipc_video_ring *ring, unsigned slot) {
    struct ipc_plane planes[IPC_PLANES] = {{0}};
    unsigned count = ipc_pixel_planes(ring->layout.format);
    for (unsigned i = 0; i < count; i++)
        planes[i] = plane_of(picture, ring, slot, i);
    picture->opaque = is_opaque(ring, &planes[0]);
    switch (count) {
    case 3:
        return SDL_UpdateYUVTexture(picture->texture, NULL, planes[0].data, (int)planes[0].stride,
                                    planes[1].data, (int)planes[1].stride, planes[2].data,
                                    (int)planes[2].stride);
    case 2:
        return SDL_UpdateNVTexture(picture->texture, NULL, planes[0].data, (int)planes[0].stride,
                                   planes[1].data, (int)planes[1].stride);
    default:
        return SDL_UpdateTexture(picture->texture, NULL, planes[0].data, (int)planes[0].stride);
    }
}

bool picture_upload(struct picture *picture, const struct ipc_video_ring *ring, unsigned slot,
                    struct pp_error *error) {
    SDL_SetYUVConversionMode(picture->mode);
    if (upload(picture, ring, slot) == 0)
        return true;
    return pp_fail(error, PP_E_IO, "texture upload: %s", SDL_GetError());
}

/* SDL turns about the middle of where it would have drawn the picture upright. */
static void copy_turned(const struct picture *picture, struct geometry_rect target, unsigned turn) {
    float w = (float)(turn % 2 ? target.h : target.w), h = (float)(turn % 2 ? target.w : target.h);
    const SDL_FRect to = {.x = (float)target.x + ((float)target.w - w) / 2,
                          .y = (float)target.y + ((float)target.h - h) / 2,
                          .w = w,
                          .h = h};
    SDL_RenderCopyExF(picture->renderer, picture->texture, NULL, &to, 90.0 * turn, NULL, SDL_FLIP_NONE);
}

void picture_draw(const struct picture *picture, struct geometry_rect target, struct geometry_rect clip,
                  unsigned turn, unsigned alpha) {
    const SDL_Rect to = {target.x, target.y, target.w, target.h};
    const SDL_Rect cut = {clip.x, clip.y, clip.w, clip.h};
    if (clip.w <= 0 || clip.h <= 0 || !alpha)
        return;
    SDL_SetYUVConversionMode(picture->mode);
    SDL_SetTextureAlphaMod(picture->texture, (Uint8)alpha);
    SDL_SetTextureBlendMode(picture->texture, alpha == 255 && picture_is_opaque(picture)
                                                  ? SDL_BLENDMODE_NONE
                                                  : SDL_BLENDMODE_BLEND);
    SDL_RenderSetClipRect(picture->renderer, &cut);
    if (turn)
        copy_turned(picture, target, turn);
    else
        SDL_RenderCopy(picture->renderer, picture->texture, NULL, &to);
    /* Some drivers look at the conversion mode only when they draw, and it is the same for all. */
    SDL_RenderFlush(picture->renderer);
}

struct geometry_picture picture_shape(const struct picture *picture) {
    return (struct geometry_picture){.size = {picture->layout.width, picture->layout.height},
                                     .aspect_num = picture->layout.aspect_num,
                                     .aspect_den = picture->layout.aspect_den};
}

bool picture_is_opaque(const struct picture *picture) {
    return picture->opaque;
}
