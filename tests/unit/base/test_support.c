#include "test_support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int test_folder_create(void **state) {
    struct test_folder *folder = calloc(1, sizeof *folder);
    if (!folder)
        return -1;
    strcpy(folder->path, "/tmp/pingplay-test.XXXXXX");
    if (!mkdtemp(folder->path))
        return -1;
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = folder;
    return folder->fd < 0 ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status, (void)type, (void)place;
    return remove(path);
}

int test_folder_destroy(void **state) {
    struct test_folder *folder = *state;
    close(folder->fd);
    int result = nftw(folder->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return result;
}

void test_folder_write(const struct test_folder *folder, const char *name, const char *text) {
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

void test_folder_assert_file(const struct test_folder *folder, const char *name, const char *text) {
    char content[4096] = {0};
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t size = read(fd, content, sizeof content - 1);
    close(fd);
    assert_int_equal(size, strlen(text));
    assert_string_equal(content, text);
}
