/*
 * A column of texts, one below the other, made smaller together until all of it fits where it stands: long
 * addresses, French, narrow screens.
 */
#ifndef PP_RENDER_STATUS_COLUMN_H
#define PP_RENDER_STATUS_COLUMN_H

#include "render/status/font.h"

#define COLUMN_BLOCKS_MAX 16

struct colour {
    double red, green, blue; /* 0 … 1 */
};

struct block {
    const char *text; /* borrowed; "" blocks are left out with their gap */
    enum font_weight weight;
    double size;    /* pixels, before shrinking */
    double spacing; /* between letters, in parts of the size */
    double gap;     /* above it, pixels, before shrinking */
    struct colour colour;
    bool one_line; /* shrinks rather than wraps */
};

struct column {
    struct block blocks[COLUMN_BLOCKS_MAX];
    size_t count;
};

struct place {
    double x, y, width, height; /* pixels */
};

void column_add(struct column *column, const struct block *block);
/* The factor, at most 1, that makes it fit. */
double column_fit(const struct column *column, const struct font *font, double width, double height);
/* Its height with that factor. */
double column_height(const struct column *column, const struct font *font, double width, double factor);
/* From the top of the place. */
void column_draw(const struct column *column, const struct font *font, cairo_t *cr, const struct place *place,
                 double factor, PangoAlignment alignment);

#endif
