#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <poll.h>
#include <string.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/channel.h"
#include "headend/ops/device.h"
#include "headend/ops/screen_changes.h"
#include "headend/ops/screen_group.h"

#define ID(digit) "0000000" digit "-0000-4000-8000-000000000000"

static void change(struct home *home, const char *sql) {
    assert_true(db_run_sql(home->db, NULL, sql, ""));
}

static void screens_add(struct home *home, int first, int count) {
    db_autochange struct db_change change = {0};
    assert_true(db_change_begin(&change, home->db, NULL));
    for (int i = first; i < first + count; i++) {
        char id[UUID_TEXT_SIZE];
        snprintf(id, sizeof id, "%08x-0000-4000-8000-000000000000", (unsigned)i);
        assert_true(db_run_sql(
            home->db, NULL,
            "INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status, created,"
            " approved_by, seen) VALUES(?, randomblob(32), 'a', '', NULL, 'UTC', 'en', 'active', 0, 'test', "
            "?)",
            "si", id, pp_clock_realtime_s()));
    }
    assert_true(db_change_commit(&change, NULL));
}

/* Looks, once that is due. */
static void look(struct screen_changes *changes, struct home *home) {
    int64_t wait_ms = screen_changes_due(changes) - pp_clock_monotonic_ms();
    if (wait_ms > 0)
        poll(NULL, 0, (int)wait_ms);
    assert_true(screen_changes_look(changes, home->db, NULL));
}

static void changes_are_what_came_went_or_is_another(void **state) {
    struct home *home = *state;
    struct screen_changes *changes = screen_changes_create(NULL);
    struct screen_change ids[4];
    size_t count;
    uint64_t position = screen_changes_position(changes);
    screens_add(home, 1, 3);
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, ids, 4, &count));
    assert_int_equal(count, 0); /* the first look knows of nothing before */
    screens_add(home, 4, 1);
    change(home, "DELETE FROM device WHERE id LIKE '00000001%'");
    change(home, "UPDATE device SET name = 'b' WHERE id LIKE '00000002%'");
    change(home, "UPDATE device SET seen = seen + 1 WHERE id LIKE '00000003%'");
    /* not due yet */
    assert_true(screen_changes_look(changes, home->db, NULL));
    assert_true(screen_changes_since(changes, &position, ids, 4, &count));
    assert_int_equal(count, 0);
    uint64_t other = position;
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, ids, 2, &count));
    assert_int_equal(count, 2);
    assert_string_equal(ids[0].id, ID("1"));
    assert_string_equal(ids[1].id, ID("2"));
    assert_true(screen_changes_since(changes, &position, ids, 2, &count));
    assert_int_equal(count, 1);
    assert_string_equal(ids[0].id, ID("4"));
    assert_true(screen_changes_since(changes, &position, ids, 2, &count));
    assert_int_equal(count, 0);
    assert_true(screen_changes_since(changes, &other, ids, 4, &count));
    assert_int_equal(count, 3); /* each who listens has his own position */
    /* one that falls silent */
    change(home, "UPDATE device SET seen = 5 WHERE id LIKE '00000003%'");
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, ids, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(ids[0].id, ID("3"));
    screen_changes_destroy(changes);
}

static void who_missed_more_than_is_kept_is_told(void **state) {
    struct home *home = *state;
    struct screen_changes *changes = screen_changes_create(NULL);
    struct screen_change ids[1];
    size_t count;
    uint64_t position = screen_changes_position(changes);
    look(changes, home);
    screens_add(home, 16, SCREEN_CHANGES_KEPT);
    look(changes, home);
    uint64_t in_time = position;
    assert_true(screen_changes_since(changes, &in_time, ids, 1, &count));
    assert_string_equal(ids[0].id, "00000010-0000-4000-8000-000000000000");
    change(home, "UPDATE device SET name = 'b' WHERE id LIKE '00000010%'");
    look(changes, home);
    assert_false(screen_changes_since(changes, &position, ids, 1, &count));
    assert_int_equal(count, 0);
    assert_true(screen_changes_since(changes, &position, ids, 1, &count));
    assert_int_equal(count, 0);
    screen_changes_destroy(changes);
}

/* Each by its kind, and a receipt is no change of the screen itself. */
static void what_else_changes_is_told_by_its_kind(void **state) {
    struct home *home = *state;
    struct screen_changes *changes = screen_changes_create(NULL);
    struct screen_change found[8];
    char group[UUID_TEXT_SIZE];
    size_t count;
    bool made;
    uint64_t position = screen_changes_position(changes);
    screens_add(home, 1, 2);
    assert_true(channel_make(home->db, "lobby", "Lobby", &made, NULL));
    look(changes, home);
    change(home, "UPDATE device SET receipts = receipts + 1 WHERE id LIKE '00000002%'");
    change(home, "UPDATE channel SET publish = 7");
    change(
        home,
        "INSERT INTO enrolment(device_code_hash, user_code_hash, thumbprint, created, expires, interval, "
        "address,"
        " status) VALUES(randomblob(32), randomblob(32), randomblob(32), 5, 9999999999, 5, '', 'pending')");
    assert_true(screen_group_make(home->db, "North", 0, group, NULL));
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, found, 8, &count));
    assert_int_equal(count, 4);
    assert_int_equal(found[0].kind, CHANGE_COMMANDS);
    assert_string_equal(found[0].id, ID("2"));
    assert_int_equal(found[1].kind, CHANGE_ENROLMENTS);
    assert_int_equal(found[2].kind, CHANGE_CHANNEL);
    assert_string_equal(found[2].id, "lobby");
    assert_int_equal(found[3].kind, CHANGE_GROUP);
    assert_string_equal(found[3].id, group);
    assert_true(screen_group_touch(home->db, group, NULL));
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, found, 8, &count));
    assert_int_equal(count, 1);
    assert_int_equal(found[0].kind, CHANGE_GROUP);
    /* names of sites in any order; a group's settings are told by its version */
    change(home, "INSERT INTO level_settings(level, scope, rotation) VALUES('site', 'b', 90), "
                 "('organisation', '', 90),"
                 " ('site', 'B', 90), ('group', 'x', 90), ('site', 'a', 90)");
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, found, 8, &count));
    assert_int_equal(count, 4);
    static const char *const scopes[] = {"", "B", "a", "b"};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(found[i].kind, CHANGE_SETTINGS);
        assert_string_equal(found[i].id, scopes[i]);
    }
    change(home, "DELETE FROM level_settings WHERE scope = 'a'");
    change(home, "UPDATE level_settings SET rotation = 180 WHERE scope = 'B'");
    look(changes, home);
    assert_true(screen_changes_since(changes, &position, found, 8, &count));
    assert_int_equal(count, 2);
    assert_string_equal(found[0].id, "B");
    assert_string_equal(found[1].id, "a");
    screen_changes_destroy(changes);
}

int main(void) {
#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, test_home_setup, test_home_teardown)
    const struct CMUnitTest tests[] = {
        WITH_HOME(changes_are_what_came_went_or_is_another),
        WITH_HOME(who_missed_more_than_is_kept_is_told),
        WITH_HOME(what_else_changes_is_told_by_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
