/*
 * For LD_PRELOAD: a flash that goes wrong while a test wants it to. The flash is the folder BAD_FLASH; what is
 * wrong is said by the files in the folder BAD_FLASH_CONTROL:
 *
 *   open-fails    opening gives EIO
 *   all-fails     so does everything else, on descriptors that are open already, too
 *   sync-fails    what is written is taken, and each fsync gives EIO
 *   sync-waits    an fsync waits for the end of this file
 *
 * Whatever fails, and each fsync that waits, and is done with it, is a line in the file "log" there.
 */
#undef _FILE_OFFSET_BITS /* so that both names of each call can be defined */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 5000000 /* between two looks whether an fsync is to wait on */

static bool is_wrong(const char *what) {
    char path[PATH_MAX];
    const char *control = getenv("BAD_FLASH_CONTROL");
    snprintf(path, sizeof path, "%s/%s", control ? control : "/nonexistent", what);
    return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

static void note(const char *what, const char *path) {
    char log[PATH_MAX];
    char line[PATH_MAX + 32];
    snprintf(log, sizeof log, "%s/log", getenv("BAD_FLASH_CONTROL"));
    int length = snprintf(line, sizeof line, "%s %s\n", what, path);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    (void)!syscall(SYS_write, fd, line, (size_t)length);
    syscall(SYS_close, fd);
}

/* The descriptor's path, "" where it has none. */
static void path_of(int fd, char path[PATH_MAX]) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, name, path, (size_t)PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
}

static bool is_on_flash(const char *path) {
    const char *flash = getenv("BAD_FLASH");
    size_t length = flash ? strlen(flash) : 0;
    return length && strncmp(path, flash, length) == 0 && (path[length] == '/' || !path[length]);
}

/* Whether an operation on `path`, relative to `dir`, is to fail; errno is set then. */
static bool path_fails(const char *what, int dir, const char *path, const char *mode) {
    char whole[2 * PATH_MAX];
    int error = errno;
    whole[0] = 0;
    if (path[0] != '/' && dir != AT_FDCWD)
        path_of(dir, whole);
    size_t used = strlen(whole);
    snprintf(whole + used, sizeof whole - used, "%s%s", used ? "/" : "", path);
    bool fails = is_on_flash(whole) && (is_wrong("all-fails") || (mode && is_wrong(mode)));
    errno = fails ? EIO : error;
    if (fails)
        note(what, whole);
    errno = fails ? EIO : error;
    return fails;
}

/* Likewise of one on a descriptor. */
static bool fd_fails(const char *what, int fd, const char *mode) {
    char path[PATH_MAX];
    int error = errno;
    path_of(fd, path);
    bool fails = is_on_flash(path) && (is_wrong("all-fails") || (mode && is_wrong(mode)));
    if (fails)
        note(what, path);
    errno = fails ? EIO : error;
    return fails;
}

static int open_it(int dir, const char *path, int flags, mode_t mode) {
    return path_fails("open", dir, path, "open-fails") ? -1
                                                       : (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE_OF(flags)                                                                                       \
    ({                                                                                                       \
        va_list args;                                                                                        \
        va_start(args, flags);                                                                               \
        mode_t given = flags & O_CREAT ? va_arg(args, mode_t) : 0;                                           \
        va_end(args);                                                                                        \
        given;                                                                                               \
    })

int openat64(int dir, const char *path, int flags, ...) {
    return open_it(dir, path, flags, MODE_OF(flags));
}

int openat(int dir, const char *path, int flags, ...) {
    return open_it(dir, path, flags, MODE_OF(flags));
}

int open64(const char *path, int flags, ...) {
    return open_it(AT_FDCWD, path, flags, MODE_OF(flags));
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    return fd_fails("read", fd, NULL) ? -1 : syscall(SYS_pread64, fd, data, size, offset);
}

ssize_t read(int fd, void *data, size_t size) {
    return fd_fails("read", fd, NULL) ? -1 : syscall(SYS_read, fd, data, size);
}

ssize_t write(int fd, const void *data, size_t size) {
    return fd_fails("write", fd, NULL) ? -1 : syscall(SYS_write, fd, data, size);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return path_fails("rename", from_dir, from, NULL)
               ? -1
               : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int unlinkat(int dir, const char *path, int flags) {
    return path_fails("unlink", dir, path, NULL) ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
}

int fsync(int fd) {
    char path[PATH_MAX];
    if (fd_fails("sync", fd, "sync-fails"))
        return -1;
    path_of(fd, path);
    if (is_on_flash(path) && is_wrong("sync-waits")) {
        note("sync-waits", path);
        while (is_wrong("sync-waits"))
            nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
        note("sync-done", path);
    }
    return (int)syscall(SYS_fsync, fd);
}
