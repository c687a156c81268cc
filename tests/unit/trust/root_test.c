/* Specification §5.3. */
#include "simulator.h"

#include <stdio.h>

static void newer_roots_are_taken_one_by_one_and_kept(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "root root root");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "root"), 4);
    assert_string_equal(sim->log, "2.root.json 3.root.json 4.root.json 5.root.json timestamp.json "
                                  "1.snapshot.json 1.targets.json ");
}

static void no_more_roots_are_taken_than_the_cap_allows(void **state) {
    struct sim *sim = *state;
    sim->caps.root_versions = 2;
    sim_publish(sim, "root root root");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "root"), 3);
}

static void a_root_over_its_byte_cap_is_refused(void **state) {
    struct sim *sim = *state;
    sim_set_text(sim_body(sim, "root"), "note", "longer than the one before");
    sim_publish(sim, "root");
    sim->caps.root = sim_file(sim, "metadata/2.root.json")->size - 1;
    sim_assert_refused(sim, PP_E_LIMIT, "");
}

static void a_root_that_the_old_keys_did_not_sign_is_refused(void **state) {
    struct sim *sim = *state;
    sim_rotate(sim, "root", "x", 1);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_AUTH, "");
    assert_int_equal(sim_kept(sim, "root"), 1);
}

static void a_root_that_the_new_keys_did_not_sign_is_refused(void **state) {
    struct sim *sim = *state;
    sim_authorize(sim, "root", "x", 1);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_AUTH, "");
}

static void root_keys_change_hands_when_both_sides_sign(void **state) {
    struct sim *sim = *state;
    sim_rotate(sim, "root", "x", 1);
    sim_sign_with(sim, "root", "rx");
    sim_publish(sim, "root");
    sim_sign_with(sim, "root", "x");
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "root"), 3);
}

static void a_raised_threshold_binds_the_root_that_raises_it(void **state) {
    struct sim *sim = *state;
    sim_authorize(sim, "root", "rxy", 2);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_AUTH, "");
    sim_sign_with(sim, "root", "ry");
    sim_set_number(sim_body(sim, "root"), "version", 1);
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
}

static void a_lowered_threshold_does_not_bind_the_root_that_lowers_it(void **state) {
    struct sim *sim = *state;
    sim_rotate(sim, "root", "rx", 2);
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
    sim_rotate(sim, "root", "r", 1);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_AUTH, "");
    assert_int_equal(sim_kept(sim, "root"), 2);
}

static void serve_version_as(struct sim *sim, int version, const char *name) {
    sim_set_number(sim_body(sim, "root"), "version", version);
    pp_autofree char *text = sim_signed_text(sim, "root");
    sim_serve_text(sim, name, text);
}

static void a_root_that_skips_a_version_is_refused(void **state) {
    struct sim *sim = *state;
    serve_version_as(sim, 3, "metadata/2.root.json");
    sim_assert_refused(sim, PP_E_INVALID, "");
}

static void an_old_root_in_place_of_the_next_one_is_a_rollback(void **state) {
    struct sim *sim = *state;
    serve_version_as(sim, 1, "metadata/2.root.json");
    sim_assert_refused(sim, PP_E_ROLLBACK, "");
}

static void a_bad_root_stops_the_chain_behind_the_last_good_one(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "root root");
    sim_serve_text(sim, "metadata/3.root.json", "{");
    sim_assert_refused(sim, PP_E_INVALID, "root");
    assert_int_equal(sim_kept(sim, "root"), 2);
}

static void intermediate_roots_may_have_expired(void **state) {
    struct sim *sim = *state;
    sim_expire(sim, "root", SIM_NOW - SIM_DAY);
    sim_publish(sim, "root");
    sim_expire(sim, "root", SIM_NOW + SIM_DAY);
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
}

