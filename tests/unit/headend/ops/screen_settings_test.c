/* headend/ops/screen_settings, screen_group: which level decides, what a change above does to screens, and that many
 * are no long transaction. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/operations.h"
#include "headend/ops/screen_group.h"
#include "headend/ops/screen_settings.h"

static void screen_add(struct home *home, const char *id, const char *name, const char *site) {
    assert_true(
        db_run_sql(home->db, NULL,
                   "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created,"
                   " approved_by) VALUES(?, ?, ?, ?, 'UTC', 'en', 'active', 0, 'test')",
                   "sbss", id, id, (size_t)32, name, site));
}

#define ANN "11111111-0000-4000-8000-000000000001"
#define BOB "22222222-0000-4000-8000-000000000002"
#define EVE "33333333-0000-4000-8000-000000000003"

static void screens_add(struct home *home) {
    screen_add(home, ANN, "Ann", "Rennes");
    screen_add(home, BOB, "Bob", "Rennes");
    screen_add(home, EVE, "Eve", "Lyon");
}

/* Runs it as the owner of the folder, or as somebody with that grant. */
static enum pp_code run_as(struct home *home, const char *grant, const char *operation, const char *request,
                           cJSON **value) {
    struct actor actor = actor_command_line();
    const struct op_place at = {.home = home, .db = home->db};
    op_result_auto struct op_result result = {0};
    struct pp_error error = {0};
    pp_autojson cJSON *json = cJSON_Parse(request);
    assert_non_null(json);
    if (grant) {
        actor = (struct actor){.kind = ACTOR_PERSON, .name = "ann", .user = 7, .grants_count = 1};
        assert_true(grant_read(grant, &actor.grants[0], NULL));
    }
    bool ok = ops_run(&at, &actor, operation, json, &result, &error);
    assert_int_equal(ok, error.code == PP_OK);
    if (value) {
        if (!ok)
            fail_msg("%s: %s", operation, error.message);
        *value = pp_steal(&result.value);
    }
    return error.code;
}

static void run(struct home *home, const char *operation, const char *request) {
    pp_autojson cJSON *value = NULL;
    run_as(home, NULL, operation, request, &value);
}

static void group_make(struct home *home, const char *request, char id[UUID_TEXT_SIZE]) {
    pp_autojson cJSON *value = NULL;
    run_as(home, NULL, "group.create", request, &value);
    snprintf(id, UUID_TEXT_SIZE, "%s", cJSON_GetObjectItem(value, "id")->valuestring);
}

static void group_set(struct home *home, const char *id, const char *settings) {
    char request[300];
    snprintf(request, sizeof request, "{\"group\":\"%s\",%s}", id, settings);
    run(home, "group.set", request);
}

/* What is in effect, and why: "90 group North", as somebody is shown it and as the screen's state has it. */
static void rotation_is(struct home *home, const char *screen, const char *expected) {
    char text[200];
    pp_autojson cJSON *shown = screen_settings_json(home->db, screen, NULL);
    assert_non_null(shown);
    const cJSON *rotation = cJSON_GetObjectItem(shown, "rotation");
    const cJSON *group = cJSON_GetObjectItem(rotation, "group");
    int degrees = cJSON_GetObjectItem(rotation, "value")->valueint;
    snprintf(text, sizeof text, "%d %s%s%s", degrees, cJSON_GetObjectItem(rotation, "source")->valuestring,
             group ? " " : "", group ? cJSON_GetObjectItem(group, "name")->valuestring : "");
    assert_string_equal(text, expected);
    db_autorow struct db_row *row =
        db_query_sql(home->db, NULL, "SELECT rotation FROM device WHERE id = ?", "s", screen);
    assert_true(db_next(row, "screen", NULL));
    assert_int_equal(db_int(row, 0), degrees);
}

static int64_t number_of(struct home *home, const char *sql) {
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, sql, "");
    assert_non_null(row);
    assert_true(db_next(row, "number", NULL));
    return db_int(row, 0);
}

/* ---- Which level decides ---- */

