/* What the tests of base share: cmocka and a folder of the test's own, whose files can be written and
 * compared. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include "support/test_folder.h"

/* Writes `text` as the file `name` of the folder. */
void test_folder_write(const struct test_folder *folder, const char *name, const char *text);
/* Asserts that the file `name` holds exactly `text`. */
void test_folder_assert_file(const struct test_folder *folder, const char *name, const char *text);

#endif
