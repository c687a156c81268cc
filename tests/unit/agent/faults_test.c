#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/faults.h"

static void object(uint8_t sha256[CHANNEL_HASH_SIZE], unsigned number) {
    memset(sha256, 0, CHANNEL_HASH_SIZE);
    memcpy(sha256, &number, sizeof number);
}

static void an_object_is_set_aside_at_its_third_failure_and_comes_back_after_an_hour(void **state) {
    (void)state;
    struct faults faults = {0};
    uint8_t bad[CHANNEL_HASH_SIZE];
    uint8_t good[CHANNEL_HASH_SIZE];
    object(bad, 0);
    object(good, 1);
    assert_false(faults_add(&faults, bad, 10));
    assert_false(faults_add(&faults, bad, 20));
    assert_true(faults_allow(&faults, bad, 21));
    assert_true(faults_add(&faults, bad, 30));
    assert_false(faults_allow(&faults, bad, 31));
    assert_true(faults_allow(&faults, good, 31));
    assert_false(faults_allow(&faults, bad, 30 + FAULTS_ASIDE_MS - 1));
    assert_true(faults_allow(&faults, bad, 30 + FAULTS_ASIDE_MS));
    /* One more failure, and it is aside again at once. */
    faults_add(&faults, bad, 30 + FAULTS_ASIDE_MS);
    assert_false(faults_allow(&faults, bad, 31 + FAULTS_ASIDE_MS));
}

static void failures_far_apart_do_not_add_up(void **state) {
    (void)state;
    struct faults faults = {0};
    uint8_t bad[CHANNEL_HASH_SIZE];
    object(bad, 7);
    for (int64_t i = 0; i < 5; i++) {
        assert_false(faults_add(&faults, bad, i * FAULTS_FORGET_MS));
        assert_true(faults_allow(&faults, bad, i * FAULTS_FORGET_MS + 1));
    }
}

static void a_full_table_forgets_the_oldest_failure(void **state) {
    (void)state;
    struct faults faults = {0};
    uint8_t sha256[CHANNEL_HASH_SIZE];
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        object(sha256, i);
        for (int j = 0; j < FAULTS_TILL_ASIDE; j++)
            faults_add(&faults, sha256, 100 + i);
    }
    object(sha256, FAULTS_MAX);
    faults_add(&faults, sha256, 5000);
    assert_int_equal(faults.count, FAULTS_MAX);
    object(sha256, 0);
    assert_true(faults_allow(&faults, sha256, 5001));
    object(sha256, 1);
    assert_false(faults_allow(&faults, sha256, 5001));
}

static void an_object_is_noted_once_and_again_when_it_was_forgotten(void **state) {
    (void)state;
    struct faults notes = {0};
    uint8_t silent[CHANNEL_HASH_SIZE];
    uint8_t other[CHANNEL_HASH_SIZE];
    object(silent, 1);
    object(other, 2);
    assert_true(faults_note(&notes, silent, 10));
    assert_false(faults_note(&notes, silent, 20));
    assert_true(faults_note(&notes, other, 30));
    assert_false(faults_note(&notes, silent, 9 + FAULTS_FORGET_MS));
    assert_true(faults_note(&notes, silent, 10 + FAULTS_FORGET_MS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_set_aside_at_its_third_failure_and_comes_back_after_an_hour),
        cmocka_unit_test(failures_far_apart_do_not_add_up),
        cmocka_unit_test(a_full_table_forgets_the_oldest_failure),
        cmocka_unit_test(an_object_is_noted_once_and_again_when_it_was_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
