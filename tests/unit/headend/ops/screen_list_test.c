/* headend/ops/screen_list: what is looked for, in which order, page by page, and which index each way is entered by. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../headend_home.h"
#include "base/buf.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/screen_list.h"
#include "headend/ops/screen_tags.h"

#define NOW 1000000

/* Screens of every kind, one letter each. */
static void screens_make(struct home *home) {
    static const struct {
        const char *name, *site, *channel, *status, *reported, *code;
        int64_t seen;
        const char *tag;
    } screens[] = {
        {"A", "Rennes", "lobby", "active", "online", "", NOW - 10, "tall"},
        {"B", "Rennes", "bar", "active", "online", "", NOW - 20, NULL},
        {"C", "Lyon", "lobby", "active", "online", "", NOW - 500, "tall"},
        {"D", "Lyon", NULL, "active", "connecting", "C-1", NOW - 5, NULL},
        {"E", "", "lobby", "approved", "", "", 0, "tall"},
        {"F", "Lyon", "lobby", "retired", "connecting", "C-1", NOW - 5, "tall"},
        {"G", "Rennes", "lobby", "active", "connecting", "S-2", NOW - 900, NULL},
        {"H", "", NULL, "active", "online", "", NOW - 3, NULL},
    };
    for (size_t i = 0; i < PP_COUNT(screens); i++) {
        char id[UUID_TEXT_SIZE];
        assert_true(uuid_make(id, NULL));
        id[0] = (char)('0' + i);
        assert_true(db_run_sql(
            home->db, NULL,
            "INSERT INTO device(id, thumbprint, name, name_folded, site, site_folded, channel, time_zone,"
            " locale, status, created, approved_by, seen, reported_state, reported_code) VALUES(?, ?, ?,"
            " lower(CAST(?3 AS TEXT)), ?, lower(CAST(?4 AS TEXT)), ?, 'UTC', 'en', ?, 0, 'test', ?, ?, ?)",
            "sbssssiss", id, id, (size_t)32, screens[i].name, screens[i].site, screens[i].channel,
            screens[i].status, screens[i].seen, screens[i].reported, screens[i].code));
        pp_autojson cJSON *tags = cJSON_CreateArray();
        cJSON_AddItemToArray(tags, cJSON_CreateString("hall"));
        if (screens[i].tag)
            cJSON_AddItemToArray(tags, cJSON_CreateString(screens[i].tag));
        assert_true(screen_tags_change(home->db, id, tags, NULL, NULL, NULL));
    }
}

static void channels_make(struct home *home) {
    bool made;
    assert_true(channel_make(home->db, "lobby", "Lobby", &made, NULL));
    assert_true(channel_make(home->db, "bar", "Bar", &made, NULL));
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET publish = 7 WHERE id = 'lobby'", ""));
}

struct page {
    struct device last;
    const char *state;
    char names[16];
    size_t count;
};

static bool page_add(void *arg, const struct device *device, const struct channel *channel) {
    struct page *page = arg;
    page->last = *device;
    page->state = device_state_key(device_state_of(device, channel->publish, NOW));
    page->names[page->count++] = *device->name;
    return true;
}

/* All of them, one page of two after the other. */
static void listed(struct home *home, struct screen_list wanted, const char *expected) {
    struct page page = {0};
    struct screen_place after;
    wanted.filter.now = NOW;
    if (!wanted.filter.words)
        wanted.filter.words = "";
    wanted.count = 2;
    for (size_t before = SIZE_MAX; page.count != before && page.count < sizeof page.names - 2;) {
        struct pp_error error = {0};
        before = page.count;
        if (!screen_list(home->db, &wanted, page_add, &page, &error))
            fail_msg("%s", error.message);
        assert_true(page.count - before <= 2);
        after = (struct screen_place){page.state, page.last.seen, page.last.name, page.last.id};
        wanted.after = &after;
    }
    assert_string_equal(page.names, expected);
}

#define LISTED(home, expected, ...) listed(home, (struct screen_list){__VA_ARGS__}, expected)

