#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/contacts.h"

static void device_add(struct home *home, int number, int64_t seen, struct device *device) {
    char id[UUID_TEXT_SIZE];
    snprintf(id, sizeof id, "%08d-0000-4000-8000-000000000000", number);
    assert_true(db_run_sql(
        home->db, NULL,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by,"
        " seen) VALUES(?, randomblob(32), 'Door', '', 'UTC', 'en', 'active', 0, 'test', ?)",
        "si", id, seen));
    assert_true(device_find(home->db, id, device, NULL));
}

static int64_t seen_of(struct home *home, const struct device *device) {
    struct device found;
    assert_true(device_find(home->db, device->id, &found, NULL));
    return found.seen;
}

static void contacts_are_written_together_and_only_when_they_are_news(void **state) {
    struct home *home = *state;
    struct device devices[3];
    int64_t now = pp_clock_realtime_s();
    struct contacts *contacts = contacts_create(NULL);
    assert_non_null(contacts);
    device_add(home, 1, 0, &devices[0]);
    device_add(home, 2, now - DEVICE_SEEN_EVERY_S, &devices[1]);
    device_add(home, 3, now - 1, &devices[2]);
    for (int i = 0; i < 3; i++)
        contacts_note(contacts, &devices[i]);
    assert_int_equal(seen_of(home, &devices[0]), 0); /* nobody has waited for a write */
    assert_true(contacts_write(contacts, home->db, NULL));
    assert_in_range(seen_of(home, &devices[0]), now, now + 60);
    assert_in_range(seen_of(home, &devices[1]), now, now + 60);
    assert_int_equal(seen_of(home, &devices[2]), now - 1);
    assert_true(contacts_write(contacts, home->db, NULL)); /* nothing new */
    contacts_destroy(contacts);
}

static void a_contact_of_the_future_is_put_right(void **state) {
    struct home *home = *state;
    struct device device;
    int64_t now = pp_clock_realtime_s();
    struct contacts *contacts = contacts_create(NULL);
    device_add(home, 4, now + 86400, &device);
    for (int i = 0; i < CONTACTS_MAX + 10; i++)
        contacts_note(contacts, &device);
    assert_true(contacts_write(contacts, home->db, NULL));
    assert_in_range(seen_of(home, &device), now, now + 60);
    contacts_destroy(contacts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contacts_are_written_together_and_only_when_they_are_news),
        cmocka_unit_test(a_contact_of_the_future_is_put_right),
    };
    return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}
