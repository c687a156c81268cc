/* Draws a status screen (screen.h). The looks are all here. */
#ifndef PP_RENDER_STATUS_PAINT_H
#define PP_RENDER_STATUS_PAINT_H

#include <cairo.h>

#include "base/error.h"
#include "render/status/font.h"
#include "render/status/screen.h"
#include "render/status/strings.h"

/* Fills all `screen->width` x `screen->height` pixels of `cr`, opaque. */
PP_MUST_USE bool paint_screen(const struct screen *screen, const struct font *font,
                              const struct strings *strings, cairo_t *cr, struct pp_error *error);

#endif
