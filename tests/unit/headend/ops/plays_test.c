/* headend/ops/plays: what was played by day, content and screen, and for how long screens were there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "headend/db/sql.h"
#include "headend/ops/plays.h"
#include "headend/ops/report.h"

#define NOON 1796040000 /* 2026-11-30T12:00:00Z */
#define DAY  20787      /* the same, in days */
#define A    "00000000-0000-4000-8000-00000000000a"
#define B    "00000000-0000-4000-8000-00000000000b"

static void sql(struct home *home, const char *text) {
    struct pp_error error = {0};
    if (!db_script(home->db, text, &error))
        fail_msg("%s: %s", text, error.message);
}

static void screens_make(struct home *home) {
    sql(home, "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, "
              "approved_by, seen)"
              " VALUES('" A "', randomblob(32), 'A', 'Rennes', 'UTC', 'en', 'active', 0, 'x', 0),"
              " ('" B "', randomblob(32), 'B', 'Lyon', 'UTC', 'en', 'active', 0, 'x', 0)");
}

static void play(struct home *home, const char *device, const char *item, const char *at, int ms) {
    char text[256];
    struct pp_error error = {0};
    snprintf(text, sizeof text,
             "{\"channel\": \"lobby\", \"item\": \"%s\", \"shown_at\": \"%s\", \"shown_ms\": %d, "
             "\"frames_late\": 1}",
             item, at, ms);
    pp_autojson cJSON *value = cJSON_Parse(text);
    if (!plays_note(home->db, device, value, NOON, &error))
        fail_msg("%s", error.message);
}

struct found {
    struct plays_row rows[8];
    struct uptime_row uptimes[8];
    size_t count;
};

static bool row_take(void *arg, const struct plays_row *row, struct pp_error *error) {
    struct found *found = arg;
    (void)error;
    assert_true(found->count < PP_COUNT(found->rows));
    found->rows[found->count++] = *row;
    return true;
}

static bool uptime_take(void *arg, const struct uptime_row *row, struct pp_error *error) {
    struct found *found = arg;
    (void)error;
    found->uptimes[found->count++] = *row;
    return true;
}

static void report(struct home *home, const struct plays_wanted *wanted, struct found *found) {
    struct pp_error error = {0};
    *found = (struct found){.count = 0};
    if (!plays_report(home->db, wanted, row_take, found, &error))
        fail_msg("%s", error.message);
}

static void plays_are_summed_by_day_by_item_and_by_screen_page_after_page(void **state) {
    struct home *home = *state;
    struct found found;
    screens_make(home);
    play(home, A, "x", "2026-11-29T23:59:59Z", 100);
    play(home, A, "x", "2026-11-30T00:00:00Z", 200);
    play(home, A, "y", "2026-11-30T10:00:00Z", 300);
    play(home, B, "x", "2026-11-30T10:00:00Z", 400);
    struct plays_wanted wanted = {.by = "day", .from = DAY - 5, .to = DAY, .count = 10};
    report(home, &wanted, &found);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.rows[0].key, "20786");
    assert_int_equal(found.rows[0].plays, 1);
    assert_int_equal(found.rows[1].shown_ms, 900);
    assert_int_equal(found.rows[1].screens, 2);
    wanted.by = "content";
    report(home, &wanted, &found);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.rows[0].key, "lobby/x");
    assert_int_equal(found.rows[0].plays, 3);
    wanted.count = 1;
    wanted.after = found.rows[0].key;
    struct found next;
    report(home, &wanted, &next);
    assert_int_equal(next.count, 1);
    assert_string_equal(next.rows[0].item, "y");
    wanted = (struct plays_wanted){.by = "screen", .from = DAY, .to = DAY, .site = "Lyon", .count = 10};
    report(home, &wanted, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.rows[0].name, "B");
    assert_int_equal(found.rows[0].late, 1);
}

