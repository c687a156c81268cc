/* What pingplayctl schedule is told of a manifest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/answers.h"
#include "base/clock.h"
#include "base/json.h"
#include "ipc/local.h"

static const char manifest_json[] =
    "{\"format\":1,\"channel\":\"lobby\",\"version\":7,\"canvas\":{\"width\":100,\"height\":100},"
    "\"layouts\":{\"day\":{\"zones\":[{\"id\":\"main\",\"x\":0,\"y\":0,\"width\":100,\"height\":100,"
    "\"playlist\":\"p\"}]},"
    "\"night\":{\"zones\":[{\"id\":\"main\",\"x\":0,\"y\":0,\"width\":100,\"height\":100,\"playlist\":\"q\"}]"
    "}},"
    "\"playlists\":{\"p\":{\"align\":\"wall-clock\",\"items\":["
    "{\"id\":\"a\",\"kind\":\"image\",\"object\":\"o\",\"duration\":\"PT10S\"},"
    "{\"id\":\"b\",\"kind\":\"image\",\"object\":\"o\",\"duration\":\"PT20S\"}]},"
    "\"q\":{\"items\":[{\"id\":\"c\",\"kind\":\"video\",\"object\":\"o\"}]}},"
    "\"schedule\":[{\"layout\":\"day\",\"dtstart\":\"2026-01-05T08:00:00\",\"duration\":\"PT12H\","
    "\"rrule\":\"RULE\"}],\"default_layout\":\"night\","
    "\"objects\":{\"o\":{\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
    "\"length\":100,"
    "\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"media_type\":\"image/png\"}}}";

static struct channel_manifest *parse(const char *rule) {
    struct pp_error error = {0};
    char json[2048];
    const char *place = strstr(manifest_json, "RULE");
    snprintf(json, sizeof json, "%.*s%s%s", (int)(place - manifest_json), manifest_json, rule, place + 4);
    struct channel_manifest *manifest = channel_manifest_parse(json, strlen(json), &error);
    if (!manifest)
        fail_msg("%s", error.message);
    return manifest;
}

static int64_t instant(const char *text) {
    int64_t seconds = 0;
    assert_true(pp_time_parse(text, &seconds, NULL));
    return seconds;
}

static cJSON *schedule(const struct channel_manifest *manifest, int64_t at_s, const char *time_zone) {
    struct schedule_walk walk;
    answers_schedule_begin(&walk, manifest, at_s, time_zone);
    while (answers_schedule_step(&walk, manifest)) {
    }
    return walk.document;
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_non_null(value);
    return value;
}

static const char *text(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(member(object, name));
}

static void an_instant_has_its_layout_the_item_that_is_on_and_what_follows(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = parse("FREQ=DAILY");
    /* 08:00 in Paris is 07:00 in UTC in winter; 12 s into a playlist of 30 s. */
    pp_autojson cJSON *day = schedule(manifest, instant("2026-01-10T07:00:12Z"), "Europe/Paris");
    assert_string_equal(text(day, "layout"), "day");
    const cJSON *event = member(day, "event");
    assert_int_equal(member(event, "number")->valueint, 1);
    assert_string_equal(text(event, "rule"), "FREQ=DAILY");
    assert_string_equal(text(event, "since"), "2026-01-10T07:00:00Z");
    assert_string_equal(text(event, "until"), "2026-01-10T19:00:00Z");
    const cJSON *zone = cJSON_GetArrayItem(member(day, "zones"), 0);
    assert_true(cJSON_IsTrue(member(zone, "by_the_clock")));
    assert_int_equal(member(zone, "offset_ms")->valueint, 2000);
    assert_string_equal(text(cJSON_GetArrayItem(member(zone, "items"), 0), "item"), "b");
    assert_string_equal(text(cJSON_GetArrayItem(member(zone, "items"), 1), "item"), "a");
    const cJSON *next = member(day, "next");
    assert_string_equal(text(cJSON_GetArrayItem(next, 0), "at"), "2026-01-10T19:00:00Z");
    assert_string_equal(text(cJSON_GetArrayItem(next, 0), "layout"), "night");
    assert_string_equal(text(cJSON_GetArrayItem(next, 1), "at"), "2026-01-11T07:00:00Z");
    assert_int_equal(cJSON_GetArraySize(next), 8);
}

static void without_alignment_items_are_told_in_their_order(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = parse("FREQ=DAILY");
    pp_autojson cJSON *night = schedule(manifest, instant("2026-01-10T06:59:59Z"), "Europe/Paris");
    assert_string_equal(text(night, "layout"), "night");
    assert_true(cJSON_IsNull(member(night, "event")));
    const cJSON *zone = cJSON_GetArrayItem(member(night, "zones"), 0);
    assert_false(cJSON_IsTrue(member(zone, "by_the_clock")));
    assert_int_equal(member(cJSON_GetArrayItem(member(zone, "items"), 0), "duration_ms")->valueint, 0);
    assert_string_equal(text(cJSON_GetArrayItem(member(night, "next"), 0), "at"), "2026-01-10T07:00:00Z");
}

/* A look at the schedule is good for some days only: what stays the same for months is no change. */
static void a_change_months_away_is_the_first_that_is_told(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = parse("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1");
    pp_autojson cJSON *winter = schedule(manifest, instant("2026-01-10T06:00:00Z"), "Europe/Paris");
    const cJSON *next = member(winter, "next");
    assert_string_equal(text(cJSON_GetArrayItem(next, 0), "at"), "2026-06-01T06:00:00Z");
    assert_string_equal(text(cJSON_GetArrayItem(next, 0), "layout"), "day");
}

static void no_manifest_and_the_end_of_time_are_told(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = parse("FREQ=DAILY");
    pp_autojson cJSON *none = schedule(NULL, 1, "UTC");
    assert_true(cJSON_IsNull(member(none, "layout")));
    pp_autojson cJSON *last = schedule(manifest, LOCAL_AT_MAX, "UTC");
    assert_true(cJSON_IsString(member(last, "layout")));
    pp_autojsontext char *printed = cJSON_PrintUnformatted(last);
    assert_true(strlen(printed) < LOCAL_TEXT_MAX);
}

static void a_manifest_that_changes_meanwhile_ends_the_walk(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = parse("FREQ=DAILY");
    PP_AUTO(channel_manifest) struct channel_manifest *other = parse("FREQ=DAILY");
    struct schedule_walk walk;
    other->digest[0] ^= 1;
    answers_schedule_begin(&walk, manifest, instant("2026-01-10T07:00:12Z"), "UTC");
    assert_true(answers_schedule_step(&walk, manifest));
    assert_false(answers_schedule_step(&walk, other));
    assert_string_equal(text(walk.document, "layout"), "night");
    assert_string_equal(text(walk.document, "looked_until"), "2026-01-10T08:00:00Z");
    cJSON_Delete(walk.document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_has_its_layout_the_item_that_is_on_and_what_follows),
        cmocka_unit_test(without_alignment_items_are_told_in_their_order),
        cmocka_unit_test(a_manifest_that_changes_meanwhile_ends_the_walk),
        cmocka_unit_test(a_change_months_away_is_the_first_that_is_told),
        cmocka_unit_test(no_manifest_and_the_end_of_time_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