static void screens_are_found_by_what_is_asked_for_all_together(void **state) {
    struct home *home = *state;
    channels_make(home);
    screens_make(home);
    LISTED(home, "ABCDEFGH", .order = SCREENS_BY_NAME);
    LISTED(home, "HGFEDCBA", .descending = true);
    LISTED(home, "ABG", .filter = {.site = "Rennes"});
    LISTED(home, "EH", .filter = {.site = ""});
    LISTED(home, "ACEF", .filter = {.tag = "tall"});
    LISTED(home, "ABCDEFGH", .filter = {.tag = "hall"});
    LISTED(home, "CF", .filter = {.tag = "tall", .site = "Lyon"});
    LISTED(home, "C", .filter = {.tag = "tall", .site = "Lyon", .state = "offline"});
    LISTED(home, "ACEFG", .filter = {.channel = "lobby"});
    LISTED(home, "A", .filter = {.channel = "lobby", .words = "RENNES online"});
    LISTED(home, "DG", .filter = {.problem = "any"});
    LISTED(home, "D", .filter = {.problem = "C-1"});
    LISTED(home, "G", .filter = {.problem = "any", .site = "Rennes"});
    LISTED(home, "", .filter = {.problem = "any", .tag = "tall"});
    LISTED(home, "A", .filter = {.state = "online"});
    LISTED(home, "BH", .filter = {.state = "idle"});
    LISTED(home, "D", .filter = {.state = "trouble"});
    LISTED(home, "CG", .filter = {.state = "offline"});
    LISTED(home, "E", .filter = {.state = "waiting"});
    LISTED(home, "F", .filter = {.state = "retired"});
}

static void screens_are_put_in_the_order_that_is_asked_for(void **state) {
    struct home *home = *state;
    channels_make(home);
    screens_make(home);
    LISTED(home, "EGCBADFH", .order = SCREENS_BY_SEEN);
    LISTED(home, "HFDABCGE", .order = SCREENS_BY_SEEN, .descending = true);
    LISTED(home, "ECAF", .order = SCREENS_BY_SEEN, .filter = {.tag = "tall"});
    LISTED(home, "CF", .order = SCREENS_BY_SEEN, .filter = {.tag = "tall", .site = "Lyon"});
    LISTED(home, "DCGEBHAF", .order = SCREENS_BY_STATE);
    LISTED(home, "FAHBEGCD", .order = SCREENS_BY_STATE, .descending = true);
    LISTED(home, "GBA", .order = SCREENS_BY_STATE, .filter = {.site = "Rennes"});
    LISTED(home, "CG", .order = SCREENS_BY_STATE, .filter = {.state = "offline"});
}

