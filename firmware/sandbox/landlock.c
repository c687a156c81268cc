#include "sandbox/landlock.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/mem.h"

/* The system calls have the same numbers on every architecture; headers of Debian 12 do not name all of this.
 */
#define CREATE_RULESET  444
#define ADD_RULE        445
#define RESTRICT_SELF   446

#define RULESET_VERSION (1U << 0)
#define RULE_PATH       1
#define FS_READ_FILE    (1ULL << 2)
#define FS_READ_DIR     (1ULL << 3)

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

static int create_ruleset(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);
    for (size_t i = 0; i < PP_COUNT(versions); i++) {
        if (versions[i].version <= version)
            return (int)syscall(CREATE_RULESET, &versions[i].rights, versions[i].size, 0);
    }
    return -1;
}

static bool allow_reading(int ruleset) {
    pp_autoclose int root = open("/", O_PATH | O_CLOEXEC);
    struct path_rule rule = {.allowed = FS_READ_FILE | FS_READ_DIR, .parent_fd = root};
    return root >= 0 && syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0) == 0;
}

bool sandbox_landlock(bool may_read) {
    pp_autoclose int ruleset = create_ruleset();
    if (ruleset < 0 || (may_read && !allow_reading(ruleset)))
        return false;
    return syscall(RESTRICT_SELF, ruleset, 0) == 0;
}
