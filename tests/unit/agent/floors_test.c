#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/crash_guard.h"
#include "agent/floors.h"
#include "base/clock.h"
#include "scratch.h"

static void floors_only_grow_and_outlive_a_restart(void **state) {
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    struct floors floors;
    floors_load(&floors, scratch->vault);
    assert_int_equal(floors.state_version, 0);
    int64_t far = pp_clock_realtime_s() + 10 * FLOORS_CLOCK_STEP_S;
    assert_true(floors_raise(&floors, 9, far, &error));
    assert_true(floors_raise(&floors, 4, 1000, &error));

    scratch_reopen(scratch);
    struct floors again;
    floors_load(&again, scratch->vault);
    assert_int_equal(again.state_version, 9);
    assert_int_equal(again.clock_s, far);
    assert_int_equal(floors_now_s(&again), far); /* the clock is behind the floor */
}

static void floors_that_cannot_be_kept_hold_until_the_next_start(void **state) {
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    struct floors floors;
    floors_load(&floors, scratch->vault);
    assert_true(floors_raise(&floors, 3, 0, &error));
    assert_true(vault_erase(scratch->vault, &error)); /* from now on it takes nothing */
    assert_false(floors_raise(&floors, 7, 0, &error));
    assert_int_equal(floors.state_version, 7);
    assert_false(floors_raise(&floors, 7, 0, &error)); /* tried again */
}

static void another_device_begins_with_its_first_state(void **state) {
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    struct floors floors;
    floors_load(&floors, scratch->vault);
    assert_true(floors_raise(&floors, 57, 0, &error));
    assert_true(floors_forget_state(&floors, &error));
    assert_int_equal(floors.state_version, 0);
    scratch_reopen(scratch);
    floors_load(&floors, scratch->vault);
    assert_int_equal(floors.state_version, 0);
}

static void a_clock_ahead_of_the_floor_is_used(void **state) {
    struct scratch *scratch = *state;
    struct floors floors;
    floors_load(&floors, scratch->vault);
    int64_t before = pp_clock_realtime_s();
    assert_true(floors_now_s(&floors) >= before);
}

static void an_unreadable_record_begins_at_the_build_time(void **state) {
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    assert_true(vault_put(scratch->vault, FLOORS_RECORD, "rubbish", 7, &error));
    struct floors floors;
    floors_load(&floors, scratch->vault);
    assert_int_equal(floors.state_version, 0);
    assert_true(floors.clock_s > 1700000000);
}

static void the_third_start_without_health_is_one_too_many(void **state) {
    struct scratch *scratch = *state;
    struct crash_guard guard;
    for (int i = 0; i < CRASH_GUARD_STARTS_MAX; i++)
        assert_false(crash_guard_begin(&guard, scratch->vault));
    assert_true(crash_guard_begin(&guard, scratch->vault));
    assert_false(crash_guard_begin(&guard, scratch->vault)); /* the count began again */
    crash_guard_healthy(&guard);
    for (int i = 0; i < CRASH_GUARD_STARTS_MAX; i++)
        assert_false(crash_guard_begin(&guard, scratch->vault));
    assert_true(crash_guard_begin(&guard, scratch->vault));
}

static void starts_of_another_boot_do_not_count(void **state) {
    struct scratch *scratch = *state;
    struct crash_guard guard;
    struct pp_error error = {0};
    char record[CRASH_GUARD_BOOT_SIZE + 1] = "00000000-0000-4000-8000-000000000000";
    record[CRASH_GUARD_BOOT_SIZE] = CRASH_GUARD_STARTS_MAX;
    assert_true(vault_put(scratch->vault, CRASH_GUARD_RECORD, record, sizeof record, &error));
    assert_false(crash_guard_begin(&guard, scratch->vault));
    assert_int_equal(guard.starts, 1);
}

static int setup(void **state) {
    static struct scratch scratch;
    scratch_open(&scratch);
    *state = &scratch;
    return 0;
}

static int teardown(void **state) {
    scratch_remove(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(floors_only_grow_and_outlive_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(floors_that_cannot_be_kept_hold_until_the_next_start, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(another_device_begins_with_its_first_state, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_ahead_of_the_floor_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unreadable_record_begins_at_the_build_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_third_start_without_health_is_one_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(starts_of_another_boot_do_not_count, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
