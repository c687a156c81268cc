/*
 * The power is cut at the nth call that changes the flash: before it, in the middle of it (a write), or after it; and
 * what was not synced by then is there, or is not, or is there in part. It stands in place of the C library's own, in
 * the program that includes this; include it in one file of a program.
 *
 *   for (unsigned at = 1; power_cut_run(at, where, live, arg); at++)
 *       … what stands on flash now, in this process, which has the power again …
 *
 * With PP_POWER_CUT_DEAF=files or folders in the environment, syncing those does nothing: the test has to fail.
 */
#ifndef SUPPORT_POWER_CUT_H
#define SUPPORT_POWER_CUT_H

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support/unsynced.h"

enum power_cut_where {
    CUT_BEFORE,
    CUT_WITHIN,
    CUT_AFTER,
    /* After it, too, and of what was not synced… */
    CUT_LOSES_ALL,   /* nothing is there */
    CUT_LOSES_BYTES, /* names are as they were last, with the bytes that were synced */
    CUT_LOSES_NAMES, /* files have all of their bytes, under the names that were synced */
    CUT_LOSES_SOME,  /* each file and each folder has another part, by the number of the call */
    CUT_PLACES
};

#define POWER_CUT_STATUS 42

/* Of a child process alone. */
static struct {
    unsigned at; /* the call that is cut, from 1; 0: none */
    unsigned calls;
    enum power_cut_where where;
    pthread_mutex_t lock; /* one call at a time */
} power_cut = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void power_cut_now(void) {
    if (power_cut.where == CUT_LOSES_SOME)
        unsynced_lose_some(power_cut.at);
    else if (power_cut.where >= CUT_LOSES_ALL)
        unsynced_lose_all(power_cut.where != CUT_LOSES_NAMES, power_cut.where != CUT_LOSES_BYTES);
    unsynced_restore();
    _exit(POWER_CUT_STATUS);
}

/* Whether this is the call, which is made all the same, and the power cut after it. */
static bool power_cut_begin(void) {
    pthread_mutex_lock(&power_cut.lock);
    bool here = ++power_cut.calls == power_cut.at;
    if (here && power_cut.where == CUT_BEFORE)
        power_cut_now();
    return here;
}

static void power_cut_end(bool here) {
    int failure = errno;
    if (here)
        power_cut_now();
    pthread_mutex_unlock(&power_cut.lock);
    errno = failure;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (!power_cut.at)
        return syscall(SYS_write, fd, data, size);
    bool here = power_cut_begin();
    unsynced_write(fd, size);
    ssize_t written = syscall(SYS_write, fd, data, here && power_cut.where == CUT_WITHIN ? size / 2 : size);
    power_cut_end(here);
    return written;
}

int ftruncate(int fd, off_t size) {
    if (!power_cut.at)
        return (int)syscall(SYS_ftruncate, fd, size);
    bool here = power_cut_begin();
    unsynced_bytes(fd, size, 0);
    int result = (int)syscall(SYS_ftruncate, fd, size);
    power_cut_end(here);
    return result;
}

int fsync(int fd) {
    if (!power_cut.at)
        return (int)syscall(SYS_fcntl, fd, F_GETFD) < 0 ? -1 : 0; /* nobody cuts this one */
    bool here = power_cut_begin();
    int result = (int)syscall(SYS_fcntl, fd, F_GETFD) < 0 ? -1 : 0;
    if (result == 0 && !(here && power_cut.where == CUT_WITHIN))
        unsynced_sync(fd);
    power_cut_end(here);
    return result;
}

/* What it makes is seen by the cut of the next call. */
int openat(int dir, const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (!power_cut.at)
        return (int)syscall(SYS_openat, dir, path, flags, mode);
    pthread_mutex_lock(&power_cut.lock);
    int fd = unsynced_open(dir, path, flags, mode);
    power_cut_end(false);
    return fd;
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    if (!power_cut.at)
        return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    bool here = power_cut_begin();
    int result = (int)unsynced_move(from_dir, from, to_dir, to, flags);
    power_cut_end(here);
    return result;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}

int unlinkat(int dir, const char *name, int flags) {
    if (!power_cut.at)
        return (int)syscall(SYS_unlinkat, dir, name, flags);
    bool here = power_cut_begin();
    int result = (int)unsynced_remove(dir, name, flags);
    power_cut_end(here);
    return result;
}

int mkdirat(int dir, const char *name, mode_t mode) {
    if (!power_cut.at)
        return (int)syscall(SYS_mkdirat, dir, name, mode);
    bool here = power_cut_begin();
    int result = (int)syscall(SYS_mkdirat, dir, name, mode);
    if (result == 0)
        unsynced_made(dir, name);
    power_cut_end(here);
    return result;
}

/* Has a child `live`, which is cut at the call. False where it came to its end before. */
static inline bool power_cut_run(unsigned at, enum power_cut_where where, void (*live)(void *arg),
                                 void *arg) {
    char attic[TEST_FOLDER_SIZE];
    int status = 0;
    test_folder_make(attic);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsynced.attic = open(attic, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        power_cut.where = where;
        power_cut.at = at;
        live(arg);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    test_folder_remove(attic);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == POWER_CUT_STATUS || WEXITSTATUS(status) == 0));
    return WEXITSTATUS(status) == POWER_CUT_STATUS;
}

/* A count that outlives the child: how much of its work it was told is done. */
static inline unsigned *power_cut_count_make(void) {
    unsigned *count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(count != MAP_FAILED);
    return count;
}

#endif
