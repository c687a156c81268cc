/* All that a schedule has between two instants, as the calendar shows it, against what screens show. */
#include "sample.h"

#include "base/clock.h"
#include "channel/timeline.h"

#define DAY_S 86400

static int64_t at(const char *time) {
    int64_t seconds = 0;
    assert_true(pp_time_parse(time, &seconds, NULL));
    return seconds;
}

static struct channel_manifest *with_schedule(const char *schedule) {
    cJSON *json = sample_json();
    sample_set(json, "schedule", schedule);
    return sample_manifest(json);
}

/* ---- Against what screens show ---- */

/* As far as it goes the same each time. */
static uint32_t drawn(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

/* Twelve events around a change of the clocks, of a few priorities, so that they get into each other's way. */
static struct channel_manifest *draw_schedule(uint32_t *seed, int year, int month, int day) {
    static const char *const rules[] = {"FREQ=DAILY",
                                        "FREQ=WEEKLY;BYDAY=SU,MO",
                                        "FREQ=HOURLY;INTERVAL=3",
                                        "FREQ=MONTHLY;BYDAY=-1SU",
                                        "FREQ=DAILY;INTERVAL=2;COUNT=5",
                                        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30"};
    char text[8192] = "[";
    for (int i = 0; i < 12; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used,
                 "%s{\"layout\":\"%s\",\"dtstart\":\"%04d-%02d-%02dT%02u:%02u:00\",\"duration\":\"PT%uM\","
                 "\"rrule\":\"%s\",\"priority\":%u}",
                 i ? "," : "", drawn(seed, 2) ? "day" : "night", year, month, day, drawn(seed, 5),
                 drawn(seed, 4) * 15, 10 + drawn(seed, 400), rules[drawn(seed, PP_COUNT(rules))],
                 drawn(seed, 3));
    }
    snprintf(text + strlen(text), sizeof text - strlen(text), "]");
    return with_schedule(text);
}

static void hold_against_screens(const struct channel_manifest *manifest, const char *zone, int64_t from) {
    timeline_auto struct timeline timeline = {0};
    int64_t to = from + 5 * INT64_C(86400);
    assert_true(timeline_make(manifest, zone, from, to, &timeline, NULL));
    assert_int_equal(timeline.spans[0].start, from);
    assert_int_equal(timeline.spans[timeline.span_count - 1].end, to);
    for (size_t i = 0; i < timeline.span_count; i++) {
        const struct timeline_span *span = &timeline.spans[i];
        const int64_t instants[] = {span->start, span->start + (span->end - span->start) / 2, span->end - 1};
        for (size_t k = 0; k < PP_COUNT(instants); k++) {
            struct channel_shown shown;
            channel_shown_at(manifest, instants[k], zone, &shown);
            size_t event = shown.event ? (size_t)(shown.event - manifest->schedule) : TIMELINE_DEFAULT;
            size_t said = span->occurrence == TIMELINE_DEFAULT ? TIMELINE_DEFAULT
                                                               : timeline.occurrences[span->occurrence].event;
            if (event != said ||
                (shown.event && (shown.since_s != timeline.occurrences[span->occurrence].start ||
                                 shown.until_s != timeline.occurrences[span->occurrence].end)))
                fail_msg("%s at %lld: event %zd, not %zd", zone, (long long)instants[k], said, event);
        }
        assert_true(i == 0 || timeline.spans[i - 1].end == span->start);
    }
}

struct change {
    const char *zone;
    int year, month, day;
};

static void spans_are_what_screens_show_around_changes_of_the_clocks(void **state) {
    (void)state;
    static const struct change changes[] = {
        {"Europe/Paris", 2026, 3, 29},       {"Europe/Paris", 2026, 10, 25},
        {"America/New_York", 2026, 3, 8},    {"America/New_York", 2026, 11, 1},
        {"Australia/Lord_Howe", 2026, 4, 5}, {"Australia/Lord_Howe", 2026, 10, 4},
    };
    uint32_t seed = 7;
    for (size_t i = 0; i < PP_COUNT(changes) * 20; i++) {
        const struct change *change = &changes[i % PP_COUNT(changes)];
        char day[PP_RFC3339_SIZE];
        snprintf(day, sizeof day, "%04d-%02d-%02dT00:00:00Z", change->year, change->month, change->day);
        PP_AUTO(channel_manifest)
        struct channel_manifest *manifest = draw_schedule(&seed, change->year, change->month,
                                                          change->day > 2 ? change->day - 2 : change->day);
        hold_against_screens(manifest, change->zone, at(day) - 2 * DAY_S + drawn(&seed, 7200));
    }
}

/* ---- One by one ---- */

struct expected {
    const char *zone, *start, *end, *wall;
};

/* The one occurrence in two days of an event at 02:30 (or 01:45) each day that lasts an hour. */
static void half_past_two_comes_once_on_both_days_that_change_the_clocks(void **state) {
    (void)state;
    static const struct {
        const char *dtstart, *from;
        struct expected expected;
    } rows[] = {
        {"2026-03-29T02:30:00",
         "2026-03-29T00:00:00Z",
         {"Europe/Paris", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z"}},
        {"2026-10-25T02:30:00",
         "2026-10-25T00:00:00Z",
         {"Europe/Paris", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}},
        {"2026-03-08T02:30:00",
         "2026-03-08T05:00:00Z",
         {"America/New_York", "2026-03-08T07:30:00Z", "2026-03-08T08:30:00Z", "2026-03-08T02:30:00Z"}},
        {"2026-11-01T01:30:00",
         "2026-11-01T04:00:00Z",
         {"America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T01:30:00Z"}},
        /* There the clock goes by half an hour: 02:15 does not exist, and is 02:45. */
        {"2026-10-04T02:15:00",
         "2026-10-03T14:00:00Z",
         {"Australia/Lord_Howe", "2026-10-03T15:45:00Z", "2026-10-03T16:45:00Z", "2026-10-04T02:15:00Z"}},
        {"2026-04-05T01:45:00",
         "2026-04-04T13:00:00Z",
         {"Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-04T15:45:00Z", "2026-04-05T01:45:00Z"}},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "[{\"layout\":\"night\",\"dtstart\":\"%s\",\"duration\":\"PT1H\",\"rrule\":\"FREQ=DAILY\"}]",
                 rows[i].dtstart);
        PP_AUTO(channel_manifest) struct channel_manifest *manifest = with_schedule(text);
        timeline_auto struct timeline timeline = {0};
        const struct expected *expected = &rows[i].expected;
        int64_t from = at(rows[i].from);
        assert_true(timeline_make(manifest, expected->zone, from, from + DAY_S / 2, &timeline, NULL));
        assert_int_equal(timeline.occurrence_count, 1);
        assert_int_equal(timeline.occurrences[0].start, at(expected->start));
        assert_int_equal(timeline.occurrences[0].end, at(expected->end));
        assert_int_equal(timeline.occurrences[0].wall, at(expected->wall));
        assert_int_equal(timeline.occurrences[0].shown_s, 3600);
        assert_int_equal(timeline.span_count, 3);
    }
}

static void wall_time_and_utc_become_each_other(void **state) {
    (void)state;
    assert_int_equal(channel_wall_to_utc("Europe/Paris", at("2026-03-29T02:30:00Z")),
                     at("2026-03-29T01:30:00Z"));
    assert_int_equal(channel_utc_to_wall("Europe/Paris", at("2026-03-29T01:30:00Z")),
                     at("2026-03-29T03:30:00Z"));
    assert_int_equal(channel_wall_to_utc("Australia/Lord_Howe", at("2026-10-04T02:15:00Z")),
                     at("2026-10-03T15:45:00Z"));
    assert_int_equal(channel_wall_to_utc("Mars/Olympus", at("2026-10-04T02:15:00Z")),
                     at("2026-10-04T02:15:00Z"));
}

static void reason_is_told_with_what_is_shown(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\":\"night\",\"dtstart\":\"2026-06-01T10:00:00\",\"duration\":\"PT4H\",\"priority\":3,"
        "\"rrule\":\"FREQ=DAILY;BYDAY=MO\"},"
        "{\"layout\":\"day\",\"dtstart\":\"2026-06-01T11:00:00\",\"duration\":\"PT1H\"}]");
    struct channel_shown shown;
    channel_shown_at(m, at("2026-06-01T11:30:00Z"), "UTC", &shown);
    assert_ptr_equal(shown.event, &m->schedule[0]);
    assert_string_equal(shown.event->rule_text, "FREQ=DAILY;BYDAY=MO");
    assert_int_equal(shown.since_s, at("2026-06-01T10:00:00Z"));
    assert_int_equal(shown.until_s, at("2026-06-01T14:00:00Z"));
    channel_shown_at(m, at("2026-06-02T11:30:00Z"), "UTC", &shown);
    assert_null(shown.event);
    assert_ptr_equal(shown.layout, m->default_layout);
}

/* What is never on top says so. */
static void occurrence_that_is_always_covered_is_shown_for_no_time(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\":\"night\",\"dtstart\":\"2026-06-01T10:00:00\",\"duration\":\"PT4H\",\"priority\":3},"
        "{\"layout\":\"day\",\"dtstart\":\"2026-06-01T11:00:00\",\"duration\":\"PT1H\"}]");
    timeline_auto struct timeline timeline = {0};
    assert_true(
        timeline_make(m, "UTC", at("2026-06-01T12:00:00Z"), at("2026-06-02T00:00:00Z"), &timeline, NULL));
    assert_int_equal(timeline.occurrence_count, 1); /* the other one is over */
    timeline_finish(&timeline);
    assert_true(
        timeline_make(m, "UTC", at("2026-06-01T00:00:00Z"), at("2026-06-02T00:00:00Z"), &timeline, NULL));
    assert_int_equal(timeline.occurrence_count, 2);
    assert_int_equal(timeline.occurrences[0].shown_s, 4 * 3600);
    assert_int_equal(timeline.occurrences[1].shown_s, 0);
    assert_int_equal(timeline.span_count, 3);
}

