/* Specification §5.6.7, and TAP 15. */
#include "simulator.h"

#include <stdio.h>

#include "base/encode.h"
#include "trust_text.h"

/* The names requested behind the four of the refresh. */
static const char *roles_asked(const struct sim *sim) {
    const char *targets = strstr(sim->log, "targets.json ");
    return targets ? targets + strlen("targets.json ") : sim->log;
}

static enum pp_code find(struct sim *sim, const char *path) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(4096);
    return sim_download(sim, path, &out);
}

static void publish_all(struct sim *sim, const char *delegated) {
    sim_publish(sim, delegated);
    sim_publish(sim, "targets snapshot timestamp");
}

static void roles_are_searched_in_pre_order(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "targets", "B", "*", 'b');
    sim_delegate(sim, "A", "C", "*", 'c');
    sim_delegate(sim, "A", "D", "*", 'd');
    publish_all(sim, "A B C D");
    assert_int_equal(find(sim, "missing"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.A.json 1.C.json 1.D.json 1.B.json ");
}

static void the_first_role_that_knows_the_target_wins(void **state) {
    struct sim *sim = *state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(4096);
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "targets", "B", "*", 'b');
    sim_add_target(sim, "B", "x", "of B");
    sim_add_target(sim, "A", "x", "of A");
    publish_all(sim, "A B");
    assert_int_equal(sim_download(sim, "x", &out), PP_OK);
    assert_string_equal(pp_buf_text(&out), "of A");
    assert_null(strstr(sim->log, "1.B.json"));
}

static void a_cycle_is_walked_once(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "A", "B", "*", 'b');
    sim_delegate(sim, "B", "A", "*", 'a');
    publish_all(sim, "A B");
    assert_int_equal(find(sim, "missing"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.A.json 1.B.json ");
}

static void only_so_many_roles_are_visited(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "A", "B", "*", 'b');
    sim_delegate(sim, "B", "C", "*", 'c');
    sim_add_target(sim, "C", "x", "deep");
    publish_all(sim, "A B C");
    sim->caps.roles_visited = 2;
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.A.json 1.B.json ");
    sim->caps.roles_visited = 3;
    assert_int_equal(find(sim, "x"), PP_OK);
}

static void a_terminating_delegation_ends_the_whole_search(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "targets", "B", "*", 'b');
    sim_set(sim_delegate(sim, "A", "C", "*", 'c'), "terminating", cJSON_CreateTrue());
    sim_delegate(sim, "A", "D", "*", 'd');
    sim_delegate(sim, "C", "E", "*", 'e');
    sim_add_target(sim, "B", "x", "never reached");
    publish_all(sim, "A B C D E");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.A.json 1.C.json 1.E.json ");
}

static void a_terminating_delegation_of_other_paths_ends_nothing(void **state) {
    struct sim *sim = *state;
    sim_set(sim_delegate(sim, "targets", "A", "a/*", 'a'), "terminating", cJSON_CreateTrue());
    sim_delegate(sim, "targets", "B", "b/*", 'b');
    sim_add_target(sim, "B", "b/x", "content");
    publish_all(sim, "A B");
    assert_int_equal(find(sim, "b/x"), PP_OK);
    assert_string_equal(roles_asked(sim),
                        "1.B.json targets/b/ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec943"
                        "2297b9ec9f73.x ");
}

static void a_path_must_be_delegated_by_every_role_on_the_way(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "releases/*/*", 'a');
    sim_delegate(sim, "A", "B", "releases/y/*.zip", 'b');
    sim_add_target(sim, "B", "releases/z/z.zip", "not its own");
    publish_all(sim, "A B");
    assert_int_equal(find(sim, "releases/z/z.zip"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.A.json ");
}

static void hash_prefixes_choose_the_role(void **state) {
    struct sim *sim = *state;
    char hash[65];
    char prefix[4] = {0};
    text_sha256("x", 1, hash);
    memcpy(prefix, hash, 3);
    for (char letter = 'A'; letter <= 'B'; letter++) {
        char name[2] = {letter, 0};
        cJSON *entry = sim_delegate(sim, "targets", name, "", (char)(letter + 32));
        cJSON_DeleteItemFromObjectCaseSensitive(entry, "paths");
        sim_set(entry, "path_hash_prefixes", text_words(letter == 'A' ? "00 fff" : prefix));
    }
    sim_add_target(sim, "B", "x", "content");
    publish_all(sim, "A B");
    assert_int_equal(find(sim, "x"), PP_OK);
    assert_null(strstr(sim->log, "1.A.json"));
}

static void a_delegation_without_paths_covers_nothing(void **state) {
    struct sim *sim = *state;
    cJSON *entry = sim_delegate(sim, "targets", "A", "*", 'a');
    cJSON_DeleteItemFromObjectCaseSensitive(entry, "paths");
    publish_all(sim, "A");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "");
}

