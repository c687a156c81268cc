/* Files that were compiled into a program, by cmake/embed.cmake: a table of them. */
#ifndef PP_PAGE_EMBEDDED_H
#define PP_PAGE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name;          /* NULL ends the table */
    const unsigned char *data; /* followed by a NUL */
    size_t size;               /* bytes, without it */
};

/* NULL where there is none. */
const struct embedded_file *embedded_find(const struct embedded_file *files, const char *name);

#endif
