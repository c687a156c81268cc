#include "test_support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
