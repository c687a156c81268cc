/* How long a screen may be without word of its headend: what a state may say of it, and what follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/lock.h"
#include "agent/offline_policy.h"
#include "base/json.h"

static enum pp_code parse(const char *text, struct offline_policy *out) {
    struct pp_error error = {0};
    pp_autojson cJSON *state = pp_json_parse(text, strlen(text), 4096, &error);
    assert_non_null(state);
    bool ok = offline_policy_parse(state, out, &error);
    assert_int_equal(ok, error.code == PP_OK);
    return error.code;
}

static void without_a_policy_it_plays_for_ever(void **state) {
    (void)state;
    static const char *const texts[] = {"{}", "{\"policy\":{}}", "{\"policy\":{\"offline\":{}}}",
                                        "{\"policy\":{\"offline\":{\"later\":1}}}"};
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        struct offline_policy policy = {1, 1};
        assert_int_equal(parse(texts[i], &policy), PP_OK);
        assert_int_equal(offline_policy_judge(&policy, INT64_MAX), OFFLINE_PLAY);
        assert_int_equal(offline_policy_wait_s(&policy, 1000), 0);
        assert_int_equal(offline_policy_refresh_s(&policy), 0);
    }
}

static void first_it_locks_and_then_it_erases(void **state) {
    (void)state;
    struct offline_policy policy;
    assert_int_equal(
        parse("{\"policy\":{\"offline\":{\"lock_after_s\":600,\"erase_after_s\":90000}}}", &policy), PP_OK);
    static const struct {
        int64_t silent_s;
        enum offline_verdict verdict;
        int64_t wait_s;
    } rows[] = {{0, OFFLINE_PLAY, 600},    {599, OFFLINE_PLAY, 1},    {600, OFFLINE_LOCK, 3600},
                {89990, OFFLINE_LOCK, 10}, {90000, OFFLINE_ERASE, 0}, {INT64_MAX, OFFLINE_ERASE, 0}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        assert_int_equal(offline_policy_judge(&policy, rows[i].silent_s), rows[i].verdict);
        assert_int_equal(offline_policy_wait_s(&policy, rows[i].silent_s), rows[i].wait_s);
    }
    assert_int_equal(offline_policy_refresh_s(&policy), 75);
}

static void one_that_only_locks_keeps_what_it_has(void **state) {
    (void)state;
    struct offline_policy policy;
    assert_int_equal(parse("{\"policy\":{\"offline\":{\"lock_after_s\":604800}}}", &policy), PP_OK);
    assert_int_equal(offline_policy_judge(&policy, INT64_MAX), OFFLINE_LOCK);
    assert_int_equal(offline_policy_wait_s(&policy, 604800), 0);
    assert_int_equal(offline_policy_refresh_s(&policy), 21600);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"policy\":7}",
        "{\"policy\":{\"offline\":[]}}",
        "{\"policy\":{\"offline\":{\"lock_after_s\":\"7d\"}}}",
        "{\"policy\":{\"offline\":{\"lock_after_s\":0}}}",
        "{\"policy\":{\"offline\":{\"lock_after_s\":-600}}}",
        "{\"policy\":{\"offline\":{\"lock_after_s\":1e300}}}",
        "{\"policy\":{\"offline\":{\"lock_after_s\":600.5}}}",
        "{\"policy\":{\"offline\":{\"erase_after_s\":600}}}",
        "{\"policy\":{\"offline\":{\"lock_after_s\":601,\"erase_after_s\":600}}}",
    };
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        struct offline_policy policy;
        assert_int_equal(parse(texts[i], &policy), PP_E_INVALID);
    }
}

static void every_reason_of_a_lock_is_found_again_by_its_name(void **state) {
    (void)state;
    for (enum lock_reason reason = LOCK_UNTOLD; reason < LOCK_REASONS; reason++) {
        assert_int_equal(lock_named(lock_name(reason)), reason);
        assert_non_null(lock_words(reason));
        /* Whoever has to look at it is told something: a code to approve, or one that the manual explains. */
        assert_true(lock_wants_approval(reason) != (lock_code(reason) != NULL));
    }
    assert_int_equal(lock_named("of a later version"), LOCK_UNTOLD);
    assert_string_equal(lock_name(LOCK_NONE), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_policy_it_plays_for_ever),
        cmocka_unit_test(first_it_locks_and_then_it_erases),
        cmocka_unit_test(one_that_only_locks_keeps_what_it_has),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(every_reason_of_a_lock_is_found_again_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
