/* Items that show a feed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "channel/kind.h"
#include "channel/manifest.h"
#include "channel/metric.h"

static struct channel_manifest *parse(const char *feeds, const char *item, struct pp_error *error) {
    char json[2048];
    snprintf(json, sizeof json,
             "{\"format\":1,\"channel\":\"lobby\",\"canvas\":{\"width\":10,\"height\":10},\"objects\":{}%s,"
             "\"playlists\":{\"p\":{\"items\":[%s]}},\"default_layout\":\"l\",\"layouts\":{\"l\":{\"zones\":["
             "{\"id\":\"z\","
             "\"x\":0,\"y\":0,\"width\":10,\"height\":10,\"playlist\":\"p\"}]}}}",
             feeds, item);
    return channel_manifest_parse(json, strlen(json), error);
}

#define FEEDS ",\"feeds\":{\"stock\":{},\"sales\":{\"url\":\"/v1/feeds/sales\",\"refresh\":\"PT5S\"}}"

static void metric_names_a_feed_and_a_place(void **state) {
    (void)state;
    struct pp_error error = {0};
    PP_AUTO(channel_manifest)
    struct channel_manifest *manifest = parse(
        FEEDS,
        "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"pointer\":\"/a~1b/0\",\"label\":\"Sales\","
        "\"format\":\"%.1f "
        "kg\",\"duration\":\"PT15S\"},{\"id\":\"b\",\"kind\":\"metric\",\"feed\":\"stock\"}",
        &error);
    if (!manifest)
        fail_msg("%s", error.message);
    assert_int_equal(manifest->feed_count, 2);
    const struct channel_item *item = &manifest->playlists[0].items[0];
    assert_int_equal(item->kind, CHANNEL_METRIC);
    assert_null(item->object);
    assert_string_equal(item->metric->feed->name, "sales");
    assert_string_equal(item->metric->pointer, "/a~1b/0");
    assert_string_equal(item->metric->label, "Sales");
    assert_int_equal(item->duration_ms, 15000);
    item++;
    assert_string_equal(item->metric->format, "%s");
    assert_int_equal(item->duration_ms, 10000);
    uint8_t a[CHANNEL_HASH_SIZE];
    uint8_t b[CHANNEL_HASH_SIZE];
    channel_item_mark(&manifest->playlists[0].items[0], a);
    channel_item_mark(item, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void metric_that_cannot_be_is_refused_at_its_place(void **state) {
    static const struct {
        const char *feeds, *item, *place;
    } rows[] = {
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\"}", "items[0].feed"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"other\"}", "items[0].feed"},
        {"", "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\"}", "items[0].feed"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"pointer\":\"total\"}",
         "items[0].pointer"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"pointer\":\"/a~2\"}",
         "items[0].pointer"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"format\":\"%n\"}", "items[0].format"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"format\":\"%s%s\"}",
         "items[0].format"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"format\":\"none\"}",
         "items[0].format"},
        {FEEDS, "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\",\"label\":7}", "items[0].label"},
        {FEEDS,
         "{\"id\":\"a\",\"kind\":\"metric\",\"feed\":\"sales\"},{\"id\":\"a\",\"kind\":\"metric\",\"feed\":"
         "\"stock\"}",
         "items[1].id"},
        {",\"feeds\":{\"a\":1}", "", "feeds.a"},
        {",\"feeds\":{\"a b\":{}}", "", "feeds.a b"},
        {",\"feeds\":[]", "", "feeds"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        struct channel_manifest *manifest = parse(rows[i].feeds, rows[i].item, &error);
        if (manifest || !strstr(error.message, rows[i].place))
            fail_msg("%zu: %s", i, manifest ? "taken" : error.message);
    }
}

static void format_has_one_value_in_it(void **state) {
    static const struct {
        const char *text, *before, *after;
        int decimals; /* -2: refused */
    } rows[] = {
        {"%s", "", "", -1}, {"%d", "", "", 0},     {"%.6f x", "", " x", 6}, {"100%% %.2f%%", "100% ", "%", 2},
        {"", "", "", -2},   {"%", "", "", -2},     {"%s%", "", "", -2},     {"%.7f", "", "", -2},
        {"%f", "", "", -2}, {"%s %d", "", "", -2}, {"%5d", "", "", -2},     {"%*d", "", "", -2},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct metric_format format;
        bool ok = metric_format_read(rows[i].text, &format);
        if (ok != (rows[i].decimals > -2))
            fail_msg("%s", rows[i].text);
        if (!ok)
            continue;
        assert_string_equal(format.before, rows[i].before);
        assert_string_equal(format.after, rows[i].after);
        assert_int_equal(format.decimals, rows[i].decimals);
    }
}

static void each_kind_has_a_row(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++) {
        const struct channel_kind_row *row = channel_kind_row((enum channel_kind)kind);
        enum channel_kind found = CHANNEL_KINDS;
        assert_true(row->name && channel_kind_find(row->name, &found));
        assert_int_equal(found, kind);
        assert_true(row->object != row->feed);
    }
    enum channel_kind none;
    assert_false(channel_kind_find("hologram", &none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metric_names_a_feed_and_a_place),
        cmocka_unit_test(metric_that_cannot_be_is_refused_at_its_place),
        cmocka_unit_test(format_has_one_value_in_it),
        cmocka_unit_test(each_kind_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
