/*
 * The power is cut at the nth call that changes the flash: before it, in the middle of it (a write), or after it. It
 * stands in place of the C library's own, in the program that includes this; include it in one file of a program.
 *
 *   for (unsigned at = 1; power_cut_run(at, where, live, arg); at++)
 *       … what stands on flash now, in this process, which has the power again …
 */
#ifndef SUPPORT_POWER_CUT_H
#define SUPPORT_POWER_CUT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum power_cut_where { CUT_BEFORE, CUT_WITHIN, CUT_AFTER, CUT_PLACES };

#define POWER_CUT_STATUS 42

/* Of a child process alone. */
static struct {
    unsigned at; /* the call that is cut, from 1; 0: none */
    unsigned calls;
    enum power_cut_where where;
} power_cut;

static bool power_cut_here(void) {
    return power_cut.at && ++power_cut.calls == power_cut.at;
}

ssize_t write(int fd, const void *data, size_t size) {
    bool here = power_cut_here();
    if (here && power_cut.where == CUT_WITHIN)
        syscall(SYS_write, fd, data, size / 2);
    if (here && power_cut.where != CUT_AFTER)
        _exit(POWER_CUT_STATUS);
    ssize_t written = syscall(SYS_write, fd, data, size);
    if (here)
        _exit(POWER_CUT_STATUS);
    return written;
}

static long power_cut_call(long number, long a, long b, long c, long d, long e) {
    bool here = power_cut_here();
    if (here && power_cut.where != CUT_AFTER)
        _exit(POWER_CUT_STATUS);
    long result = syscall(number, a, b, c, d, e);
    if (here)
        _exit(POWER_CUT_STATUS);
    return result;
}

/* Syncs nothing: the end of a process loses nothing that was written, and the order of the calls is what counts. */
int fsync(int fd) {
    return (int)power_cut_call(SYS_fcntl, fd, F_GETFD, 0, 0, 0) < 0 ? -1 : 0;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return (int)power_cut_call(SYS_renameat2, from_dir, (long)from, to_dir, (long)to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    return (int)power_cut_call(SYS_renameat2, from_dir, (long)from, to_dir, (long)to, flags);
}

int unlinkat(int dir, const char *name, int flags) {
    return (int)power_cut_call(SYS_unlinkat, dir, (long)name, flags, 0, 0);
}

int mkdirat(int dir, const char *name, mode_t mode) {
    return (int)power_cut_call(SYS_mkdirat, dir, (long)name, mode, 0, 0);
}

/* Has a child `live`, which is cut at the call. False where it came to its end before. */
static inline bool power_cut_run(unsigned at, enum power_cut_where where, void (*live)(void *arg),
                                 void *arg) {
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        power_cut.where = where;
        power_cut.at = at;
        live(arg);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == POWER_CUT_STATUS || WEXITSTATUS(status) == 0));
    return WEXITSTATUS(status) == POWER_CUT_STATUS;
}

#endif