static void the_last_root_must_not_have_expired_but_is_kept(void **state) {
    struct sim *sim = *state;
    sim_expire(sim, "root", SIM_NOW - 1);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_EXPIRED, "root");
    assert_int_equal(sim_kept(sim, "root"), 2);
    assert_string_equal(sim->log, "2.root.json 3.root.json ");
}

static void a_root_that_expires_this_very_second_has_expired(void **state) {
    struct sim *sim = *state;
    sim_expire(sim, "root", SIM_NOW);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_EXPIRED, "root");
}

static void a_broken_connection_is_not_the_end_of_the_chain(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "root");
    sim->broken = "metadata/2.root.json";
    sim_assert_refused(sim, PP_E_NET, "");
}

/* What root says of the time. */

static void say_time(struct sim *sim, const char *role, int64_t epoch) {
    cJSON *statement = cJSON_CreateObject();
    cJSON_AddNumberToObject(statement, "epoch", (double)epoch);
    cJSON_AddStringToObject(statement, "time", "2027-01-15T08:00:00Z");
    sim_set(sim_body(sim, role), "pingplay-time", statement);
}

static int64_t epoch_heard(struct sim *sim, enum pp_code expected) {
    struct pp_error error = {0};
    struct trust_time_statement said;
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_int_equal(trust_refresh(trust, &error) ? PP_OK : error.code, expected);
    trust_root_time(trust, &said);
    assert_int_equal(said.time_s, said.epoch ? SIM_NOW : 0);
    return said.epoch;
}

static void the_newest_root_says_what_time_it_is(void **state) {
    struct sim *sim = *state;
    assert_int_equal(epoch_heard(sim, PP_OK), 0);
    say_time(sim, "root", 2);
    sim_publish(sim, "root");
    assert_int_equal(epoch_heard(sim, PP_OK), 2);
    say_time(sim, "root", 4);
    sim_publish(sim, "root root");
    assert_int_equal(epoch_heard(sim, PP_OK), 4);
}

/* For a client whose own time is far too late, all has expired: that root as well. */
static void what_the_root_says_is_heard_where_it_has_expired(void **state) {
    struct sim *sim = *state;
    say_time(sim, "root", 2);
    sim_publish(sim, "root");
    sim->now = SIM_NOW + 4000LL * SIM_DAY;
    assert_int_equal(epoch_heard(sim, PP_E_EXPIRED), 2);
    sim_expire(sim, "root", SIM_NOW + 5000LL * SIM_DAY);
    sim_publish(sim, "root");
    assert_int_equal(epoch_heard(sim, PP_E_EXPIRED), 2); /* timestamp.json has */
}

static void nobody_but_the_keys_of_root_says_the_time(void **state) {
    struct sim *sim = *state;
    static const char *const others[] = {"timestamp", "snapshot", "targets"};
    for (size_t i = 0; i < PP_COUNT(others); i++)
        say_time(sim, others[i], 9);
    sim_publish(sim, "targets snapshot timestamp");
    assert_int_equal(epoch_heard(sim, PP_OK), 0);
    say_time(sim, "root", 2);
    sim_sign_with(sim, "root", "tsg"); /* all keys but root's */
    sim_publish(sim, "root");
    assert_int_equal(epoch_heard(sim, PP_E_AUTH), 0);
}

static void a_statement_that_cannot_be_read_is_refused_with_its_root(void **state) {
    struct sim *sim = *state;
    say_time(sim, "root", 0);
    sim_publish(sim, "root");
    sim_assert_refused(sim, PP_E_INVALID, "");
}

/* Recovery from fast-forward attacks, §5.3.11. */

static void rotated_timestamp_keys_forget_the_timestamp_version(void **state) {
    struct sim *sim = *state;
    sim_set_number(sim_body(sim, "timestamp"), "version", 1000);
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    sim_rotate(sim, "timestamp", "u", 1);
    sim_set_number(sim_body(sim, "timestamp"), "version", 1);
    sim_publish(sim, "root timestamp");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "timestamp"), 2);
}

