/*
 * Files that survive a power cut. A replaced file is written beside the old one, fsynced, renamed, and its
 * folder fsynced: after any interruption there is the old content or the new one. Paths are relative to
 * `dirfd` (AT_FDCWD for the working folder).
 */
#ifndef PP_BASE_FILE_H
#define PP_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

#define PP_PATH_MAX 512 /* bytes with the NUL, of every path this project makes */

/* Appends the whole file to `out`; PP_E_NOTFOUND when there is none, PP_E_LIMIT over the buffer's cap. */
PP_MUST_USE bool pp_file_read(int dirfd, const char *path, struct pp_buf *out, struct pp_error *error);
/* The rest of an open file; `name` is for messages. */
PP_MUST_USE bool pp_file_read_fd(int fd, const char *name, struct pp_buf *out, struct pp_error *error);

PP_MUST_USE bool pp_file_replace(int dirfd, const char *path, const void *data, size_t size, mode_t mode,
                                 struct pp_error *error);

/* A file that is not there counts as removed. */
PP_MUST_USE bool pp_file_remove(int dirfd, const char *path, struct pp_error *error);

/* Makes a folder and its parents, each with `mode`, and fsyncs the folder they stand in; one that exists is
 * left as it is. */
PP_MUST_USE bool pp_dir_make(int dirfd, const char *path, mode_t mode, struct pp_error *error);

/* A descriptor of the folder, close-on-exec, or -1. */
int pp_dir_open(int dirfd, const char *path, struct pp_error *error);

/* fsyncs the folder that holds `path`. */
PP_MUST_USE bool pp_dir_sync_of(int dirfd, const char *path, struct pp_error *error);

/* All of it, through interruptions and short writes. */
PP_MUST_USE bool pp_write_all(int fd, const void *data, size_t size, struct pp_error *error);
/* Exactly `size` bytes from `offset`; an early end is PP_E_IO. */
PP_MUST_USE bool pp_pread_all(int fd, void *data, size_t size, uint64_t offset, struct pp_error *error);

/* snprintf into a path of PP_PATH_MAX; false where it does not fit. */
PP_MUST_USE bool pp_path_format(char path[PP_PATH_MAX], struct pp_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
