#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/random.h"
#include "vault/kek.h"
#include "vault/shred.h"

#define KEK_FILE    "kek"
#define KEK_NEW     "kek.new"     /* being made; gets its name once it is whole on flash */
#define KEK_ERASING "kek.erasing" /* being destroyed: from here on there is no way back */

/* A power cut during an earlier destroy or creation left these. */
static bool kek_clean_up(int dirfd, struct pp_error *error) {
    return vault_shred(dirfd, KEK_ERASING, error) && vault_shred(dirfd, KEK_NEW, error);
}

static bool kek_read(int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    struct pp_buf content pp_autobuf = PP_BUF_INIT(VAULT_KEK_SIZE);
    if (!pp_file_read(dirfd, KEK_FILE, &content, error))
        return false;
    if (content.size != VAULT_KEK_SIZE)
        return pp_fail(error, PP_E_INVALID, "key-encryption key: %zu bytes, not %d", content.size,
                       VAULT_KEK_SIZE);
    memcpy(kek, content.data, VAULT_KEK_SIZE);
    /* A copy or a restore may have widened it. Where nobody did, a flash that went read-only is no obstacle.
     */
    struct stat about;
    bool narrow = fstatat(dirfd, KEK_FILE, &about, 0) == 0 && (about.st_mode & 07777) == 0400;
    return narrow || fchmodat(dirfd, KEK_FILE, 0400, 0) == 0 || pp_fail_errno(error, "key-encryption key");
}

static bool kek_write_new(int dirfd, const uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    pp_autoclose int fd = openat(dirfd, KEK_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0)
        return pp_fail_errno(error, "make the key-encryption key");
    if (!pp_write_all(fd, kek, VAULT_KEK_SIZE, error))
        return pp_wrap(error, "make the key-encryption key");
    if (fchmod(fd, 0400) < 0 || fsync(fd) < 0)
        return pp_fail_errno(error, "make the key-encryption key");
    return true;
}

/* Moved to its name without ever replacing a key that is there. */
static bool kek_file_create(int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    if (!crypto_random(kek, VAULT_KEK_SIZE, error) || !kek_write_new(dirfd, kek, error))
        return false;
    if (renameat2(dirfd, KEK_NEW, dirfd, KEK_FILE, RENAME_NOREPLACE) < 0)
        return pp_fail_errno(error, "make the key-encryption key");
    return pp_dir_sync_of(dirfd, KEK_FILE, error);
}

static bool kek_file_load(int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    return kek_clean_up(dirfd, error) && kek_read(dirfd, kek, error);
}

static bool kek_file_destroy(int dirfd, struct pp_error *error) {
    if (renameat(dirfd, KEK_FILE, dirfd, KEK_ERASING) < 0 && errno != ENOENT)
        return pp_fail_errno(error, "destroy the key-encryption key");
    return pp_dir_sync_of(dirfd, KEK_FILE, error) && kek_clean_up(dirfd, error);
}

const struct vault_kek_provider *vault_kek_file(void) {
    static const struct vault_kek_provider provider = {
        .name = "file",
        .load = kek_file_load,
        .create = kek_file_create,
        .destroy = kek_file_destroy,
    };
    return &provider;
}
