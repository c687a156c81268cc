/*
 * Configuration files (INI, through inih). Each program has a table of what may stand in its file; anything
 * else, a value that does not fit, or a setting that stands twice, is refused with "FILE:LINE: …", and
 * nothing behind that line is stored.
 */
#ifndef PP_BASE_CONFIG_H
#define PP_BASE_CONFIG_H

#include <stddef.h>

#include "base/error.h"

#define PP_CONFIG_VALUE_MAX  512         /* bytes with the NUL */
#define PP_CONFIG_FILE_MAX   (64 * 1024) /* bytes; a line is capped by inih, 198 bytes on Debian */
#define PP_CONFIG_FIELDS_MAX 64          /* rows of a table */

enum pp_config_kind {
    PP_CONFIG_TEXT,     /* target: char[PP_CONFIG_VALUE_MAX] */
    PP_CONFIG_URL,      /* the same, and begins with https:// and has a host */
    PP_CONFIG_PATH,     /* the same, and is absolute */
    PP_CONFIG_UNSIGNED, /* target: uint64_t, between min and max */
    PP_CONFIG_BOOL,     /* target: bool; yes/no, true/false */
};

struct pp_config_field {
    const char *section; /* NULL ends the table */
    const char *name;
    enum pp_config_kind kind;
    void *target;                /* keeps its value, the default, where the file does not name it */
    unsigned long long min, max; /* PP_CONFIG_UNSIGNED only */
};

/* All or nothing is up to the caller: on failure some targets may already hold values of the file. */
PP_MUST_USE bool pp_config_load(const char *path, const struct pp_config_field *table,
                                struct pp_error *error);
/* The same from memory; `name` stands for the file in messages. */
PP_MUST_USE bool pp_config_parse(const char *text, const char *name, const struct pp_config_field *table,
                                 struct pp_error *error);

#endif
