/* Which layout is on at an instant, in the wall time of the display point. */
#include "sample.h"

#include <time.h>

#include "base/clock.h"

/* The sample with this schedule instead. */
static struct channel_manifest *with_schedule(const char *schedule) {
    cJSON *json = sample_json();
    sample_set(json, "schedule", schedule);
    return sample_manifest(json);
}

static int64_t at(const char *time) {
    int64_t seconds = 0;
    assert_true(pp_time_parse(time, &seconds, NULL));
    return seconds;
}

static void expect(const struct channel_manifest *manifest, const char *zone, const char *time,
                   const char *layout, const char *until) {
    int64_t valid = 0;
    char text[PP_RFC3339_SIZE] = "for ever";
    const struct channel_layout *found = channel_layout_at(manifest, at(time), zone, &valid);
    if (valid != CHANNEL_FOREVER)
        pp_time_format(valid, text);
    if (strcmp(found->name, layout) != 0 || strcmp(text, until) != 0)
        fail_msg("%s in %s: %s until %s, not %s until %s", time, zone, found->name, text, layout, until);
}

static void event_begins_and_ends(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-06-01T20:00:00\", \"duration\": \"PT2H\"}]");
    expect(m, "Europe/Paris", "2026-06-01T17:59:59Z", "day", "2026-06-01T18:00:00Z");
    expect(m, "Europe/Paris", "2026-06-01T18:00:00Z", "night", "2026-06-01T20:00:00Z");
    expect(m, "Europe/Paris", "2026-06-01T19:59:59Z", "night", "2026-06-01T20:00:00Z");
    expect(m, "Europe/Paris", "2026-06-01T20:00:00Z", "day", "for ever");
    expect(m, "UTC", "2026-06-01T20:00:00Z", "night", "2026-06-01T22:00:00Z");
}

static void weekly_rule_keeps_its_days(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-01-05T08:00:00\", \"duration\": \"PT12H\", "
        "\"rrule\": \"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\"}]");
    /* A Friday in winter, the Saturday, and the Monday in ten years' summer. */
    expect(m, "Europe/Paris", "2026-01-09T07:00:00Z", "night", "2026-01-09T19:00:00Z");
    expect(m, "Europe/Paris", "2026-01-10T10:00:00Z", "day", "2026-01-12T07:00:00Z");
    expect(m, "Europe/Paris", "2036-07-07T05:59:59Z", "day", "2036-07-07T06:00:00Z");
    expect(m, "Europe/Paris", "2036-07-07T06:00:00Z", "night", "2036-07-07T18:00:00Z");
    expect(m, "Europe/Paris", "2025-12-31T10:00:00Z", "day", "2026-01-05T07:00:00Z");
}

static void wall_time_holds_across_daylight_saving(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-01-01T08:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=DAILY\"}]");
    expect(m, "Europe/Paris", "2026-03-28T07:30:00Z", "night", "2026-03-28T08:00:00Z");
    expect(m, "Europe/Paris", "2026-03-29T05:59:00Z", "day", "2026-03-29T06:00:00Z");
    expect(m, "Europe/Paris", "2026-03-29T06:30:00Z", "night", "2026-03-29T07:00:00Z");
    expect(m, "Europe/Paris", "2026-10-25T07:30:00Z", "night", "2026-10-25T08:00:00Z");
    expect(m, "America/New_York", "2026-03-08T12:30:00Z", "night", "2026-03-08T13:00:00Z");
    expect(m, "Australia/Lord_Howe", "2026-01-15T21:15:00Z", "night", "2026-01-15T22:00:00Z");
}

static void start_in_the_gap_comes_as_much_later(void **state) {
    (void)state;
    /* On 2026-03-29 02:30 does not exist in Paris: 01:59:59 CET is followed by 03:00 CEST. */
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-03-29T02:30:00\", \"duration\": \"PT1H\"}]");
    expect(m, "Europe/Paris", "2026-03-29T01:29:59Z", "day", "2026-03-29T01:30:00Z");
    expect(m, "Europe/Paris", "2026-03-29T01:30:00Z", "night", "2026-03-29T02:30:00Z");
}

