/*
 * What a program has changed on flash and has not synced, so that a cut of the power can take it back. Everything is
 * done at once, as the program asks; beside it stands how it was. What a file has is safe once the file is synced; a
 * name that came, went or moved once its folder is, and of a move the folder that it moved into.
 *
 * A name that is gone stays in a folder of the test's own on the same file system, the attic, and comes back from
 * there. Modes and owners are as they were set last, and calls that the code under test does not make are not known
 * here: link, pwrite, a mapping that is written to.
 */
#ifndef SUPPORT_UNSYNCED_H
#define SUPPORT_UNSYNCED_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/test_folder.h"

#define UNSYNCED_MAX 512 /* changes at a time */

enum unsynced_kind { UNSYNCED_BYTES, UNSYNCED_MADE, UNSYNCED_MOVED, UNSYNCED_REMOVED };

struct unsynced {
    enum unsynced_kind kind;
    dev_t device; /* of what has to be synced: a file, or a name's folder */
    ino_t inode;
    int fd;            /* of the same */
    ino_t of;          /* the inode that has, or had, the name */
    char *name;        /* in the folder; NULL with bytes */
    int from_fd;       /* a move: where it was; else -1 */
    char *from;        /* …and its name there */
    unsigned in_attic; /* the number of what was there before; 0: nothing was */
    off_t at;          /* bytes: where they were written, */
    size_t written;    /* how many, */
    char *before;      /* what stood there, as far as the file went, */
    size_t before_size;
    off_t file_size; /* and how far that was */
    bool lost;       /* decided at the cut */
    bool half;       /* …of the bytes, the first half is there */
};

/* Of a child process alone. */
static struct {
    int attic;
    unsigned in_attic; /* so many are there */
    size_t count;
    struct unsynced changes[UNSYNCED_MAX]; /* the oldest first */
} unsynced;

/* There is nothing to ask a cut test for help: a shim that cannot go on ends the test. */
static void unsynced_must(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    abort();
}

static struct unsynced *unsynced_add(enum unsynced_kind kind, int fd) {
    struct stat about;
    unsynced_must(unsynced.count < UNSYNCED_MAX, "unsynced: too many changes");
    unsynced_must(fd >= 0 && fstat(fd, &about) == 0, "unsynced: fstat");
    struct unsynced *change = &unsynced.changes[unsynced.count++];
    *change = (struct unsynced){
        .kind = kind, .device = about.st_dev, .inode = about.st_ino, .fd = fd, .from_fd = -1};
    return change;
}

static void unsynced_forget(struct unsynced *change) {
    close(change->fd);
    if (change->from_fd >= 0)
        close(change->from_fd);
    free(change->name);
    free(change->from);
    free(change->before);
}

