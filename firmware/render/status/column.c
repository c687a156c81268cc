#include "render/status/column.h"

#define FACTOR_STEP 0.96
#define FACTOR_MIN  0.2
/* Distance of lines, in parts of what the font asks for. */
#define LEADING_TEXT  1.14
#define LEADING_TITLE 0.96

void column_add(struct column *column, const struct block *block) {
    if (*block->text && column->count < COLUMN_BLOCKS_MAX)
        column->blocks[column->count++] = *block;
}

/* A block ready to be drawn. One line is aligned by hand: only a layout with a width wraps or aligns. */
struct laid {
    PangoLayout *layout;
    double scale;
    double wide, high; /* pixels */
};

static struct laid lay_out(const struct block *block, const struct font *font, double width, double factor,
                           PangoAlignment alignment) {
    struct laid laid = {.layout = font_layout(font, block->text, block->weight, block->spacing),
                        .scale = block->size * factor / FONT_SIZE};
    pango_layout_set_line_spacing(laid.layout,
                                  (float)(block->weight == FONT_BOLD ? LEADING_TITLE : LEADING_TEXT));
    if (!block->one_line) {
        pango_layout_set_alignment(laid.layout, alignment);
        pango_layout_set_width(laid.layout, (int)(width / laid.scale * PANGO_SCALE));
        pango_layout_set_wrap(laid.layout, PANGO_WRAP_WORD_CHAR);
    }
    PangoRectangle logical;
    pango_layout_get_extents(laid.layout, NULL, &logical);
    laid.wide = logical.width * laid.scale / PANGO_SCALE;
    laid.high = logical.height * laid.scale / PANGO_SCALE;
    return laid;
}

double column_height(const struct column *column, const struct font *font, double width, double factor) {
    double height = 0;
    for (size_t i = 0; i < column->count; i++) {
        struct laid laid = lay_out(&column->blocks[i], font, width, factor, PANGO_ALIGN_LEFT);
        g_object_unref(laid.layout);
        height += laid.high + (i > 0 ? column->blocks[i].gap * factor : 0);
    }
    return height;
}

static bool column_fits(const struct column *column, const struct font *font, double width, double height,
                        double factor) {
    for (size_t i = 0; i < column->count; i++) {
        struct laid laid = lay_out(&column->blocks[i], font, width, factor, PANGO_ALIGN_LEFT);
        g_object_unref(laid.layout);
        if (laid.wide > width + 0.5)
            return false;
    }
    return column_height(column, font, width, factor) <= height;
}

double column_fit(const struct column *column, const struct font *font, double width, double height) {
    double factor = 1;
    while (factor > FACTOR_MIN && !column_fits(column, font, width, height, factor))
        factor *= FACTOR_STEP;
    return factor;
}

static double aligned_x(const struct place *place, double wide, PangoAlignment alignment) {
    return alignment == PANGO_ALIGN_CENTER ? place->x + (place->width - wide) / 2 : place->x;
}

void column_draw(const struct column *column, const struct font *font, cairo_t *cr, const struct place *place,
                 double factor, PangoAlignment alignment) {
    double y = place->y;
    for (size_t i = 0; i < column->count; i++) {
        const struct block *block = &column->blocks[i];
        struct laid laid = lay_out(block, font, place->width, factor, alignment);
        y += i > 0 ? block->gap * factor : 0;
        double x = block->one_line ? aligned_x(place, laid.wide, alignment) : place->x;
        cairo_set_source_rgb(cr, block->colour.red, block->colour.green, block->colour.blue);
        font_show(cr, laid.layout, x, y, laid.scale);
        g_object_unref(laid.layout);
        y += laid.high;
    }
}