static void the_nearest_level_that_says_something_decides(void **state) {
    struct home *home = *state;
    char group[UUID_TEXT_SIZE];
    screens_add(home);
    rotation_is(home, ANN, "0 default");
    run(home, "organisation.set", "{\"rotation\":270}");
    rotation_is(home, ANN, "270 organisation");
    run(home, "site.set", "{\"site\":\"Rennes\",\"rotation\":180}");
    rotation_is(home, ANN, "180 site");
    rotation_is(home, EVE, "270 organisation");
    group_make(home, "{\"name\":\"North\",\"screens\":[\"" ANN "\"]}", group);
    rotation_is(home, ANN, "180 site");
    group_set(home, group, "\"rotation\":90");
    rotation_is(home, ANN, "90 group North");
    rotation_is(home, BOB, "180 site");
    run(home, "screen.set", "{\"screen\":\"" ANN "\",\"rotation\":0}");
    rotation_is(home, ANN, "0 screen");
    run(home, "screen.set", "{\"screen\":\"" ANN "\",\"rotation\":null}");
    rotation_is(home, ANN, "90 group North");
    group_set(home, group, "\"rotation\":null");
    rotation_is(home, ANN, "180 site");
    run(home, "site.set", "{\"site\":\"Rennes\",\"rotation\":null}");
    rotation_is(home, ANN, "270 organisation");
    run(home, "organisation.set", "{\"rotation\":null}");
    rotation_is(home, ANN, "0 default");
    assert_int_equal(number_of(home, "SELECT count(*) FROM level_settings"), 0);
}

static void of_two_groups_the_higher_priority_decides_and_then_the_name(void **state) {
    struct home *home = *state;
    char low[UUID_TEXT_SIZE], high[UUID_TEXT_SIZE];
    char request[200];
    screens_add(home);
    run(home, "screen.change", "{\"screen\":\"" ANN "\",\"tags\":[\"tall\"]}");
    group_make(home, "{\"name\":\"Zebra\",\"priority\":5,\"tags\":[\"tall\"]}", low);
    group_make(home, "{\"name\":\"Yak\",\"priority\":9,\"sites\":[\"Rennes\",\"Metz\"]}", high);
    group_set(home, low, "\"rotation\":90");
    rotation_is(home, ANN, "90 group Zebra");
    group_set(home, high, "\"rotation\":180");
    rotation_is(home, ANN, "180 group Yak");
    rotation_is(home, BOB, "180 group Yak");
    rotation_is(home, EVE, "0 default");
    snprintf(request, sizeof request, "{\"group\":\"%s\",\"priority\":10}", low);
    run(home, "group.change", request);
    rotation_is(home, ANN, "90 group Zebra");
    snprintf(request, sizeof request, "{\"group\":\"%s\",\"priority\":10}", high);
    run(home, "group.change", request);
    rotation_is(home, ANN, "180 group Yak");
    /* One that says nothing of it leaves it to the next. */
    group_set(home, high, "\"rotation\":null,\"locale\":\"fr\"");
    rotation_is(home, ANN, "90 group Zebra");
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE locale = 'fr'"), 2);
}

static void who_comes_into_a_group_or_leaves_it_has_other_settings_at_once(void **state) {
    struct home *home = *state;
    char group[UUID_TEXT_SIZE];
    char request[300];
    screens_add(home);
    group_make(home, "{\"name\":\"Tall\",\"tags\":[\"tall\"]}", group);
    group_set(home, group, "\"rotation\":90");
    run(home, "site.set", "{\"site\":\"Lyon\",\"rotation\":270}");
    rotation_is(home, ANN, "0 default");
    run(home, "screen.change", "{\"screen\":\"" ANN "\",\"add_tags\":[\"tall\"]}");
    rotation_is(home, ANN, "90 group Tall");
    run(home, "screen.change", "{\"screen\":\"" ANN "\",\"remove_tags\":[\"tall\"],\"site\":\"Lyon\"}");
    rotation_is(home, ANN, "270 site");
    snprintf(request, sizeof request,
             "{\"group\":\"%s\",\"tags\":[],\"add_screens\":[\"" BOB "\",\"" EVE "\"]}", group);
    run(home, "group.change", request);
    rotation_is(home, BOB, "90 group Tall");
    rotation_is(home, EVE, "90 group Tall");
    snprintf(request, sizeof request, "{\"group\":\"%s\",\"remove_screens\":[\"" EVE "\"]}", group);
    run(home, "group.change", request);
    rotation_is(home, EVE, "270 site");
    snprintf(request, sizeof request, "{\"group\":\"%s\"}", group);
    run(home, "group.remove", request);
    rotation_is(home, BOB, "0 default");
    assert_int_equal(number_of(home, "SELECT count(*) FROM level_settings WHERE level = 'group'"), 0);
}

