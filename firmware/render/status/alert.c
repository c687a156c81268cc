#include "render/status/alert.h"

#include <math.h>

#include "base/mem.h"
#include "render/status/icon.h"

#define BAND_HIGH 240.0 /* designed pixels of a band; sizes are for 1920 x 1080 otherwise, or 1080 x 1920 */

static const struct {
    struct alert_look look;
    enum icon icon;
    bool striped; /* nobody takes it for anything else */
} severities[SCREEN_SEVERITIES] = {
    [SCREEN_INFO] = {{{0.043, 0.227, 0.435}, {1, 1, 1}}, ICON_INFO, false},
    [SCREEN_WARNING] = {{{1, 0.769, 0}, {0.059, 0.059, 0.059}}, ICON_ALERT, false},
    [SCREEN_SEVERE] = {{{0.659, 0, 0.063}, {1, 1, 1}}, ICON_ALERT, false},
    [SCREEN_EXTREME] = {{{0.541, 0, 0.055}, {1, 1, 1}}, ICON_ALERT, true},
};
static const struct alert_look stripes = {{1, 0.769, 0}, {0.059, 0.059, 0.059}};

struct alert {
    const struct screen *screen;
    const struct font *font;
    cairo_t *cr;
    double unit;   /* pixels per designed pixel */
    double margin; /* pixels */
    double edge;   /* pixels of stripes above and below */
    bool portrait;
};

const struct alert_look *alert_look(enum screen_severity severity) {
    return &severities[severity].look;
}

static void set_colour(cairo_t *cr, const struct colour *colour) {
    cairo_set_source_rgb(cr, colour->red, colour->green, colour->blue);
}

/* Slanted bars over the whole width. */
static void paint_stripes(const struct alert *alert, double y) {
    cairo_t *cr = alert->cr;
    double step = alert->edge, wide = alert->screen->width;
    cairo_save(cr);
    cairo_rectangle(cr, 0, y, wide, alert->edge);
    cairo_clip(cr);
    set_colour(cr, &stripes.ink);
    cairo_paint(cr);
    set_colour(cr, &stripes.ground);
    int count = (int)ceil(wide / (2 * step)) + 1;
    for (int i = 0; i < count; i++) {
        double x = (2 * i - 1) * step;
        cairo_move_to(cr, x, y + alert->edge);
        cairo_line_to(cr, x + step, y + alert->edge);
        cairo_line_to(cr, x + 2 * step, y);
        cairo_line_to(cr, x + step, y);
        cairo_close_path(cr);
    }
    cairo_fill(cr);
    cairo_restore(cr);
}

static void paint_ground(const struct alert *alert) {
    set_colour(alert->cr, &severities[alert->screen->severity].look.ground);
    cairo_paint(alert->cr);
    if (alert->edge <= 0)
        return;
    paint_stripes(alert, 0);
    paint_stripes(alert, alert->screen->height - alert->edge);
}

static void fill_words(const struct alert *alert, struct column *column, double title, double text,
                       double gap) {
    const struct colour *ink = &severities[alert->screen->severity].look.ink;
    const struct block blocks[] = {
        {.text = alert->screen->title, .weight = FONT_BOLD, .size = title * alert->unit, .colour = *ink},
        {.text = alert->screen->text,
         .weight = FONT_MEDIUM,
         .size = text * alert->unit,
         .gap = gap * alert->unit,
         .colour = *ink},
    };
    for (size_t i = 0; i < PP_COUNT(blocks); i++)
        column_add(column, &blocks[i]);
}

static void paint_icon(const struct alert *alert, double x, double y, double side) {
    set_colour(alert->cr, &severities[alert->screen->severity].look.ink);
    icon_draw(alert->cr, severities[alert->screen->severity].icon, x, y, side);
}

/* The picture above, the words below it, all in the middle. */
static void paint_full(const struct alert *alert) {
    struct column column = {0};
    const struct screen *screen = alert->screen;
    fill_words(alert, &column, alert->portrait ? 128 : 150, alert->portrait ? 66 : 72, 36);
    double side = (alert->portrait ? 260 : 200) * alert->unit, gap = 40 * alert->unit;
    double inner = screen->width - 2 * alert->margin;
    double room = screen->height - 2 * (alert->margin * 0.6 + alert->edge) - side - gap;
    double factor = column_fit(&column, alert->font, inner, room);
    double high = column_height(&column, alert->font, inner, factor);
    double y = (screen->height - side - gap - high) / 2;
    paint_icon(alert, (screen->width - side) / 2, y, side);
    const struct place place = {alert->margin, y + side + gap, inner, high};
    column_draw(&column, alert->font, alert->cr, &place, factor, PANGO_ALIGN_CENTER);
}

static bool is_mirrored(const struct alert *alert) {
    PangoLayout *layout = font_layout(alert->font, alert->screen->title, FONT_BOLD, 0);
    bool mirrored = pango_layout_get_direction(layout, 0) == PANGO_DIRECTION_RTL;
    g_object_unref(layout);
    return mirrored;
}

/* The picture where reading begins, the words behind it. */
static void paint_band(const struct alert *alert) {
    struct column column = {0};
    const struct screen *screen = alert->screen;
    bool mirrored = is_mirrored(alert);
    fill_words(alert, &column, 82, 52, 10);
    double room = screen->height - 2 * (alert->edge + 20 * alert->unit);
    double side = fmin(room, 140 * alert->unit), gap = 44 * alert->unit;
    double inner = screen->width - 2 * alert->margin - side - gap;
    double factor = column_fit(&column, alert->font, inner, room);
    double high = column_height(&column, alert->font, inner, factor);
    paint_icon(alert, mirrored ? screen->width - alert->margin - side : alert->margin,
               (screen->height - side) / 2, side);
    const struct place place = {mirrored ? alert->margin : alert->margin + side + gap,
                                (screen->height - high) / 2, inner, high};
    column_draw(&column, alert->font, alert->cr, &place, factor, PANGO_ALIGN_LEFT);
}

bool alert_paint(const struct screen *screen, const struct font *font, cairo_t *cr, struct pp_error *error) {
    bool portrait = screen->height > screen->width;
    double wide = portrait ? 1080 : 1920, high = portrait ? 1920 : 1080;
    double unit =
        screen->band ? screen->height / BAND_HIGH : fmin(screen->width / wide, screen->height / high);
    struct font plain = *font;
    plain.plain = true;
    const struct alert alert = {
        .screen = screen,
        .font = &plain,
        .cr = cr,
        .unit = unit,
        .margin = (screen->band ? 60
                   : portrait   ? 80
                                : 130) *
                  unit,
        .edge = severities[screen->severity].striped ? (screen->band ? 18 : 54) * unit : 0,
        .portrait = portrait,
    };
    paint_ground(&alert);
    if (screen->band)
        paint_band(&alert);
    else
        paint_full(&alert);
    return cairo_status(cr) == CAIRO_STATUS_SUCCESS ||
           pp_fail(error, PP_E_NOMEM, "drawing: %s", cairo_status_to_string(cairo_status(cr)));
}
