/* The few pictures of the status screens, drawn with one line on a grid of 24 x 24. */
#ifndef PP_RENDER_STATUS_ICON_H
#define PP_RENDER_STATUS_ICON_H

#include <cairo.h>

enum icon {
    ICON_DOTS,
    ICON_CLOCK,
    ICON_WAVES,
    ICON_NO_WAVES,
    ICON_SCREEN,
    ICON_LOCK,
    ICON_OUT,
    ICON_HELP,
    ICON_TICK,
    ICON_INFO,
    ICON_ALERT
};

/* In the current colour, `side` pixels large, its top left at `x`, `y`. */
void icon_draw(cairo_t *cr, enum icon icon, double x, double y, double side);

#endif
