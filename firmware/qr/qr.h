/* A QR code for a terminal: two rows of modules in each line, by half blocks, dark on light whatever the terminal's
 * colours, with the quiet zone that a phone wants (ISO/IEC 18004 §6.3.8). */
#ifndef PP_QR_QR_H
#define PP_QR_QR_H

#include "base/buf.h"

#define QR_QUIET    4           /* modules around it */
#define QR_TEXT_MAX (64 * 1024) /* bytes of the lines */

/* Appends the lines. `colour`: with the escapes that set black on white; else full blocks are the light modules,
 * which a
 * terminal with light letters on a dark ground shows right. PP_E_LIMIT where the text does not fit. */
PP_MUST_USE bool qr_write(const char *text, bool colour, struct pp_buf *out, struct pp_error *error);

#endif