static void a_play_is_of_the_content_that_its_version_of_the_channel_had(void **state) {
    struct home *home = *state;
    struct found found;
    screens_make(home);
    test_trigger_drop(home, "channel", "channel_made_sealed");
    sql(home,
        "INSERT INTO channel(id, title, key, publish, created) VALUES('lobby', 'L', randomblob(68), 8, 0)");
    sql(home, "INSERT INTO channel_version(channel, number, done, created, author, note, restored, document, "
              "manifest)"
              " VALUES('lobby', 7, 1, 1796000000, '', '', 0, '', "
              "'{\"playlists\":{\"main\":{\"items\":[{\"id\":\"a\","
              "\"object\":\"o2\"}]}}}'), ('lobby', 8, 1, 1796030000, '', '', 0, '',"
              " '{\"playlists\":{\"main\":{\"items\":[{\"id\":\"a\",\"object\":\"o1\"}]}}}')");
    sql(home, "INSERT INTO channel_version_object(channel, number, place, clear, sha256, length, media_type, "
              "content,"
              " content_version, name) VALUES('lobby', 7, 0, randomblob(32), randomblob(32), 1, '', 'c0', 1, "
              "'None'),"
              " ('lobby', 7, 1, randomblob(32), randomblob(32), 1, '', 'c1', 1, 'Menu'),"
              " ('lobby', 8, 0, randomblob(32), randomblob(32), 1, '', 'c2', 1, 'Film')");
    play(home, A, "a", "2026-11-30T06:00:00Z", 1); /* after 7, before 8 */
    play(home, A, "a", "2026-11-30T11:00:00Z", 1);
    pp_autojson cJSON *named =
        cJSON_Parse("{\"channel\": \"lobby\", \"item\": \"a\", \"manifest_version\": 7,"
                    " \"shown_at\": \"2026-11-30T11:00:00Z\", \"shown_ms\": 1}");
    assert_true(plays_note(home->db, A, named, NOON, NULL));
    const struct plays_wanted wanted = {.by = "content", .from = DAY, .to = DAY, .count = 10};
    report(home, &wanted, &found);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.rows[0].title, "Menu");
    assert_int_equal(found.rows[0].plays, 2);
    assert_string_equal(found.rows[1].key, "c2");
    assert_int_equal(found.rows[1].plays, 1);
}

static void a_batch_that_comes_twice_counts_once_and_what_was_lost_is_told(void **state) {
    struct home *home = *state;
    struct found found;
    struct pp_error error = {0};
    screens_make(home);
    pp_autojson cJSON *body = cJSON_Parse(
        "{\"batch\": \"00000000-0000-4000-8000-000000000001\", \"spool\": "
        "\"00000000-0000-4000-8000-000000000002\","
        " \"lost\": 5, \"items\": [{\"id\": \"00000000-0000-4000-8000-000000000003\", \"kind\": \"play\", "
        "\"channel\":"
        " \"lobby\", \"item\": \"a\", \"shown_at\": \"2026-11-30T11:00:00Z\", \"shown_ms\": 10}]}");
    const struct report_batch batch = {.device = A, .list = "playlog", .body = body};
    for (int i = 0; i < 2; i++) {
        if (!report_batch_keep(home->db, &batch, &error))
            fail_msg("%s", error.message);
    }
    const struct plays_wanted wanted = {.by = "screen", .from = 0, .to = 99999, .count = 10};
    report(home, &wanted, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.rows[0].plays, 1);
    assert_int_equal(found.rows[0].plays_lost, 5);
}

static void nonsense_of_a_screen_is_counted_as_little_as_it_says(void **state) {
    struct home *home = *state;
    struct found found;
    screens_make(home);
    static const char *const texts[] = {
        "{}", "{\"channel\": 7, \"item\": [], \"shown_at\": \"9999-01-01T00:00:00Z\", \"shown_ms\": -4}",
        "{\"item\": \"\\u001b[2J\", \"shown_ms\": 1e300, \"manifest_version\": \"x\"}"};
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        pp_autojson cJSON *value = cJSON_Parse(texts[i]);
        assert_true(plays_note(home->db, A, value, NOON, NULL));
    }
    const struct plays_wanted wanted = {.by = "content", .from = DAY, .to = DAY, .count = 10};
    report(home, &wanted, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.rows[0].plays, 3);
    assert_int_equal(found.rows[0].shown_ms, 0);
    assert_string_equal(found.rows[0].key, "/");
}

static void uptime_is_what_was_heard_of_while_somebody_was_listening(void **state) {
    struct home *home = *state;
    struct found found = {.count = 0};
    struct pp_error error = {0};
    screens_make(home);
    for (int i = 0; i < 10; i++) {
        char text[128];
        snprintf(text, sizeof text, "UPDATE device SET seen = %d WHERE site = 'Rennes'", NOON + 60 * i);
        sql(home, text);
        if (!presence_note(home->db, NOON + 60 * i, &error))
            fail_msg("%s", error.message);
        assert_true(presence_note(home->db, NOON + 60 * i + 1, &error)); /* another headend */
    }
    assert_true(presence_note(home->db, NOON + 8000, &error)); /* nobody was listening in between */
    const struct plays_wanted wanted = {.by = "site", .from = DAY, .to = DAY, .count = 10};
    assert_true(uptime_report(home->db, &wanted, uptime_take, &found, &error));
    assert_int_equal(found.count, 2);
    assert_string_equal(found.uptimes[0].site, "Lyon");
    assert_int_equal(found.uptimes[0].here_s, 0);
    assert_int_equal(found.uptimes[0].could_s, 540);
    assert_int_equal(found.uptimes[1].here_s, 540);
    assert_int_equal(found.uptimes[1].could_s, 540);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plays_are_summed_by_day_by_item_and_by_screen_page_after_page,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(a_play_is_of_the_content_that_its_version_of_the_channel_had,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_comes_twice_counts_once_and_what_was_lost_is_told,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(nonsense_of_a_screen_is_counted_as_little_as_it_says, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(uptime_is_what_was_heard_of_while_somebody_was_listening,
                                        test_home_setup, test_home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