static void time_that_comes_twice_is_the_first(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-10-25T02:30:00\", \"duration\": \"PT10M\"}]");
    expect(m, "Europe/Paris", "2026-10-25T00:30:00Z", "night", "2026-10-25T00:40:00Z");
    expect(m, "Europe/Paris", "2026-10-25T01:30:00Z", "day", "for ever");
}

static void days_are_nominal_and_hours_exact(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *day = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-03-28T12:00:00\", \"duration\": \"P1D\"}]");
    PP_AUTO(channel_manifest)
    struct channel_manifest *hours = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-03-28T12:00:00\", \"duration\": \"PT24H\"}]");
    expect(day, "Europe/Paris", "2026-03-28T12:00:00Z", "night", "2026-03-29T10:00:00Z");
    expect(hours, "Europe/Paris", "2026-03-28T12:00:00Z", "night", "2026-03-29T11:00:00Z");
}

static void higher_priority_counts_and_then_the_latest_beginning(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m =
        with_schedule("[{\"layout\": \"night\", \"dtstart\": \"2026-06-01T10:00:00\", \"duration\": "
                      "\"PT4H\", \"priority\": 1},"
                      " {\"layout\": \"day\", \"dtstart\": \"2026-06-01T09:00:00\", \"duration\": \"PT6H\", "
                      "\"priority\": 0},"
                      " {\"layout\": \"day\", \"dtstart\": \"2026-06-01T12:00:00\", \"duration\": \"PT1H\", "
                      "\"priority\": 1}]");
    expect(m, "UTC", "2026-06-01T10:00:00Z", "night", "2026-06-01T12:00:00Z");
    expect(m, "UTC", "2026-06-01T12:30:00Z", "day", "2026-06-01T13:00:00Z");
    expect(m, "UTC", "2026-06-01T13:00:00Z", "night", "2026-06-01T14:00:00Z");
    expect(m, "UTC", "2026-06-01T14:00:00Z", "day", "2026-06-01T15:00:00Z");
}

static void of_two_that_begin_together_the_last_listed_counts(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"day\", \"dtstart\": \"2026-06-01T10:00:00\", \"duration\": \"PT4H\"},"
        " {\"layout\": \"night\", \"dtstart\": \"2026-06-01T10:00:00\", \"duration\": \"PT3H\"}]");
    expect(m, "UTC", "2026-06-01T10:00:00Z", "night", "2026-06-01T13:00:00Z");
}

static void until_is_the_zones_wall_time(void **state) {
    (void)state;
    /* The last occurrence is that of 1 June 08:00 in New York, which is 12:00 UTC. */
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-05-01T08:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=DAILY;UNTIL=20260601T120000Z\"}]");
    expect(m, "America/New_York", "2026-06-01T12:30:00Z", "night", "2026-06-01T13:00:00Z");
    expect(m, "America/New_York", "2026-06-01T13:00:00Z", "day", "for ever");
    PP_AUTO(channel_manifest)
    struct channel_manifest *date = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-05-01T22:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=DAILY;UNTIL=20260601\"}]");
    expect(date, "America/New_York", "2026-06-02T02:30:00Z", "night", "2026-06-02T03:00:00Z");
    expect(date, "America/New_York", "2026-06-02T03:00:00Z", "day", "for ever");
}

static void count_ends_the_rule(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-05-01T08:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=DAILY;COUNT=3\"}]");
    expect(m, "UTC", "2026-05-03T08:00:00Z", "night", "2026-05-03T09:00:00Z");
    expect(m, "UTC", "2026-05-03T09:00:00Z", "day", "for ever");
}

static void overlapping_occurrences_go_on(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-05-01T08:00:00\", \"duration\": \"PT30H\", "
        "\"rrule\": \"FREQ=DAILY\"}]");
    expect(m, "UTC", "2026-05-09T09:00:00Z", "night", "2026-05-10T08:00:00Z");
}

