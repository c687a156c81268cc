#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/losses.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

static void deaths_after_more_than_a_minute_count(void **state) {
    (void)state;
    struct losses losses = {0};
    assert_false(losses_add(&losses, 61000));
    assert_false(losses_add(&losses, 2 * 61000));
    assert_true(losses_add(&losses, 3 * 61000));
    assert_false(losses_add(&losses, 4 * 61000)); /* it begins anew */
}

static void deaths_hours_apart_count_within_the_window(void **state) {
    (void)state;
    struct losses losses = {0};
    assert_false(losses_add(&losses, HOUR_MS));
    assert_false(losses_add(&losses, 3 * HOUR_MS));
    assert_true(losses_add(&losses, HOUR_MS + LOSSES_WINDOW_MS - 1));
}

static void what_is_older_than_the_window_is_forgotten(void **state) {
    (void)state;
    struct losses losses = {0};
    for (int64_t i = 1; i < 20; i++)
        assert_false(losses_add(&losses, i * LOSSES_WINDOW_MS / 2));
    assert_true(losses_add(&losses, 19 * LOSSES_WINDOW_MS / 2 + MINUTE_MS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deaths_after_more_than_a_minute_count),
        cmocka_unit_test(deaths_hours_apart_count_within_the_window),
        cmocka_unit_test(what_is_older_than_the_window_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
