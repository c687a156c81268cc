/* Floors, wall clock, schedule and turns together, as a screen goes through days that are no ordinary ones: each moment
 * is held against what a calendar of the test's own says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/clock_watch.h"
#include "agent/floors.h"
#include "agent/turn.h"
#include "base/clock.h"
#include "channel/schedule.h"
#include "scratch.h"

#define HOUR_S    3600
#define DAY_S     (24 * HOUR_S)
#define SIGNED_S  INT64_C(2000000000) /* s since 1970: the last state of a screen whose clock has no battery */
#define END_32_S  INT64_C(2147483648) /* s since 1970: one more than 32 bits hold, 2038-01-19T03:14:08Z */
#define STEP_MS   7300                /* between two looks; no divisor of anything */
#define NIGHT_S   (20 * HOUR_S)       /* of the day, by the sample's zone */
#define NIGHT_END (6 * HOUR_S)
#define LOBBY                                                                                                \
    "{\"format\": 1, \"channel\": \"lobby\", \"version\": 7,"                                                \
    " \"canvas\": {\"width\": 1920, \"height\": 1080, \"background\": \"#101418\"},"                         \
    " \"layouts\": {\"day\": {\"zones\": [{\"id\": \"a\", \"x\": 0, \"y\": 0, \"width\": 9, \"height\": 9,"  \
    "   \"z\": 0, \"playlist\": \"turns\"}]},"                                                               \
    "  \"night\": {\"zones\": [{\"id\": \"a\", \"x\": 0, \"y\": 0, \"width\": 9, \"height\": 9, \"z\": 0,"   \
    "   \"playlist\": \"turns\"}]}},"                                                                        \
    " \"playlists\": {\"turns\": {\"align\": \"wall-clock\", \"items\": ["                                   \
    "   {\"id\": \"i\", \"kind\": \"image\", \"object\": \"o\", \"duration\": \"PT10S\"},"                   \
    "   {\"id\": \"j\", \"kind\": \"image\", \"object\": \"o\", \"duration\": \"PT20.3S\"}]}},"              \
    " \"schedule\": [{\"layout\": \"night\", \"dtstart\": \"1970-01-05T20:00:00\", \"duration\": \"PT10H\"," \
    "   \"rrule\": \"FREQ=DAILY\", \"priority\": 1}],"                                                       \
    " \"default_layout\": \"day\","                                                                          \
    " \"objects\": {\"o\": {\"length\": 1, \"media_type\": \"image/png\","                                   \
    "   \"sha256\": \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","                   \
    "   \"key\": \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}}}"

/* A screen: its kernel's clocks, its vault, and what it plays. */
struct screen {
    struct scratch *scratch;
    int64_t realtime_ms, boottime_ms;
    bool synchronised;
    struct floors floors;
    struct channel_manifest *manifest;
    const char *zone;
    int64_t offset_s; /* of that zone, in the days that the test goes through */
    int64_t asked_until_s;
    const struct channel_layout *layout;
    struct turn turn;
    int switches, turns;
};

static int64_t kernel_realtime(void *arg) {
    return ((struct screen *)arg)->realtime_ms;
}

static int64_t kernel_boottime(void *arg) {
    return ((struct screen *)arg)->boottime_ms;
}

static bool kernel_synchronised(void *arg) {
    return ((struct screen *)arg)->synchronised;
}

static void load(struct screen *screen) {
    struct pp_wall_clock_kernel kernel = {kernel_realtime, kernel_boottime, kernel_synchronised, screen};
    struct pp_error error = {0};
    if (!floors_load(&screen->floors, screen->scratch->vault, &kernel, &error))
        fail_msg("%s", error.message);
    screen->asked_until_s = 0;
    screen->layout = NULL;
    screen->turn = (struct turn){0};
}

static void begin(struct screen *screen, void **state, int64_t realtime_s, bool synchronised,
                  const char *zone, int64_t offset_s) {
    struct pp_error error = {0};
    *screen = (struct screen){.scratch = *state,
                              .realtime_ms = realtime_s * 1000,
                              .boottime_ms = 7000,
                              .synchronised = synchronised,
                              .zone = zone,
                              .offset_s = offset_s};
    screen->manifest = channel_manifest_parse(LOBBY, strlen(LOBBY), &error);
    if (!screen->manifest)
        fail_msg("%s", error.message);
    load(screen);
}