/* RFC 5545 asks for no order in them; libical takes the first for the earliest. */
static void hours_may_be_listed_in_any_order(void **state) {
    (void)state;
    static const char *const rules[] = {"FREQ=DAILY;BYHOUR=17,8;BYMINUTE=30,0",
                                        "FREQ=HOURLY;BYHOUR=17,8;BYMINUTE=30,0",
                                        "FREQ=WEEKLY;BYDAY=FR,MO;BYHOUR=17,8,17;BYMINUTE=30,0"};
    for (size_t i = 0; i < PP_COUNT(rules); i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "[{\"layout\": \"night\", \"dtstart\": \"2026-01-05T00:00:00\", \"duration\": \"PT10M\", "
                 "\"rrule\": \"%s\"}]",
                 rules[i]);
        PP_AUTO(channel_manifest) struct channel_manifest *m = with_schedule(text);
        expect(m, "UTC", "2026-01-05T00:00:00Z", "day", "2026-01-05T08:00:00Z");
        expect(m, "UTC", "2026-06-01T00:00:00Z", "day", "2026-06-01T08:00:00Z");
        expect(m, "UTC", "2026-06-01T08:00:00Z", "night", "2026-06-01T08:10:00Z");
        expect(m, "UTC", "2026-06-01T08:10:00Z", "day", "2026-06-01T08:30:00Z");
        expect(m, "UTC", "2026-06-01T17:05:00Z", "night", "2026-06-01T17:10:00Z");
        expect(m, "UTC", "2026-06-01T17:10:00Z", "day", "2026-06-01T17:30:00Z");
    }
}

static void a_day_of_the_month_each_year_is_that_of_each_month(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-11-25T09:30:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=YEARLY;BYMONTHDAY=2\"}]");
    expect(m, "UTC", "2026-11-30T00:00:00Z", "day", "2026-12-02T09:30:00Z");
    expect(m, "UTC", "2031-04-02T09:30:00Z", "night", "2031-04-02T10:30:00Z");
}

static void every_fourth_week_is_counted_from_the_first(void **state) {
    (void)state;
    /* A Monday; the Sundays of its week and of each fourth are 9 August, 6 September, 4 October, 1 November.
     */
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-08-03T05:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=WEEKLY;INTERVAL=4;BYDAY=SU\"}]");
    expect(m, "UTC", "2026-10-24T05:00:00Z", "day", "2026-11-01T05:00:00Z");
    expect(m, "UTC", "2026-10-25T05:30:00Z", "day", "2026-11-01T05:00:00Z");
    expect(m, "UTC", "2026-11-01T05:30:00Z", "night", "2026-11-01T06:00:00Z");
    /* The first Saturday at 11 is not lost, though the start is later in the day. */
    PP_AUTO(channel_manifest)
    struct channel_manifest *late = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-07-03T19:06:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=WEEKLY;INTERVAL=2;BYDAY=SA;BYHOUR=11\"}]");
    expect(late, "UTC", "2026-07-04T02:16:00Z", "day", "2026-07-04T11:06:00Z");
    expect(late, "UTC", "2026-07-18T11:06:00Z", "night", "2026-07-18T12:06:00Z");
}

static void what_is_listed_twice_counts_once(void **state) {
    (void)state;
    static const char *const rules[] = {"FREQ=WEEKLY;BYDAY=MO,TU,MO;COUNT=3",
                                        "FREQ=DAILY;BYHOUR=8,8;BYDAY=MO,TU;COUNT=3"};
    for (size_t i = 0; i < PP_COUNT(rules); i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "[{\"layout\": \"night\", \"dtstart\": \"2026-01-05T08:00:00\", \"duration\": \"PT1H\", "
                 "\"rrule\": \"%s\"}]",
                 rules[i]);
        PP_AUTO(channel_manifest) struct channel_manifest *m = with_schedule(text);
        expect(m, "UTC", "2026-01-12T08:00:00Z", "night", "2026-01-12T09:00:00Z");
        expect(m, "UTC", "2026-01-12T09:00:00Z", "day", "for ever");
    }
}

