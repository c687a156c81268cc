/* What the tests of base share: cmocka and a folder of the test's own. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

/* cmocka setup and teardown: `*state` becomes a `struct test_folder *`. */
struct test_folder {
    char path[64];
    int fd;
};

int test_folder_create(void **state);
int test_folder_destroy(void **state);

/* Writes `text` as the file `name` of the folder. */
void test_folder_write(const struct test_folder *folder, const char *name, const char *text);
/* Asserts that the file `name` holds exactly `text`. */
void test_folder_assert_file(const struct test_folder *folder, const char *name, const char *text);

#endif
