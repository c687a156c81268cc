/* A folder of a test's own under /tmp, its removal, and one flipped bit in a file. Everything here asserts.
 */
#ifndef PP_TESTS_SUPPORT_TEST_FOLDER_H
#define PP_TESTS_SUPPORT_TEST_FOLDER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST_FOLDER_SIZE 32 /* bytes of its path, with the NUL */

static inline void test_folder_make(char path[TEST_FOLDER_SIZE]) {
    strcpy(path, "/tmp/pingplay-unit-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static inline int test_folder_remove_entry(const char *path, const struct stat *status, int type,
                                           struct FTW *place) {
    (void)status, (void)type, (void)place;
    return remove(path);
}

/* The folder and all that is in it. */
static inline void test_folder_remove(const char *path) {
    assert_int_equal(nftw(path, test_folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A folder with a descriptor, so that its files are named as the code under test names them. */
struct test_folder {
    char path[TEST_FOLDER_SIZE];
    int fd;
};

/* cmocka setup and teardown: `*state` becomes a `struct test_folder *`. */
static inline int test_folder_create(void **state) {
    struct test_folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    test_folder_make(folder->path);
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->fd >= 0);
    *state = folder;
    return 0;
}

static inline int test_folder_destroy(void **state) {
    struct test_folder *folder = *state;
    close(folder->fd);
    test_folder_remove(folder->path);
    free(folder);
    return 0;
}

/* Flips one bit of the byte at `offset`, in a read-only file too, as flash would. */
static inline void test_file_flip(int dirfd, const char *path, size_t offset) {
    struct stat about;
    uint8_t byte = 0;
    assert_int_equal(fstatat(dirfd, path, &about, 0), 0);
    assert_int_equal(fchmodat(dirfd, path, 0600, 0), 0);
    int fd = openat(dirfd, path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    assert_int_equal(fchmod(fd, about.st_mode & 07777), 0);
    close(fd);
}

#endif
