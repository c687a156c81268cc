/* Calendars as schedules, and schedules as calendars. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "channel/schedule.h"
#include "headend/ingest/calendar.h"
#include "headend/ingest/calendar_zones.h"

static cJSON *read_text(const char *text) {
    struct pp_error error = {0};
    cJSON *answer = calendar_read(text, strlen(text), &error);
    if (!answer)
        fail_msg("%s", error.message);
    return answer;
}

/* Of one event with these lines. */
static cJSON *read_event(const char *lines) {
    char text[2 * CALENDAR_LINE_MAX];
    snprintf(text, sizeof text, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
             lines);
    return read_text(text);
}

static const cJSON *event_of(const cJSON *answer, int index) {
    const cJSON *event = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "events"), index);
    assert_non_null(event);
    return event;
}

static void expect_entry(const char *lines, const char *entry) {
    pp_autojson cJSON *answer = read_event(lines);
    pp_autojson cJSON *expected = cJSON_Parse(entry);
    const cJSON *event = event_of(answer, 0);
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(event, "entry");
    pp_autojsontext char *printed = cJSON_PrintUnformatted(event);
    if (!cJSON_Compare(found, expected, true))
        fail_msg("%s: %s", lines, printed);
}

static void expect_refusal(const char *lines, const char *words) {
    pp_autojson cJSON *answer = read_event(lines);
    const cJSON *event = event_of(answer, 0);
    const char *refusal = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "refusal"));
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(event, "entry")));
    if (!refusal || !strstr(refusal, words))
        fail_msg("%s: %s", lines, refusal ? refusal : "is taken");
}

static void times_are_taken_as_manifests_have_them(void **state) {
    (void)state;
    expect_entry("DTSTART:20260105T080000\r\nDURATION:PT12H",
                 "{\"dtstart\":\"2026-01-05T08:00:00\",\"duration\":\"PT12H\"}");
    expect_entry(
        "DTSTART;TZID=Europe/Paris:20260105T080000\r\nDTEND;TZID=Europe/Paris:20260105T200000\r\n"
        "RRULE:FREQ=DAILY\r\nEXDATE:20260106T070000Z\r\nEXDATE;TZID=\"Europe/Paris\":20260107T080000",
        "{\"dtstart\":\"2026-01-05T08:00:00\",\"tzid\":\"Europe/Paris\",\"dtend\":\"2026-01-05T20:00:00\","
        "\"rrule\":\"FREQ=DAILY\",\"exdate\":[\"2026-01-06T08:00:00\",\"2026-01-07T08:00:00\"]}");
    expect_entry("DTSTART:20260105T080000Z\r\nDTEND;TZID=Europe/Paris:20260105T100000",
                 "{\"dtstart\":\"2026-01-05T08:00:00Z\",\"dtend\":\"2026-01-05T09:00:00Z\"}");
    /* Days; one without an end is one (RFC 5545 §3.6.1). */
    expect_entry("DTSTART;VALUE=DATE:20260714\r\nRRULE:FREQ=YEARLY",
                 "{\"dtstart\":\"2026-07-14T00:00:00\",\"duration\":\"P1D\",\"rrule\":\"FREQ=YEARLY\"}");
    expect_entry("DTSTART;VALUE=DATE:20260714\r\nDTEND;VALUE=DATE:20260716",
                 "{\"dtstart\":\"2026-07-14T00:00:00\",\"dtend\":\"2026-07-16T00:00:00\"}");
    expect_entry(
        "DTSTART:20260105T080000\r\nDURATION:+P2W\r\nRDATE:20260305T080000",
        "{\"dtstart\":\"2026-01-05T08:00:00\",\"duration\":\"P14D\",\"rdate\":[\"2026-03-05T08:00:00\"]}");
    /* Names that programs make of those of the IANA database. */
    expect_entry(
        "DTSTART;TZID=/freeassociation.sourceforge.net/America/New_York:20260105T080000\r\nDURATION:PT1H",
        "{\"dtstart\":\"2026-01-05T08:00:00\",\"tzid\":\"America/New_York\",\"duration\":\"PT1H\"}");
    /* Lines that are folded anywhere, within a name as well, and what is not known. */
    expect_entry(
        "DTST\r\n ART:20260\r\n\t105T080000\r\nX-WHAT;A=\"b:c;d\":e\r\nDURATION;X=1:PT1H\r\nBEGIN:VALARM\r\n"
        "DTSTART:19700101T000000\r\nEND:VALARM",
        "{\"dtstart\":\"2026-01-05T08:00:00\",\"duration\":\"PT1H\"}");
}

