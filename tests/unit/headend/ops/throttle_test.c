#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "headend/ops/throttle.h"
#include "headend/ops/users.h"

static int64_t attempt(struct home *home, const char *account, const char *address, int64_t now) {
    int64_t wait_s = -1;
    struct pp_error error = {0};
    assert_true(throttle_attempt(home->db, account, address, now, &wait_s, &error));
    return wait_s;
}

static void throttle_delay_doubles_up_to_its_cap(void **state) {
    (void)state;
    static const int64_t expected[] = {0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60};
    for (int64_t failures = 0; failures < 11; failures++)
        assert_int_equal(throttle_delay(failures, 60), expected[failures]);
    assert_int_equal(throttle_delay(INT64_MAX, 900), 900);
}

static void throttle_counts_failures_of_account_and_address(void **state) {
    struct home *home = *state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(attempt(home, "ann", "10.0.0.1", 1000), 0);
    assert_int_equal(attempt(home, "ann", "10.0.0.1", 1000), 2);
    assert_int_equal(attempt(home, "ann", "10.0.0.2", 1000), 2); /* the account, from elsewhere */
    assert_int_equal(attempt(home, "bob", "10.0.0.1", 1001), 1); /* the address, for another */
    assert_int_equal(attempt(home, "bob", "10.0.0.2", 1000), 0);
}

static void throttle_lets_go_after_the_wait_and_then_waits_longer(void **state) {
    struct home *home = *state;
    for (int i = 0; i < 4; i++)
        attempt(home, "cid", "10.0.0.3", 2000);
    assert_int_equal(attempt(home, "cid", "10.0.0.3", 2002), 0);
    assert_int_equal(attempt(home, "cid", "10.0.0.3", 2002), 4);
}

static void throttle_forgets_after_success_and_after_an_hour(void **state) {
    struct home *home = *state;
    for (int i = 0; i < 4; i++)
        attempt(home, "dee", "10.0.0.4", 3000);
    assert_true(throttle_clear(home->db, "dee", "10.0.0.4", 3000, NULL));
    assert_int_equal(attempt(home, "dee", "10.0.0.4", 3000), 0);
    for (int i = 0; i < 9; i++)
        attempt(home, "eve", "10.0.0.5", 3000 + i * 200);
    assert_int_equal(attempt(home, "eve", "10.0.0.5", 9000), 0);
    assert_int_equal(attempt(home, "eve", "10.0.0.5", 9000), 0);
}

static void strangers_do_not_keep_an_account_out_where_it_is_known(void **state) {
    struct home *home = *state;
    assert_true(throttle_clear(home->db, "gil", "10.1.0.1", 5000, NULL));
    for (int i = 0; i < 4; i++)
        assert_int_equal(attempt(home, "gil", "10.1.0.2", 6000), 0);
    assert_int_equal(attempt(home, "gil", "10.1.0.3", 6000), 2); /* strangers wait, wherever they come from */
    for (int i = 0; i < 4; i++)
        assert_int_equal(attempt(home, "gil", "10.1.0.1", 6000), 0);
    assert_int_equal(attempt(home, "gil", "10.1.0.1", 6000), 2); /* its own wait holds */
    assert_true(throttle_purge(home->db, 5000 + THROTTLE_KNOWN_S + 1, NULL));
    for (int i = 0; i < 4; i++)
        attempt(home, "gil", "10.1.0.2", 6001 + THROTTLE_KNOWN_S);
    assert_int_equal(attempt(home, "gil", "10.1.0.1", 6001 + THROTTLE_KNOWN_S), 2); /* known no more */
}

static void throttle_forgets_what_a_wrong_clock_wrote(void **state) {
    struct home *home = *state;
    for (int i = 0; i < 5; i++)
        attempt(home, "fay", "10.0.0.6", 2000000000);
    assert_true(attempt(home, "fay", "10.0.0.6", 2000000000) > 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(attempt(home, "fay", "10.0.0.6", 10000), 0);
    assert_int_equal(attempt(home, "fay", "10.0.0.6", 10000), 2); /* and counts from the beginning */
}

static void password_is_kept_as_argon2id_with_its_own_salt(void **state) {
    struct home *home = *state;
    char one[PASSWORD_ENCODED_MAX];
    char two[PASSWORD_ENCODED_MAX];
    int64_t id = 0;
    assert_true(user_add(home->db, "ann", "long enough", NULL));
    assert_true(user_add(home->db, "bob", "long enough", NULL));
    assert_true(user_find(home->db, "ann", &id, one, NULL));
    assert_true(id > 0);
    assert_true(user_find(home->db, "bob", &id, two, NULL));
    assert_non_null(strstr(one, "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_string_not_equal(one, two);
    assert_true(password_verify(one, "long enough"));
    assert_false(password_verify(one, "long enougH"));
    assert_false(password_verify(one, ""));
}

static void an_unknown_name_costs_the_same_and_fits_nothing(void **state) {
    struct home *home = *state;
    char encoded[PASSWORD_ENCODED_MAX];
    int64_t id = 7;
    assert_true(user_find(home->db, "nobody", &id, encoded, NULL));
    assert_int_equal(id, 0);
    assert_non_null(strstr(encoded, "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_false(password_verify(encoded, "long enough"));
}

static void user_is_refused_with_a_bad_name_or_password(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    assert_false(user_add(home->db, "", "long enough", &error));
    assert_false(user_add(home->db, "new\nline", "long enough", &error));
    assert_false(user_add(home->db, "short", "too short", &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(user_add(home->db, "taken", "long enough", &error));
    assert_false(user_add(home->db, "taken", "long enough", &error));
    assert_int_equal(error.code, PP_E_STATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(throttle_delay_doubles_up_to_its_cap),
        cmocka_unit_test(throttle_counts_failures_of_account_and_address),
        cmocka_unit_test(throttle_lets_go_after_the_wait_and_then_waits_longer),
        cmocka_unit_test(throttle_forgets_after_success_and_after_an_hour),
        cmocka_unit_test(strangers_do_not_keep_an_account_out_where_it_is_known),
        cmocka_unit_test(throttle_forgets_what_a_wrong_clock_wrote),
        cmocka_unit_test(password_is_kept_as_argon2id_with_its_own_salt),
        cmocka_unit_test(an_unknown_name_costs_the_same_and_fits_nothing),
        cmocka_unit_test(user_is_refused_with_a_bad_name_or_password),
    };
    return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}
