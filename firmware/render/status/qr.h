/* QR codes (ISO/IEC 18004) as squares of whole pixels. */
#ifndef PP_RENDER_STATUS_QR_H
#define PP_RENDER_STATUS_QR_H

#include <cairo.h>

#include "base/error.h"

#define QR_QUIET_ZONE 4 /* modules of white around it, which the standard asks for */

/* Draws `text`, black on white with its quiet zone, as large as fits into the square of `side` pixels around
 * the centre `x`, `y`. */
PP_MUST_USE bool qr_draw(cairo_t *cr, const char *text, double x, double y, double side,
                         struct pp_error *error);

#endif