/* libical would look for 29 February on a Monday for decades, with each question. */
static void rare_rule_is_looked_for_no_further_than_promised(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2028-01-01T08:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO\"}]");
    expect(m, "Europe/Paris", "2026-06-01T12:00:00Z", "day", "2026-06-09T12:00:00Z");
    expect(m, "Europe/Paris", "2044-02-25T07:00:00Z", "day", "2044-02-29T07:00:00Z");
    expect(m, "Europe/Paris", "2044-02-29T07:00:00Z", "night", "2044-02-29T08:00:00Z");
    expect(m, "Europe/Paris", "2044-02-29T08:00:00Z", "day", "2044-03-08T08:00:00Z");
}

static void a_rule_that_is_over_is_not_asked_for_again(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"1996-02-29T08:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=9\"}]");
    expect(m, "UTC", "2024-02-29T08:00:00Z", "night", "2024-02-29T09:00:00Z");
    expect(m, "UTC", "2028-02-29T08:30:00Z", "night", "2028-02-29T09:00:00Z");
    expect(m, "UTC", "2028-02-29T09:00:00Z", "day", "for ever");
    expect(m, "UTC", "2032-02-29T08:30:00Z", "day", "for ever");
}

/* In Tokyo it is already the next day: the one occurrence lies before UNTIL. */
static void until_in_utc_may_look_earlier_than_the_start(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-01-05T08:00:00\", \"duration\": \"PT1H\", "
        "\"rrule\": \"FREQ=DAILY;UNTIL=20260104T230000Z\"}]");
    expect(m, "Asia/Tokyo", "2026-01-04T23:00:00Z", "night", "2026-01-05T00:00:00Z");
    expect(m, "Asia/Tokyo", "2026-01-05T23:00:00Z", "day", "for ever");
}

static char *many_events(size_t count, const char *duration, const char *rrule) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON *event = cJSON_CreateObject();
        cJSON_AddStringToObject(event, "layout", "night");
        cJSON_AddStringToObject(event, "dtstart", "2026-01-05T08:00:00");
        cJSON_AddStringToObject(event, "duration", duration);
        cJSON_AddStringToObject(event, "rrule", rrule);
        cJSON_AddItemToArray(list, event);
    }
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    return text;
}

