/*
 * The one family of fonts of the screens, Inter (or what stands in for it), loaded before the sandbox.
 * Afterwards no file can be opened, and looking for a font at another size would try that: so every text is
 * laid out at FONT_SIZE and scaled while it is drawn, and only characters that the loaded fonts have are ever
 * asked for.
 */
#ifndef PP_RENDER_STATUS_FONT_H
#define PP_RENDER_STATUS_FONT_H

#include <pango/pangocairo.h>

#include "base/error.h"

#define FONT_SIZE 64.0 /* pixels */

enum font_weight { FONT_REGULAR, FONT_MEDIUM, FONT_BOLD, FONT_WEIGHTS };

struct font {
    PangoFontMap *map;
    PangoContext *context;
    PangoCoverage *coverage; /* characters that every weight has */
    PangoCoverage *other;    /* those of the family for what the first lacks: Arabic, Hebrew; NULL none */
    bool plain;              /* zeros as in any text, and not those that are no O */
};

PP_MUST_USE bool font_load(struct font *font, struct pp_error *error);
void font_finish(struct font *font);

/* A layout of `text`, FONT_SIZE pixels high; g_object_unref it. Characters that cannot be drawn are "?".
 * `letter_spacing` is in parts of the size. */
PangoLayout *font_layout(const struct font *font, const char *text, enum font_weight weight,
                         double letter_spacing);
/* Draws it with its top left at `x`, `y`, in the current colour, scaled. */
void font_show(cairo_t *cr, PangoLayout *layout, double x, double y, double scale);

#endif
