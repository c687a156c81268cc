/* What a real repository over real TLS says of itself and of its targets. */
#include "client.h"

#include "base/encode.h"
#include "base/file.h"
#include "trust/trust_text.h"

static void assert_not_found(struct client *client, const char *path, enum sync_find found,
                             enum pp_code code) {
    struct pp_error error = {0};
    struct trust_target target;
    assert_int_equal(sync_repository_find(client->repository, path, CAP, &target, &error), found);
    if (error.code != code)
        fail_msg("%s", error.message);
    assert_int_equal(target.length, 0);
    assert_null(target.custom);
}

static void target_is_found_with_the_length_and_hash_that_are_signed(void **state) {
    struct client client;
    trust_autotarget struct trust_target target = {0};
    char hash[65];
    char hex[PP_HEX_SIZE(TRUST_SHA256_SIZE)];
    client_begin(&client, state);
    client_refresh(&client);
    client_find(&client, PATH, &target);
    text_sha256(CONTENT, strlen(CONTENT), hash);
    pp_hex_encode(target.sha256, sizeof target.sha256, hex);
    assert_true(target.has_sha256);
    assert_string_equal(hex, hash);
    assert_int_equal(target.length, strlen(CONTENT));
    assert_string_equal(target.path, PATH);
    assert_int_equal(sync_repository_root_version(client.repository), 1);
    client_end(&client);
}

static void nothing_goes_to_the_network_before_a_refresh(void **state) {
    struct client client;
    client_begin(&client, state);
    (void)served_requests(&client.served);
    assert_not_found(&client, PATH, SYNC_FIND_FAILED, PP_E_STATE);
    assert_int_equal(sync_repository_root_version(client.repository), 0);
    assert_int_equal(served_requests(&client.served), 0);
    client_end(&client);
}

static void what_was_refreshed_is_forgotten_on_demand(void **state) {
    struct client client;
    client_begin(&client, state);
    client_refresh(&client);
    sync_repository_forget(client.repository);
    assert_not_found(&client, PATH, SYNC_FIND_FAILED, PP_E_STATE);
    client_refresh(&client);
    client_downloads(&client, PATH, CONTENT);
    client_end(&client);
}

static void target_that_no_metadata_names_is_an_answer(void **state) {
    struct client client;
    client_begin(&client, state);
    client_refresh(&client);
    assert_not_found(&client, "keys/other.json", SYNC_NOT_NAMED, PP_E_NOTFOUND);
    assert_false(sync_repository_answer(client.repository)->refused);
    client_end(&client);
}

static void metadata_that_is_not_there_is_no_answer(void **state) {
    struct client client;
    client_begin(&client, state);
    sim_delegate(client.served.sim, "targets", "feeds", "feeds/*", 'f');
    sim_add_target(client.served.sim, "feeds", "feeds/sales", "12");
    served_publish(&client.served, "feeds targets snapshot timestamp");
    served_answer(&client.served, "metadata/1.feeds.json", "{\"status\":403}");
    client_refresh(&client);
    assert_not_found(&client, "feeds/sales", SYNC_FIND_FAILED, PP_E_NOTFOUND);
    assert_int_equal(sync_repository_answer(client.repository)->status, 403);
    served_publish(&client.served, "");
    client_downloads(&client, "feeds/sales", "12");
    client_end(&client);
}

static void target_over_the_cap_is_refused_before_anything_of_it_comes(void **state) {
    struct client client;
    struct trust_target target;
    struct pp_error error = {0};
    client_begin(&client, state);
    client_refresh(&client);
    (void)served_requests(&client.served);
    assert_int_equal(sync_repository_find(client.repository, PATH, strlen(CONTENT) - 1, &target, &error),
                     SYNC_FIND_FAILED);
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(sync_repository_answer(client.repository)->refused);
    assert_int_equal(sync_repository_find(client.repository, PATH, strlen(CONTENT), &target, NULL),
                     SYNC_FOUND);
    trust_target_finish(&target);
    assert_int_equal(served_requests(&client.served), 0);
    client_end(&client);
}

static void target_without_sha256_is_unsupported(void **state) {
    struct client client;
    client_begin(&client, state);
    cJSON *entry = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(sim_body(client.served.sim, "targets"), "targets"), PATH);
    char sha512[2 * TRUST_SHA512_SIZE + 1];
    memset(sha512, '0', sizeof sha512 - 1);
    sha512[sizeof sha512 - 1] = 0;
    cJSON *hashes = cJSON_CreateObject();
    cJSON_AddStringToObject(hashes, "sha512", sha512);
    sim_set(entry, "hashes", hashes);
    served_publish(&client.served, "targets snapshot timestamp");
    client_refresh(&client);
    assert_not_found(&client, PATH, SYNC_FIND_FAILED, PP_E_UNSUPPORTED);
    client_end(&client);
}

static void metadata_that_is_not_signed_for_it_is_refused(void **state) {
    struct client client;
    client_begin(&client, state);
    sim_sign_with(client.served.sim, "timestamp", "x");
    served_publish(&client.served, "timestamp");
    client_refresh_fails(&client, PP_E_AUTH, true);
    client_end(&client);
}

