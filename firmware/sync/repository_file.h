/*
 * A file on its way from a server, whose length and SHA-256 are known: written beside its place as it comes, and put
 * there once it is whole. Internal.
 */
#ifndef PP_SYNC_REPOSITORY_FILE_H
#define PP_SYNC_REPOSITORY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "crypto/bulk.h"

struct sync_file {
    int dirfd;                   /* borrowed */
    char path[PP_PATH_MAX];      /* where it is to be */
    char temporary[PP_PATH_MAX]; /* where it is written; "" : there is none */
    int fd;
    struct crypto_sha256 *hash;
    uint8_t sha256[BULK_SHA256_SIZE]; /* what it has to be */
    uint64_t length, written;         /* bytes */
};
#define SYNC_FILE_NONE ((struct sync_file){.fd = -1})

/* Begins at nothing, over what an earlier start may have left in PATH.part. */
PP_MUST_USE bool sync_file_create(struct sync_file *file, int dirfd, const char *path,
                                  const uint8_t sha256[BULK_SHA256_SIZE], uint64_t length,
                                  struct pp_error *error);
/* A net_request's on_data, `file` being its arg. More than the length is PP_E_LIMIT. */
PP_MUST_USE bool sync_file_write(void *file, const void *data, size_t size, struct pp_error *error);
/* PP_E_AUTH for a wrong length or hash; else synced, renamed, and the folder synced. Once. */
PP_MUST_USE bool sync_file_commit(struct sync_file *file, struct pp_error *error);
/* Removes what was not committed. */
void sync_file_finish(struct sync_file *file);
#define sync_autofile PP_CLEANUP(sync_file_finish)

#endif