static void zones_of_outlook_are_those_of_the_database(void **state) {
    (void)state;
    expect_entry("DTSTART;TZID=\"W. Europe Standard Time\":20260105T080000\r\nDURATION:PT1H",
                 "{\"dtstart\":\"2026-01-05T08:00:00\",\"tzid\":\"Europe/Berlin\",\"duration\":\"PT1H\"}");
    size_t count = 0;
    for (const char *zone = calendar_zone_at(0); zone; zone = calendar_zone_at(++count)) {
        if (!channel_time_zone_valid(zone))
            fail_msg("%s is no time zone", zone);
    }
    assert_true(count > 50);
    assert_null(calendar_zone_of_windows("Europe"));
    assert_null(calendar_zone_of_windows(" Standard Time"));
    assert_null(calendar_zone_of_windows("Mars Standard Time"));
}

static void what_no_manifest_could_have_is_refused_in_words(void **state) {
    (void)state;
    expect_refusal("SUMMARY:no start", "DTSTART: there is none");
    expect_refusal("DTSTART:20260105T080000", "DTEND: there is neither one nor a DURATION");
    expect_refusal("DTSTART;TZID=Customized Time Zone:20260105T080000\r\nDURATION:PT1H",
                   "\"Customized Time Zone\" is no time zone of the IANA database");
    expect_refusal("DTSTART:20261305T080000\r\nDURATION:PT1H", "is not a time");
    expect_refusal("DTSTART:19691231T080000\r\nDURATION:PT1H", "is not a time from 1970 on");
    expect_refusal("DTSTART:20260105T080000\r\nDURATION:-PT1H", "DURATION: ");
    expect_refusal("DTSTART:20260105T080000\r\nDTEND:20260105T080000", "is not after dtstart");
    expect_refusal("DTSTART:20260105T080000\r\nDTEND:20260105T080000Z",
                   "DTEND: is of another clock than DTSTART");
    expect_refusal("DTSTART:20260105T080000\r\nDURATION:PT1H\r\nRRULE:FREQ=MINUTELY", "rrule: ");
    expect_refusal("DTSTART:20260105T080000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY",
                   "RRULE: stands there twice");
    expect_refusal("DTSTART:20260105T080000\r\nDURATION:PT1H\r\nRDATE;VALUE=PERIOD:20260105T080000Z/PT1H",
                   "RDATE: ");
    expect_refusal(
        "DTSTART:20260105T080000\r\nDURATION:PT1H\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260105T080000",
        "changes of all that follow");
}

static void changed_occurrence_becomes_an_event_and_an_exception(void **state) {
    (void)state;
    pp_autojson cJSON *answer = read_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:"
                                          "20260106T080000\nDTSTART:20260106T100000\nDURATION:PT1H\n"
                                          "RRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nDTSTART:"
                                          "20260105T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY\n"
                                          "END:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:"
                                          "20260107T080000\nDTSTART:20260107T080000\nDURATION:PT1H\n"
                                          "STATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR\n");
    pp_autojsontext char *text = cJSON_PrintUnformatted(answer);
    assert_string_equal(
        text, "{\"events\":[{\"summary\":\"\",\"categories\":[],\"priority\":null,\"entry\":{\"dtstart\":"
              "\"2026-01-06T10:00:00\",\"duration\":\"PT1H\"},\"refusal\":null},{\"summary\":\"\","
              "\"categories\":[],\"priority\":null,\"entry\":{\"dtstart\":\"2026-01-05T08:00:00\","
              "\"duration\":\"PT1H\",\"rrule\":\"FREQ=DAILY\",\"exdate\":[\"2026-01-06T08:00:00\","
              "\"2026-01-07T08:00:00\"]},\"refusal\":null}],\"cancelled\":1}");
}

