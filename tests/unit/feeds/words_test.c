/* Places in values (RFC 6901), and values as words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "feeds/pointer.h"
#include "feeds/words.h"

#define NBSP  "\xc2\xa0"
#define MINUS "\xe2\x88\x92"
#define DASH  "\xe2\x80\x93"

/* The document and the places of RFC 6901 §5. */
static void pointer_finds_what_the_rfc_says(void **state) {
    static const struct {
        const char *pointer, *json; /* NULL: there is nothing */
    } rows[] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
        {"/foo/2", NULL},
        {"/foo/00", NULL},
        {"/foo/-", NULL},
        {"/foo/0/x", NULL},
        {"/nothing", NULL},
        {"/foo/", NULL},
        {"/FOO", NULL},
        {"foo", NULL},
    };
    (void)state;
    pp_autojson cJSON *value =
        cJSON_Parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                    "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");
    assert_ptr_equal(pointer_find(value, ""), value);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        const cJSON *found = pointer_find(value, rows[i].pointer);
        if ((found != NULL) != (rows[i].json != NULL))
            fail_msg("%s: %s", rows[i].pointer, found ? "found" : "not found");
        if (!found)
            continue;
        pp_autojsontext char *text = cJSON_PrintUnformatted(found);
        assert_string_equal(text, rows[i].json);
    }
}

static void value_is_written_as_the_language_has_it(void **state) {
    static const struct {
        const char *json, *format;
        bool french;
        const char *text;
    } rows[] = {
        {"1240.5", "%.0f \xe2\x82\xac", false, "1,240 \xe2\x82\xac"},
        {"1240.5", "%.2f \xe2\x82\xac", true, "1" NBSP "240,50 \xe2\x82\xac"},
        {"1234567", "%d", false, "1,234,567"},
        {"1234567", "%s", true, "1" NBSP "234" NBSP "567"},
        {"0.1", "%s", false, "0.1"},
        {"-3", "%s", false, MINUS "3"},
        {"-0.2", "%.0f", false, "0"},
        {"1e300", "%s", false, DASH},
        {"42", "%.1f %%", false, "42.0 %"},
        {"42", "about %d", false, "about 42"},
        {"\"open\"", "[%s]", false, "[open]"},
        {"true", "%s", true, "oui"},
        {"null", "%s kg", false, DASH},
        {"{}", "%s kg", false, DASH},
        {"\"a\\nb\"", "%s", false, "a b"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char text[FEEDS_TEXT_MAX + 1];
        pp_autojson cJSON *value = cJSON_Parse(rows[i].json);
        feeds_value_text(value, rows[i].format, rows[i].french, text);
        if (strcmp(text, rows[i].text) != 0)
            fail_msg("%s, %s: \"%s\"", rows[i].json, rows[i].format, text);
    }
    char text[FEEDS_TEXT_MAX + 1];
    feeds_value_text(NULL, "%s", false, text);
    assert_string_equal(text, DASH);
}

static int64_t an_hour_more(void *arg, int64_t seconds) {
    (void)arg;
    return seconds + 3600;
}

static const char *word(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static cJSON *shown(const struct feed *feed, int64_t now, bool french) {
    static const struct channel_metric metric = {.label = "Sales", .pointer = "/total", .format = "%s"};
    const struct feeds_look look = {
        .french = french, .now = now, .local = an_hour_more, .width = 640, .height = 360};
    char json[1024];
    struct pp_error error = {0};
    assert_true(feeds_metric_json(&metric, feed, &look, json, sizeof json, &error));
    char small[16];
    assert_false(feeds_metric_json(&metric, feed, &look, small, sizeof small, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    return cJSON_Parse(json);
}

static void age_and_trend_stand_with_the_value(void **state) {
    (void)state;
    pp_autojson cJSON *now = cJSON_Parse("{\"total\":5}");
    pp_autojson cJSON *before = cJSON_Parse("{\"total\":7}");
    /* 2026-01-05T12:00:00Z */
    struct feed feed = {.name = "sales",
                        .version = 1,
                        .time = 1767614400,
                        .stale_after_s = 300,
                        .value = now,
                        .before = before};
    pp_autojson cJSON *fresh = shown(&feed, feed.time + 299, false);
    assert_string_equal(word(fresh, "value"), "5");
    assert_string_equal(word(fresh, "trend"), "down");
    assert_string_equal(word(fresh, "note"), "Updated 13:00");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(fresh, "stale")));
    pp_autojson cJSON *stale = shown(&feed, feed.time + 300, true);
    assert_string_equal(word(stale, "note"), "Sans nouvelles depuis 13:00");
    assert_string_equal(word(stale, "trend"), "");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(stale, "stale")));
    pp_autojson cJSON *next_day = shown(&feed, feed.time + 86400, false);
    assert_string_equal(word(next_day, "note"), "Not updated since 5 Jan 13:00");
    pp_autojson cJSON *none = shown(NULL, 0, false);
    assert_string_equal(word(none, "value"), DASH);
    assert_string_equal(word(none, "note"), "No value yet");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointer_finds_what_the_rfc_says),
        cmocka_unit_test(value_is_written_as_the_language_has_it),
        cmocka_unit_test(age_and_trend_stand_with_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
