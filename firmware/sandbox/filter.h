/* The allow-list of system calls of a renderer, as a seccomp filter. Private to the module. */
#ifndef PP_SANDBOX_FILTER_H
#define PP_SANDBOX_FILTER_H

#include "base/error.h"

/* Loads the filter for every thread of the process. Any call that is not on the list kills the process. */
PP_MUST_USE bool sandbox_filter(struct pp_error *error);

#endif
