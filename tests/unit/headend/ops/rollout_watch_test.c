/* headend/ops/rollout_watch: which screens have a version first, and when it halts. Time is what the test says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "headend/db/sql.h"
#include "headend/ops/channel.h"
#include "headend/ops/feed_channel.h"
#include "headend/ops/rollout_watch.h"

#define NOON    1796040000 /* 2026-11-30T12:00:00Z */
#define VERSION 7
#define SCREENS 8

static void sql(struct home *home, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void sql(struct home *home, const char *format, ...) {
    char text[1024];
    struct pp_error error = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!db_script(home->db, text, &error))
        fail_msg("%s: %s", text, error.message);
}

static void screen_id(int place, char id[UUID_TEXT_SIZE]) {
    snprintf(id, UUID_TEXT_SIZE, "00000000-0000-4000-8000-%012d", place);
}

static void screen_make(struct home *home, int place) {
    char id[UUID_TEXT_SIZE];
    screen_id(place, id);
    sql(home,
        "INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status, created, "
        "approved_by,"
        " seen, certificate_expires) VALUES('%s', randomblob(32), 'Screen %d', '', 'lobby', 'UTC', 'en', "
        "'active',"
        " 0, 'x', %d, %lld)",
        id, place, NOON, (long long)NOON + 300LL * 86400);
}

/* A rollout that has just become public, of screens that are all here. */
static void rollout_make(struct home *home, const char *plan, struct rollout *rollout) {
    struct pp_error error = {0};
    bool changed = false;
    pp_autojson cJSON *given = cJSON_Parse(plan);
    assert_true(channel_ensure(home->db, "lobby", &error));
    for (int i = 1; i <= SCREENS; i++)
        screen_make(home, i);
    *rollout = (struct rollout){.version = VERSION, .length = 1, .channel = "lobby", .author = "ann"};
    if (!rollout_plan_parse(given, &rollout->plan, &error) || !rollout_add(home->db, rollout, 5, &error) ||
        !rollout_settle(home->db, 5, &changed, &error))
        fail_msg("%s", error.message);
    assert_true(changed);
    sql(home, "UPDATE rollout SET stepped = %d", NOON);
}

static void look(struct home *home, int64_t now) {
    struct pp_error error = {0};
    bool running, changed;
    if (!rollouts_look(home->db, now, true, &running, &changed, &error))
        fail_msg("%s", error.message);
}

static void find(struct home *home, struct rollout *rollout, struct rollout_watch *watch, int64_t now) {
    struct pp_error error = {0};
    rollout_finish(rollout);
    if (!rollout_newest(home->db, "lobby", rollout, &error) ||
        !rollout_watch_look(home->db, rollout, now, watch, &error))
        fail_msg("%s", error.message);
}

/* All that have it, or all that do not, were heard of last at that time. */
static void seen(struct home *home, bool takers, int count, int64_t when) {
    sql(home,
        "UPDATE device SET seen = %lld WHERE id IN (SELECT device FROM rollout_screen WHERE taken %s 0 ORDER "
        "BY device"
        " LIMIT %d)",
        (long long)when, takers ? ">" : "=", count);
}

static void fails(struct home *home, int count, int64_t when) {
    static int number;
    for (int i = 0; i < count; i++)
        sql(home,
            "INSERT INTO report(id, device, list, kind, item, received) SELECT 'e%d', device, 'events', "
            "'item-failed',"
            " '{}', %lld FROM rollout_screen WHERE taken > 0 ORDER BY device LIMIT 1",
            number++, (long long)when);
}

#define HALF "{\"steps\":[{\"percent\":50},{\"percent\":100}]}"

