#include "render/status/status.h"

#include <malloc.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "render/common/control.h"
#include "render/common/producer.h"
#include "render/status/live.h"
#include "render/status/paint.h"

/* Cairo's ARGB32 is the ring's BGRA in memory, and a screen is opaque. */
static bool draw(const struct screen *screen, const struct font *font, const struct strings *strings,
                 const struct ipc_video_ring *ring, struct pp_error *error) {
    struct ipc_plane plane = ipc_video_plane(ring, 0, 0);
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        plane.data, CAIRO_FORMAT_ARGB32, (int)screen->width, (int)screen->height, (int)plane.stride);
    cairo_t *cr = cairo_create(surface);
    bool ok = paint_screen(screen, font, strings, cr, error);
    cairo_surface_flush(surface);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return ok;
}

static bool show(const char *json, const struct font *font, const struct strings *strings,
                 struct producer *producer, struct pp_error *error) {
    struct screen screen;
    if (!screen_parse(json, &screen, error))
        return pp_wrap(error, "status screen");
    const struct ipc_ring layout = {.format = IPC_PIXEL_BGRA,
                                    .width = (uint16_t)screen.width,
                                    .height = (uint16_t)screen.height,
                                    .slots = 1,
                                    .matrix = IPC_MATRIX_BT709,
                                    .full_range = 1,
                                    .aspect_num = 1,
                                    .aspect_den = 1};
    const struct ipc_info info = {.width = layout.width, .height = layout.height};
    return producer_open_video(producer, &layout, error) &&
           control_send_info(producer->control, &info, error) &&
           draw(&screen, font, strings, &producer->ring, error) && producer_send_frame(producer, 0, 0, error);
}

bool status_run(struct ipc_message *start, const struct font *font, const struct strings *strings,
                int control, struct pp_error *error) {
    struct producer producer;
    producer_init(&producer, ipc_message_take(start, 0), control);
    if (metric_is(start->start_status.json)) {
        (void)!live_run(start->start_status.json, font, &producer, error);
        producer_finish(&producer);
        return false;
    }
    bool shown = show(start->start_status.json, font, strings, &producer, error);
    malloc_trim(0);
    while (shown && producer_wait(&producer, -1, error)) {
    }
    producer_finish(&producer);
    return false;
}