static void locking_and_erasing_are_one_setting(void **state) {
    struct home *home = *state;
    screens_add(home);
    run(home, "organisation.set", "{\"lock_after_s\":3600,\"erase_after_s\":7200}");
    run(home, "site.set", "{\"site\":\"Rennes\",\"lock_after_s\":86400}");
    /* The site's screens are not erased sooner than they lock: that is nobody's word. */
    assert_int_equal(
        number_of(
            home,
            "SELECT count(*) FROM device WHERE site = 'Rennes' AND lock_after = 86400 AND erase_after = 0"),
        2);
    assert_int_equal(
        number_of(
            home,
            "SELECT count(*) FROM device WHERE site = 'Lyon' AND lock_after = 3600 AND erase_after = 7200"),
        1);
    assert_int_equal(run_as(home, NULL, "site.set", "{\"site\":\"Rennes\",\"erase_after_s\":7200}", NULL),
                     PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "organisation.set", "{\"erase_after_s\":61}", NULL), PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "organisation.set", "{\"rotation\":45}", NULL), PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "organisation.set", "{\"time_zone\":\"?\"}", NULL), PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "organisation.set", "{\"locale\":\"xx\"}", NULL), PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "organisation.set", "{\"name\":\"All\"}", NULL), PP_E_INVALID);
}

static void a_state_is_another_one_only_where_something_changed(void **state) {
    struct home *home = *state;
    screens_add(home);
    run(home, "screen.set", "{\"screen\":\"" BOB "\",\"locale\":\"en\"}");
    int64_t before = number_of(home, "SELECT sum(version) FROM device");
    run(home, "organisation.set", "{\"locale\":\"fr\"}");
    assert_int_equal(number_of(home, "SELECT sum(version) FROM device"), before + 2);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE locale = 'fr'"), 2);
    run(home, "organisation.set", "{\"locale\":\"fr\",\"rotation\":0}");
    assert_int_equal(number_of(home, "SELECT sum(version) FROM device"), before + 2);
}

/* ---- Who may ---- */

static void a_site_is_its_operators_and_the_organisation_and_groups_are_not(void **state) {
    struct home *home = *state;
    char request[200], group[UUID_TEXT_SIZE];
    screens_add(home);
    group_make(home, "{\"name\":\"North\",\"tags\":[\"north\"]}", group);
    const char *operator= "operator:site=Rennes";
    assert_int_equal(run_as(home, operator, "site.set", "{\"site\":\"Rennes\",\"rotation\":90}", NULL),
                     PP_OK);
    assert_int_equal(run_as(home, operator, "site.set", "{\"site\":\"Lyon\",\"rotation\":90}", NULL),
                     PP_E_NOTFOUND);
    assert_int_equal(run_as(home, operator, "site.settings", "{\"site\":\"Lyon\"}", NULL), PP_E_NOTFOUND);
    assert_int_equal(
        run_as(home, "viewer:site=Rennes", "site.set", "{\"site\":\"Rennes\",\"rotation\":0}", NULL),
        PP_E_DENIED);
    assert_int_equal(run_as(home, operator, "organisation.set", "{\"rotation\":90}", NULL), PP_E_DENIED);
    assert_int_equal(run_as(home, operator, "group.create", "{\"name\":\"South\"}", NULL), PP_E_DENIED);
    assert_int_equal(run_as(home, operator, "screen.settings", "{\"screen\":\"" EVE "\"}", NULL),
                     PP_E_NOTFOUND);
    assert_int_equal(run_as(home, operator, "screen.set", "{\"screen\":\"" EVE "\",\"rotation\":0}", NULL),
                     PP_E_NOTFOUND);
    assert_int_equal(run_as(home, operator, "screen.set", "{\"screen\":\"" ANN "\",\"rotation\":0}", NULL),
                     PP_OK);
    snprintf(request, sizeof request, "{\"group\":\"%s\",\"rotation\":90}", group);
    assert_int_equal(run_as(home, operator, "group.set", request, NULL), PP_E_DENIED);
    snprintf(request, sizeof request, "{\"group\":\"%s\"}", group);
    assert_int_equal(run_as(home, operator, "group.show", request, NULL), PP_E_NOTFOUND);
    assert_int_equal(run_as(home, operator, "group.remove", request, NULL), PP_E_DENIED);
    assert_int_equal(run_as(home, "operator", "group.remove", request, NULL), PP_E_NOTFOUND);
    assert_int_equal(number_of(home,
                               "SELECT count(*) FROM audit WHERE operation = 'site.set' AND outcome = 'done'"
                               " AND target = 'Rennes' AND after LIKE '%\"rotation\":90%'"),
                     1);
    assert_int_equal(number_of(home, "SELECT count(*) FROM audit WHERE outcome = 'denied'"), 5);
}

