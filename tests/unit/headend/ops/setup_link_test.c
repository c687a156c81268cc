/* headend/ops/setup_link.h: the link that the first account is made with. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/setup_link.h"
#include "headend/ops/users.h"

#define ENCODED "$argon2id$of$somebody"

static void not_there(struct home *home, const char *token) {
    struct pp_error error = {0};
    assert_false(setup_link_check(home->db, token, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

static int64_t count(struct home *home, const char *sql) {
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, sql, "");
    assert_true(db_next(row, "count", NULL));
    return db_int(row, 0);
}

static void a_link_makes_one_account_and_then_nothing(void **state) {
    struct home *home = *state;
    char token[SECRET_TEXT_SIZE];
    char encoded[PASSWORD_ENCODED_MAX];
    int64_t admin = 0;
    int64_t found = 0;
    bool wanted = false;
    struct pp_error error = {0};
    assert_true(setup_link_wanted(home->db, &wanted, NULL));
    assert_true(wanted);
    assert_true(setup_link_make(home->db, token, NULL));
    assert_int_equal(strlen(token), 43);
    assert_true(setup_link_check(home->db, token, NULL));
    assert_true(setup_link_redeem(home->db, token, "Ann", ENCODED, &admin, NULL));
    assert_true(user_find(home->db, "Ann", &found, encoded, NULL));
    assert_int_equal(found, admin);
    assert_string_equal(encoded, ENCODED);
    assert_true(setup_link_wanted(home->db, &wanted, NULL));
    assert_false(wanted);
    assert_int_equal(count(home, "SELECT count(*) FROM admin_grant WHERE role = 'admin' AND scope = 'whole'"),
                     1);
    not_there(home, token);
    assert_false(setup_link_redeem(home->db, token, "Bob", ENCODED, &admin, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_false(setup_link_make(home->db, token, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_int_equal(count(home, "SELECT count(*) FROM admin"), 1);
    assert_int_equal(count(home, "SELECT count(*) FROM setup_link"), 0);
}

static void a_token_that_was_made_up_is_none(void **state) {
    struct home *home = *state;
    char token[SECRET_TEXT_SIZE];
    assert_true(setup_link_make(home->db, token, NULL));
    token[0] = token[0] == 'A' ? 'B' : 'A';
    not_there(home, token);
    not_there(home, "");
}

static void the_newest_link_is_the_only_one(void **state) {
    struct home *home = *state;
    char first[SECRET_TEXT_SIZE];
    char second[SECRET_TEXT_SIZE];
    assert_true(setup_link_make(home->db, first, NULL));
    assert_true(setup_link_make(home->db, second, NULL));
    not_there(home, first);
    assert_true(setup_link_check(home->db, second, NULL));
}

static void a_link_ends_after_a_day_and_none_begins_in_the_future(void **state) {
    struct home *home = *state;
    char token[SECRET_TEXT_SIZE];
    int64_t now = pp_clock_realtime_s();
    assert_true(setup_link_make(home->db, token, NULL));
    assert_in_range(count(home, "SELECT expires FROM setup_link"), now + SETUP_LINK_S,
                    now + SETUP_LINK_S + 10);
    assert_true(db_run_sql(home->db, NULL, "UPDATE setup_link SET expires = ?", "i", now));
    not_there(home, token);
    assert_true(
        db_run_sql(home->db, NULL, "UPDATE setup_link SET expires = ?", "i", now + SETUP_LINK_S + 60));
    not_there(home, token);
}

static void an_account_that_is_made_otherwise_ends_the_link(void **state) {
    struct home *home = *state;
    char token[SECRET_TEXT_SIZE];
    assert_true(setup_link_make(home->db, token, NULL));
    assert_true(user_add(home->db, "Ann", "long enough now", NULL));
    not_there(home, token);
    assert_int_equal(count(home, "SELECT count(*) FROM setup_link"), 0);
}

static void the_database_does_not_hold_the_token(void **state) {
    struct home *home = *state;
    char token[SECRET_TEXT_SIZE];
    size_t size = 0;
    assert_true(setup_link_make(home->db, token, NULL));
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, "SELECT hash FROM setup_link", "");
    assert_true(db_next(row, "link", NULL));
    assert_memory_not_equal(db_blob(row, 0, &size), token, SECRET_HASH_SIZE);
    assert_int_equal(size, SECRET_HASH_SIZE);
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(a_link_makes_one_account_and_then_nothing),
        home_test(a_token_that_was_made_up_is_none),
        home_test(the_newest_link_is_the_only_one),
        home_test(a_link_ends_after_a_day_and_none_begins_in_the_future),
        home_test(an_account_that_is_made_otherwise_ends_the_link),
        home_test(the_database_does_not_hold_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
