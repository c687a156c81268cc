#include "agent/erase.h"

#include <errno.h>
#include <fcntl.h>

#include "agent/wifi_erasure.h"
#include "base/file.h"
#include "base/mem.h"
#include "vault/vault.h"

static bool folder_empty(int parent, const char *name, unsigned depth, struct pp_error *error);

static bool entry_remove(int folder, const char *name, unsigned depth, struct pp_error *error) {
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return pp_fail_errno(error, "remove %s", name);
    if (!folder_empty(folder, name, depth + 1, error))
        return pp_wrap(error, "%s", name);
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 || pp_fail_errno(error, "remove %s", name);
}

/* What an open agent would hold stays: the vault's folders, which are empty by now. A proof of an erase is of one
 * that has come to its end, and the Wi-Fi is erased behind it. */
static bool stays(const char *name, unsigned depth) {
    static const char *const kept[] = {"kek", "vault", LAST_RECEIPT_FILE, WIFI_ERASURE_FILE};
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    for (size_t i = 0; depth == 0 && i < PP_COUNT(kept); i++) {
        if (strcmp(name, kept[i]) == 0)
            return true;
    }
    return false;
}

static bool folder_empty(int parent, const char *name, unsigned depth, struct pp_error *error) {
    if (depth > ERASE_DEPTH_MAX)
        return pp_fail(error, PP_E_LIMIT, "folders more than %d deep", ERASE_DEPTH_MAX);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    pp_autodir DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        pp_fail_errno(error, "open");
        pp_close(&fd);
        return false;
    }
    bool ok = true;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (!stays(entry->d_name, depth) &&
            !entry_remove(dirfd(folder), entry->d_name, depth, ok ? error : NULL))
            ok = false;
    }
    if (ok && fsync(dirfd(folder)) < 0)
        return pp_fail_errno(error, "sync");
    return ok;
}

/* Whether there is more in the folder than stays. */
static bool has_remains(const char *state_dir) {
    pp_autodir DIR *folder = opendir(state_dir);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (!stays(entry->d_name, 0))
            return true;
    }
    return false;
}

bool agent_erase_remains(const char *state_dir, bool *any, struct pp_error *error) {
    if (any)
        *any = has_remains(state_dir);
    return folder_empty(AT_FDCWD, state_dir, 0, error) || pp_wrap(error, "%s", state_dir);
}

bool agent_erase(const char *state_dir, bool again, struct pp_error *error) {
    if (!again || !wifi_erasure_is_noted(state_dir))
        wifi_erasure_note(state_dir);
    return vault_erase_closed(state_dir, error) && agent_erase_remains(state_dir, NULL, error);
}