static void rotated_snapshot_keys_forget_the_versions_it_listed(void **state) {
    struct sim *sim = *state;
    sim_set_number(sim_body(sim, "targets"), "version", 500);
    sim_publish(sim, "targets snapshot timestamp");
    sim_assert_refreshed(sim);
    sim_rotate(sim, "snapshot", "u", 1);
    sim_set_number(sim_body(sim, "targets"), "version", 1);
    sim_publish(sim, "root targets snapshot timestamp");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "targets"), 2);
}

/* One of two keys stays, so the stale file would still verify: only deleting it recovers. */
static void a_partial_rotation_recovers_as_well(void **state) {
    struct sim *sim = *state;
    sim_rotate(sim, "timestamp", "tu", 1);
    sim_publish(sim, "root");
    sim_set_number(sim_body(sim, "timestamp"), "version", 1000);
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    sim_rotate(sim, "timestamp", "u", 1);
    sim_set_number(sim_body(sim, "timestamp"), "version", 1);
    sim_publish(sim, "root timestamp");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "timestamp"), 2);
}

static void recovery_survives_a_cycle_that_ends_at_an_expired_root(void **state) {
    struct sim *sim = *state;
    sim_rotate(sim, "timestamp", "tu", 1);
    sim_publish(sim, "root");
    sim_set_number(sim_body(sim, "timestamp"), "version", 1000);
    sim_publish(sim, "timestamp");
    sim_assert_refreshed(sim);
    sim_rotate(sim, "timestamp", "u", 1);
    sim_expire(sim, "root", SIM_NOW - SIM_DAY);
    sim_set_number(sim_body(sim, "timestamp"), "version", 1);
    sim_publish(sim, "root timestamp");
    sim_assert_refused(sim, PP_E_EXPIRED, "root timestamp snapshot");
    sim_expire(sim, "root", SIM_NOW + SIM_DAY);
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "timestamp"), 2);
}

static void an_added_key_forgets_nothing(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "timestamp timestamp");
    sim_assert_refreshed(sim);
    sim_authorize(sim, "timestamp", "tu", 1);
    sim_set_number(sim_body(sim, "timestamp"), "version", 1);
    sim_publish(sim, "root timestamp");
    sim_assert_refused(sim, PP_E_ROLLBACK, "root");
    assert_int_equal(sim_kept(sim, "timestamp"), 3);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(newer_roots_are_taken_one_by_one_and_kept),
        TEST(no_more_roots_are_taken_than_the_cap_allows),
        TEST(a_root_over_its_byte_cap_is_refused),
        TEST(a_root_that_the_old_keys_did_not_sign_is_refused),
        TEST(a_root_that_the_new_keys_did_not_sign_is_refused),
        TEST(root_keys_change_hands_when_both_sides_sign),
        TEST(a_raised_threshold_binds_the_root_that_raises_it),
        TEST(a_lowered_threshold_does_not_bind_the_root_that_lowers_it),
        TEST(a_root_that_skips_a_version_is_refused),
        TEST(an_old_root_in_place_of_the_next_one_is_a_rollback),
        TEST(a_bad_root_stops_the_chain_behind_the_last_good_one),
        TEST(intermediate_roots_may_have_expired),
        TEST(the_last_root_must_not_have_expired_but_is_kept),
        TEST(a_root_that_expires_this_very_second_has_expired),
        TEST(a_broken_connection_is_not_the_end_of_the_chain),
        TEST(the_newest_root_says_what_time_it_is),
        TEST(what_the_root_says_is_heard_where_it_has_expired),
        TEST(nobody_but_the_keys_of_root_says_the_time),
        TEST(a_statement_that_cannot_be_read_is_refused_with_its_root),
        TEST(rotated_timestamp_keys_forget_the_timestamp_version),
        TEST(rotated_snapshot_keys_forget_the_versions_it_listed),
        TEST(a_partial_rotation_recovers_as_well),
        TEST(recovery_survives_a_cycle_that_ends_at_an_expired_root),
        TEST(an_added_key_forgets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
