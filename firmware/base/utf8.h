/* UTF-8 (RFC 3629 §4), well-formed: the shortest form, no surrogate, nothing beyond U+10FFFF. */
#ifndef PP_BASE_UTF8_H
#define PP_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length in bytes of the first character of `text`, which has at least one byte and at most `size`; 0 where it is
 * not well-formed or cut short. *character (NULL is allowed) is set with it. Where the text ends with a NUL, SIZE_MAX
 * will do: nothing behind that is read. */
size_t pp_utf8_read(const char *text, size_t size, uint32_t *character);

#endif
