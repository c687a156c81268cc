/* What the tests of vault share: cmocka, and a state folder whose files can be looked at and damaged. Paths
 * are relative to that folder. */
#ifndef VAULT_TEST_SUPPORT_H
#define VAULT_TEST_SUPPORT_H

#include <stdbool.h>

#include "support/test_folder.h"

/* What a vault's reporter was told. */
struct reports {
    int count;
    char name[80];
    char message[400];
};

/* A vault_reporter; `arg` is a struct reports. */
void count_report(void *arg, const char *name, const char *message);

bool state_has(const struct test_folder *folder, const char *path);
unsigned state_mode(const struct test_folder *folder, const char *path);
size_t state_size(const struct test_folder *folder, const char *path);
int state_count(const struct test_folder *folder, const char *path); /* entries of a folder */
int state_open(const struct test_folder *folder, const char *path);
void state_read(const struct test_folder *folder, const char *path, void *out, size_t size);
void state_write(const struct test_folder *folder, const char *path, const void *data, size_t size);
void state_copy(const struct test_folder *folder, const char *from, const char *to);
void state_rename(const struct test_folder *folder, const char *from, const char *to);
void state_flip(const struct test_folder *folder, const char *path, size_t at); /* one bit of that byte */
/* Whether any `run` consecutive bytes of `mark` stand in the file. */
bool state_file_contains(const struct test_folder *folder, const char *path, const void *mark, size_t run);

#endif