static void tags_are_replaced_added_and_taken_away_within_bounds(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    char many[3000] = "[\"\"";
    channels_make(home);
    screens_make(home);
    db_autorow struct db_row *row =
        db_query_sql(home->db, NULL, "SELECT id FROM device WHERE name = 'A'", "");
    assert_true(db_next(row, "screen", NULL));
    char id[UUID_TEXT_SIZE];
    snprintf(id, sizeof id, "%s", db_text(row, 0));
    db_row_close(pp_steal(&row));
    pp_autojson cJSON *tags = cJSON_Parse("[\"b\",\"a\",\"b\"]");
    pp_autojson cJSON *more = cJSON_Parse("[\"c\"]");
    pp_autojson cJSON *less = cJSON_Parse("[\"b\",\"unknown\"]");
    assert_true(screen_tags_change(home->db, id, tags, more, less, &error));
    pp_autojson cJSON *now = screen_tags_json(home->db, id, &error);
    pp_autojsontext char *text = cJSON_PrintUnformatted(now);
    assert_string_equal(text, "[\"a\",\"c\"]");
    pp_autojson cJSON *empty = cJSON_Parse("[\"\"]");
    assert_false(screen_tags_change(home->db, id, empty, NULL, NULL, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    for (int i = 0; i < SCREEN_TAGS_MAX + 1; i++)
        snprintf(many + strlen(many) - (i == 0), sizeof many - strlen(many), "%st%d\"", i ? ",\"" : "", i);
    strcat(many, "]");
    pp_autojson cJSON *list = cJSON_Parse(many);
    assert_int_equal(cJSON_GetArraySize(list), SCREEN_TAGS_MAX + 1);
    assert_false(screen_tags_change(home->db, id, list, NULL, NULL, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

/* ---- By an index, with 100,000 of them ---- */

static const char *const texts[] = {
#define DB_STATEMENT(name, sql)                     [DB_##name] = (sql),
#define DB_STATEMENT_BOTH(name, sqlite, postgresql) [DB_##name] = (sqlite),
#include "headend/db/statements/all.def"
#undef DB_STATEMENT
#undef DB_STATEMENT_BOTH
};

static void plan_read(struct home *home, enum db_statement statement, struct pp_buf *plan) {
    pp_autobuf struct pp_buf sql = PP_BUF_INIT(16384);
    assert_true(pp_buf_addf(&sql, NULL, "EXPLAIN QUERY PLAN %s", texts[statement]));
    db_autorow struct db_row *row =
        db_query_sql(home->db, NULL, pp_buf_text(&sql), "ssssssssssssssss", NULL, NULL, NULL, NULL, NULL,
                     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    assert_non_null(row);
    while (db_next(row, "step", NULL))
        assert_true(pp_buf_addf(plan, NULL, "%s\n", db_text(row, 3)));
}

static void each_way_is_entered_by_its_index(void **state) {
    struct home *home = *state;
    static const struct {
        enum db_statement first; /* of the four of a way */
        const char *by_name, *by_seen;
    } ways[] = {
        {DB_SCREEN_LIST_ALL_NAME_AFTER, "device_by_name ((name", "device_by_seen (<expr>"},
        {DB_SCREEN_LIST_SITE_NAME_AFTER, "device_by_site (site=? AND (name", "device_by_site (site=?)"},
        {DB_SCREEN_LIST_CHANNEL_NAME_AFTER, "device_by_channel (channel=? AND (name",
         "device_by_channel (channel=?)"},
        {DB_SCREEN_LIST_TAG_NAME_AFTER, "device_tag_by_tag (tag=?", "device_tag_by_tag (tag=?"},
        {DB_SCREEN_LIST_GROUP_NAME_AFTER, "device USING PRIMARY KEY (id=?", "device USING PRIMARY KEY (id=?"},
        {DB_SCREEN_LIST_PROBLEM_NAME_AFTER, "device_of_problem ((name", "device_of_problem"},
        {DB_SCREEN_LIST_TROUBLE_NAME_AFTER, "device_in_trouble ((name", "device_in_trouble"},
        {DB_SCREEN_LIST_OFFLINE_NAME_AFTER, "device_by_seen (<expr>", "device_by_seen (<expr>"},
        {DB_SCREEN_LIST_WAITING_NAME_AFTER, "device_that_waits ((name", "device_that_waits"},
        {DB_SCREEN_LIST_IDLE_NAME_AFTER, "device_by_channel (channel=?", "device_by_channel (channel=?"},
        {DB_SCREEN_LIST_RETIRED_NAME_AFTER, "device_retired ((name", "device_retired"},
    };
    for (size_t i = 0; i < 4 * PP_COUNT(ways); i++) {
        pp_autobuf struct pp_buf plan = PP_BUF_INIT(16384);
        plan_read(home, (enum db_statement)(ways[i / 4].first + i % 4), &plan);
        const char *index = i % 4 < 2 ? ways[i / 4].by_name : ways[i / 4].by_seen;
        const char *found = strstr(pp_buf_text(&plan), index);
        if (!found || (strstr(pp_buf_text(&plan), "SCAN device") &&
                       !strstr(pp_buf_text(&plan), "SCAN device USING INDEX")))
            fail_msg("way %zu.%zu is not by %s:\n%s", i / 4, i % 4, index, pp_buf_text(&plan));
    }
}

static bool page_count(void *arg, const struct device *device, const struct channel *channel) {
    (void)device;
    (void)channel;
    ++*(int64_t *)arg;
    return true;
}

static void timed(struct home *home, const char *what, struct screen_list wanted) {
    int64_t rows = 0;
    struct screen_place after = {"online", NOW - 30, "Screen 50000", "5"};
    wanted.filter.now = NOW;
    wanted.filter.words = wanted.filter.words ? wanted.filter.words : "";
    wanted.count = 101;
    if (!wanted.filter.state)
        wanted.after = &after;
    int64_t start = pp_clock_monotonic_ms();
    for (int i = 0; i < 10; i++)
        assert_true(screen_list(home->db, &wanted, page_count, &rows, NULL));
    print_message("%-34s %5.1f ms a page, %lld rows\n", what, (double)(pp_clock_monotonic_ms() - start) / 10,
                  (long long)rows / 10);
    assert_true(rows > 0);
}

#define TIMED(home, what, ...) timed(home, what, (struct screen_list){__VA_ARGS__})

/* Nothing is asserted of the times: they are for who reads them. */
static void pages_of_a_hundred_thousand_screens(void **state) {
    struct home *home = *state;
    channels_make(home);
    assert_true(db_script(
        home->db,
        "INSERT INTO device(id, thumbprint, name, name_folded, site, channel, time_zone, locale, status,"
        " created, approved_by, seen, reported_state, reported_code)"
        " WITH RECURSIVE n(n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM n WHERE n < 109999)"
        " SELECT lower(hex(randomblob(4)) || '-0000-4000-8000-' || hex(randomblob(6))), randomblob(32),"
        " 'Screen ' || n, 'screen ' || n, 'Site ' || (n % 1000), CASE WHEN n % 100 = 0 THEN 'bar' ELSE "
        "'lobby' END,"
        " 'UTC', 'en', CASE n % 1000 WHEN 1 THEN 'approved' WHEN 2 THEN 'retired' ELSE 'active' END, 0, "
        "'test',"
        " 1000000 - CASE WHEN n % 50 = 3 THEN 5000 ELSE n % 100 END,"
        " CASE WHEN n % 500 = 4 THEN 'connecting' ELSE 'online' END,"
        " CASE WHEN n % 500 = 4 THEN 'C-1' ELSE '' END FROM n;"
        "INSERT INTO device_tag SELECT id, 'tall' FROM device WHERE name LIKE '%7';",
        NULL));
    TIMED(home, "by name", .order = SCREENS_BY_NAME);
    TIMED(home, "by when seen", .order = SCREENS_BY_SEEN);
    TIMED(home, "by state", .order = SCREENS_BY_STATE);
    TIMED(home, "of a site, by name", .filter = {.site = "Site 7"});
    TIMED(home, "of a tag of 10,000, by name", .filter = {.tag = "tall"});
    TIMED(home, "of a tag of 10,000, by state", .filter = {.tag = "tall"}, .order = SCREENS_BY_STATE);
    TIMED(home, "of a channel of 99,000, by name", .filter = {.channel = "lobby"});
    TIMED(home, "of a channel of 99,000, by seen", .filter = {.channel = "lobby"}, .order = SCREENS_BY_SEEN);
    TIMED(home, "with a problem, by name", .filter = {.problem = "any"});
    TIMED(home, "offline (2,000), by name", .filter = {.state = "offline"});
    TIMED(home, "in trouble, by when seen", .filter = {.state = "trouble"}, .order = SCREENS_BY_SEEN);
    TIMED(home, "idle (1,000), by name", .filter = {.state = "idle"});
    TIMED(home, "a word of one screen", .filter = {.words = "59998"});
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(screens_are_found_by_what_is_asked_for_all_together),
        home_test(screens_are_put_in_the_order_that_is_asked_for),
        home_test(tags_are_replaced_added_and_taken_away_within_bounds),
    };
    const struct CMUnitTest sqlite[] = {
        home_test(each_way_is_entered_by_its_index),
        home_test(pages_of_a_hundred_thousand_screens),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (test_home_on_postgresql() ? 0 : cmocka_run_group_tests(sqlite, NULL, NULL));
}