static void summary_and_categories_are_text(void **state) {
    (void)state;
    pp_autojson cJSON *answer = read_event(
        "DTSTART:20260105T080000\r\nDURATION:PT1H\r\nSUMMARY:Soldes\\, \xc3\xa9t\xc3\xa9\\n\x01!\r\n"
        "CATEGORIES:Shop\\, left,Priority -5,Priority 2000");
    pp_autojsontext char *text = cJSON_PrintUnformatted(event_of(answer, 0));
    assert_non_null(strstr(text,
                           "\"summary\":\"Soldes, \xc3\xa9t\xc3\xa9  !\",\"categories\":[\"Shop, left\","
                           "\"Priority 2000\"],\"priority\":-5"));
}

static void refuse_whole(const char *text, size_t size, enum pp_code code, const char *words) {
    struct pp_error error = {0};
    cJSON *answer = calendar_read(text, size, &error);
    assert_null(answer);
    assert_int_equal(error.code, code);
    assert_non_null(strstr(error.message, words));
}

static void what_is_no_calendar_is_refused_whole(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "no BEGIN:VCALENDAR"},
        {"<html>", "begin with BEGIN:VCALENDAR"},
        {"BEGIN:VEVENT\n", "begin with BEGIN:VCALENDAR"},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "ends in the middle"},
        {"BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", "without a BEGIN"},
        {"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR\n", "not UTF-8"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        refuse_whole(rows[i].text, strlen(rows[i].text), PP_E_INVALID, rows[i].words);
    refuse_whole("BEGIN:VCALENDAR\n\0END:VCALENDAR\n", 31, PP_E_INVALID, "not UTF-8");
}

static void caps_hold(void **state) {
    (void)state;
    static const char event[] = "BEGIN:VEVENT\nDTSTART:20260105T080000\nDURATION:PT1H\nEND:VEVENT\n";
    static const char deep[] = "BEGIN:X\n";
    static const char begin[] = "BEGIN:VCALENDAR\n";
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CALENDAR_SIZE_MAX + 10);
    assert_true(pp_buf_add_text(&text, "BEGIN:VCALENDAR\n", NULL));
    for (int i = 0; i < CALENDAR_EVENTS_MAX; i++)
        assert_true(pp_buf_add(&text, event, sizeof event - 1, NULL));
    size_t full = text.size;
    assert_true(pp_buf_add_text(&text, "END:VCALENDAR\n", NULL));
    struct pp_error error = {0};
    pp_autojson cJSON *answer = calendar_read(text.data, text.size, &error);
    assert_non_null(answer);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "events")),
                     CALENDAR_EVENTS_MAX);
    assert_true(
        cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(event_of(answer, CALENDAR_TAKEN_MAX - 1), "entry")));
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
                               event_of(answer, CALENDAR_TAKEN_MAX), "refusal")),
                           "512 entries at most"));
    text.size = full;
    assert_true(pp_buf_add(&text, event, sizeof event - 1, NULL));
    refuse_whole((const char *)text.data, text.size, PP_E_LIMIT, "more than 10000 events");
    text.size = 16;
    for (int i = 0; i < 20; i++)
        assert_true(pp_buf_add(&text, deep, sizeof deep - 1, NULL));
    refuse_whole((const char *)text.data, text.size, PP_E_LIMIT, "deep");
    char dates[CALENDAR_LINE_MAX + 128];
    for (size_t i = 0; i < 2; i++) {
        int size = snprintf(dates, sizeof dates,
                            "DTSTART:20260105T080000\r\nDURATION:PT1H\r\n%s:", i ? "X-ELSE" : "EXDATE");
        memset(dates + size, '1', sizeof dates - 1 - (size_t)size);
        dates[sizeof dates - 1] = 0;
        if (i)
            expect_entry(dates, "{\"dtstart\":\"2026-01-05T08:00:00\",\"duration\":\"PT1H\"}");
        else
            expect_refusal(dates, "EXDATE: is longer than 8192 bytes");
    }
    /* A line without an end, and a file that is too large. */
    char *large = malloc(CALENDAR_SIZE_MAX + 1);
    assert_non_null(large);
    memset(large, 'x', CALENDAR_SIZE_MAX + 1);
    refuse_whole(large, CALENDAR_SIZE_MAX + 1, PP_E_LIMIT, "1048576 bytes");
    for (size_t i = 0; i < sizeof begin - 1; i++)
        large[i] = begin[i];
    refuse_whole(large, CALENDAR_SIZE_MAX, PP_E_INVALID, "ends in the middle");
    free(large);
}

/* ---- Out, and in again ---- */

