/* The first root (specification §5.2) and what opening a cycle needs. */
#include "simulator.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

static struct trust *open_in(const char *dir, struct pp_error *error) {
    struct trust_config config = {.metadata_dir = dir, .metadata_url = "https://repo.test/metadata"};
    return trust_open(&config, error);
}

static void a_folder_without_a_root_cannot_be_opened(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/root.json", sim->dir);
    assert_int_equal(unlink(path), 0);
    assert_null(open_in(sim->dir, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

static void a_folder_that_is_missing_cannot_be_opened(void **state) {
    struct pp_error error = {0};
    (void)state;
    assert_null(open_in("/nonexistent/pingplay-trust", &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

static void a_kept_root_that_does_not_verify_cannot_be_opened(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    sim_keep(sim, "root", "{}");
    assert_null(open_in(sim->dir, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    sim_sign_with(sim, "root", "x");
    pp_autofree char *text = sim_signed_text(sim, "root");
    sim_keep(sim, "root", text);
    assert_null(open_in(sim->dir, &error));
    assert_int_equal(error.code, PP_E_AUTH);
}

static void an_expired_kept_root_is_good_enough_to_start_from(void **state) {
    struct sim *sim = *state;
    sim_expire(sim, "root", SIM_NOW + SIM_DAY);
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
    sim->now += 2 * SIM_DAY;
    sim_expire(sim, "root", SIM_NOW + 9 * SIM_DAY);
    sim_publish(sim, "root");
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "root"), 3);
}

/* ---- trust_init_root ---- */

static bool offer(struct sim *sim, const char *name, struct pp_error *error) {
    const struct sim_file *root = sim_file(sim, name);
    return trust_init_root(sim->dir, root->data, root->size, error);
}

static void a_root_that_is_there_is_not_replaced_by_the_shipped_one(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "root root");
    sim_assert_refreshed(sim);
    assert_true(offer(sim, "metadata/1.root.json", NULL));
    assert_int_equal(sim_kept(sim, "root"), 3);
}

static void a_damaged_root_is_replaced_by_the_shipped_one(void **state) {
    struct sim *sim = *state;
    sim_publish(sim, "root root");
    sim_assert_refreshed(sim);
    sim_keep(sim, "root", "{\"signed\"");
    assert_true(offer(sim, "metadata/1.root.json", NULL));
    assert_int_equal(sim_kept(sim, "root"), 1);
    sim_assert_refreshed(sim);
    assert_int_equal(sim_kept(sim, "root"), 3);
}

static void a_shipped_root_that_does_not_verify_is_refused(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    sim_keep(sim, "root", "");
    sim_sign_with(sim, "root", "x");
    sim_publish(sim, "root");
    assert_false(offer(sim, "metadata/2.root.json", &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_false(trust_init_root(sim->dir, "{}", 2, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

static void the_folder_is_made_for_its_owner_only(void **state) {
    struct sim *sim = *state;
    struct stat status;
    char dir[128];
    char path[256];
    const struct sim_file *root = sim_file(sim, "metadata/1.root.json");
    snprintf(dir, sizeof dir, "%s/new", sim->dir);
    assert_true(trust_init_root(dir, root->data, root->size, NULL));
    assert_int_equal(stat(dir, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/root.json", dir);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    unlink(path);
    rmdir(dir);
}

static void nothing_is_closed_without_harm(void **state) {
    (void)state;
    trust_close(NULL);
}

static void no_request_is_made_before_the_refresh(void **state) {
    struct sim *sim = *state;
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_int_equal(trust_root_version(trust), 1);
    assert_string_equal(sim->log, "");
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_without_a_root_cannot_be_opened),
        cmocka_unit_test(a_folder_that_is_missing_cannot_be_opened),
        TEST(a_kept_root_that_does_not_verify_cannot_be_opened),
        TEST(an_expired_kept_root_is_good_enough_to_start_from),
        TEST(a_root_that_is_there_is_not_replaced_by_the_shipped_one),
        TEST(a_damaged_root_is_replaced_by_the_shipped_one),
        TEST(a_shipped_root_that_does_not_verify_is_refused),
        TEST(the_folder_is_made_for_its_owner_only),
        cmocka_unit_test(nothing_is_closed_without_harm),
        TEST(no_request_is_made_before_the_refresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
