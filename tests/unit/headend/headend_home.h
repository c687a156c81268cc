/* A headend's folder for one test. */
#ifndef TEST_HEADEND_HOME_H
#define TEST_HEADEND_HOME_H

#include "headend/home.h"

/* Makes an empty headend (database only) in a new temporary folder, as the state of a test. */
int test_home_setup(void **state);
int test_home_teardown(void **state);

#endif