/* Bins of `bits` bits under the prefix "bin", all signed by key 'a'; the one of "x" has it. */
static void make_bins(struct sim *sim, int bits, char name[64]) {
    char hash[65];
    char head[9] = {0};
    sim_delegate(sim, "targets", "unused", "*", 'a');
    cJSON *delegations = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "targets"), "delegations");
    cJSON *roles = cJSON_DetachItemFromObjectCaseSensitive(delegations, "roles");
    cJSON *succinct = cJSON_AddObjectToObject(delegations, "succinct_roles");
    sim_set(succinct, "keyids", cJSON_Duplicate(cJSON_GetObjectItem(roles->child, "keyids"), 1));
    sim_set_number(succinct, "threshold", 1);
    sim_set_number(succinct, "bit_length", bits);
    sim_set_text(succinct, "name_prefix", "bin");
    cJSON_Delete(roles);
    text_sha256("x", 1, hash);
    memcpy(head, hash, 8);
    snprintf(name, 64, "bin-%0*lx", (bits + 3) / 4, strtoul(head, NULL, 16) >> (32 - bits));
    snprintf(sim_role(sim, "unused")->name, 64, "%s", name);
}

static void succinct_delegations_lead_to_the_bin_of_the_path(void **state) {
    static const int widths[] = {1, 3, 4, 5, 8, 31, 32};
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char name[64];
        struct sim *sim = sim_create();
        make_bins(sim, widths[i], name);
        sim_add_target(sim, name, "x", "content");
        publish_all(sim, name);
        assert_int_equal(find(sim, "x"), PP_OK);
        assert_non_null(strstr(sim->log, name));
        sim_destroy(sim);
    }
}

/* The hash of "x" begins with 2d711642. */
static void bins_are_named_by_leading_bits_in_full_width(void **state) {
    char name[64];
    struct sim *sim = *state;
    make_bins(sim, 5, name);
    assert_string_equal(name, "bin-05");
    publish_all(sim, name);
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.bin-05.json ");
}

/* ---- Refusals ---- */

static void a_role_that_snapshot_does_not_list_is_not_fetched(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_publish(sim, "targets snapshot timestamp");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "");
}

static void a_role_signed_by_a_stranger_ends_the_search(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "targets", "B", "*", 'b');
    sim_add_target(sim, "B", "x", "content");
    sim_sign_with(sim, "A", "b");
    publish_all(sim, "A B");
    assert_int_equal(find(sim, "x"), PP_E_AUTH);
    assert_int_equal(sim_kept(sim, "A"), 0);
    assert_string_equal(roles_asked(sim), "1.A.json ");
}

static void a_role_of_another_version_than_listed_is_refused(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    publish_all(sim, "A A");
    const struct sim_file *old = sim_file(sim, "metadata/1.A.json");
    sim_serve(sim, "metadata/2.A.json", old->data, old->size);
    assert_int_equal(find(sim, "x"), PP_E_AUTH);
    assert_int_equal(sim_kept(sim, "A"), 0);
}

static void a_role_with_another_hash_than_listed_is_refused(void **state) {
    struct sim *sim = *state;
    sim->with_hashes = true;
    sim_delegate(sim, "targets", "A", "*", 'a');
    publish_all(sim, "A");
    sim_set_text(sim_body(sim, "A"), "note", "other bytes, same length?");
    pp_autofree char *text = sim_signed_text(sim, "A");
    sim_serve(sim, "metadata/1.A.json", text, sim_file(sim, "metadata/1.A.json")->size);
    assert_int_equal(find(sim, "x"), PP_E_AUTH);
    assert_int_equal(sim_kept(sim, "A"), 0);
}

static void an_expired_role_is_refused(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_expire(sim, "A", SIM_NOW - SIM_DAY);
    publish_all(sim, "A");
    assert_int_equal(find(sim, "x"), PP_E_EXPIRED);
    assert_int_equal(sim_kept(sim, "A"), 0);
}

static void a_role_that_is_missing_ends_the_search(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "targets", "B", "*", 'b');
    sim_add_target(sim, "B", "x", "content");
    publish_all(sim, "A B");
    sim_remove(sim, "metadata/1.A.json");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_string_equal(roles_asked(sim), "1.A.json ");
}

/* ---- What is kept ---- */

