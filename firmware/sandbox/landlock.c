#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "sandbox/confine.h"

/* The system calls have the same numbers on every architecture; headers of Debian 12 do not name all of this.
 */
#define CREATE_RULESET  444
#define ADD_RULE        445
#define RESTRICT_SELF   446

#define RULESET_VERSION (1U << 0)
#define RULE_PATH       1
#define FS_EXECUTE      (1ULL << 0)
#define FS_WRITE_FILE   (1ULL << 1)
#define FS_READ_FILE    (1ULL << 2)
#define FS_READ_DIR     (1ULL << 3)
#define FS_REMOVE_FILE  (1ULL << 5)
#define FS_CHANGE_DIR                                                                                        \
    (0x1b0ULL | 1ULL << 13) /* remove and make files and folders, and rename them anywhere */
#define FS_TRUNCATE  (1ULL << 14)
#define FS_OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)

struct ruleset {
    uint64_t handled_fs;  /* rights to files */
    uint64_t handled_net; /* from version 4 on: TCP ports */
    uint64_t scoped;      /* from version 6 on: abstract unix sockets, signals */
};

struct path_rule {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

/* Every right that a version of Landlock knows is taken away. */
static const struct {
    long version;
    struct ruleset rights;
    size_t size; /* bytes of the structure in that version */
} versions[] = {
    {6, {0xffff, 3, 3}, 24}, {5, {0xffff, 3, 0}, 16}, {4, {0x7fff, 3, 0}, 16},
    {3, {0x7fff, 0, 0}, 8},  {2, {0x3fff, 0, 0}, 8},  {1, {0x1fff, 0, 0}, 8},
};

/* *handled: the rights to files that are taken away. */
static int create_ruleset(bool network, uint64_t *handled) {
    long version = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);
    for (size_t i = 0; i < PP_COUNT(versions); i++) {
        if (versions[i].version > version)
            continue;
        struct ruleset rights = versions[i].rights;
        *handled = rights.handled_fs;
        if (network)
            rights.handled_net = 0;
        return (int)syscall(CREATE_RULESET, &rights, versions[i].size, 0);
    }
    return -1;
}

static bool allow_reading(int ruleset) {
    pp_autoclose int root = open("/", O_PATH | O_CLOEXEC);
    struct path_rule rule = {.allowed = FS_READ_FILE | FS_READ_DIR, .parent_fd = root};
    return root >= 0 && syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0) == 0;
}

bool sandbox_landlock(bool may_read) {
    uint64_t handled = 0;
    pp_autoclose int ruleset = create_ruleset(false, &handled);
    if (ruleset < 0 || (may_read && !allow_reading(ruleset)))
        return false;
    return syscall(RESTRICT_SELF, ruleset, 0) == 0;
}

/* ---- For more than renderers ---- */

static uint64_t rights_of(unsigned rights, bool folder) {
    uint64_t allowed = 0;
    if (rights & SANDBOX_READ)
        allowed |= FS_READ_FILE | FS_READ_DIR;
    if (rights & SANDBOX_WRITE)
        allowed |= FS_WRITE_FILE | FS_TRUNCATE | FS_CHANGE_DIR;
    if (rights & SANDBOX_EXECUTE)
        allowed |= FS_EXECUTE;
    if (rights & SANDBOX_LIST)
        allowed |= FS_READ_DIR;
    if (rights & SANDBOX_REMOVE)
        allowed |= FS_REMOVE_FILE;
    return folder ? allowed : allowed & FS_OF_A_FILE;
}

static bool allow_path(int ruleset, uint64_t handled, const struct sandbox_path *path,
                       struct pp_error *error) {
    struct stat status;
    pp_autoclose int fd = open(path->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || pp_fail_errno(error, "%s", path->path);
    if (fstat(fd, &status) < 0)
        return pp_fail_errno(error, "%s", path->path);
    struct path_rule rule = {.allowed = rights_of(path->rights, S_ISDIR(status.st_mode)) & handled,
                             .parent_fd = fd};
    return syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0) == 0 || pp_fail_errno(error, "%s", path->path);
}

bool sandbox_confine_paths(const struct sandbox_path *paths, size_t count, bool network, bool *held,
                           struct pp_error *error) {
    uint64_t handled = 0;
    pp_autoclose int ruleset = create_ruleset(network, &handled);
    *held = ruleset >= 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_NO_NEW_PRIVS");
    if (!*held)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (!allow_path(ruleset, handled, &paths[i], error))
            return pp_wrap(error, "Landlock");
    }
    return syscall(RESTRICT_SELF, ruleset, 0) == 0 || pp_fail_errno(error, "Landlock");
}
