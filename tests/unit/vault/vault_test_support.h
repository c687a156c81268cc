/* What the tests of vault share: cmocka, and a state folder whose files can be looked at and damaged. Paths
 * are relative to that folder. */
#ifndef VAULT_TEST_SUPPORT_H
#define VAULT_TEST_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdbool.h>

struct state_folder {
    char path[64];
    int fd;
};

/* What a vault's reporter was told. */
struct reports {
    int count;
    char name[80];
    char message[400];
};

int state_folder_create(void **state);
int state_folder_destroy(void **state);

bool state_has(const struct state_folder *folder, const char *path);
unsigned state_mode(const struct state_folder *folder, const char *path);
size_t state_size(const struct state_folder *folder, const char *path);
int state_count(const struct state_folder *folder, const char *path); /* entries of a folder */
int state_open(const struct state_folder *folder, const char *path);
void state_read(const struct state_folder *folder, const char *path, void *out, size_t size);
void state_write(const struct state_folder *folder, const char *path, const void *data, size_t size);
void state_copy(const struct state_folder *folder, const char *from, const char *to);
void state_rename(const struct state_folder *folder, const char *from, const char *to);
void state_flip(const struct state_folder *folder, const char *path, size_t at); /* one bit of that byte */
/* Whether any `run` consecutive bytes of `mark` stand in the file. */
bool state_file_contains(const struct state_folder *folder, const char *path, const void *mark, size_t run);

#endif
