#include "vault/kek_place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/shred.h"

#define PLACE_NAME_MAX 32 /* bytes with the NUL */

struct place_names {
    char making[PLACE_NAME_MAX];
    char erasing[PLACE_NAME_MAX];
};

static struct place_names names_of(const char *name) {
    struct place_names names;
    snprintf(names.making, sizeof names.making, "%s.new", name);
    snprintf(names.erasing, sizeof names.erasing, "%s.erasing", name);
    return names;
}

static bool exists(int dirfd, const char *name) {
    return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool kek_place_present(int dirfd, const char *name) {
    const struct place_names names = names_of(name);
    return exists(dirfd, name) || exists(dirfd, names.making) || exists(dirfd, names.erasing);
}

/* A power cut during an earlier destroy or creation left these. */
static bool clean_up(int dirfd, const char *name, struct pp_error *error) {
    const struct place_names names = names_of(name);
    return pp_shred(dirfd, names.erasing, error) && pp_shred(dirfd, names.making, error);
}

bool kek_place_read(int dirfd, const char *name, struct pp_buf *content, struct pp_error *error) {
    if (!clean_up(dirfd, name, error) || !pp_file_read(dirfd, name, content, error))
        return false;
    /* A copy or a restore may have widened it. Where nobody did, a flash that went read-only is no obstacle.
     */
    struct stat about;
    bool narrow = fstatat(dirfd, name, &about, 0) == 0 && (about.st_mode & 07777) == 0400;
    return narrow || fchmodat(dirfd, name, 0400, 0) == 0 || pp_fail_errno(error, "key-encryption key");
}

static bool write_new(int dirfd, const char *name, const void *content, size_t size, struct pp_error *error) {
    pp_autoclose int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0)
        return pp_fail_errno(error, "make the key-encryption key");
    if (!pp_write_all(fd, content, size, error))
        return pp_wrap(error, "make the key-encryption key");
    if (fchmod(fd, 0400) < 0 || fsync(fd) < 0)
        return pp_fail_errno(error, "make the key-encryption key");
    return true;
}

bool kek_place_write(int dirfd, const char *name, const void *content, size_t size, struct pp_error *error) {
    const struct place_names names = names_of(name);
    if (!write_new(dirfd, names.making, content, size, error))
        return false;
    if (renameat2(dirfd, names.making, dirfd, name, RENAME_NOREPLACE) < 0)
        return pp_fail_errno(error, "make the key-encryption key");
    return pp_dir_sync_of(dirfd, name, error);
}

bool kek_place_destroy(int dirfd, const char *name, struct pp_error *error) {
    const struct place_names names = names_of(name);
    if (renameat(dirfd, name, dirfd, names.erasing) < 0 && errno != ENOENT)
        return pp_fail_errno(error, "destroy the key-encryption key");
    return pp_dir_sync_of(dirfd, name, error) && clean_up(dirfd, name, error);
}
