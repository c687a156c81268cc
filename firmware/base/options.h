/*
 * Command-line options from a table. "--name value", "--name=value" and flags stand anywhere; "--" ends them.
 * What is left over is moved behind, in its order.
 */
#ifndef PP_BASE_OPTIONS_H
#define PP_BASE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PP_OPTION_LIST_MAX 64 /* times that a PP_OPTION_LIST may be given */

enum pp_option_kind {
    PP_OPTION_FLAG,     /* target: bool */
    PP_OPTION_STRING,   /* target: const char * */
    PP_OPTION_UNSIGNED, /* target: uint64_t, decimal */
    PP_OPTION_LIST,     /* target: struct pp_option_list; may be given several times */
};

struct pp_option_list {
    const char *items[PP_OPTION_LIST_MAX];
    size_t count;
};

struct pp_option {
    const char *name; /* without the dashes; NULL ends the table */
    enum pp_option_kind kind;
    void *target;
};

/* The leftovers are then argv[*first] … argv[argc - 1]. argv[0] is passed over. Strings are borrowed from
 * argv. */
PP_MUST_USE bool pp_options_parse(const struct pp_option *table, int argc, char **argv, int *first,
                                  struct pp_error *error);

#endif
