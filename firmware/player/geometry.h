/* Where things go: canvas to display, picture to zone. Pure arithmetic, all in whole pixels of the display.
 */
#ifndef PP_PLAYER_GEOMETRY_H
#define PP_PLAYER_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct geometry_size {
    int w, h;
};
struct geometry_rect {
    int x, y, w, h;
};

/* The picture of a layer: its size in samples and their shape. */
struct geometry_picture {
    struct geometry_size size;
    unsigned aspect_num, aspect_den; /* of a sample */
};

/* What zones are measured on, and how it lies on the display. */
struct geometry_canvas {
    struct geometry_size size; /* canvas units */
    bool fill;                 /* it takes the display's shape */
    unsigned turn;             /* quarters clockwise, 0 … 3, that everything on it is turned by */
};

/* Below, `display` is the display's size as the driver has it; what comes out are pixels of the display as
 * turned, the size of which is geometry_turned. geometry_turn brings them to where they are drawn. */
struct geometry_size geometry_turned(struct geometry_size display, unsigned turn);
struct geometry_rect geometry_turn(struct geometry_rect rect, struct geometry_size display, unsigned turn);

/* The whole display for a canvas that fills it; else the largest rectangle of its shape, in the middle. */
struct geometry_rect geometry_canvas(struct geometry_canvas canvas, struct geometry_size display);
/* A zone (canvas units) on the display. Edges are rounded, so zones that touch still touch. The part outside
 * the canvas is cut off; `w` or `h` is 0 when nothing is left. */
struct geometry_rect geometry_zone(struct geometry_rect zone, struct geometry_canvas canvas,
                                   struct geometry_size display);
/* The whole zone on the display, the part outside the canvas included: what pictures are fitted to. */
struct geometry_rect geometry_zone_uncut(struct geometry_rect zone, struct geometry_canvas canvas,
                                         struct geometry_size display);
/* Where the picture is drawn for an enum ipc_fit; for "cover" it reaches over the zone and is clipped. */
struct geometry_rect geometry_fit(struct geometry_picture picture, struct geometry_rect zone, unsigned fit);
struct geometry_rect geometry_intersect(struct geometry_rect a, struct geometry_rect b);
bool geometry_contains(struct geometry_rect outer, struct geometry_rect inner);
/* The part of `outer` outside `inner` as up to four rectangles; returns how many. */
size_t geometry_outside(struct geometry_rect outer, struct geometry_rect inner, struct geometry_rect out[4]);

#endif