static void as_many_screens_have_it_as_its_steps_say(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    rollout_make(home, "{\"steps\":[{\"percent\":1},{\"percent\":30,\"after\":\"PT1H\"},{\"percent\":100}]}",
                 &rollout);
    look(home, NOON);
    find(home, &rollout, &watch, NOON);
    assert_int_equal(watch.screens, SCREENS);
    assert_int_equal(watch.taken, 1);
    assert_int_equal(rollout_due(&rollout), NOON + 3600);
    look(home, NOON + 3600); /* nobody shows it yet */
    find(home, &rollout, &watch, NOON + 3600);
    assert_int_equal(rollout.step, 1);
    sql(home, "UPDATE device SET seen = %d, report = '{\"channel\":\"lobby\",\"manifest_version\":7}'",
        NOON + 3600);
    look(home, NOON + 3599);
    look(home, NOON + 3600);
    find(home, &rollout, &watch, NOON + 3600);
    assert_int_equal(rollout.step, 2);
    assert_int_equal(watch.taken, 3); /* of 8, rounded up */
    assert_int_equal(rollout_due(&rollout), 0);
}

static void errors_beyond_those_of_the_day_before_halt_it(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    char words[PP_ERROR_MESSAGE_MAX];
    rollout_make(home, HALF, &rollout);
    look(home, NOON);
    fails(home, 2, NOON + 1);
    look(home, NOON + 2);
    find(home, &rollout, &watch, NOON + 2);
    assert_string_equal(rollout.state, "running");
    assert_int_equal(rollout_watch_bad(&watch), 2);
    fails(home, 9, NOON + 3);
    look(home, NOON + 4);
    find(home, &rollout, &watch, NOON + 4);
    assert_string_equal(rollout.state, "halted");
    assert_int_equal(rollout_watch_bad(&watch), ROLLOUT_SCREEN_ERRORS); /* of one screen */
    rollout_reason_words(rollout.reason, words);
    assert_string_equal(words,
                        "1 of 4 screens that have it report more errors than before: item-failed (11)");
}

static void screens_that_fall_silent_halt_it_unless_the_others_do_as_well(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    char words[PP_ERROR_MESSAGE_MAX];
    int64_t later = NOON + 600;
    rollout_make(home, HALF, &rollout);
    look(home, NOON);
    seen(home, false, SCREENS, later); /* the others are here still */
    seen(home, true, 2, later);
    look(home, later);
    find(home, &rollout, &watch, later);
    assert_string_equal(rollout.state, "running"); /* two are fewer than three */
    assert_int_equal(rollout_watch_bad(&watch), 2);
    seen(home, true, 4, NOON);
    seen(home, true, 1, later);
    look(home, later);
    find(home, &rollout, &watch, later);
    assert_string_equal(rollout.state, "halted");
    rollout_reason_words(rollout.reason, words);
    assert_string_equal(
        words, "0 of 4 screens that have it report more errors than before; 3 of 4 are not heard of any"
               " more, of the others 0 of 4");
}

static void a_shop_that_closes_halts_nothing(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    rollout_make(home, HALF, &rollout);
    look(home, NOON);
    look(home, NOON + 600); /* nobody is heard of any more */
    find(home, &rollout, &watch, NOON + 600);
    assert_string_equal(rollout.state, "running");
    assert_int_equal(watch.gone, 4);
    assert_int_equal(rollout_watch_bad(&watch), 0);
}

static void a_step_at_night_halts_nothing(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    int64_t night = NOON + 36000;
    rollout_make(home,
                 "{\"steps\":[{\"percent\":50},{\"percent\":60,\"after\":\"PT10H\"},{\"percent\":100}]}",
                 &rollout);
    look(home, NOON);
    sql(home, "UPDATE device SET seen = %d, report = '{\"channel\":\"lobby\",\"manifest_version\":7}'",
        NOON + 600);
    look(home, night);
    look(home, night + 600);
    find(home, &rollout, &watch, night + 600);
    assert_string_equal(rollout.state, "running");
    assert_int_equal(rollout.step, 2);
    assert_int_equal(watch.gone, 4); /* of those of the first step */
    assert_int_equal(watch.others_gone, watch.others);
    assert_int_equal(watch.others, SCREENS - watch.taken);
    assert_int_equal(rollout_watch_bad(&watch), 0);
}

