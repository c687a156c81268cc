#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "headend/base/secret.h"
#include "headend/db/sql.h"
#include "headend/ops/device_reports.h"

#define DOOR "00000001-0000-4000-8000-000000000000"

static void screen_add(struct home *home, const char *report) {
    assert_true(db_run_sql(
        home->db, NULL,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by,"
        " report) VALUES(?, randomblob(32), 'Door', '', 'UTC', 'en', 'active', 0, 'test', ?)",
        "ss", DOOR, report));
}

static void report_add(struct home *home, const char *list, const char *item, int64_t received) {
    char id[UUID_TEXT_SIZE];
    assert_true(uuid_make(id, NULL));
    assert_true(
        db_run_sql(home->db, NULL,
                   "INSERT INTO report(id, device, list, kind, item, received) VALUES(?, ?, ?, 'x', ?, ?)",
                   "ssssi", id, DOOR, list, item, received));
}

static void reports_are_counted_with_those_that_were_lost(void **state) {
    struct home *home = *state;
    screen_add(home, "{\"software\":\"1.2\"}");
    report_add(home, "events", "{}", 1);
    report_add(home, "events", "{}", 2);
    report_add(home, "playlog", "{}", 1);
    assert_true(db_run_sql(
        home->db, NULL,
        "INSERT INTO report_loss VALUES(?1, 'events', 'a', 3), (?1, 'events', 'b', 4), (?1, 'playlog',"
        " 'a', 5)",
        "s", DOOR));
    device_reports_auto struct device_reports reports = {0};
    assert_true(device_reports_load(home->db, DOOR, &reports, NULL));
    assert_int_equal(reports.events, 2);
    assert_int_equal(reports.plays, 1);
    assert_int_equal(reports.events_lost, 7);
    assert_int_equal(reports.plays_lost, 5);
    assert_string_equal(device_event_text(reports.status, "software"), "1.2");
}

static void a_screen_without_reports_has_none_and_an_unknown_one_is_not_found(void **state) {
    struct home *home = *state;
    struct device_reports reports;
    struct pp_error error = {0};
    assert_false(device_reports_load(home->db, DOOR, &reports, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    screen_add(home, NULL);
    assert_true(device_reports_load(home->db, DOOR, &reports, NULL));
    assert_true(cJSON_IsNull(reports.status));
    assert_string_equal(device_event_text(reports.status, "software"), "");
    assert_int_equal(reports.events + reports.events_lost, 0);
    device_reports_finish(&reports);
}

static void the_last_events_come_in_their_order(void **state) {
    struct home *home = *state;
    screen_add(home, NULL);
    report_add(home, "events", "{\"kind\":\"second\",\"detail\":{}}", 20);
    report_add(home, "events", "{\"kind\":\"third\"}", 20);
    report_add(home, "events", "{\"kind\":\"first\"}", 10);
    report_add(home, "playlog", "{\"kind\":\"play\"}", 30);
    pp_autojson cJSON *events = device_events(home->db, DOOR, 2, NULL);
    assert_int_equal(cJSON_GetArraySize(events), 2);
    assert_string_equal(device_event_text(cJSON_GetArrayItem(events, 0), "kind"), "second");
    assert_string_equal(device_event_text(cJSON_GetArrayItem(events, 0), "detail"), "");
    assert_string_equal(device_event_text(cJSON_GetArrayItem(events, 1), "kind"), "third");
}

int main(void) {
#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, test_home_setup, test_home_teardown)
    const struct CMUnitTest tests[] = {
        WITH_HOME(reports_are_counted_with_those_that_were_lost),
        WITH_HOME(a_screen_without_reports_has_none_and_an_unknown_one_is_not_found),
        WITH_HOME(the_last_events_come_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
