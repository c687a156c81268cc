/* Files of assets/admin, compiled in by embed.cmake. */
#ifndef HEADEND_EMBEDDED_H
#define HEADEND_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name;          /* NULL ends the table */
    const unsigned char *data; /* followed by a NUL */
    size_t size;               /* bytes, without it */
};

extern const struct embedded_file embedded_files[];

/* NULL where there is none. */
const struct embedded_file *embedded_find(const char *name);

#endif
