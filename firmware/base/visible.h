/*
 * Text from elsewhere (a screen's report, a file's name, a header) that is shown to a person. Some characters do more
 * there than show: they steer a terminal (C0, DEL, C1: "\x1b[2J", "\xc2\x9b2J"), or turn the direction of what stands
 * around them (U+202E), so that one line can pass for another. And bytes that are no UTF-8 may be either.
 */
#ifndef PP_BASE_VISIBLE_H
#define PP_BASE_VISIBLE_H

#include "base/buf.h"

/* The bytes of the first character of `text`, which is not empty; *refused where it must not be shown as it is. */
size_t pp_visible_next(const char *text, bool *refused);

/* Appends the text with "\u202e" in the place of such a character, which JSON reads as the same, and "\ufffd" in that
 * of a byte that is no UTF-8. Those in `kept`, of C0, stay as they are. */
PP_MUST_USE bool pp_visible_add(struct pp_buf *buf, const char *text, const char *kept,
                                struct pp_error *error);

#endif
