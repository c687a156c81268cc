/* Internal: the files of all records of a folder. */
#ifndef PP_VAULT_SWEEP_H
#define PP_VAULT_SWEEP_H

#include <stddef.h>

#include "base/error.h"
#include "vault/record.h"

/* Erases all records, or only what an interrupted write left behind. One that cannot be erased does not hold
 * up the others; the error is the first one's. `count` (NULL is allowed) gets how many files there were. */
PP_MUST_USE bool vault_sweep(int dirfd, bool unfinished_only, size_t *count, struct pp_error *error);

/* Calls back for each file of a record; false ends it. */
PP_MUST_USE bool vault_each_file(int dirfd,
                                 bool (*found)(void *arg, const char *file, struct pp_error *error),
                                 void *arg, struct pp_error *error);

#endif
