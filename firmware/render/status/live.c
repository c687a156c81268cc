#include "render/status/live.h"

#include <malloc.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "render/common/control.h"

/* The one that is shown, the one that is drawn, and one that the player has not given back yet. */
#define SLOTS 3

static bool draw(const struct metric *metric, const struct font *font, struct producer *producer,
                 struct pp_error *error) {
    int slot = producer_free_slot(producer);
    while (slot < 0) {
        if (!producer_wait(producer, -1, error))
            return false;
        slot = producer_free_slot(producer);
    }
    struct ipc_plane plane = ipc_video_plane(&producer->ring, (unsigned)slot, 0);
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        plane.data, CAIRO_FORMAT_ARGB32, (int)metric->width, (int)metric->height, (int)plane.stride);
    cairo_t *cr = cairo_create(surface);
    metric_paint(metric, font, cr);
    cairo_surface_flush(surface);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return producer_send_frame(producer, (unsigned)slot, 0, error); /* at once */
}

static bool begin(const struct metric *metric, const struct font *font, struct producer *producer,
                  struct pp_error *error) {
    const struct ipc_ring layout = {.format = IPC_PIXEL_BGRA,
                                    .width = (uint16_t)metric->width,
                                    .height = (uint16_t)metric->height,
                                    .slots = SLOTS,
                                    .matrix = IPC_MATRIX_BT709,
                                    .full_range = 1,
                                    .aspect_num = 1,
                                    .aspect_den = 1};
    const struct ipc_info info = {.width = layout.width, .height = layout.height};
    return producer_open_video(producer, &layout, error) &&
           control_send_info(producer->control, &info, error) && draw(metric, font, producer, error);
}

/* What is to be drawn next; of the same size, since the layer has that. */
static bool next(struct producer *producer, struct metric *metric, struct pp_error *error) {
    struct metric other;
    ipc_automessage struct ipc_message message = {0};
    if (!control_receive(producer->control, IPC_DATA, &message, error) ||
        !metric_parse(message.data.json, &other, error))
        return false;
    if (other.width != metric->width || other.height != metric->height)
        return pp_fail(error, PP_E_INVALID, "a live value of another size");
    *metric = other;
    return true;
}

bool live_run(const char *json, const struct font *font, struct producer *producer, struct pp_error *error) {
    struct metric metric;
    producer->hears = true;
    if (!metric_parse(json, &metric, error))
        return pp_wrap(error, "live value");
    if (!begin(&metric, font, producer, error))
        return false;
    malloc_trim(0);
    for (;;) {
        if (!producer->told && !producer_wait(producer, -1, error))
            return false;
        if (!producer->told)
            continue;
        producer->told = false;
        if (!next(producer, &metric, error) || !draw(&metric, font, producer, error))
            return false;
    }
}
