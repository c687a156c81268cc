#include "base/shred.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/file.h"

#define SHRED_STEP 4096 /* bytes */

static bool make_noise(uint8_t *noise, size_t size, struct pp_error *error) {
    for (size_t made = 0; made < size;) {
        ssize_t got = getrandom(noise + made, size - made, 0);
        if (got < 0 && errno != EINTR)
            return pp_fail_errno(error, "getrandom");
        made += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool pp_shred_fd(int fd, struct pp_error *error) {
    struct stat status;
    uint8_t noise[SHRED_STEP];
    if (fstat(fd, &status) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return pp_fail_errno(error, "erase");
    for (off_t left = status.st_size; left > 0; left -= SHRED_STEP) {
        size_t part = left < SHRED_STEP ? (size_t)left : sizeof noise;
        if (!make_noise(noise, part, error) || !pp_write_all(fd, noise, part, error))
            return false;
    }
    if (fsync(fd) < 0)
        return pp_fail_errno(error, "erase");
    return true;
}

bool pp_shred_content(int dirfd, const char *path, struct pp_error *error) {
    pp_autoclose int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT || pp_fail_errno(error, "erase %s", path);
    return pp_shred_fd(fd, error) || pp_wrap(error, "%s", path);
}

bool pp_shred(int dirfd, const char *path, struct pp_error *error) {
    /* The key's file is read-only, for its owner too. */
    if (fchmodat(dirfd, path, 0600, 0) < 0 && errno == ENOENT)
        return true;
    /* Full or failing flash may refuse to overwrite; the name goes all the same. */
    bool overwritten = pp_shred_content(dirfd, path, error);
    return pp_file_remove(dirfd, path, overwritten ? error : NULL) && overwritten;
}
