/* headend/ops/event_export: all of it, in order and once, though it is asked for in pages. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "headend/db/sql.h"
#include "headend/ops/event_export.h"

#define DOOR "00000001-0000-4000-8000-000000000000"
#define ROWS (2 * EVENT_EXPORT_PAGE + 7)

struct seen {
    int64_t count, findings, last, sum;
};

static bool row_take(void *arg, const struct event_export *row, struct pp_error *error) {
    struct seen *seen = arg;
    (void)error;
    assert_true(row->received >= seen->last);
    seen->last = row->received;
    seen->findings += *row->finding != 0;
    if (row->event)
        seen->sum += (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(row->event, "n"));
    seen->count++;
    return true;
}

static void each_event_is_told_once_and_in_order_however_many_there_are(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    struct seen seen = {.count = 0};
    char sql[1024];
    /* Three of each moment, so that pages end within one. */
    snprintf(
        sql, sizeof sql,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by)"
        " VALUES('" DOOR "', randomblob(32), 'Door', '', 'UTC', 'en', 'active', 0, 'test');"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO report(id, device, list, kind, item, received) SELECT 'id ' || CAST(i AS TEXT), '" DOOR
        "', 'events', 'x', '{\"n\":' || CAST(i AS TEXT) || '}', 1000 + i / 3 FROM n;"
        "INSERT INTO event_finding(device, finding, chain, first, last, missing, found, item)"
        " VALUES('" DOOR "', 'gap', 'c', 1, 2, 2, 1001, '')",
        ROWS);
    if (!db_script(home->db, sql, &error) || !event_export_each(home->db, NULL, 0, row_take, &seen, &error))
        fail_msg("%s", error.message);
    assert_int_equal(seen.count, ROWS + 1);
    assert_int_equal(seen.findings, 1);
    assert_int_equal(seen.sum, (int64_t)ROWS * (ROWS + 1) / 2);
    seen = (struct seen){.count = 0};
    assert_true(event_export_each(home->db, DOOR, 1000 + ROWS / 3, row_take, &seen, &error));
    assert_int_equal(seen.count, ROWS % 3 + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_event_is_told_once_and_in_order_however_many_there_are,
                                        test_home_setup, test_home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
