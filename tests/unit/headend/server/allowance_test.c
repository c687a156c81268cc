#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "headend/server/allowance.h"

#define ALLOWANCE_REQUESTS          (ALLOWANCE_OF_SCREENS.requests)
#define ALLOWANCE_REQUESTS_A_SECOND (ALLOWANCE_OF_SCREENS.requests_a_second)
#define ALLOWANCE_BYTES             ((uint64_t)ALLOWANCE_OF_SCREENS.bytes)
#define ALLOWANCE_BYTES_A_SECOND    ((uint64_t)ALLOWANCE_OF_SCREENS.bytes_a_second)

static int setup(void **state) {
    *state = allowance_create(&ALLOWANCE_OF_SCREENS, NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    allowance_destroy(*state);
    return 0;
}

static void so_many_requests_go_at_once_and_then_some_a_second(void **state) {
    for (int i = 0; i < ALLOWANCE_REQUESTS; i++)
        assert_int_equal(allowance_take(*state, "a", 100, 5000), 0);
    assert_int_equal(allowance_take(*state, "a", 100, 5000), 1);
    assert_int_equal(allowance_take(*state, "b", 100, 5000), 0); /* another's */
    assert_int_equal(allowance_take(*state, "a", 100, 5499), 1);
    assert_int_equal(allowance_take(*state, "a", 100, 5500), 0);
    assert_int_equal(allowance_take(*state, "a", 100, 5500), 1);
    for (int i = 0; i < ALLOWANCE_REQUESTS_A_SECOND; i++)
        assert_int_equal(allowance_take(*state, "a", 100, 6500), 0);
    assert_int_equal(allowance_take(*state, "a", 100, 6500), 1);
}

static void the_wait_is_as_long_as_the_bytes_need(void **state) {
    assert_int_equal(allowance_take(*state, "a", ALLOWANCE_BYTES, 0), 0);
    assert_int_equal(allowance_take(*state, "a", 1, 0), 1);
    assert_int_equal(allowance_take(*state, "a", 10 * ALLOWANCE_BYTES_A_SECOND, 0), 10);
    assert_int_equal(allowance_take(*state, "a", 10 * ALLOWANCE_BYTES_A_SECOND, 9999), 1);
    assert_int_equal(allowance_take(*state, "a", 10 * ALLOWANCE_BYTES_A_SECOND, 10000), 0);
    /* More than there can be is taken once all is there. */
    assert_int_equal(allowance_take(*state, "a", UINT64_MAX, 10000),
                     ALLOWANCE_BYTES / ALLOWANCE_BYTES_A_SECOND);
    assert_int_equal(allowance_take(*state, "a", UINT64_MAX, INT64_MAX / 2), 0);
}

static void who_has_all_again_is_forgotten(void **state) {
    assert_int_equal(allowance_take(*state, "a", 1, 0), 0);
    assert_int_equal(allowance_take(*state, "b", ALLOWANCE_BYTES, 0), 0);
    assert_int_equal(allowance_purge(*state, 0), 2);
    assert_int_equal(allowance_purge(*state, 1000), 1);
    assert_int_equal(allowance_purge(*state, 1000LL * ALLOWANCE_BYTES / ALLOWANCE_BYTES_A_SECOND), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(so_many_requests_go_at_once_and_then_some_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(the_wait_is_as_long_as_the_bytes_need, setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_all_again_is_forgotten, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