/* The folder of `path`; *name gets a copy of the last part of it. */
static int unsynced_folder(int dir, const char *path, char **name) {
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    *name = strdup(slash ? slash + 1 : path);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return (int)syscall(SYS_openat, dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static ino_t unsynced_inode(int dir, const char *path) {
    struct stat about;
    return fstatat(dir, path, &about, AT_SYMLINK_NOFOLLOW) == 0 ? about.st_ino : 0;
}

static bool unsynced_is_folder(int dir, const char *path) {
    struct stat about;
    return fstatat(dir, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

static void unsynced_attic_name(unsigned number, char name[16]) {
    snprintf(name, 16, "%u", number);
}

/* A file also stays where it is, a folder does not. Returns its number, 0: there is none. */
static unsigned unsynced_to_attic(int dir, const char *path) {
    char name[16];
    if (!unsynced_inode(dir, path))
        return 0;
    unsynced_attic_name(++unsynced.in_attic, name);
    long done = unsynced_is_folder(dir, path) ? syscall(SYS_renameat2, dir, path, unsynced.attic, name, 0)
                                              : syscall(SYS_linkat, dir, path, unsynced.attic, name, 0);
    unsynced_must(done == 0, "unsynced: into the attic");
    return unsynced.in_attic;
}

static void unsynced_from_attic(unsigned number, int dir, const char *path) {
    char name[16];
    unsynced_attic_name(number, name);
    if (number)
        unsynced_must(syscall(SYS_renameat2, unsynced.attic, name, dir, path, 0) == 0,
                      "unsynced: out of the attic");
}

static bool unsynced_attic_is_empty(unsigned number) {
    char name[16];
    unsynced_attic_name(number, name);
    int fd = (int)syscall(SYS_openat, unsynced.attic, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *dir = fdopendir(fd);
    size_t count = 0;
    while (dir && readdir(dir))
        count++;
    closedir(dir);
    return count == 2; /* . and .. */
}

/* ---- What changes ---- */

/* Whether it is a file on flash, and not a socket or memory. */
static bool unsynced_is_file(int fd, struct stat *about) {
    struct stat attic;
    return fstat(fd, about) == 0 && S_ISREG(about->st_mode) && fstat(unsynced.attic, &attic) == 0 &&
           about->st_dev == attic.st_dev;
}

/* Before bytes are written to it, or cut off. */
static void unsynced_bytes(int fd, off_t at, size_t size) {
    struct stat about;
    char path[32];
    if (!unsynced_is_file(fd, &about))
        return;
    struct unsynced *change = unsynced_add(UNSYNCED_BYTES, dup(fd));
    change->at = at;
    change->written = size;
    change->file_size = about.st_size;
    if (at >= about.st_size)
        return;
    change->before_size = (size_t)(about.st_size - at);
    change->before = malloc(change->before_size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* it may be open to be written alone */
    int reader = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    unsynced_must(pread(reader, change->before, change->before_size, at) == (ssize_t)change->before_size,
                  "unsynced: read what was there");
    close(reader);
}

static void unsynced_write(int fd, size_t size) {
    struct stat about;
    bool append = fcntl(fd, F_GETFL) & O_APPEND;
    if (unsynced_is_file(fd, &about))
        unsynced_bytes(fd, append ? about.st_size : lseek(fd, 0, SEEK_CUR), size);
}

static void unsynced_made(int dir, const char *path) {
    char *name = NULL;
    struct unsynced *change = unsynced_add(UNSYNCED_MADE, unsynced_folder(dir, path, &name));
    change->name = name;
    change->of = unsynced_inode(dir, path);
}

static int unsynced_open(int dir, const char *path, int flags, mode_t mode) {
    bool there = unsynced_inode(dir, path) != 0;
    if (!(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE)
        return (int)syscall(SYS_openat, dir, path, flags, mode);
    int fd = (int)syscall(SYS_openat, dir, path, flags & ~O_TRUNC, mode);
    if (fd < 0)
        return fd;
    if (!there)
        unsynced_made(dir, path);
    else if (flags & O_TRUNC)
        unsynced_bytes(fd, 0, 0);
    if (flags & O_TRUNC)
        unsynced_must(syscall(SYS_ftruncate, fd, 0) == 0, "unsynced: truncate");
    return fd;
}

static long unsynced_move(int from_dir, const char *from, int dir, const char *path, unsigned flags) {
    ino_t of = unsynced_inode(from_dir, from);
    unsigned in_attic = of && !flags ? unsynced_to_attic(dir, path) : 0;
    long result = syscall(SYS_renameat2, from_dir, from, dir, path, flags);
    int failure = errno;
    if (result < 0) {
        if (in_attic && !unsynced_inode(dir, path))
            unsynced_from_attic(in_attic, dir, path);
        errno = failure;
        return result;
    }
    char *name = NULL, *from_name = NULL;
    struct unsynced *change = unsynced_add(UNSYNCED_MOVED, unsynced_folder(dir, path, &name));
    change->name = name;
    change->of = of;
    change->in_attic = in_attic;
    change->from_fd = unsynced_folder(from_dir, from, &from_name);
    change->from = from_name;
    return result;
}

static long unsynced_remove(int dir, const char *path, int flags) {
    bool folder = unsynced_is_folder(dir, path);
    if (!unsynced_inode(dir, path) || folder != (flags == AT_REMOVEDIR))
        return syscall(SYS_unlinkat, dir, path, flags); /* it says what is wrong */
    unsigned in_attic = unsynced_to_attic(dir, path);
    if (folder && !unsynced_attic_is_empty(in_attic)) {
        unsynced_from_attic(in_attic, dir, path);
        errno = ENOTEMPTY;
        return -1;
    }
    if (!folder)
        unsynced_must(syscall(SYS_unlinkat, dir, path, 0) == 0, "unsynced: remove");
    char *name = NULL;
    struct unsynced *change = unsynced_add(UNSYNCED_REMOVED, unsynced_folder(dir, path, &name));
    change->name = name;
    change->in_attic = in_attic;
    return 0;
}

/* ---- What is safe ---- */

/* A flash that is deaf to the syncs of files, of folders or of both, shows that a test would miss them. */
static bool unsynced_is_deaf(mode_t mode) {
    const char *deaf = getenv("PP_POWER_CUT_DEAF");
    return deaf && strstr(deaf, S_ISDIR(mode) ? "folders" : "files");
}

static void unsynced_sync(int fd) {
    struct stat about;
    if (fstat(fd, &about) < 0 || unsynced_is_deaf(about.st_mode))
        return;
    size_t kept = 0;
    for (size_t i = 0; i < unsynced.count; i++) {
        struct unsynced *change = &unsynced.changes[i];
        if (change->device == about.st_dev && change->inode == about.st_ino)
            unsynced_forget(change);
        else
            unsynced.changes[kept++] = *change;
    }
    unsynced.count = kept;
}

/* ---- What is lost ---- */

static void unsynced_lose_all(bool bytes, bool names) {
    for (size_t i = 0; i < unsynced.count; i++)
        unsynced.changes[i].lost = unsynced.changes[i].kind == UNSYNCED_BYTES ? bytes : names;
}

static unsigned unsynced_dice(unsigned *seed) {
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

/* Of each file and of each folder what came last, from somewhere on. */
static void unsynced_lose_some(unsigned seed) {
    bool decided[UNSYNCED_MAX] = {0};
    for (size_t i = 0; i < unsynced.count; i++) {
        size_t same[UNSYNCED_MAX], count = 0;
        for (size_t j = i; !decided[i] && j < unsynced.count; j++) {
            if (unsynced.changes[j].device == unsynced.changes[i].device &&
                unsynced.changes[j].inode == unsynced.changes[i].inode)
                same[count++] = j;
        }
        size_t kept = unsynced_dice(&seed) % (count + 1);
        for (size_t k = 0; k < count; k++) {
            decided[same[k]] = true;
            unsynced.changes[same[k]].lost = k >= kept;
        }
        if (kept < count)
            unsynced.changes[same[kept]].half = unsynced_dice(&seed) & 1;
    }
}

static void unsynced_restore_bytes(const struct unsynced *change) {
    size_t kept = change->half ? change->written / 2 : 0;
    off_t end = change->at + (off_t)kept;
    off_t size = end > change->file_size ? end : change->file_size;
    fcntl(change->fd, F_SETFL, fcntl(change->fd, F_GETFL) & ~O_APPEND);
    unsynced_must(syscall(SYS_ftruncate, change->fd, size) == 0, "unsynced: take bytes back");
    if (change->before_size <= kept)
        return;
    ssize_t left = (ssize_t)(change->before_size - kept);
    unsynced_must(pwrite(change->fd, change->before + kept, (size_t)left, end) == left,
                  "unsynced: put bytes back");
}

static void unsynced_restore_name(const struct unsynced *change) {
    bool here = change->of && unsynced_inode(change->fd, change->name) == change->of;
    char name[16];
    if (here && change->kind == UNSYNCED_MADE) {
        unsynced_attic_name(++unsynced.in_attic, name);
        unsynced_must(syscall(SYS_renameat2, change->fd, change->name, unsynced.attic, name, 0) == 0,
                      "unsynced: take a name back");
    }
    if (here && change->kind == UNSYNCED_MOVED)
        unsynced_must(syscall(SYS_renameat2, change->fd, change->name, change->from_fd, change->from, 0) == 0,
                      "unsynced: move back");
    unsynced_from_attic(change->in_attic, change->fd, change->name);
}

/* The last first. */
static void unsynced_restore(void) {
    for (size_t i = unsynced.count; i-- > 0;) {
        const struct unsynced *change = &unsynced.changes[i];
        if (change->lost && change->kind == UNSYNCED_BYTES)
            unsynced_restore_bytes(change);
        else if (change->lost)
            unsynced_restore_name(change);
    }
}

#endif