static const char schedule[] =
    "[{\"layout\":\"day\",\"dtstart\":\"2026-01-05T08:00:00\",\"duration\":\"PT12H\","
    "\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20301231T000000\",\"exdate\":[\"2026-12-25T08:00:"
    "00\","
    "\"2026-12-28T08:00:00\",\"2026-12-29T08:00:00\",\"2026-12-30T08:00:00\",\"2026-12-31T08:00:00\"],"
    "\"priority\":10},"
    "{\"layout\":\"sale\",\"dtstart\":\"2026-03-01T10:00:00\",\"tzid\":\"Europe/Paris\","
    "\"dtend\":\"2026-03-01T12:00:00\",\"priority\":-3},"
    "{\"layout\":\"sale\",\"dtstart\":\"2026-03-01T10:00:00Z\",\"duration\":\"P1DT30M\",\"priority\":0,"
    "\"rdate\":[\"2026-04-01T10:00:00Z\"]},"
    "{\"layout\":\"sale\",\"dtstart\":\"2026-03-01T10:00:00Z\",\"duration\":\"PT1H\",\"priority\":0}]";

static void written(struct pp_buf *text) {
    pp_autojson cJSON *events = cJSON_Parse(schedule);
    const struct calendar_out out = {.channel = "lobby",
                                     .title = "Hall; \xc3\x89t\xc3\xa9",
                                     .schedule = events,
                                     .count = cJSON_GetArraySize(events),
                                     .changed = 1772000000};
    assert_true(calendar_write(&out, text, NULL));
}

static void schedule_is_the_same_after_it_was_written_and_read(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CALENDAR_WRITTEN_MAX);
    pp_autojson cJSON *events = cJSON_Parse(schedule);
    written(&text);
    pp_autojson cJSON *answer = calendar_read(text.data, text.size, NULL);
    const cJSON *event;
    int i = 0;
    assert_non_null(answer);
    cJSON_ArrayForEach(event, events) {
        const cJSON *told = event_of(answer, i++);
        pp_autojson cJSON *again = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(told, "entry"), true);
        cJSON_AddItemToObject(again, "layout",
                              cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(told, "summary"), true));
        cJSON_AddItemToObject(again, "priority",
                              cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(told, "priority"), true));
        assert_true(cJSON_Compare(event, again, true));
    }
    assert_int_equal(i, 4);
}

static void lines_are_folded_and_uids_stay(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CALENDAR_WRITTEN_MAX);
    pp_autobuf struct pp_buf again = PP_BUF_INIT(CALENDAR_WRITTEN_MAX);
    written(&text);
    written(&again);
    assert_string_equal(pp_buf_text(&text), pp_buf_text(&again));
    assert_non_null(strstr(pp_buf_text(&text), "X-WR-CALNAME:Hall\\; \xc3\x89t\xc3\xa9\r\n"));
    assert_non_null(strstr(pp_buf_text(&text), "DTSTART;TZID=Europe/Paris:20260301T100000\r\n"));
    assert_non_null(strstr(pp_buf_text(&text), "DTSTAMP:20260225T"));
    size_t longest = 0;
    int uids = 0;
    char uid[4][64] = {{0}};
    for (const char *line = pp_buf_text(&text); *line;) {
        size_t size = strcspn(line, "\r");
        longest = size > longest ? size : longest;
        if (strncmp(line, "UID:", 4) == 0)
            snprintf(uid[uids++], sizeof uid[0], "%.*s", (int)size, line);
        assert_memory_equal(line + size, "\r\n", 2);
        line += size + 2;
    }
    assert_int_equal(longest, 75);
    assert_int_equal(uids, 4);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++)
            assert_string_not_equal(uid[i], uid[k]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_taken_as_manifests_have_them),
        cmocka_unit_test(zones_of_outlook_are_those_of_the_database),
        cmocka_unit_test(what_no_manifest_could_have_is_refused_in_words),
        cmocka_unit_test(changed_occurrence_becomes_an_event_and_an_exception),
        cmocka_unit_test(summary_and_categories_are_text),
        cmocka_unit_test(what_is_no_calendar_is_refused_whole),
        cmocka_unit_test(caps_hold),
        cmocka_unit_test(schedule_is_the_same_after_it_was_written_and_read),
        cmocka_unit_test(lines_are_folded_and_uids_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
