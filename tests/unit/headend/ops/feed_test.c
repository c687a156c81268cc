/* headend/ops/feed, feed_key, feed_push: a value stands sealed, its number only grows, and keys are for what they
 * name. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/db/stored_key.h"
#include "headend/ops/feed_push.h"

static void feed_make(struct home *home, const char *name) {
    struct feed feed;
    struct pp_error error = {0};
    feed_begin(&feed, name);
    if (!feed_add(home->db, &feed, &error))
        fail_msg("%s", error.message);
}

static struct feed feed_of(struct home *home, const char *name) {
    struct feed feed;
    struct pp_error error = {0};
    if (!feed_find(home->db, name, &feed, &error))
        fail_msg("%s", error.message);
    return feed;
}

static int64_t keep(struct home *home, const char *name, const char *json) {
    struct feed feed = feed_of(home, name);
    struct pp_error error = {0};
    if (!feed_value_keep(home->db, &feed, json, strlen(json), "key Till", &error))
        fail_msg("%s", error.message);
    return feed.version;
}

static enum pp_code load(struct home *home, const char *name, struct pp_buf *json) {
    struct pp_error error = {0};
    json->size = 0;
    (void)!feed_value_load(home->db, name, json, &error);
    return error.code;
}

static void sql(struct home *home, const char *text) {
    struct pp_error error = {0};
    if (!db_run_sql(home->db, &error, text, ""))
        fail_msg("%s", error.message);
}

static int set_up(void **state) {
    if (test_home_setup(state) != 0)
        return -1;
    feed_make(*state, "sales");
    feed_make(*state, "stock");
    return 0;
}

static void value_comes_back_as_it_was_and_its_number_grows(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf json = PP_BUF_INIT(FEED_VALUE_MAX);
    assert_int_equal(load(home, "sales", &json), PP_E_NOTFOUND);
    int64_t first = keep(home, "sales", "{\"today\": 1.10}");
    assert_int_equal(load(home, "sales", &json), PP_OK);
    assert_string_equal(pp_buf_text(&json), "{\"today\": 1.10}");
    int64_t second = keep(home, "sales", "2");
    assert_true(second > first && first > 1500000000000);
    /* One that a clock far ahead has made is not gone behind. */
    sql(home, "UPDATE feed SET version = 99999999999999, value = NULL WHERE name = 'sales'");
    assert_int_equal(keep(home, "sales", "3"), 100000000000000);
    const struct feed feed = feed_of(home, "sales");
    assert_string_equal(feed.value_by, "key Till");
    assert_int_equal(feed.value_size, 1);
    assert_int_equal(feed.taken, 3);
}

static void value_in_another_ones_place_is_refused(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf json = PP_BUF_INIT(FEED_VALUE_MAX);
    keep(home, "sales", "1");
    keep(home, "stock", "2");
    sql(home, "UPDATE feed SET value = (SELECT value FROM feed WHERE name = 'stock'),"
              " version = (SELECT version FROM feed WHERE name = 'stock') WHERE name = 'sales'");
    assert_int_equal(load(home, "sales", &json), PP_E_AUTH);
    /* An older one of its own, as a newer one. */
    keep(home, "stock", "3");
    sql(home, "UPDATE feed SET version = version + 1 WHERE name = 'stock'");
    assert_int_equal(load(home, "stock", &json), PP_E_AUTH);
}

static void values_are_read_after_the_keys_were_changed(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf json = PP_BUF_INIT(FEED_VALUE_MAX);
    keep(home, "sales", "\"before\"");
    db_unlock(home->db);
    if (!stored_key_rotate(home->db, &error))
        fail_msg("%s", error.message);
    db_lock(home->db);
    assert_int_equal(load(home, "sales", &json), PP_OK);
    assert_string_equal(pp_buf_text(&json), "\"before\"");
}

/* ---- Keys ---- */

static struct feed_key key_make(struct home *home, const char *feeds, char text[FEED_KEY_TEXT_SIZE]) {
    struct feed_key key = {.name = "Till"};
    struct pp_error error = {0};
    pp_autojson cJSON *list = cJSON_Parse(feeds);
    if (!feed_key_add(home->db, &key, list, text, &error))
        fail_msg("%s", error.message);
    return key;
}

static enum feed_push_outcome push(struct home *home, const char *key, const char *feed, const char *body,
                                   struct feed_push *told) {
    struct pp_error error = {0};
    *told = (struct feed_push){.key = key, .feed = feed, .body = body, .size = strlen(body)};
    enum feed_push_outcome outcome = feed_push_admit(home->db, told, &error);
    return outcome == FEED_PUSH_TAKEN ? feed_push_keep(home->db, told, &error) : outcome;
}

