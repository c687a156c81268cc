#include "sync/repository_file.h"

#include <fcntl.h>
#include <string.h>

#include "base/mem.h"

#define FILE_MODE 0600

bool sync_file_create(struct sync_file *file, int dirfd, const char *path,
                      const uint8_t sha256[BULK_SHA256_SIZE], uint64_t length, struct pp_error *error) {
    char temporary[PP_PATH_MAX];
    *file = (struct sync_file){.dirfd = dirfd, .fd = -1, .length = length};
    memcpy(file->sha256, sha256, sizeof file->sha256);
    if (!pp_path_format(file->path, error, "%s", path) || !pp_path_format(temporary, error, "%s.part", path))
        return false;
    file->hash = crypto_sha256_create(error);
    if (!file->hash)
        return false;
    file->fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (file->fd < 0)
        return pp_fail_errno(error, "%s", temporary);
    memcpy(file->temporary, temporary, sizeof temporary);
    return true;
}

bool sync_file_write(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct sync_file *file = arg;
    if (size > file->length - file->written)
        return pp_fail(error, PP_E_LIMIT, "more than %llu bytes", (unsigned long long)file->length);
    if (!pp_write_all(file->fd, data, size, error))
        return pp_wrap(error, "%s", file->temporary);
    file->written += size;
    return crypto_sha256_update(file->hash, data, size, error);
}

static bool verify(struct sync_file *file, struct pp_error *error) {
    uint8_t sha256[BULK_SHA256_SIZE];
    if (file->written != file->length)
        return pp_fail(error, PP_E_AUTH, "%llu bytes came, not %llu", (unsigned long long)file->written,
                       (unsigned long long)file->length);
    return crypto_sha256_finish(file->hash, sha256, error) &&
           (memcmp(sha256, file->sha256, sizeof sha256) == 0 ||
            pp_fail(error, PP_E_AUTH, "SHA-256 does not match"));
}

bool sync_file_commit(struct sync_file *file, struct pp_error *error) {
    if (!verify(file, error))
        return false;
    if (fsync(file->fd) < 0 || close(pp_steal_fd(&file->fd)) < 0)
        return pp_fail_errno(error, "%s", file->temporary);
    if (renameat(file->dirfd, file->temporary, file->dirfd, file->path) < 0)
        return pp_fail_errno(error, "rename %s", file->path);
    file->temporary[0] = 0;
    return pp_dir_sync_of(file->dirfd, file->path, error);
}

void sync_file_finish(struct sync_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary[0])
        unlinkat(file->dirfd, file->temporary, 0);
    crypto_sha256_destroy(file->hash);
    *file = SYNC_FILE_NONE;
}
