#include "vault/shred.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/random.h"

#define SHRED_STEP 4096 /* bytes */

static bool shred_content(int fd, struct pp_error *error) {
    struct stat status;
    uint8_t noise[SHRED_STEP];
    if (fstat(fd, &status) < 0)
        return pp_fail_errno(error, "erase");
    for (off_t left = status.st_size; left > 0; left -= SHRED_STEP) {
        size_t part = left < SHRED_STEP ? (size_t)left : sizeof noise;
        if (!crypto_random(noise, part, error) || !pp_write_all(fd, noise, part, error))
            return false;
    }
    if (fsync(fd) < 0)
        return pp_fail_errno(error, "erase");
    return true;
}

static bool shred_overwrite(int dirfd, const char *name, struct pp_error *error) {
    pp_autoclose int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return pp_fail_errno(error, "erase %s", name);
    return shred_content(fd, error) || pp_wrap(error, "%s", name);
}

bool vault_shred(int dirfd, const char *name, struct pp_error *error) {
    /* The key's file is read-only, for its owner too. */
    if (fchmodat(dirfd, name, 0600, 0) < 0 && errno == ENOENT)
        return true;
    /* Full or failing flash may refuse to overwrite; the name goes all the same. */
    bool overwritten = shred_overwrite(dirfd, name, error);
    return pp_file_remove(dirfd, name, overwritten ? error : NULL) && overwritten;
}