static void silence_does_not_count_while_the_headend_itself_was_away(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    struct pp_error error = {0};
    bool running, changed;
    int64_t later = NOON + 600;
    rollout_make(home, HALF, &rollout);
    look(home, NOON);
    seen(home, false, SCREENS, later);
    assert_true(rollouts_look(home->db, later, false, &running, &changed, &error));
    find(home, &rollout, &watch, later);
    assert_string_equal(rollout.state, "running");
    look(home, later);
    find(home, &rollout, &watch, later);
    assert_string_equal(rollout.state, "halted");
}

static void a_step_that_took_nobody_is_over(void **state) {
    struct home *home = *state;
    rollout_auto struct rollout rollout = {0};
    struct rollout_watch watch;
    rollout_make(home,
                 "{\"steps\":[{\"group\":\"00000000-0000-4000-9000-000000000001\"},{\"percent\":50,\"after\":"
                 "\"PT1H\"},{\"percent\":100}]}",
                 &rollout);
    look(home, NOON);
    find(home, &rollout, &watch, NOON);
    assert_int_equal(watch.taken, 0);
    look(home, NOON + 3600);
    find(home, &rollout, &watch, NOON + 3600);
    assert_int_equal(rollout.step, 2);
    assert_int_equal(watch.taken, 4);
}

/* The feeds of the channel, as many as that one names: 1 old, 2 new, 3 both. */
static int feeds_of(struct home *home) {
    struct pp_error error = {0};
    db_autorow struct db_row *row =
        db_query_sql(home->db, &error,
                     "SELECT coalesce(sum(CASE feed WHEN 'old' THEN 1 ELSE 2 END), 0) FROM channel_feed", "");
    assert_true(row && db_next(row, "feed", &error));
    return (int)db_int(row, 0);
}

static void feeds_after(struct home *home, const char *turn, int expected) {
    rollout_auto struct rollout rollout = {0};
    struct pp_error error = {0};
    bool changed;
    rollout_make(home, HALF, &rollout);
    sql(home, "UPDATE channel SET publish = 5");
    sql(home, "INSERT INTO channel_version(channel, number, created, author, note, restored, document, "
              "manifest, done) VALUES"
              "('lobby', 5, 0, 'ann', '', 0, '', '{\"feeds\":{\"old\":{}}}', 1),"
              "('lobby', 7, 0, 'ann', '', 0, '', '{\"feeds\":{\"new\":{}}}', 2)");
    assert_true(feed_channel_settle(home->db, "lobby", &error));
    assert_int_equal(feeds_of(home), 3);
    assert_true(rollout_turn(home->db, &rollout, turn, 6, &error));
    if (!rollout_settle(home->db, 6, &changed, &error))
        fail_msg("%s", error.message);
    assert_int_equal(feeds_of(home), expected);
}

static void screens_get_the_feeds_of_both_and_after_a_cancel_of_the_present_one(void **state) {
    feeds_after(*state, "cancel", 1);
}

static void screens_get_the_feeds_of_the_next_one_once_it_is_finished(void **state) {
    feeds_after(*state, "finish", 2);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)
    const struct CMUnitTest tests[] = {
        TEST(as_many_screens_have_it_as_its_steps_say),
        TEST(errors_beyond_those_of_the_day_before_halt_it),
        TEST(screens_that_fall_silent_halt_it_unless_the_others_do_as_well),
        TEST(a_shop_that_closes_halts_nothing),
        TEST(a_step_at_night_halts_nothing),
        TEST(silence_does_not_count_while_the_headend_itself_was_away),
        TEST(a_step_that_took_nobody_is_over),
        TEST(screens_get_the_feeds_of_both_and_after_a_cancel_of_the_present_one),
        TEST(screens_get_the_feeds_of_the_next_one_once_it_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
