#include "vault/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/shred.h"

/* What a record's writing leaves: its two generations, and a file that was not renamed yet. */
static bool is_record_file(const char *name, bool unfinished_only) {
    const char *end = strrchr(name, '.');
    if (!end || end == name)
        return false;
    return strcmp(end, ".new") == 0 ||
           (!unfinished_only && (strcmp(end, ".0") == 0 || strcmp(end, ".1") == 0));
}

static DIR *list(int dirfd, struct pp_error *error) {
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        pp_fail_errno(error, "list the vault");
        pp_close(&fd);
    }
    return folder;
}

bool vault_sweep(int dirfd, bool unfinished_only, size_t *count, struct pp_error *error) {
    pp_autodir DIR *folder = list(dirfd, error);
    bool ok = true;
    if (!folder)
        return false;
    for (struct dirent *entry; errno = 0, (entry = readdir(folder));) {
        if (!is_record_file(entry->d_name, unfinished_only))
            continue;
        ok = pp_shred(dirfd, entry->d_name, ok ? error : NULL) && ok;
        if (count)
            ++*count;
    }
    if (errno && ok)
        return pp_fail_errno(error, "list the vault");
    return ok;
}

bool vault_each_file(int dirfd, bool (*found)(void *arg, const char *file, struct pp_error *error), void *arg,
                     struct pp_error *error) {
    pp_autodir DIR *folder = list(dirfd, error);
    if (!folder)
        return false;
    for (struct dirent *entry; errno = 0, (entry = readdir(folder));) {
        if (is_record_file(entry->d_name, false) && !found(arg, entry->d_name, error))
            return false;
    }
    return errno == 0 || pp_fail_errno(error, "list the vault");
}