static void end(struct screen *screen) {
    floors_finish(&screen->floors);
    channel_manifest_destroy(screen->manifest);
}

/* In good order, and at once: the machine's clock is then what `realtime_s` says. */
static void restart(struct screen *screen, int64_t realtime_s) {
    assert_true(floors_keep_time(&screen->floors, NULL));
    floors_finish(&screen->floors);
    scratch_reopen(screen->scratch);
    screen->realtime_ms = realtime_s * 1000;
    screen->boottime_ms = 7000;
    load(screen);
}

static void take_state(struct screen *screen, int64_t version, int64_t issued_s) {
    struct state_document state = {
        .audience = "d-1", .floor = {0, version}, .issued_s = issued_s, .expires_s = issued_s + DAY_S};
    struct pp_error error = {0};
    if (!floors_check_state(&screen->floors, &state, "d-1", &error) ||
        !floors_take_state(&screen->floors, &state, issued_s + 300 * DAY_S, &error))
        fail_msg("%s", error.message);
}

/* As the director does: asks anew when that is due, or nothing was asked yet. */
static void follow_schedule(struct screen *screen, int64_t now_ms) {
    int64_t now_s = now_ms / 1000;
    if (screen->layout && now_s < screen->asked_until_s)
        return;
    const struct channel_layout *layout =
        channel_layout_at(screen->manifest, now_s, screen->zone, &screen->asked_until_s);
    assert_in_range(screen->asked_until_s, now_s + 1, now_s + 9 * DAY_S);
    screen->switches += layout != screen->layout;
    screen->layout = layout;
}

/* As a zone does: each turn follows the one before. */
static void follow_turns(struct screen *screen, int64_t now_ms) {
    const struct turn_clock now = {.monotonic_ms = screen->boottime_ms, .wall_ms = now_ms};
    const struct channel_playlist *playlist = screen->manifest->default_layout->zones[0].playlist;
    while (screen->turn.end_ms <= screen->boottime_ms) {
        struct turn next;
        assert_true(turn_next(playlist, &now, screen->turn.end_ms, &next));
        screen->turn = next;
        screen->turns++;
    }
}

/* A moment, which is `now_ms` by the calendar. */
static void check(struct screen *screen, int64_t now_ms) {
    assert_int_equal(floors_now_s(&screen->floors), now_ms / 1000);
    assert_int_equal(pp_wall_clock_now_ms(&screen->floors.clock), now_ms);
    follow_schedule(screen, now_ms);
    int64_t of_day_s = (now_ms / 1000 + screen->offset_s) % DAY_S;
    bool night = of_day_s >= NIGHT_S || of_day_s < NIGHT_END;
    if (strcmp(screen->layout->name, night ? "night" : "day") != 0)
        fail_msg("%s at %lld ms", screen->layout->name, (long long)now_ms);
    follow_turns(screen, now_ms);
    int64_t position_ms = now_ms % 30300;
    assert_int_equal(screen->turn.index, position_ms >= 10000);
    assert_int_equal(screen->boottime_ms - screen->turn.begin_ms + screen->turn.offset_ms,
                     position_ms >= 10000 ? position_ms - 10000 : position_ms);
}

/* Time passes, and each moment of it is right. `begin_ms`: by the calendar. */
static void live(struct screen *screen, int64_t begin_ms, int64_t seconds) {
    int64_t from_ms = screen->boottime_ms;
    struct clock_watch watch;
    clock_watch_init(&watch, &screen->floors.clock);
    while (screen->boottime_ms - from_ms < seconds * 1000) {
        struct clock_jump jump;
        check(screen, begin_ms + screen->boottime_ms - from_ms);
        assert_false(clock_watch_look(&watch, &jump));
        assert_true(floors_keep(&screen->floors, NULL));
        screen->boottime_ms += STEP_MS;
        screen->realtime_ms += STEP_MS;
    }
    int64_t over_ms = screen->boottime_ms - from_ms - seconds * 1000;
    screen->boottime_ms -= over_ms;
    screen->realtime_ms -= over_ms;
}

