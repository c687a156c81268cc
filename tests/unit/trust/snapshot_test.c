/* Specification §5.5. */
#include "simulator.h"

static cJSON *snapshot_entry(struct sim *sim) {
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "timestamp"), "meta");
    return cJSON_GetObjectItemCaseSensitive(meta, "snapshot.json");
}

static void one_that_is_missing_leaves_the_new_timestamp(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_set_number(snapshot_entry(sim), "version", 2);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_NOTFOUND, "timestamp");
    assert_int_equal(sim_kept(sim, "timestamp"), 2);
    assert_string_equal(sim->log, "2.root.json timestamp.json 2.snapshot.json ");
}

static void without_consistent_snapshots_its_name_has_no_version(void **state) {
    struct sim *sim = *state;
    sim_set(sim_body(sim, "root"), "consistent_snapshot", cJSON_CreateFalse());
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
    assert_string_equal(sim->log, "2.root.json 3.root.json timestamp.json snapshot.json targets.json ");
}

static void a_kept_one_that_is_current_is_not_fetched_again(void **state) {
    struct sim *sim = *state;
    sim->with_hashes = true;
    sim_publish(sim, "targets snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    assert_string_equal(sim->log, "2.root.json timestamp.json ");
}

static void one_with_another_hash_is_refused(void **state) {
    struct sim *sim = *state;
    sim->with_hashes = true;
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_publish(sim, "snapshot");
    cJSON *hashes = cJSON_GetObjectItemCaseSensitive(snapshot_entry(sim), "hashes");
    sim_set_text(hashes, "sha256", "0000000000000000000000000000000000000000000000000000000000000000");
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "timestamp");
}

static void a_kept_one_of_the_right_version_and_another_hash_is_replaced(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim->with_hashes = true;
    sim_set_text(sim_body(sim, "snapshot"), "note", "another one");
    sim_set_number(sim_body(sim, "snapshot"), "version", 0);
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refreshed(sim);
    assert_string_equal(sim->log, "2.root.json timestamp.json 1.snapshot.json ");
}

static void a_longer_one_than_listed_is_refused(void **state) {
    struct sim *sim = *state;
    sim_set_number(snapshot_entry(sim), "length",
                   (double)sim_file(sim, "metadata/1.snapshot.json")->size - 1);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_LIMIT, "timestamp");
}

static void a_shorter_one_than_listed_is_refused(void **state) {
    struct sim *sim = *state;
    sim_set_number(snapshot_entry(sim), "length",
                   (double)sim_file(sim, "metadata/1.snapshot.json")->size + 1);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "timestamp");
}

static void a_listed_length_over_the_cap_is_not_fetched(void **state) {
    struct sim *sim = *state;
    sim_set_number(snapshot_entry(sim), "length", 1e12);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_LIMIT, "timestamp");
    assert_string_equal(sim->log, "2.root.json timestamp.json ");
}

static void a_listed_hash_of_unknown_kind_alone_is_refused(void **state) {
    struct sim *sim = *state;
    cJSON *hashes = cJSON_CreateObject();
    cJSON_AddStringToObject(hashes, "md5", "d41d8cd98f00b204e9800998ecf8427e");
    sim_set(snapshot_entry(sim), "hashes", hashes);
    sim_publish(sim, "timestamp");
    sim_assert_refused(sim, PP_E_UNSUPPORTED, "timestamp");
}

static void one_signed_by_a_stranger_is_refused(void **state) {
    struct sim *sim = *state;
    sim_sign_with(sim, "snapshot", "t");
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "timestamp");
    assert_int_equal(sim_kept(sim, "snapshot"), 0);
}

static void another_version_than_listed_is_mix_and_match(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_publish(sim, "snapshot timestamp");
    const struct sim_file *old = sim_file(sim, "metadata/1.snapshot.json");
    sim_serve(sim, "metadata/2.snapshot.json", old->data, old->size);
    sim_assert_refused(sim, PP_E_AUTH, "timestamp");
}

static void an_older_targets_version_in_it_is_a_rollback(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "targets snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_set_number(sim_body(sim, "targets"), "version", 0);
    sim_publish(sim, "targets snapshot timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "timestamp");
    assert_int_equal(sim_kept(sim, "snapshot"), 2);
    assert_int_equal(sim_kept(sim, "targets"), 2);
}

static void an_older_version_of_a_delegated_role_is_a_rollback(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "channel-a", "channels/a/*", 'a');
    sim_publish(sim, "channel-a channel-a targets snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_set_number(sim_body(sim, "channel-a"), "version", 0);
    sim_publish(sim, "channel-a snapshot timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "timestamp");
}

static void a_role_that_vanishes_from_it_is_a_rollback(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "channel-a", "channels/a/*", 'a');
    sim_publish(sim, "channel-a targets snapshot timestamp");
    sim_assert_refreshed(sim);
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "snapshot"), "meta");
    cJSON_DeleteItemFromObjectCaseSensitive(meta, "channel-a.json");
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "timestamp");
}

static void the_order_of_its_list_does_not_matter(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "channel-a", "channels/a/*", 'a');
    sim_delegate(sim, "targets", "channel-b", "channels/b/*", 'b');
    sim_publish(sim, "channel-a channel-b targets snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_publish(sim, "targets channel-a snapshot timestamp");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "snapshot"), 3);
}

static void an_expired_one_is_refused(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_expire(sim, "snapshot", SIM_NOW);
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_EXPIRED, "timestamp");
    assert_int_equal(sim_kept(sim, "snapshot"), 1);
}

static void a_kept_one_that_has_expired_is_not_good_enough(void **state) {
    struct sim *sim = *state;
    sim_expire(sim, "snapshot", SIM_NOW + SIM_DAY);
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refreshed(sim);
    sim->now += 2 * SIM_DAY;
    sim_assert_refused(sim, PP_E_EXPIRED, "");
    assert_string_equal(sim->log, "2.root.json timestamp.json 2.snapshot.json ");
}

static void a_damaged_kept_one_is_fetched_again(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_keep(sim, "snapshot", "");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "snapshot"), 1);
}

static void a_cycle_cut_behind_timestamp_goes_on_in_the_next(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_publish(sim, "targets snapshot timestamp");
    sim->broken = "metadata/2.snapshot.json";
    sim_assert_refused(sim, PP_E_NET, "timestamp");
    sim->broken = NULL;
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "targets"), 2);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_missing_leaves_the_new_timestamp),
        TEST(without_consistent_snapshots_its_name_has_no_version),
        TEST(a_kept_one_that_is_current_is_not_fetched_again),
        TEST(one_with_another_hash_is_refused),
        TEST(a_kept_one_of_the_right_version_and_another_hash_is_replaced),
        TEST(a_longer_one_than_listed_is_refused),
        TEST(a_shorter_one_than_listed_is_refused),
        TEST(a_listed_length_over_the_cap_is_not_fetched),
        TEST(a_listed_hash_of_unknown_kind_alone_is_refused),
        TEST(one_signed_by_a_stranger_is_refused),
        TEST(another_version_than_listed_is_mix_and_match),
        TEST(an_older_targets_version_in_it_is_a_rollback),
        TEST(an_older_version_of_a_delegated_role_is_a_rollback),
        TEST(a_role_that_vanishes_from_it_is_a_rollback),
        TEST(the_order_of_its_list_does_not_matter),
        TEST(an_expired_one_is_refused),
        TEST(a_kept_one_that_has_expired_is_not_good_enough),
        TEST(a_damaged_kept_one_is_fetched_again),
        TEST(a_cycle_cut_behind_timestamp_goes_on_in_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
