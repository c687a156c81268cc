/* A headend's folder for one test. */
#ifndef TEST_HEADEND_HOME_H
#define TEST_HEADEND_HOME_H

#include "headend/base/home.h"

/* Makes an empty headend (database only) in a new temporary folder, as the state of a test. */
int test_home_setup(void **state);
int test_home_teardown(void **state);
/* Whether tools/lib/on_postgresql runs this program: its database is there, and not in the folder. */
bool test_home_on_postgresql(void);

/* What it keeps from standing there can stand there from now on. */
void test_trigger_drop(const struct home *home, const char *table, const char *trigger);

/* The renderers that publish tries content out with. */
#define TEST_RENDERERS PP_BUILD_DIR "/tools/libexec/pingplay-headend"
/* A picture NAME.png in the folder, and no two names' are the same content. */
void test_content_make(const struct home *home, const char *name, char path[PP_PATH_MAX]);

#endif
