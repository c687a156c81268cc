/* Internal: removing a file's content, not only its name. */
#ifndef PP_VAULT_SHRED_H
#define PP_VAULT_SHRED_H

#include "base/error.h"

/* Overwrites the file with random bytes, fsyncs it, unlinks it, fsyncs the folder. A file that is not there
 * counts as done; one that cannot be overwritten is unlinked, and the failure told. Flash that remaps blocks
 * may keep the old ones: that is why records are encrypted and the key goes first. */
bool vault_shred(int dirfd, const char *name, struct pp_error *error);

#endif