static void a_whole_schedule_has_one_budget(void **state) {
    (void)state;
    static const struct {
        size_t count;
        const char *duration, *rrule;
        bool taken;
    } rows[] = {
        {CHANNEL_SCHEDULE_MAX, "PT12H", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", true},
        {CHANNEL_SCHEDULE_MAX, "P30D", "FREQ=YEARLY", true},
        {300, "PT5M", "FREQ=HOURLY", true},
        {80, "PT1M", "FREQ=HOURLY;BYMINUTE=0,15,30,45", true},
        {CHANNEL_SCHEDULE_MAX, "P366D", "FREQ=DAILY", false},
        {CHANNEL_SCHEDULE_MAX, "PT1H", "FREQ=HOURLY;BYMINUTE=0,15,30,45", true},
        {CHANNEL_SCHEDULE_MAX, "PT1H", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=2", false},
        {CHANNEL_SCHEDULE_MAX, "PT1H", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", true},
        {CHANNEL_SCHEDULE_MAX, "PT1H", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", false},
        {CHANNEL_SCHEDULE_MAX, "PT1H", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        pp_autojsontext char *text = many_events(rows[i].count, rows[i].duration, rows[i].rrule);
        cJSON *json = sample_json();
        sample_set(json, "schedule", text);
        PP_AUTO(channel_manifest) struct channel_manifest *m = sample_parse(json, &error);
        if (rows[i].taken != (m != NULL) || (!m && error.code != PP_E_LIMIT))
            fail_msg("%s: %s", rows[i].rrule, m ? "taken" : error.message);
    }
}

/* A search that begins near the question must find what one from the first occurrence finds. */
static void jump_into_a_rule_finds_the_same_occurrences(void **state) {
    (void)state;
    static const char *const rules[] = {
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,SU",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25",
        "FREQ=YEARLY;BYDAY=1MO;BYMONTH=9",
        "FREQ=HOURLY;BYDAY=SA",
    };
    for (size_t i = 0; i < PP_COUNT(rules); i++) {
        char text[2][400];
        const char *counts[] = {"", ";COUNT=1000"};
        for (int k = 0; k < 2; k++)
            snprintf(
                text[k], sizeof text[k],
                "[{\"layout\": \"night\", \"dtstart\": \"2026-01-06T08:00:00\", \"duration\": \"PT90M\", "
                "\"rrule\": \"%s%s\"}]",
                rules[i], counts[k]);
        PP_AUTO(channel_manifest) struct channel_manifest *jump = with_schedule(text[0]);
        PP_AUTO(channel_manifest) struct channel_manifest *walk = with_schedule(text[1]);
        int64_t last = strncmp(rules[i], "FREQ=HOURLY", 11) == 0 ? at("2026-08-01T00:00:00Z")
                                                                 : at("2027-12-01T00:00:00Z");
        for (int64_t now = at("2026-01-01T00:00:00Z"); now < last; now += 13 * 3600 + 11) {
            int64_t until[2];
            const struct channel_layout *a = channel_layout_at(jump, now, "Europe/Paris", &until[0]);
            const struct channel_layout *b = channel_layout_at(walk, now, "Europe/Paris", &until[1]);
            if (strcmp(a->name, b->name) != 0 || until[0] != until[1])
                fail_msg("%s at %lld: %s until %lld, not %s until %lld", rules[i], (long long)now, a->name,
                         (long long)until[0], b->name, (long long)until[1]);
        }
    }
}

static void end_may_be_given_in_place_of_a_duration(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *night = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"20260105T220000\", \"dtend\": \"20260106T060000\", "
        "\"rrule\": \"FREQ=DAILY\"}]");
    expect(night, "Europe/Paris", "2026-01-06T04:59:59Z", "night", "2026-01-06T05:00:00Z");
    expect(night, "Europe/Paris", "2026-01-06T05:00:00Z", "day", "2026-01-06T21:00:00Z");
    /* A whole day, as calendars export it, is a day of 23 hours when daylight saving begins. */
    PP_AUTO(channel_manifest)
    struct channel_manifest *day =
        with_schedule("[{\"layout\": \"night\", \"dtstart\": \"20260329\", \"dtend\": \"20260330\"}]");
    expect(day, "Europe/Paris", "2026-03-28T23:00:00Z", "night", "2026-03-29T22:00:00Z");
}

static void event_of_utc_keeps_to_utc(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m =
        with_schedule("[{\"layout\": \"night\", \"dtstart\": \"2026-01-05T08:00:00Z\", \"dtend\": "
                      "\"2026-01-05T09:00:00Z\", "
                      "\"rrule\": \"FREQ=DAILY\"}]");
    expect(m, "Europe/Paris", "2026-01-06T08:30:00Z", "night", "2026-01-06T09:00:00Z");
    expect(m, "Europe/Paris", "2026-07-06T08:30:00Z", "night", "2026-07-06T09:00:00Z");
}

static void event_of_another_zone_keeps_to_that(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"20260105T080000\", \"tzid\": \"America/New_York\", "
        "\"duration\": \"PT1H\", \"rrule\": \"FREQ=DAILY\", \"exdate\": [\"20260107T080000\"]}]");
    expect(m, "Europe/Paris", "2026-01-06T13:30:00Z", "night", "2026-01-06T14:00:00Z");
    expect(m, "Europe/Paris", "2026-01-07T13:30:00Z", "day", "2026-01-08T13:00:00Z");
    /* New York changes on 8 March, Paris on the 29th. */
    expect(m, "Europe/Paris", "2026-03-08T12:30:00Z", "night", "2026-03-08T13:00:00Z");
    expect(m, "Asia/Tokyo", "2026-11-01T13:30:00Z", "night", "2026-11-01T14:00:00Z");
}

static void dates_of_an_event_without_a_rule_count_with_its_start(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-06-01T20:00:00\", \"duration\": \"PT2H\", "
        "\"rdate\": [\"2026-08-01T20:00:00\", \"2026-06-03T20:00:00\"], \"exdate\": "
        "[\"2026-06-01T20:00:00\"]}]");
    expect(m, "UTC", "2026-06-01T20:30:00Z", "day", "2026-06-03T20:00:00Z");
    expect(m, "UTC", "2026-06-03T20:30:00Z", "night", "2026-06-03T22:00:00Z");
    expect(m, "UTC", "2026-06-03T22:00:00Z", "day", "2026-06-11T22:00:00Z");
    expect(m, "UTC", "2026-08-01T20:00:00Z", "night", "2026-08-01T22:00:00Z");
    expect(m, "UTC", "2026-08-01T22:00:00Z", "day", "for ever");
}

/* Each quarter of an hour on the days on which a zone's offset changes: the same answers as when each start is
 * turned into UTC by itself. */
static void occurrences_around_a_change_of_the_clock_are_all_there(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-01-01T00:15:00\", \"duration\": \"PT10M\", "
        "\"rrule\": \"FREQ=HOURLY\"}]");
    /* Forward, 2026-03-29: 02:15 does not exist and comes as 03:15, together with 03:15 itself. */
    expect(m, "Europe/Paris", "2026-03-29T00:20:00Z", "night", "2026-03-29T00:25:00Z");
    expect(m, "Europe/Paris", "2026-03-29T00:25:00Z", "day", "2026-03-29T01:15:00Z");
    expect(m, "Europe/Paris", "2026-03-29T01:15:00Z", "night", "2026-03-29T01:25:00Z");
    expect(m, "Europe/Paris", "2026-03-29T01:25:00Z", "day", "2026-03-29T02:15:00Z");
    /* Back, 2026-10-25: 02:15 comes twice and is the first. */
    expect(m, "Europe/Paris", "2026-10-25T00:15:00Z", "night", "2026-10-25T00:25:00Z");
    expect(m, "Europe/Paris", "2026-10-25T00:25:00Z", "day", "2026-10-25T02:15:00Z");
    expect(m, "Europe/Paris", "2026-10-25T02:15:00Z", "night", "2026-10-25T02:25:00Z");
}

static void unknown_zone_counts_as_utc(void **state) {
    (void)state;
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-06-01T20:00:00\", \"duration\": \"PT2H\"}]");
    assert_false(channel_time_zone_valid("Mars/Olympus"));
    assert_false(channel_time_zone_valid("../../etc/passwd"));
    assert_false(channel_time_zone_valid(""));
    assert_false(channel_time_zone_valid(NULL));
    assert_true(channel_time_zone_valid("Europe/Paris"));
    assert_true(channel_time_zone_valid("UTC"));
    expect(m, "Mars/Olympus", "2026-06-01T20:00:00Z", "night", "2026-06-01T22:00:00Z");
    assert_string_equal(channel_layout_at(m, at("2026-06-01T20:00:00Z"), NULL, NULL)->name, "night");
}

