/* headend/device/told.h: what is so is news once, until it is over; and the list has an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "headend/device/told.h"

static void it_is_news_when_it_begins_and_when_it_is_over(void **state) {
    (void)state;
    struct told *told = told_create(NULL);
    assert_false(told_set(told, "a", false));
    for (int round = 0; round < 2; round++) {
        assert_true(told_set(told, "a", true));
        assert_false(told_set(told, "a", true));
        assert_true(told_set(told, "b", true));
        assert_true(told_set(told, "a", false));
        assert_false(told_set(told, "a", false));
        assert_false(told_set(told, "b", true));
        assert_true(told_set(told, "b", false));
    }
    told_destroy(told);
}

static void the_oldest_goes_for_one_too_many(void **state) {
    (void)state;
    struct told *told = told_create(NULL);
    char device[UUID_TEXT_SIZE];
    for (int i = 0; i <= TOLD_MAX; i++) {
        snprintf(device, sizeof device, "%d", i);
        assert_true(told_set(told, device, true));
    }
    assert_false(told_set(told, "1", true));
    assert_true(told_set(told, "0", true));
    assert_true(told_set(told, "1", true));
    assert_true(told_set(told, device, false));
    told_destroy(told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_news_when_it_begins_and_when_it_is_over),
        cmocka_unit_test(the_oldest_goes_for_one_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
