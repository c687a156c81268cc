/* headend/db/migrations: a database that any former version has left becomes the same as a new one; one of a later
 * version is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "headend/db/sql.h"
#include "headend/signer/service.h"
#include "support/test_folder.h"

#define SCHEMA_MAX 262144 /* bytes */

static void schema_read(struct db *db, struct pp_buf *text) {
    db_autorow struct db_row *row = db_query_sql(
        db, NULL,
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name", "");
    while (row && db_next(row, "table", NULL))
        assert_true(pp_buf_addf(text, NULL, "%s\n", db_text(row, 0)));
}

static void a_database_of_each_former_version_becomes_as_a_new_one(void **state) {
    (void)state;
    pp_autobuf struct pp_buf expected = PP_BUF_INIT(SCHEMA_MAX);
    for (size_t number = db_migration_newest(); number > 0; number--) {
        char folder[TEST_FOLDER_SIZE];
        struct pp_error error = {0};
        test_folder_make(folder);
        PP_AUTO(signing) struct signing *signing = signer_local(folder, NULL);
        struct db *former = db_open_at(folder, number, signing, &error);
        if (!former)
            fail_msg("%zu: %s", number, error.message);
        db_close(former);
        struct db *db = db_open(folder, NULL, false, signing, &error);
        if (!db)
            fail_msg("%zu: %s", number, error.message);
        pp_autobuf struct pp_buf schema = PP_BUF_INIT(SCHEMA_MAX);
        schema_read(db, number == db_migration_newest() ? &expected : &schema);
        if (number < db_migration_newest())
            assert_string_equal(pp_buf_text(&schema), pp_buf_text(&expected));
        db_close(db);
        test_folder_remove(folder);
    }
    assert_non_null(strstr(pp_buf_text(&expected), "table device "));
}

/* Rows are taken along. */
static void what_lists_look_for_is_filled_in_from_rows_of_before(void **state) {
    (void)state;
    char folder[TEST_FOLDER_SIZE];
    struct pp_error error = {0};
    test_folder_make(folder);
    PP_AUTO(signing) struct signing *signing = signer_local(folder, NULL);
    struct db *former = db_open_at(folder, 31, signing, &error);
    assert_non_null(former);
    assert_true(db_run_sql(
        former, NULL,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created,"
        " approved_by, report) VALUES('a', x'00', '\xc3\x89TAGE', 'Lyon', 'UTC', 'en', 'active', 0,"
        " 'x', '{\"state\":\"connecting\",\"code\":\"E12\",\"root_version\":7,\"software\":\"1.2\"}'),"
        " ('b', x'01', 'B', '', 'UTC', 'en', 'active', 0, 'x', 'no JSON')",
        ""));
    db_close(former);
    struct db *db = db_open(folder, NULL, false, signing, &error);
    if (!db)
        fail_msg("%s", error.message);
    db_autorow struct db_row *row =
        db_query_sql(db, NULL,
                     "SELECT name_folded, site_folded, reported_state, reported_code, reported_trouble,"
                     " reported_root, reported_software FROM device ORDER BY id",
                     "");
    assert_true(db_next(row, "screen", NULL));
    assert_string_equal(db_text(row, 0), "\xc3\xa9tage");
    assert_string_equal(db_text(row, 1), "lyon");
    assert_string_equal(db_text(row, 2), "connecting");
    assert_string_equal(db_text(row, 3), "E12");
    assert_string_equal(db_text(row, 4), "");
    assert_int_equal(db_int(row, 5), 7);
    assert_string_equal(db_text(row, 6), "1.2");
    assert_true(db_next(row, "screen", NULL));
    assert_string_equal(db_text(row, 2), "");
    db_row_close(pp_steal(&row));
    db_close(db);
    test_folder_remove(folder);
}

static void a_database_of_a_later_version_is_refused_by_its_number(void **state) {
    (void)state;
    char folder[TEST_FOLDER_SIZE];
    struct pp_error error = {0};
    test_folder_make(folder);
    PP_AUTO(signing) struct signing *signing = signer_local(folder, NULL);
    struct db *db = db_open(folder, NULL, true, signing, &error);
    assert_non_null(db);
    assert_true(db_run_sql(db, NULL, "INSERT INTO migration(number, applied) VALUES(9999, 0)", ""));
    db_close(db);
    assert_null(db_open(folder, NULL, false, signing, &error));
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    assert_string_equal(error.message, "the database is of a newer version of this program (schema 9999)");
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_of_each_former_version_becomes_as_a_new_one),
        cmocka_unit_test(what_lists_look_for_is_filled_in_from_rows_of_before),
        cmocka_unit_test(a_database_of_a_later_version_is_refused_by_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