static void groups_have_bounds_and_names_of_their_own(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    screens_add(home);
    group_make(home, "{\"name\":\"North\"}", id);
    assert_int_equal(run_as(home, NULL, "group.create", "{\"name\":\"North\"}", NULL), PP_E_STATE);
    assert_int_equal(run_as(home, NULL, "group.create", "{\"name\":\"\"}", NULL), PP_E_LIMIT);
    assert_int_equal(run_as(home, NULL, "group.create", "{\"name\":\"A\",\"priority\":1001}", NULL),
                     PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "group.create", "{\"name\":\"A\",\"priority\":-1}", NULL),
                     PP_E_INVALID);
    assert_int_equal(run_as(home, NULL, "group.create", "{\"name\":\"A\",\"tags\":[\"\"]}", NULL),
                     PP_E_LIMIT);
    assert_int_equal(number_of(home, "SELECT count(*) FROM screen_group"), 1);
    /* Who is not there is not in it. */
    group_make(home, "{\"name\":\"A\",\"screens\":[\"00000000-0000-4000-8000-ffffffffffff\"]}", id);
    assert_int_equal(number_of(home, "SELECT count(*) FROM group_screen"), 0);
}

/* ---- Many screens ---- */

#define MANY               10000
#define MANY_ON_POSTGRESQL 1000 /* which takes ten times as long for each */

static void spread(struct home *home, int64_t *longest_ms) {
    struct settings_spread so_far = {0};
    bool more = true;
    for (int i = 0; more; i++) {
        assert_true(i < 3 * MANY / SCREEN_SETTINGS_BATCH);
        int64_t start = pp_clock_monotonic_ms();
        assert_true(screen_settings_spread(home->db, &so_far, &more, NULL));
        int64_t took = pp_clock_monotonic_ms() - start;
        *longest_ms = took > *longest_ms ? took : *longest_ms;
    }
}

static void a_change_of_the_whole_is_short_and_gets_to_many_screens(void **state) {
    struct home *home = *state;
    int many = test_home_on_postgresql() ? MANY_ON_POSTGRESQL : MANY;
    char sql[800];
    snprintf(sql, sizeof sql,
             "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by)"
             " WITH RECURSIVE n(n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM n WHERE n < %d)"
             " SELECT '000' || n || '-0000-4000-8000-000000000000', CAST('000' || n || "
             "'-0000-4000-8000-0000000' AS %s),"
             " 'Screen ' || n, 'Site ' || (n %% 10), 'UTC', 'en', 'active', 0, 'test' FROM n",
             9999 + many, test_home_on_postgresql() ? "bytea" : "BLOB");
    assert_true(db_script(home->db, sql, NULL));
    int64_t longest = 0;
    run(home, "site.set", "{\"site\":\"Site 3\",\"rotation\":180}"); /* 1,000 */
    spread(home, &longest);
    int64_t start = pp_clock_monotonic_ms();
    run(home, "organisation.set", "{\"rotation\":90,\"time_zone\":\"Europe/Paris\"}");
    int64_t took = pp_clock_monotonic_ms() - start;
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE rotation = 90"), 0);
    start = pp_clock_monotonic_ms();
    /* What is changed while it is on its way gets to all as well. */
    struct settings_spread so_far = {0};
    bool more = false;
    assert_true(screen_settings_spread(home->db, &so_far, &more, NULL));
    assert_true(more);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE rotation = 90"), 90);
    run(home, "organisation.set", "{\"locale\":\"fr\"}");
    while (more)
        assert_true(screen_settings_spread(home->db, &so_far, &more, NULL));
    spread(home, &longest);
    print_message(
        "%d screens: the change %lld ms, then a hundred at a time, the longest %lld ms, all %lld ms\n", many,
        (long long)took, (long long)longest, (long long)(pp_clock_monotonic_ms() - start));
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE rotation = 90"), many - many / 10);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE rotation = 180"), many / 10);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE locale = 'fr'"), many);
    assert_int_equal(number_of(home, "SELECT count(*) FROM settings_change"), 0);
    start = pp_clock_monotonic_ms();
    assert_true(screen_settings_spread(home->db, &so_far, &more, NULL));
    assert_false(more);
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(the_nearest_level_that_says_something_decides),
        home_test(of_two_groups_the_higher_priority_decides_and_then_the_name),
        home_test(who_comes_into_a_group_or_leaves_it_has_other_settings_at_once),
        home_test(locking_and_erasing_are_one_setting),
        home_test(a_state_is_another_one_only_where_something_changed),
        home_test(a_site_is_its_operators_and_the_organisation_and_groups_are_not),
        home_test(groups_have_bounds_and_names_of_their_own),
        home_test(a_change_of_the_whole_is_short_and_gets_to_many_screens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
