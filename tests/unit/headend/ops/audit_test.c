/* headend/ops/audit: rows that are only added, each tied to the one before; what was done to them is found. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "headend/db/sql.h"
#include "headend/ops/audit.h"

static void add(struct home *home, const char *target, const char *name) {
    struct actor actor = actor_command_line();
    pp_autojson cJSON *after = cJSON_CreateObject();
    cJSON_AddStringToObject(after, "name", name);
    const struct audit_entry entry = {
        .actor = &actor, .operation = "screen.change", .outcome = "done", .target = target, .after = after};
    assert_true(audit_add(home->db, &entry, NULL));
}

static void add_five(struct home *home) {
    static const char *const names[] = {"one", "two", "three", "caf\xc3\xa9 \"four\"", "five"};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        add(home, "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f", names[i]);
}

static void collect(void *arg, const char *words) {
    char *all = arg;
    snprintf(all + strlen(all), 512 - strlen(all), "%s%s", *all ? "; " : "", words);
}

static void verify(struct home *home, struct audit_verification *found, const char *words) {
    char told[512] = "";
    found->tell = collect;
    found->arg = told;
    assert_true(audit_verify(home->db, found, NULL));
    assert_string_equal(told, words);
    assert_int_equal(found->faults > 0, *words != 0);
}

static void finds(struct home *home, const char *words) {
    struct audit_verification found = {0};
    verify(home, &found, words);
}

/* Behind the audit's back, as somebody who may write the file. */
static void tamper(struct home *home, const char *sql) {
    test_trigger_drop(home, "audit", "IF EXISTS audit_stays");
    test_trigger_drop(home, "audit", "IF EXISTS audit_remains");
    assert_true(db_run_sql(home->db, NULL, sql, ""));
}

static void what_was_added_is_whole(void **state) {
    struct home *home = *state;
    struct audit_verification found = {0};
    finds(home, "");
    add_five(home);
    verify(home, &found, "");
    assert_int_equal(found.rows, 5);
    assert_int_equal(found.newest, 5);
}

static void each_changed_column_is_found(void **state) {
    struct home *home = *state;
    static const char *const changes[] = {
        "UPDATE audit SET time = time + 1 WHERE number = 3",
        "UPDATE audit SET kind = 'person' WHERE number = 3",
        "UPDATE audit SET actor = 'ann' WHERE number = 3",
        "UPDATE audit SET address = '192.0.2.1' WHERE number = 3",
        "UPDATE audit SET session = '0' WHERE number = 3",
        "UPDATE audit SET operation = 'screen.chang3' WHERE number = 3",
        "UPDATE audit SET outcome = 'denied' WHERE number = 3",
        "UPDATE audit SET target = '' WHERE number = 3",
        "UPDATE audit SET before = '{}' WHERE number = 3",
        "UPDATE audit SET after = replace(after, 'three', 'threE') WHERE number = 3",
    };
    add_five(home);
    for (size_t i = 0; i < PP_COUNT(changes); i++) {
        db_autochange struct db_change change = {0};
        assert_true(db_change_begin(&change, home->db, NULL));
        tamper(home, changes[i]);
        finds(home, "row 3 was changed, or is not the one that followed row 2");
        db_change_rollback(&change);
    }
    finds(home, "");
}

static void a_changed_hash_is_found_at_its_row_and_the_next(void **state) {
    struct home *home = *state;
    add_five(home);
    tamper(home, "UPDATE audit SET hash = zeroblob(32) WHERE number = 3");
    finds(home, "row 3 was changed, or is not the one that followed row 2; "
                "row 4 was changed, or is not the one that followed row 3");
}

static void removed_rows_are_found_wherever_they_were(void **state) {
    struct home *home = *state;
    static const char *const removals[][2] = {
        {"DELETE FROM audit WHERE number = 1", "row 1 is missing"},
        {"DELETE FROM audit WHERE number IN (2, 3)", "rows 2 to 3 are missing"},
        {"DELETE FROM audit WHERE number > 3", "rows 4 to 5 are missing"},
        {"DELETE FROM audit", "rows 1 to 5 are missing"},
    };
    add_five(home);
    for (size_t i = 0; i < PP_COUNT(removals); i++) {
        db_autochange struct db_change change = {0};
        assert_true(db_change_begin(&change, home->db, NULL));
        tamper(home, removals[i][0]);
        finds(home, removals[i][1]);
        db_change_rollback(&change);
    }
}

static void reordered_rows_are_found(void **state) {
    struct home *home = *state;
    add_five(home);
    tamper(home, "UPDATE audit SET number = 100 WHERE number = 2");
    tamper(home, "UPDATE audit SET number = 2 WHERE number = 3");
    tamper(home, "UPDATE audit SET number = 3 WHERE number = 100");
    finds(home, "row 2 was changed, or is not the one that followed row 1; "
                "row 3 was changed, or is not the one that followed row 2; "
                "row 4 was changed, or is not the one that followed row 3");
}

static void one_that_was_put_in_at_the_end_is_found(void **state) {
    struct home *home = *state;
    add_five(home);
    tamper(home,
           "INSERT INTO audit SELECT 6, time, kind, actor, address, session, operation, outcome, target,"
           " before, after, hash FROM audit WHERE number = 5");
    finds(home, "row 6 was changed, or is not the one that followed row 5; "
                "row 6 is not the one that was added last");
}

static void what_somebody_has_noted_is_held_against_it(void **state) {
    struct home *home = *state;
    struct audit_verification first = {0};
    add_five(home);
    verify(home, &first, "");
    struct audit_verification again = {.noted = first.newest};
    memcpy(again.noted_hash, first.hash, sizeof first.hash);
    add(home, "", "six");
    verify(home, &again, "");
    again = (struct audit_verification){.noted = 4};
    memcpy(again.noted_hash, first.hash, sizeof first.hash);
    verify(home, &again, "row 4 is not the one that was noted");
    again = (struct audit_verification){.noted = 7};
    verify(home, &again, "row 7, which was noted, is not there");
}

static void rows_are_only_added(void **state) {
    struct home *home = *state;
    add_five(home);
    assert_false(db_run_sql(home->db, NULL, "UPDATE audit SET actor = 'ann' WHERE number = 3", ""));
    assert_false(db_run_sql(home->db, NULL, "DELETE FROM audit", ""));
    finds(home, "");
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(what_was_added_is_whole),
        home_test(each_changed_column_is_found),
        home_test(a_changed_hash_is_found_at_its_row_and_the_next),
        home_test(removed_rows_are_found_wherever_they_were),
        home_test(reordered_rows_are_found),
        home_test(one_that_was_put_in_at_the_end_is_found),
        home_test(what_somebody_has_noted_is_held_against_it),
        home_test(rows_are_only_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
