#include "render/status/metric.h"

#include <string.h>

#include "base/json.h"
#include "render/status/column.h"

#define JSON_MAX 4096 /* bytes */

bool metric_is(const char *json) {
    const char *screen = NULL;
    pp_autojson cJSON *object = pp_json_parse(json, strlen(json), JSON_MAX, NULL);
    return object && pp_json_string(object, "screen", 16, &screen, NULL) && strcmp(screen, "metric") == 0;
}

static bool side_read(const cJSON *object, const char *name, unsigned *side, struct pp_error *error) {
    int64_t number = 0;
    if (!pp_json_integer(object, name, METRIC_SIDE_MIN, METRIC_SIDE_MAX, &number, error))
        return false;
    *side = (unsigned)number;
    return true;
}

static bool trend_read(const cJSON *object, enum metric_trend *trend, struct pp_error *error) {
    static const char *const trends[] = {"", "up", "down"};
    char text[8];
    if (!pp_json_copy_optional(object, "trend", text, sizeof text, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(trends); i++) {
        *trend = (enum metric_trend)i;
        if (strcmp(trends[i], text) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "trend: unknown value \"%s\"", text);
}

bool metric_parse(const char *json, struct metric *metric, struct pp_error *error) {
    *metric = (struct metric){0};
    pp_autojson cJSON *object = pp_json_parse(json, strlen(json), JSON_MAX, error);
    return object && side_read(object, "width", &metric->width, error) &&
           side_read(object, "height", &metric->height, error) &&
           pp_json_copy_optional(object, "label", metric->label, sizeof metric->label, error) &&
           pp_json_copy(object, "value", METRIC_VALUE_MAX, metric->value, error) &&
           pp_json_copy_optional(object, "note", metric->note, sizeof metric->note, error) &&
           trend_read(object, &metric->trend, error) &&
           (!pp_json_has(object, "stale") || pp_json_boolean(object, "stale", &metric->stale, error));
}

/* ---- The looks ---- */

static const struct colour paper = {0.063, 0.078, 0.094}, ink = {0.957, 0.965, 0.973},
                           soft = {0.643, 0.686, 0.729}, pale = {0.541, 0.580, 0.624},
                           warning = {0.980, 0.745, 0.325}, up_colour = {0.353, 0.816, 0.604},
                           down_colour = {0.965, 0.518, 0.478};

static void set_colour(cairo_t *cr, const struct colour *colour) {
    cairo_set_source_rgb(cr, colour->red, colour->green, colour->blue);
}

/* One line as large as `place` lets it be and no larger than `size`, from its left, in the middle of its height.
 * Returns its width. */
static double line_draw(cairo_t *cr, const struct font *font, const char *text, enum font_weight weight,
                        double size, const struct place *place) {
    int width = 0;
    int height = 0;
    PangoLayout *layout = font_layout(font, text, weight, 0);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_get_pixel_size(layout, &width, &height);
    double scale = size / FONT_SIZE;
    if (width > 0 && width * scale > place->width)
        scale = place->width / width;
    if (height > 0 && height * scale > place->height)
        scale = place->height / height;
    font_show(cr, layout, place->x, place->y + (place->height - height * scale) / 2, scale);
    g_object_unref(layout);
    return width * scale;
}

/* An arrow, `side` pixels large, around its centre. */
static void arrow_draw(cairo_t *cr, enum metric_trend trend, double x, double y, double side) {
    double tip = trend == METRIC_UP ? -side / 2 : side / 2;
    set_colour(cr, trend == METRIC_UP ? &up_colour : &down_colour);
    cairo_set_line_width(cr, side * 0.16);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cr, x, y - tip);
    cairo_line_to(cr, x, y + tip);
    cairo_move_to(cr, x - side * 0.36, y + tip - tip * 0.72);
    cairo_line_to(cr, x, y + tip);
    cairo_line_to(cr, x + side * 0.36, y + tip - tip * 0.72);
    cairo_stroke(cr);
}

void metric_paint(const struct metric *metric, const struct font *font, cairo_t *cr) {
    double width = metric->width;
    double height = metric->height;
    double least = width < height ? width : height;
    double edge = least * 0.09;
    double inner = width - 2 * edge;
    double side = metric->trend == METRIC_NO_TREND ? 0 : least * 0.16;
    struct place label = {edge, edge, inner, height * 0.17};
    struct place note = {edge, height - edge - height * 0.11, inner, height * 0.11};
    struct place value = {edge, label.y + label.height, inner - (side > 0 ? side * 1.5 : 0),
                          note.y - label.y - label.height};
    set_colour(cr, &paper);
    cairo_paint(cr);
    set_colour(cr, &soft);
    line_draw(cr, font, metric->label, FONT_MEDIUM, least * 0.12, &label);
    set_colour(cr, metric->stale ? &pale : &ink);
    double used = line_draw(cr, font, metric->value, FONT_BOLD, height * 0.46, &value);
    if (side > 0)
        arrow_draw(cr, metric->trend, value.x + used + side * 0.85, value.y + value.height / 2, side);
    set_colour(cr, metric->stale ? &warning : &soft);
    line_draw(cr, font, metric->note, metric->stale ? FONT_MEDIUM : FONT_REGULAR, least * 0.08, &note);
}