static void metadata_expires_by_the_given_time_of_which_root_has_a_word(void **state) {
    struct client client;
    struct trust_time_statement said;
    client_begin(&client, state);
    cJSON *time = cJSON_CreateObject();
    sim_set_number(time, "epoch", 4);
    sim_set_text(time, "time", "2027-01-15T08:00:00Z");
    sim_set(sim_body(client.served.sim, "root"), "pingplay-time", time);
    served_publish(&client.served, "root");
    client.served.sim->now += 31 * SIM_DAY;
    sim_expire(client.served.sim, "root", client.served.sim->now + SIM_DAY);
    served_publish(&client.served, "root");
    client_refresh_fails(&client, PP_E_EXPIRED, true);
    assert_int_equal(sync_repository_root_version(client.repository), 3);
    sync_repository_root_time(client.repository, &said);
    assert_int_equal(said.epoch, 4);
    assert_int_equal(said.time_s, SIM_NOW);
    client.served.sim->now -= 31 * SIM_DAY;
    client_refresh(&client);
    client_end(&client);
}

/* Root and versions are those of the vault, whoever changes the folder. */
static void metadata_does_not_fall_below_the_floors_of_the_vault(void **state) {
    struct client client;
    char trust_dir[PP_PATH_MAX];
    client_begin(&client, state);
    pp_autobuf struct pp_buf old = PP_BUF_INIT(TRUST_TIMESTAMP_MAX);
    const struct sim_file *file = sim_file(client.served.sim, "metadata/timestamp.json");
    assert_true(pp_buf_add(&old, file->data, file->size, NULL));
    served_publish(&client.served, "targets snapshot timestamp");
    client_refresh(&client);
    snprintf(trust_dir, sizeof trust_dir, "%s/trust", client.served.folder.dir);
    test_folder_remove(trust_dir);
    sim_serve(client.served.sim, "metadata/timestamp.json", old.data, old.size);
    served_publish(&client.served, "");
    client_refresh_fails(&client, PP_E_ROLLBACK, true);
    client_end(&client);
}

static void without_a_root_nothing_is_refused_and_nothing_asked(void **state) {
    struct client client;
    client_begin(&client, state);
    sync_repository_destroy(client.repository);
    client_open(&client, NULL);
    (void)served_requests(&client.served);
    client_refresh_fails(&client, PP_E_NOTFOUND, false);
    assert_int_equal(sync_repository_answer(client.repository)->status, 0);
    assert_int_equal(served_requests(&client.served), 0);
    client_end(&client);
}

static void damaged_root_of_ours_is_no_fault_of_the_repository(void **state) {
    struct client client;
    char path[PP_PATH_MAX];
    client_begin(&client, state);
    sync_repository_destroy(client.repository);
    client_open(&client, NULL);
    snprintf(path, sizeof path, "%s/trust", client.served.folder.dir);
    assert_true(pp_dir_make(AT_FDCWD, path, 0700, NULL));
    snprintf(path, sizeof path, "%s/trust/root.json", client.served.folder.dir);
    assert_true(pp_file_replace(AT_FDCWD, path, "{\"signed\"", 9, 0600, NULL));
    client_refresh_fails(&client, PP_E_INVALID, false);
    client_end(&client);
}

static void busy_server_says_when_to_come_again(void **state) {
    struct client client;
    client_begin(&client, state);
    served_answer(&client.served, "metadata/timestamp.json",
                  "{\"status\":503,\"headers\":{\"retry-after\":\"77\"}}");
    client_refresh_fails(&client, PP_E_HTTP, false);
    struct pp_error error = {0};
    assert_false(sync_repository_refresh(client.repository, &error));
    assert_int_equal(sync_repository_answer(client.repository)->status, 503);
    assert_int_equal(sync_repository_answer(client.repository)->retry_after_s, 77);
    client_end(&client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_is_found_with_the_length_and_hash_that_are_signed),
        cmocka_unit_test(nothing_goes_to_the_network_before_a_refresh),
        cmocka_unit_test(what_was_refreshed_is_forgotten_on_demand),
        cmocka_unit_test(target_that_no_metadata_names_is_an_answer),
        cmocka_unit_test(metadata_that_is_not_there_is_no_answer),
        cmocka_unit_test(target_over_the_cap_is_refused_before_anything_of_it_comes),
        cmocka_unit_test(target_without_sha256_is_unsupported),
        cmocka_unit_test(metadata_that_is_not_signed_for_it_is_refused),
        cmocka_unit_test(metadata_expires_by_the_given_time_of_which_root_has_a_word),
        cmocka_unit_test(metadata_does_not_fall_below_the_floors_of_the_vault),
        cmocka_unit_test(without_a_root_nothing_is_refused_and_nothing_asked),
        cmocka_unit_test(damaged_root_of_ours_is_no_fault_of_the_repository),
        cmocka_unit_test(busy_server_says_when_to_come_again),
    };
    return cmocka_run_group_tests(tests, served_start, served_stop);
}