static void seven_days_from_1970_on_are_seven_days_of_the_calendar(void **state) {
    struct screen screen;
    begin(&screen, state, 1000, false, "UTC", 0);
    take_state(&screen, 1, SIGNED_S);
    live(&screen, SIGNED_S * 1000, 3 * DAY_S);
    restart(&screen, 1000);
    live(&screen, (SIGNED_S + 3 * DAY_S) * 1000, 4 * DAY_S);
    assert_int_equal(screen.switches, 14 + 1 + 1); /* two a day, and what is on at each start */
    assert_in_range(screen.turns, 2 * 7 * DAY_S / 31, 2 * 7 * DAY_S / 30 + 4);
    take_state(&screen, 2, SIGNED_S + 7 * DAY_S + 1);
    assert_int_equal(floors_silent_s(&screen.floors), 0);
    end(&screen);
}

static void seven_days_over_2038_are_seven_days_of_the_calendar(void **state) {
    struct screen screen;
    int64_t from_s = END_32_S - 3 * DAY_S - 1;
    begin(&screen, state, from_s, true, "Europe/Paris", HOUR_S); /* in winter */
    take_state(&screen, 1, from_s);
    live(&screen, from_s * 1000, 3 * DAY_S + HOUR_S);
    take_state(&screen, 2, END_32_S + HOUR_S - 1);
    assert_int_equal(floors_silent_s(&screen.floors), 0);
    restart(&screen, END_32_S + 2 * HOUR_S);
    assert_int_equal(screen.floors.issued_s, END_32_S + HOUR_S - 1);
    live(&screen, (END_32_S + 2 * HOUR_S) * 1000, 4 * DAY_S);
    assert_int_equal(floors_silent_s(&screen.floors), 4 * DAY_S + HOUR_S + 1);
    end(&screen);
}

/* Without a clock that counts, the line alone goes over it. */
static void nor_does_a_clock_of_1970_end_in_2038(void **state) {
    struct screen screen;
    begin(&screen, state, 1000, false, "UTC", 0);
    take_state(&screen, 1, END_32_S - DAY_S);
    live(&screen, (END_32_S - DAY_S) * 1000, 2 * DAY_S);
    restart(&screen, 1000);
    live(&screen, (END_32_S + DAY_S) * 1000, DAY_S);
    end(&screen);
}

/* Whose rules for summers to come are no list of changes, as those up to 2037 are. */
static void summer_time_goes_on_after_2037(void **state) {
    struct screen screen;
    int64_t summer_s = 0;
    assert_true(pp_time_parse("2045-07-01T00:00:00Z", &summer_s, NULL));
    begin(&screen, state, summer_s, true, "Europe/Paris", 2 * HOUR_S);
    live(&screen, summer_s * 1000, 2 * DAY_S);
    end(&screen);
}

/* The kernel has the last second of the day twice. The item that is on runs on; the next one is by the clock again. */
static void a_leap_second_is_told_by_nobody_and_over_with_the_item_that_is_on(void **state) {
    struct screen screen;
    struct clock_watch watch;
    struct clock_jump jump;
    int64_t midnight_s = END_32_S - END_32_S % DAY_S + DAY_S;
    begin(&screen, state, midnight_s - DAY_S, true, "Etc/GMT+4", -4 * HOUR_S); /* there it is 20:00 */
    take_state(&screen, 1, midnight_s - DAY_S);
    live(&screen, (midnight_s - DAY_S) * 1000, DAY_S);
    check(&screen, midnight_s * 1000);
    assert_string_equal(screen.layout->name, "night");
    clock_watch_init(&watch, &screen.floors.clock);
    screen.realtime_ms -= 1000;
    int64_t end_ms = screen.turn.end_ms;
    int turns = screen.turns, switches = screen.switches;
    for (; screen.boottime_ms < end_ms; screen.boottime_ms += 10, screen.realtime_ms += 10) {
        assert_int_equal(floors_now_s(&screen.floors), screen.realtime_ms / 1000);
        follow_schedule(&screen, screen.realtime_ms);
        follow_turns(&screen, screen.realtime_ms);
        assert_false(clock_watch_look(&watch, &jump));
    }
    assert_int_equal(screen.turns, turns);
    assert_int_equal(screen.switches, switches); /* what began at midnight is not taken back for a second */
    live(&screen, screen.realtime_ms, DAY_S);
    end(&screen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(seven_days_from_1970_on_are_seven_days_of_the_calendar,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(seven_days_over_2038_are_seven_days_of_the_calendar, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(nor_does_a_clock_of_1970_end_in_2038, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(summer_time_goes_on_after_2037, scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_leap_second_is_told_by_nobody_and_over_with_the_item_that_is_on,
                                        scratch_set_up, scratch_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
