#include "render/status/icon.h"

#include <math.h>

#include "base/mem.h"

#define GRID       24.0
#define LINE_WIDTH 1.6

static void line(cairo_t *cr, double x0, double y0, double x1, double y1) {
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
}

static void dot(cairo_t *cr, double x, double y) {
    line(cr, x, y, x, y + 0.01); /* the round cap makes it */
}

/* Degrees, clockwise from the right. */
static void arc(cairo_t *cr, double x, double y, double radius, double from, double to) {
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, radius, from * M_PI / 180, to * M_PI / 180);
}

static void box(cairo_t *cr, double x, double y, double width, double height, double radius) {
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + width - radius, y + radius, radius, -M_PI / 2, 0);
    cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, M_PI / 2);
    cairo_arc(cr, x + radius, y + height - radius, radius, M_PI / 2, M_PI);
    cairo_arc(cr, x + radius, y + radius, radius, M_PI, 3 * M_PI / 2);
    cairo_close_path(cr);
}

static void draw_dots(cairo_t *cr) {
    arc(cr, 12, 12, 10, 0, 360);
    dot(cr, 7.5, 12);
    dot(cr, 12, 12);
    dot(cr, 16.5, 12);
}

static void draw_clock(cairo_t *cr) {
    arc(cr, 12, 12, 10, 0, 360);
    cairo_move_to(cr, 12, 6);
    cairo_line_to(cr, 12, 12);
    cairo_line_to(cr, 16, 14);
}

static void draw_waves(cairo_t *cr) {
    arc(cr, 12, 19, 4.2, 225, 315);
    arc(cr, 12, 19, 9, 225, 315);
    arc(cr, 12, 19, 13.8, 225, 315);
    dot(cr, 12, 19);
}

static void draw_no_waves(cairo_t *cr) {
    draw_waves(cr);
    line(cr, 4, 3.5, 20, 20.5);
}

static void draw_screen(cairo_t *cr) {
    box(cr, 2, 3, 20, 14, 2);
    line(cr, 8, 21, 16, 21);
    line(cr, 12, 17, 12, 21);
}

static void draw_lock(cairo_t *cr) {
    box(cr, 4, 11, 16, 11, 2);
    cairo_move_to(cr, 7.5, 11);
    cairo_line_to(cr, 7.5, 7);
    cairo_arc(cr, 12, 7, 4.5, M_PI, 2 * M_PI);
    cairo_line_to(cr, 16.5, 11);
}

static void draw_out(cairo_t *cr) {
    draw_screen(cr);
    line(cr, 9, 7, 15, 13);
    line(cr, 15, 7, 9, 13);
}

static void draw_help(cairo_t *cr) {
    arc(cr, 12, 12, 10, 0, 360);
    line(cr, 12, 7, 12, 12.6);
    dot(cr, 12, 16.5);
}

static void draw_tick(cairo_t *cr) {
    arc(cr, 12, 12, 10, 0, 360);
    cairo_move_to(cr, 7.6, 12.4);
    cairo_line_to(cr, 10.7, 15.4);
    cairo_line_to(cr, 16.4, 9);
}

static void draw_info(cairo_t *cr) {
    arc(cr, 12, 12, 10, 0, 360);
    line(cr, 12, 11.4, 12, 17);
    dot(cr, 12, 7.4);
}

static void draw_alert(cairo_t *cr) {
    cairo_move_to(cr, 12, 2.6);
    cairo_line_to(cr, 22.4, 20.8);
    cairo_line_to(cr, 1.6, 20.8);
    cairo_close_path(cr);
    line(cr, 12, 9.4, 12, 14);
    dot(cr, 12, 17.4);
}

static void (*const drawings[])(cairo_t *) = {
    [ICON_DOTS] = draw_dots,         [ICON_CLOCK] = draw_clock,   [ICON_WAVES] = draw_waves,
    [ICON_NO_WAVES] = draw_no_waves, [ICON_SCREEN] = draw_screen, [ICON_LOCK] = draw_lock,
    [ICON_OUT] = draw_out,           [ICON_HELP] = draw_help,     [ICON_TICK] = draw_tick,
    [ICON_INFO] = draw_info,         [ICON_ALERT] = draw_alert,
};

void icon_draw(cairo_t *cr, enum icon icon, double x, double y, double side) {
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, side / GRID, side / GRID);
    cairo_set_line_width(cr, LINE_WIDTH);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cr);
    drawings[icon](cr);
    cairo_stroke(cr);
    cairo_restore(cr);
}