static void more_than_fits_is_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    timeline_auto struct timeline timeline = {0};
    PP_AUTO(channel_manifest)
    struct channel_manifest *m =
        with_schedule("[{\"layout\":\"night\",\"dtstart\":\"2026-06-01T00:00:00\",\"duration\":\"PT1M\","
                      "\"rrule\":\"FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55\"}]");
    assert_true(
        timeline_make(m, "UTC", at("2026-06-01T00:00:00Z"), at("2026-06-08T00:00:00Z"), &timeline, NULL));
    assert_int_equal(timeline.occurrence_count, 7 * 288);
    timeline_finish(&timeline);
    assert_false(
        timeline_make(m, "UTC", at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z"), &timeline, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static bool check(const char *text, struct pp_error *error) {
    struct rule_budget left = RULE_BUDGET;
    pp_autojson cJSON *event = cJSON_Parse(text);
    return channel_event_check(event, &left, error);
}

static void single_event_is_looked_at_as_a_manifest_would(void **state) {
    (void)state;
    struct pp_error error = {0};
    assert_true(check("{\"dtstart\":\"20260105\",\"duration\":\"P1D\",\"tzid\":\"Europe/Paris\"}", &error));
    assert_true(check("{\"layout\":\"not there\",\"dtstart\":\"20260105\",\"duration\":\"P1D\"}", &error));
    assert_false(
        check("{\"dtstart\":\"20260105\",\"duration\":\"P1D\",\"rrule\":\"FREQ=MINUTELY\"}", &error));
    assert_non_null(strstr(error.message, "rrule: "));
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    assert_false(check("{\"dtstart\":\"20260105\"}", &error));
    assert_false(check("[]", &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_what_screens_show_around_changes_of_the_clocks),
        cmocka_unit_test(half_past_two_comes_once_on_both_days_that_change_the_clocks),
        cmocka_unit_test(wall_time_and_utc_become_each_other),
        cmocka_unit_test(reason_is_told_with_what_is_shown),
        cmocka_unit_test(occurrence_that_is_always_covered_is_shown_for_no_time),
        cmocka_unit_test(more_than_fits_is_refused),
        cmocka_unit_test(single_event_is_looked_at_as_a_manifest_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