static void key_is_for_its_feeds_until_it_ends(void **state) {
    struct home *home = *state;
    char text[FEED_KEY_TEXT_SIZE];
    char other[FEED_KEY_TEXT_SIZE];
    struct feed_push told;
    struct pp_error error = {0};
    struct feed_key key = key_make(home, "[\"sales\"]", text);
    assert_int_equal(push(home, text, "sales", "{}", &told), FEED_PUSH_TAKEN);
    assert_int_equal(push(home, text, "stock", "{}", &told), FEED_PUSH_NOT_ITS);
    assert_int_equal(push(home, text, "none", "{}", &told), FEED_PUSH_NOT_ITS);
    memcpy(other, text, sizeof other);
    other[20] = other[20] == 'A' ? 'B' : 'A';
    assert_int_equal(push(home, other, "sales", "{}", &told), FEED_PUSH_NO_KEY);
    assert_int_equal(push(home, "", "sales", "{}", &told), FEED_PUSH_NO_KEY);
    assert_true(feed_key_find(home->db, key.id, &key, &error));
    assert_true(key.used > 0);
    sql(home, "UPDATE feed_key SET expires = 1000");
    assert_int_equal(push(home, text, "sales", "{}", &told), FEED_PUSH_KEY_END);
    sql(home, "UPDATE feed_key SET expires = 0");
    assert_int_equal(push(home, text, "sales", "{}", &told), FEED_PUSH_TAKEN);
    assert_true(feed_key_revoke(home->db, &key, &error));
    assert_int_equal(push(home, text, "sales", "{}", &told), FEED_PUSH_KEY_END);
    assert_false(feed_key_revoke(home->db, &key, &error));
}

static void key_stands_in_no_column(void **state) {
    struct home *home = *state;
    char text[FEED_KEY_TEXT_SIZE];
    key_make(home, "[\"sales\"]", text);
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, "SELECT hash, id FROM feed_key", "");
    size_t size = 0;
    assert_true(db_next(row, "key", NULL));
    assert_non_null(db_blob(row, 0, &size));
    assert_int_equal(size, SECRET_HASH_SIZE);
    assert_null(strstr(text, db_text(row, 1)));
}

static void refused_value_leaves_the_former_and_its_reason(void **state) {
    struct home *home = *state;
    char text[FEED_KEY_TEXT_SIZE];
    char field[33];
    struct feed_push told;
    struct feed feed = feed_of(home, "sales");
    struct pp_error error = {0};
    pp_autobuf struct pp_buf json = PP_BUF_INIT(FEED_VALUE_MAX);
    pp_autojson cJSON *request = cJSON_Parse("{\"value_max\": 40, \"schema\": {\"properties\": {\"total\": "
                                             "{\"type\": \"number\", \"minimum\": 0}}}}");
    key_make(home, "[\"sales\"]", text);
    assert_true(feed_take(&feed, request, field, &error));
    assert_true(feed_change(home->db, &feed, &error));
    assert_int_equal(push(home, text, "sales", "{\"total\": 5}", &told), FEED_PUSH_TAKEN);
    assert_int_equal(push(home, text, "sales", "{\"total\": -5}", &told), FEED_PUSH_SCHEMA);
    assert_string_equal(told.fault.place, "/total");
    assert_int_equal(push(home, text, "sales", "{\"total\":", &told), FEED_PUSH_BROKEN);
    assert_int_equal(push(home, text, "sales", "\"0123456789012345678901234567890123456789\"", &told),
                     FEED_PUSH_LARGE);
    assert_int_equal(load(home, "sales", &json), PP_OK);
    assert_string_equal(pp_buf_text(&json), "{\"total\": 5}");
    feed = feed_of(home, "sales");
    assert_int_equal(feed.refused, 3);
    assert_non_null(strstr(feed.refusal, "at most 40 bytes"));
}

static void fields_that_are_wrong_are_named(void **state) {
    static const struct {
        const char *request, *field;
    } rows[] = {
        {"{\"title\": \"\"}", "title"},
        {"{\"value_max\": 0}", "value_max"},
        {"{\"value_max\": 61441}", "value_max"},
        {"{\"stale_after_s\": 2592001}", "stale_after_s"},
        {"{\"schema\": {\"pattern\": \"x\"}}", "schema"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char field[33] = "";
        struct feed feed;
        struct pp_error error = {0};
        pp_autojson cJSON *request = cJSON_Parse(rows[i].request);
        feed_begin(&feed, "x");
        assert_false(feed_take(&feed, request, field, &error));
        assert_string_equal(field, rows[i].field);
    }
    assert_false(feed_name_check("Sales", NULL));
    assert_false(feed_name_check("-a", NULL));
    assert_false(feed_name_check("", NULL));
    assert_true(feed_name_check("2-tills", NULL));
}

static int lock(void **state) {
    if (set_up(state) != 0)
        return -1;
    db_lock(((struct home *)*state)->db);
    return 0;
}

static int unlock(void **state) {
    db_unlock(((struct home *)*state)->db);
    return test_home_teardown(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(value_comes_back_as_it_was_and_its_number_grows, lock, unlock),
        cmocka_unit_test_setup_teardown(value_in_another_ones_place_is_refused, lock, unlock),
        cmocka_unit_test_setup_teardown(values_are_read_after_the_keys_were_changed, lock, unlock),
        cmocka_unit_test_setup_teardown(key_is_for_its_feeds_until_it_ends, lock, unlock),
        cmocka_unit_test_setup_teardown(key_stands_in_no_column, lock, unlock),
        cmocka_unit_test_setup_teardown(refused_value_leaves_the_former_and_its_reason, lock, unlock),
        cmocka_unit_test(fields_that_are_wrong_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