static void a_kept_role_is_not_fetched_again(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    publish_all(sim, "A");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_int_equal(sim_kept(sim, "A"), 1);
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_null(strstr(sim->log, "A.json"));
}

static void a_kept_role_is_fetched_when_snapshot_lists_a_newer(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    publish_all(sim, "A");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    publish_all(sim, "A");
    assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
    assert_int_equal(sim_kept(sim, "A"), 2);
}

static void a_kept_role_does_not_outlive_the_key_it_was_signed_with(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_add_target(sim, "A", "x", "content");
    publish_all(sim, "A");
    assert_int_equal(find(sim, "x"), PP_OK);
    cJSON *delegations = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "targets"), "delegations");
    sim_set(delegations, "roles", cJSON_CreateArray());
    sim_delegate(sim, "targets", "A", "*", 'b');
    sim_publish(sim, "targets snapshot timestamp");
    assert_int_equal(find(sim, "x"), PP_E_AUTH);
}

/* Two branches delegate to one role, each with a key of its own; the role is signed for the first only. */
static void a_kept_role_is_verified_against_its_current_delegator(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    trust_autotarget struct trust_target first = {0};
    trust_autotarget struct trust_target second = {0};
    sim_delegate(sim, "targets", "A", "a/*", 'a');
    sim_delegate(sim, "targets", "B", "b/*", 'b');
    sim_delegate(sim, "A", "release", "a/*", 'c');
    sim_delegate(sim, "B", "release", "b/*", 'd');
    sim_add_target(sim, "release", "a/x", "good");
    sim_add_target(sim, "release", "b/x", "not for B to say");
    publish_all(sim, "A B release");
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_true(trust_refresh(trust, NULL));
    assert_true(trust_target_find(trust, "a/x", &first, NULL));
    assert_false(trust_target_find(trust, "b/x", &second, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_int_equal(second.length, 0);
}

static void strange_role_names_stay_in_the_folder_and_in_the_address(void **state) {
    static const char *const names[] = {"?", "#", "/abs", "../up", "é", "..", "a%2Fb"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char asked[256];
        struct sim *sim = sim_create();
        pp_autofree char *encoded = pp_percent_encode(names[i]);
        sim_delegate(sim, "targets", names[i], "*", 'a');
        publish_all(sim, names[i]);
        assert_int_equal(find(sim, "x"), PP_E_NOTFOUND);
        snprintf(asked, sizeof asked, "1.%s.json ", encoded);
        assert_string_equal(roles_asked(sim), asked);
        assert_int_equal(sim_kept(sim, names[i]), 1);
        sim_destroy(sim);
    }
}

static void nothing_is_found_before_a_refresh_or_after_a_failed_one(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    struct trust_target target;
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_false(trust_target_find(trust, "x", &target, &error));
    assert_int_equal(error.code, PP_E_STATE);
    sim_remove(sim, "metadata/timestamp.json");
    assert_false(trust_refresh(trust, &error));
    assert_false(trust_target_find(trust, "x", &target, &error));
    assert_int_equal(error.code, PP_E_STATE);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(roles_are_searched_in_pre_order),
        TEST(the_first_role_that_knows_the_target_wins),
        TEST(a_cycle_is_walked_once),
        TEST(only_so_many_roles_are_visited),
        TEST(a_terminating_delegation_ends_the_whole_search),
        TEST(a_terminating_delegation_of_other_paths_ends_nothing),
        TEST(a_path_must_be_delegated_by_every_role_on_the_way),
        TEST(hash_prefixes_choose_the_role),
        TEST(a_delegation_without_paths_covers_nothing),
        cmocka_unit_test(succinct_delegations_lead_to_the_bin_of_the_path),
        TEST(bins_are_named_by_leading_bits_in_full_width),
        TEST(a_role_that_snapshot_does_not_list_is_not_fetched),
        TEST(a_role_signed_by_a_stranger_ends_the_search),
        TEST(a_role_of_another_version_than_listed_is_refused),
        TEST(a_role_with_another_hash_than_listed_is_refused),
        TEST(an_expired_role_is_refused),
        TEST(a_role_that_is_missing_ends_the_search),
        TEST(a_kept_role_is_not_fetched_again),
        TEST(a_kept_role_is_fetched_when_snapshot_lists_a_newer),
        TEST(a_kept_role_does_not_outlive_the_key_it_was_signed_with),
        TEST(a_kept_role_is_verified_against_its_current_delegator),
        cmocka_unit_test(strange_role_names_stay_in_the_folder_and_in_the_address),
        TEST(nothing_is_found_before_a_refresh_or_after_a_failed_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
