/* Removing a file's content, not only its name. */
#ifndef PP_BASE_SHRED_H
#define PP_BASE_SHRED_H

#include "base/error.h"

/* Overwrites the file with random bytes, fsyncs it, unlinks it, fsyncs the folder. A file that is not there
 * counts as done; one that cannot be overwritten is unlinked, and the failure told. Flash that remaps blocks
 * may keep the old ones, and so may a file system that copies on write: what has to be gone for certain is
 * encrypted, and its key goes first. */
PP_MUST_USE bool pp_shred(int dirfd, const char *path, struct pp_error *error);
/* The first half of it, of a file that others may still have a name for. Not there: done. */
PP_MUST_USE bool pp_shred_content(int dirfd, const char *path, struct pp_error *error);
/* The same of an open one, which may have lost its name; from its beginning. */
PP_MUST_USE bool pp_shred_fd(int fd, struct pp_error *error);

#endif