/* libical's offsets against the C library's, which reads the same time zone database in its own way. */
static void offsets_agree_with_the_c_library(void **state) {
    (void)state;
    static const char *const zones[] = {"Europe/Paris",  "America/New_York",    "Asia/Kolkata",
                                        "Europe/Dublin", "Australia/Lord_Howe", "America/Sao_Paulo",
                                        "Pacific/Apia"};
    PP_AUTO(channel_manifest)
    struct channel_manifest *m = with_schedule(
        "[{\"layout\": \"night\", \"dtstart\": \"2026-01-01T00:00:00\", \"duration\": \"PT1S\", "
        "\"rrule\": \"FREQ=DAILY\"}]");
    for (size_t i = 0; i < PP_COUNT(zones); i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        int64_t now = at("2026-06-01T00:00:00Z");
        for (int days = 0; days < 3650; days++) {
            /* The next local midnight. */
            channel_layout_at(m, now, zones[i], &now);
            time_t moment = (time_t)now;
            struct tm tm;
            localtime_r(&moment, &tm);
            if ((tm.tm_hour || tm.tm_min || tm.tm_sec) && (tm.tm_sec != 1 || tm.tm_min || tm.tm_hour))
                fail_msg("%s: %lld is %02d:%02d:%02d there", zones[i], (long long)now, tm.tm_hour, tm.tm_min,
                         tm.tm_sec);
        }
    }
    unsetenv("TZ");
    tzset();
}

