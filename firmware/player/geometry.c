#include "player/geometry.h"

#include "ipc/wire.h"

static int64_t scale(int64_t value, int64_t num, int64_t den) {
    int64_t product = value * num;
    return product >= 0 ? (product + den / 2) / den : -((-product + den / 2) / den);
}

struct geometry_size geometry_turned(struct geometry_size display, unsigned turn) {
    return turn % 2 ? (struct geometry_size){.w = display.h, .h = display.w} : display;
}

struct geometry_rect geometry_turn(struct geometry_rect rect, struct geometry_size display, unsigned turn) {
    switch (turn % 4) {
    case 1:
        return (struct geometry_rect){display.w - rect.y - rect.h, rect.x, rect.h, rect.w};
    case 2:
        return (struct geometry_rect){display.w - rect.x - rect.w, display.h - rect.y - rect.h, rect.w,
                                      rect.h};
    case 3:
        return (struct geometry_rect){rect.y, display.h - rect.x - rect.w, rect.h, rect.w};
    default:
        return rect;
    }
}

/* The largest rectangle of the size's shape, in the middle. */
static struct geometry_rect contain(struct geometry_size size, struct geometry_size display) {
    struct geometry_rect out = {.w = display.w, .h = display.h};
    if ((int64_t)size.w * display.h > (int64_t)size.h * display.w)
        out.h = (int)scale(size.h, display.w, size.w);
    else
        out.w = (int)scale(size.w, display.h, size.h);
    /* 1366 x 768 is sold as 16:9: no bar of one pixel for that. */
    out.w = display.w - out.w <= 1 ? display.w : out.w;
    out.h = display.h - out.h <= 1 ? display.h : out.h;
    out.x = (display.w - out.w) / 2;
    out.y = (display.h - out.h) / 2;
    return out;
}

struct geometry_rect geometry_canvas(struct geometry_canvas canvas, struct geometry_size display) {
    struct geometry_size turned = geometry_turned(display, canvas.turn);
    return canvas.fill ? (struct geometry_rect){.w = turned.w, .h = turned.h} : contain(canvas.size, turned);
}

/* The wire allows any 32-bit position: brought near the canvas first, so that nothing below can overflow. */
static int64_t edge(int64_t value, int64_t limit) {
    int64_t far = 4 * (int64_t)IPC_SIDE_MAX;
    if (value < -far)
        return -far;
    return value > limit + far ? limit + far : value;
}

struct geometry_rect geometry_zone_uncut(struct geometry_rect zone, struct geometry_canvas canvas,
                                         struct geometry_size display) {
    struct geometry_rect area = geometry_canvas(canvas, display);
    struct geometry_size size = canvas.size;
    int64_t left = scale(edge(zone.x, size.w), area.w, size.w);
    int64_t top = scale(edge(zone.y, size.h), area.h, size.h);
    int64_t right = scale(edge((int64_t)zone.x + zone.w, size.w), area.w, size.w);
    int64_t bottom = scale(edge((int64_t)zone.y + zone.h, size.h), area.h, size.h);
    return (struct geometry_rect){
        .x = area.x + (int)left, .y = area.y + (int)top, .w = (int)(right - left), .h = (int)(bottom - top)};
}

struct geometry_rect geometry_zone(struct geometry_rect zone, struct geometry_canvas canvas,
                                   struct geometry_size display) {
    return geometry_intersect(geometry_zone_uncut(zone, canvas, display), geometry_canvas(canvas, display));
}

/* A picture of an extreme shape still has one pixel, and never more than drawing can take. */
static int side(int64_t length) {
    int64_t most = 16 * (int64_t)IPC_SIDE_MAX;
    return length < 1 ? 1 : (int)(length > most ? most : length);
}

struct geometry_rect geometry_fit(struct geometry_picture picture, struct geometry_rect zone, unsigned fit) {
    if (fit == IPC_FIT_FILL || zone.w <= 0 || zone.h <= 0)
        return zone;
    int64_t wide = (int64_t)picture.size.w * picture.aspect_num; /* shape wide:high */
    int64_t high = (int64_t)picture.size.h * picture.aspect_den;
    bool wider = wide * zone.h > high * zone.w;
    struct geometry_rect out = zone;
    if (wider == (fit == IPC_FIT_CONTAIN))
        out.h = side(scale(high, zone.w, wide));
    else
        out.w = side(scale(wide, zone.h, high));
    out.x = zone.x + (zone.w - out.w) / 2;
    out.y = zone.y + (zone.h - out.h) / 2;
    return out;
}

struct geometry_rect geometry_intersect(struct geometry_rect a, struct geometry_rect b) {
    int left = a.x > b.x ? a.x : b.x;
    int top = a.y > b.y ? a.y : b.y;
    int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    if (right <= left || bottom <= top)
        return (struct geometry_rect){.x = left, .y = top};
    return (struct geometry_rect){.x = left, .y = top, .w = right - left, .h = bottom - top};
}

bool geometry_contains(struct geometry_rect outer, struct geometry_rect inner) {
    return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w &&
           inner.y + inner.h <= outer.y + outer.h;
}

size_t geometry_outside(struct geometry_rect outer, struct geometry_rect inner, struct geometry_rect out[4]) {
    struct geometry_rect hole = geometry_intersect(outer, inner);
    if (!hole.w || !hole.h) {
        out[0] = outer;
        return outer.w > 0 && outer.h > 0;
    }
    const struct geometry_rect strips[4] = {
        {outer.x, outer.y, outer.w, hole.y - outer.y},
        {outer.x, hole.y + hole.h, outer.w, outer.y + outer.h - hole.y - hole.h},
        {outer.x, hole.y, hole.x - outer.x, hole.h},
        {hole.x + hole.w, hole.y, outer.x + outer.w - hole.x - hole.w, hole.h},
    };
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        if (strips[i].w > 0 && strips[i].h > 0)
            out[count++] = strips[i];
    }
    return count;
}
