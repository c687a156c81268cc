/* Specification §5.6.1 to §5.6.6. */
#include "simulator.h"

#include <signal.h>
#include <sys/resource.h>

static cJSON *targets_entry(struct sim *sim) {
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "snapshot"), "meta");
    return cJSON_GetObjectItemCaseSensitive(meta, "targets.json");
}

static void one_that_is_missing_leaves_the_new_snapshot(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_set_number(targets_entry(sim), "version", 2);
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_NOTFOUND, "timestamp snapshot");
    assert_int_equal(sim_kept(sim, "snapshot"), 2);
    assert_int_equal(sim_kept(sim, "targets"), 1);
}

static void one_with_another_hash_is_refused(void **state) {
    struct sim *sim = *state;
    sim->with_hashes = true;
    sim_publish(sim, "targets");
    sim_set_text(cJSON_GetObjectItemCaseSensitive(targets_entry(sim), "hashes"), "sha256",
                 "0000000000000000000000000000000000000000000000000000000000000000");
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "timestamp snapshot");
    assert_int_equal(sim_kept(sim, "targets"), 0);
}

static void one_of_another_length_is_refused(void **state) {
    struct sim *sim = *state;
    sim_set_number(targets_entry(sim), "length", (double)sim_file(sim, "metadata/1.targets.json")->size + 1);
    sim_publish(sim, "snapshot timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "timestamp snapshot");
}

static void one_over_its_byte_cap_is_refused(void **state) {
    struct sim *sim = *state;
    sim->caps.targets = sim_file(sim, "metadata/1.targets.json")->size - 1;
    sim_assert_refused(sim, PP_E_LIMIT, "timestamp snapshot");
}

static void one_signed_by_a_stranger_is_refused(void **state) {
    struct sim *sim = *state;
    sim_sign_with(sim, "targets", "rts");
    sim_publish(sim, "targets snapshot timestamp");
    sim_assert_refused(sim, PP_E_AUTH, "timestamp snapshot");
}

static void another_version_than_listed_is_mix_and_match(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "targets snapshot timestamp");
    const struct sim_file *old = sim_file(sim, "metadata/1.targets.json");
    sim_serve(sim, "metadata/2.targets.json", old->data, old->size);
    sim_assert_refused(sim, PP_E_AUTH, "timestamp snapshot");
}

static void an_expired_one_is_refused(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_expire(sim, "targets", SIM_NOW - SIM_DAY);
    sim_publish(sim, "targets snapshot timestamp");
    sim_assert_refused(sim, PP_E_EXPIRED, "timestamp snapshot");
    assert_int_equal(sim_kept(sim, "targets"), 1);
}

static void a_damaged_kept_one_is_fetched_again(void **state) {
    struct sim *sim = *state;
    sim_assert_refreshed(sim);
    sim_keep(sim, "targets", "[]");
    sim_assert_refreshed(sim);
    assert_string_equal(sim->log, "2.root.json timestamp.json 1.targets.json ");
    assert_int_equal(sim_kept(sim, "targets"), 1);
}

static void a_cycle_cut_behind_snapshot_goes_on_in_the_next(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "targets snapshot timestamp");
    sim->broken = "metadata/2.targets.json";
    sim_assert_refused(sim, PP_E_NET, "timestamp snapshot");
    sim->broken = NULL;
    sim_assert_refreshed(sim);
    assert_string_equal(sim->log, "2.root.json timestamp.json 2.targets.json ");
}

static void limit_files(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A flash without room ends the cycle at whichever file is too large for it; there is no half of one, and the
 * next cycle goes on from there. */
static void a_full_flash_stops_it_anywhere_and_does_no_harm(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    int stops = 0;
    sim_assert_refreshed(sim);
    sim_publish(sim, "root targets snapshot timestamp");
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; !(limit_files(room), sim_refresh(sim, &error)); room += 64) {
        limit_files(RLIM_INFINITY);
        assert_int_equal(error.code, PP_E_IO);
        /* In the order in which they are trusted. */
        assert_true(sim_kept(sim, "root") >= sim_kept(sim, "timestamp"));
        assert_true(sim_kept(sim, "timestamp") >= sim_kept(sim, "snapshot"));
        assert_true(sim_kept(sim, "snapshot") >= sim_kept(sim, "targets"));
        assert_true(sim_kept(sim, "targets") == 1);
        stops++;
    }
    limit_files(RLIM_INFINITY);
    assert_true(stops > 1);
    assert_int_equal(sim_kept(sim, "root"), 2);
    assert_int_equal(sim_kept(sim, "targets"), 2);
}

static void versions_are_told_once_they_are_trusted(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "targets targets targets snapshot snapshot timestamp");
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_int_equal(trust_root_version(trust), 1);
    assert_int_equal(trust_timestamp_version(trust), 0);
    assert_int_equal(trust_targets_version(trust), 0);
    assert_true(trust_refresh(trust, NULL));
    assert_int_equal(trust_timestamp_version(trust), 2);
    assert_int_equal(trust_snapshot_version(trust), 3);
    assert_int_equal(trust_targets_version(trust), 4);
}

static void a_cycle_refreshes_once(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_true(trust_refresh(trust, &error));
    assert_false(trust_refresh(trust, &error));
    assert_int_equal(error.code, PP_E_STATE);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_missing_leaves_the_new_snapshot),
        TEST(one_with_another_hash_is_refused),
        TEST(one_of_another_length_is_refused),
        TEST(one_over_its_byte_cap_is_refused),
        TEST(one_signed_by_a_stranger_is_refused),
        TEST(another_version_than_listed_is_mix_and_match),
        TEST(an_expired_one_is_refused),
        TEST(a_damaged_kept_one_is_fetched_again),
        TEST(a_cycle_cut_behind_snapshot_goes_on_in_the_next),
        TEST(a_full_flash_stops_it_anywhere_and_does_no_harm),
        TEST(versions_are_told_once_they_are_trusted),
        TEST(a_cycle_refreshes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