/* ---- Playlists by the wall clock ---- */

static void wall_clock_playlist_has_the_same_position_everywhere(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(sample_json());
    const struct channel_playlist *welcome = m->default_layout->zones[0].playlist;
    size_t index = 9;
    int64_t offset = 9;
    static const struct {
        int64_t now;
        size_t index;
        int64_t offset;
    } rows[] = {{0, 0, 0},     {9999, 0, 9999},  {10000, 1, 0}, {29999, 1, 19999},
                {30000, 2, 0}, {39999, 2, 9999}, {40000, 0, 0}, {40000LL * 50000000 + 12345, 1, 2345},
                {-1, 2, 9999}};
    assert_int_equal(welcome->total_ms, 40000);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        assert_true(channel_playlist_position(welcome, rows[i].now, &index, &offset));
        assert_int_equal(index, rows[i].index);
        assert_int_equal(offset, rows[i].offset);
    }
}

static void playlist_that_cannot_be_aligned_says_so(void **state) {
    (void)state;
    cJSON *json = sample_json();
    sample_set(json, "playlists.welcome.items[1].duration", NULL);
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(json);
    size_t index = 9;
    int64_t offset = 9;
    assert_false(channel_playlist_position(m->default_layout->zones[0].playlist, 12345, &index, &offset));
    assert_int_equal(index, 0);
    assert_int_equal(offset, 0);
    assert_false(channel_playlist_position(m->default_layout->zones[1].playlist, 12345, &index, &offset));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_begins_and_ends),
        cmocka_unit_test(weekly_rule_keeps_its_days),
        cmocka_unit_test(wall_time_holds_across_daylight_saving),
        cmocka_unit_test(start_in_the_gap_comes_as_much_later),
        cmocka_unit_test(time_that_comes_twice_is_the_first),
        cmocka_unit_test(days_are_nominal_and_hours_exact),
        cmocka_unit_test(higher_priority_counts_and_then_the_latest_beginning),
        cmocka_unit_test(of_two_that_begin_together_the_last_listed_counts),
        cmocka_unit_test(until_is_the_zones_wall_time),
        cmocka_unit_test(count_ends_the_rule),
        cmocka_unit_test(overlapping_occurrences_go_on),
        cmocka_unit_test(hours_may_be_listed_in_any_order),
        cmocka_unit_test(a_day_of_the_month_each_year_is_that_of_each_month),
        cmocka_unit_test(every_fourth_week_is_counted_from_the_first),
        cmocka_unit_test(what_is_listed_twice_counts_once),
        cmocka_unit_test(rare_rule_is_looked_for_no_further_than_promised),
        cmocka_unit_test(a_rule_that_is_over_is_not_asked_for_again),
        cmocka_unit_test(until_in_utc_may_look_earlier_than_the_start),
        cmocka_unit_test(a_whole_schedule_has_one_budget),
        cmocka_unit_test(jump_into_a_rule_finds_the_same_occurrences),
        cmocka_unit_test(end_may_be_given_in_place_of_a_duration),
        cmocka_unit_test(event_of_utc_keeps_to_utc),
        cmocka_unit_test(event_of_another_zone_keeps_to_that),
        cmocka_unit_test(dates_of_an_event_without_a_rule_count_with_its_start),
        cmocka_unit_test(occurrences_around_a_change_of_the_clock_are_all_there),
        cmocka_unit_test(unknown_zone_counts_as_utc),
        cmocka_unit_test(offsets_agree_with_the_c_library),
        cmocka_unit_test(wall_clock_playlist_has_the_same_position_everywhere),
        cmocka_unit_test(playlist_that_cannot_be_aligned_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
