#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#define FILE_READ_STEP 65536 /* bytes */

bool pp_path_format(char path[PP_PATH_MAX], struct pp_error *error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(path, PP_PATH_MAX, format, args);
    va_end(args);
    if (length < 0 || length >= PP_PATH_MAX)
        return pp_fail(error, PP_E_LIMIT, "path longer than %d bytes", PP_PATH_MAX - 1);
    return true;
}

bool pp_write_all(int fd, const void *data, size_t size, struct pp_error *error) {
    const uint8_t *bytes = data;
    while (size) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return pp_fail_errno(error, "write");
        }
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool pp_pread_all(int fd, void *data, size_t size, uint64_t offset, struct pp_error *error) {
    uint8_t *bytes = data;
    while (size) {
        ssize_t got = pread(fd, bytes, size, (off_t)offset);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return pp_fail_errno(error, "read");
        }
        if (got == 0)
            return pp_fail(error, PP_E_IO, "file ends at byte %llu, before its time",
                           (unsigned long long)offset);
        bytes += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool pp_file_read(int dirfd, const char *path, struct pp_buf *out, struct pp_error *error) {
    pp_autoclose int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pp_fail_errno(error, "%s", path);
    return pp_file_read_fd(fd, path, out, error);
}

bool pp_file_read_fd(int fd, const char *name, struct pp_buf *out, struct pp_error *error) {
    for (;;) {
        size_t left = out->max - out->size;
        size_t step = left < FILE_READ_STEP ? left : FILE_READ_STEP;
        uint8_t extra;
        uint8_t *place = step ? pp_buf_reserve(out, step, error) : &extra;
        if (!place)
            return false;
        ssize_t got = read(fd, place, step ? step : 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pp_fail_errno(error, "%s", name);
        if (got == 0)
            return true;
        if (!step)
            return pp_fail(error, PP_E_LIMIT, "%s: larger than %zu bytes", name, out->max);
        out->size += (size_t)got;
        out->data[out->size] = 0;
    }
}

bool pp_dir_sync_of(int dirfd, const char *path, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    if (!pp_path_format(folder, error, "%s", path))
        return false;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    pp_autoclose int fd = openat(dirfd, slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return pp_fail_errno(error, "sync the folder of %s", path);
    return true;
}

static bool replace_through(int dirfd, const char *temporary, const char *path, const void *data, size_t size,
                            mode_t mode, struct pp_error *error) {
    pp_autoclose int fd =
        openat(dirfd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return pp_fail_errno(error, "%s", temporary);
    if (!pp_write_all(fd, data, size, error))
        return pp_wrap(error, "%s", temporary);
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return pp_fail_errno(error, "%s", temporary);
    if (close(pp_steal_fd(&fd)) < 0)
        return pp_fail_errno(error, "%s", temporary);
    if (renameat(dirfd, temporary, dirfd, path) < 0)
        return pp_fail_errno(error, "rename %s", path);
    return true;
}

bool pp_file_replace(int dirfd, const char *path, const void *data, size_t size, mode_t mode,
                     struct pp_error *error) {
    char temporary[PP_PATH_MAX];
    if (!pp_path_format(temporary, error, "%s.new", path))
        return false;
    if (!replace_through(dirfd, temporary, path, data, size, mode, error)) {
        unlinkat(dirfd, temporary, 0);
        return false;
    }
    return pp_dir_sync_of(dirfd, path, error);
}

bool pp_file_remove(int dirfd, const char *path, struct pp_error *error) {
    if (unlinkat(dirfd, path, 0) < 0) {
        if (errno == ENOENT)
            return true;
        return pp_fail_errno(error, "remove %s", path);
    }
    return pp_dir_sync_of(dirfd, path, error);
}

static bool dir_make_one(int dirfd, const char *path, mode_t mode, struct pp_error *error) {
    if (mkdirat(dirfd, path, mode) < 0) {
        int number = errno;
        struct stat status;
        if (number == EEXIST && fstatat(dirfd, path, &status, 0) == 0) {
            if (S_ISDIR(status.st_mode))
                return true;
            number = ENOTDIR;
        }
        errno = number;
        return pp_fail_errno(error, "make folder %s", path);
    }
    return pp_dir_sync_of(dirfd, path, error);
}

bool pp_dir_make(int dirfd, const char *path, mode_t mode, struct pp_error *error) {
    char part[PP_PATH_MAX];
    if (!pp_path_format(part, error, "%s", path))
        return false;
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (!dir_make_one(dirfd, part, mode, error))
            return false;
        *slash = '/';
    }
    return dir_make_one(dirfd, part, mode, error);
}

int pp_dir_open(int dirfd, const char *path, struct pp_error *error) {
    int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        pp_fail_errno(error, "%s", path);
    return fd;
}
