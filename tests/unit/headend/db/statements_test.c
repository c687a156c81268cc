/* headend/db/statements: each is one that the database takes, with the values that it asks for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "headend/db/sql.h"

/* Of one that does not fit the tables, or is misspelt, the database says so. */
static void each_statement_fits_the_tables(void **state) {
    struct home *home = *state;
    for (int statement = 0; statement < DB_STATEMENTS; statement++) {
        struct pp_error error = {0};
        if (!db_statement_check(home->db, (enum db_statement)statement, &error))
            fail_msg("%s", error.message);
    }
}

static void a_statement_takes_as_many_values_as_it_asks_for(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    assert_true(db_run(home->db, &error, DB_META_SET, DB_TEXT("name"), DB_TEXT("value")));
    assert_false(db_run(home->db, &error, DB_META_SET, DB_TEXT("name")));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_string_equal(error.message, "database: META_SET: not its 1 values");
    error = (struct pp_error){0};
    assert_null(db_query(home->db, &error, DB_META_GET, DB_TEXT("name"), DB_INT(1)));
    assert_int_equal(error.code, PP_E_INVALID);
}

static void values_come_back_as_they_were_given(void **state) {
    struct home *home = *state;
    static const uint8_t bytes[] = {0, 1, 2};
    size_t size = 0;
    assert_true(db_run(home->db, NULL, DB_THROTTLE_COUNT, DB_TEXT("kind:key"), DB_INT(-5), DB_INT(7)));
    db_autorow struct db_row *number = db_query(home->db, NULL, DB_THROTTLE_FAILURES, DB_TEXT("kind:key"));
    assert_true(db_next(number, "row", NULL));
    assert_int_equal(db_int(number, 0), 1);
    assert_false(db_is_null(number, 0));
    assert_true(db_run(home->db, NULL, DB_META_SET, DB_TEXT("name"), DB_TEXT("caf\xc3\xa9")));
    db_autorow struct db_row *text = db_query(home->db, NULL, DB_META_GET, DB_TEXT("name"));
    assert_true(db_next(text, "row", NULL));
    assert_string_equal(db_text(text, 0), "caf\xc3\xa9");
    assert_memory_equal(db_blob(text, 0, &size), "caf\xc3\xa9", 5);
    assert_int_equal(size, 5);
    assert_true(db_run(home->db, NULL, DB_ID_TOKEN_USE, DB_BLOB(bytes, sizeof bytes), DB_INT(9)));
    assert_int_equal(db_changes(home->db), 1);
    assert_true(db_run(home->db, NULL, DB_ID_TOKEN_USE, DB_BLOB(bytes, sizeof bytes), DB_INT(9)));
    assert_int_equal(db_changes(home->db), 0); /* the same one */
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(each_statement_fits_the_tables),
        home_test(a_statement_takes_as_many_values_as_it_asks_for),
        home_test(values_come_back_as_they_were_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
