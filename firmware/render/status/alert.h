/* Draws an urgent message (screen.h): all of the display, or a band of its width. The looks are all here. */
#ifndef PP_RENDER_STATUS_ALERT_H
#define PP_RENDER_STATUS_ALERT_H

#include <cairo.h>

#include "base/error.h"
#include "render/status/column.h"
#include "render/status/font.h"
#include "render/status/screen.h"

#define ALERT_CONTRAST_MIN 7.0 /* of words on their ground: WCAG 2.2, 1.4.6 */

struct alert_look {
    struct colour ground, ink;
};
const struct alert_look *alert_look(enum screen_severity severity);

/* Fills all `screen->width` x `screen->height` pixels of `cr`, opaque. */
PP_MUST_USE bool alert_paint(const struct screen *screen, const struct font *font, cairo_t *cr,
                             struct pp_error *error);

#endif
