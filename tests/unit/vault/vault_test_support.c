#include "vault_test_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void count_report(void *arg, const char *name, const char *message) {
    struct reports *reports = arg;
    reports->count++;
    snprintf(reports->name, sizeof reports->name, "%s", name);
    snprintf(reports->message, sizeof reports->message, "%s", message);
}

static struct stat status_of(const struct test_folder *folder, const char *path) {
    struct stat status;
    assert_int_equal(fstatat(folder->fd, path, &status, 0), 0);
    return status;
}

bool state_has(const struct test_folder *folder, const char *path) {
    return faccessat(folder->fd, path, F_OK, 0) == 0;
}

unsigned state_mode(const struct test_folder *folder, const char *path) {
    return status_of(folder, path).st_mode & 07777;
}

size_t state_size(const struct test_folder *folder, const char *path) {
    return (size_t)status_of(folder, path).st_size;
}

int state_count(const struct test_folder *folder, const char *path) {
    int count = 0;
    DIR *dir = fdopendir(openat(folder->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

int state_open(const struct test_folder *folder, const char *path) {
    int fd = openat(folder->fd, path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

void state_read(const struct test_folder *folder, const char *path, void *out, size_t size) {
    int fd = state_open(folder, path);
    assert_int_equal(read(fd, out, size), size);
    close(fd);
}

void state_write(const struct test_folder *folder, const char *path, const void *data, size_t size) {
    unlinkat(folder->fd, path, 0);
    int fd = openat(folder->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

void state_copy(const struct test_folder *folder, const char *from, const char *to) {
    size_t size = state_size(folder, from);
    void *data = malloc(size);
    state_read(folder, from, data, size);
    state_write(folder, to, data, size);
    free(data);
}

void state_rename(const struct test_folder *folder, const char *from, const char *to) {
    assert_int_equal(renameat(folder->fd, from, folder->fd, to), 0);
}

void state_flip(const struct test_folder *folder, const char *path, size_t at) {
    test_file_flip(folder->fd, path, at);
}

bool state_file_contains(const struct test_folder *folder, const char *path, const void *mark, size_t run) {
    size_t size = state_size(folder, path);
    uint8_t *data = malloc(size);
    state_read(folder, path, data, size);
    bool found = false;
    for (size_t at = 0; at + run <= 16; at++)
        found |= memmem(data, size, (const uint8_t *)mark + at, run) != NULL;
    free(data);
    return found;
}
