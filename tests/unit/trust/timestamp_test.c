/* Specification §5.4. */
#include "simulator.h"

static void it_is_kept_as_received(void **state) {
    struct sim *sim = *state;
    const struct sim_file *served = sim_file(sim, "metadata/timestamp.json");
    pp_autofree char *text = calloc(1, served->size + 4);
    assert_non_null(text);
    memcpy(text, served->data, served->size);
    strcat(text, "\n  ");
    sim_serve_text(sim, "metadata/timestamp.json", text);
    sim_assert_refreshed(sim);
    pp_autofile FILE *file = NULL;
    char path[128];
    char kept[16384] = {0};
    snprintf(path, sizeof path, "%s/timestamp.json", sim->dir);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(kept, 1, sizeof kept - 1, file) > 0);
    assert_string_equal(kept, text);
}

static void one_that_is_missing_ends_the_cycle(void **state) {
    struct sim *sim = *state;
    sim_remove(sim, "metadata/timestamp.json");
    sim_assert_refused(sim, PP_E_NOTFOUND, "");
}

static void one_over_its_byte_cap_is_refused(void **state) {
    struct sim *sim = *state;
    sim->caps.timestamp = sim_file(sim, "metadata/timestamp.json")->size - 1;
    sim_assert_refused(sim, PP_E_LIMIT, "");
}

static void one_signed_by_a_stranger_is_refused(void **state) {
    struct sim *sim = *state;
    sim_sign_with(sim, "timestamp", "x");
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "");
}

static void one_of_another_type_is_refused_though_the_key_is_right(void **state) {
    struct sim *sim = *state;
    sim_sign_with(sim, "snapshot", "t");
    pp_autofree char *text = sim_signed_text(sim, "snapshot");
    sim_serve_text(sim, "metadata/timestamp.json", text);
    sim_assert_refused(sim, PP_E_INVALID, "");
}

static void an_older_version_is_a_rollback(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    sim_set_number(sim_body(sim, "timestamp"), "version", 0);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "");
    assert_string_equal(sim->log, "2.root.json timestamp.json ");
}

static void an_older_snapshot_version_in_it_is_a_rollback(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_set_number(sim_body(sim, "snapshot"), "version", 0);
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "");
    assert_int_equal(sim_kept(sim, "timestamp"), 2);
}

static void the_same_version_ends_it_well_and_its_content_is_not_taken(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "timestamp"), "meta");
    sim_set_number(cJSON_GetObjectItemCaseSensitive(meta, "snapshot.json"), "version", 100);
    sim_set_number(sim_body(sim, "timestamp"), "version", 0);
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    assert_string_equal(sim->log, "2.root.json timestamp.json ");
}

static void the_same_version_does_not_hide_that_the_kept_one_expired(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_expire(sim, "root", SIM_NOW + 90 * SIM_DAY);
    sim_publish(sim, "root");
    sim->now += 40 * SIM_DAY;
    sim_assert_refused(sim, PP_E_EXPIRED, "root");
}

static void an_expired_one_is_refused(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_expire(sim, "timestamp", SIM_NOW);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_EXPIRED, "");
    assert_int_equal(sim_kept(sim, "timestamp"), 1);
}

static void an_expired_kept_one_still_guards_against_rollback(void **state) {
    struct sim *sim = *state;
    sim_expire(sim, "root", SIM_NOW + 90 * SIM_DAY);
    sim_publish(sim, "root timestamp timestamp");
    sim_assert_refreshed(sim);
    sim->now += 40 * SIM_DAY;
    sim_expire(sim, "timestamp", SIM_NOW + 90 * SIM_DAY);
    sim_set_number(sim_body(sim, "timestamp"), "version", 1);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "");
}

static void an_expired_kept_one_is_replaced_by_a_newer(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim->now += 20 * SIM_DAY;
    sim_expire(sim, "timestamp", SIM_NOW + 25 * SIM_DAY);
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "timestamp"), 2);
}

static void a_damaged_kept_one_is_fetched_again(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_keep(sim, "timestamp", "{\"signed\": ");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "timestamp"), 1);
}

static void a_forged_kept_one_has_no_say(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_set_number(sim_body(sim, "timestamp"), "version", 99);
    sim_sign_with(sim, "timestamp", "x");
    pp_autofree char *text = sim_signed_text(sim, "timestamp");
    sim_keep(sim, "timestamp", text);
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "timestamp"), 1);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_is_kept_as_received),
        TEST(one_that_is_missing_ends_the_cycle),
        TEST(one_over_its_byte_cap_is_refused),
        TEST(one_signed_by_a_stranger_is_refused),
        TEST(one_of_another_type_is_refused_though_the_key_is_right),
        TEST(an_older_version_is_a_rollback),
        TEST(an_older_snapshot_version_in_it_is_a_rollback),
        TEST(the_same_version_ends_it_well_and_its_content_is_not_taken),
        TEST(the_same_version_does_not_hide_that_the_kept_one_expired),
        TEST(an_expired_one_is_refused),
        TEST(an_expired_kept_one_still_guards_against_rollback),
        TEST(an_expired_kept_one_is_replaced_by_a_newer),
        TEST(a_damaged_kept_one_is_fetched_again),
        TEST(a_forged_kept_one_has_no_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
