/* Keys by the names that a configuration has for them; the numbers are the kernel's (linux/input-event-codes.h). */
#ifndef PP_CTL_KEY_NAMES_H
#define PP_CTL_KEY_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* "f12", "restart", or a number, "408"; false where it is none. */
bool key_name_parse(const char *name, uint16_t *code);

#endif
