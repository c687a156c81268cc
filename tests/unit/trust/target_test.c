/* Specification §5.7. */
#include "simulator.h"

#include <stdio.h>

#include "base/encode.h"
#include "crypto/bulk.h"

#define CONTENT "target file contents"

static void publish(struct sim *sim) {
    sim_publish(sim, "targets snapshot timestamp");
}

static cJSON *target_entry(struct sim *sim, const char *path) {
    cJSON *targets = cJSON_GetObjectItemCaseSensitive(sim_body(sim, "targets"), "targets");
    return cJSON_GetObjectItemCaseSensitive(targets, path);
}

static void assert_download(struct sim *sim, const char *path, enum pp_code code) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(4096);
    assert_int_equal(sim_download(sim, path, &out), code);
    assert_string_equal(pp_buf_text(&out), code == PP_OK ? CONTENT : "");
}

/* The last name asked for is "targets/FOLDER/HASH.NAME". */
static void assert_asked(const struct sim *sim, const char *folder, const char *hash, const char *name) {
    char asked[512];
    snprintf(asked, sizeof asked, " targets/%s%s%s%s ", folder, hash, *hash ? "." : "", name);
    assert_non_null(strstr(sim->log, asked));
}

static const char *hash_in(struct sim *sim, const char *path, const char *algorithm) {
    const cJSON *hashes = cJSON_GetObjectItemCaseSensitive(target_entry(sim, path), "hashes");
    return cJSON_GetObjectItemCaseSensitive(hashes, algorithm)->valuestring;
}

static void it_is_asked_for_by_hash_and_name(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    publish(sim);
    assert_download(sim, "file.txt", PP_OK);
    assert_asked(sim, "", hash_in(sim, "file.txt", "sha256"), "file.txt");
}

static void in_a_folder_the_hash_stands_before_the_last_part(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "path/to/file.txt", CONTENT);
    publish(sim);
    assert_download(sim, "path/to/file.txt", PP_OK);
    assert_asked(sim, "path/to/", hash_in(sim, "path/to/file.txt", "sha256"), "file.txt");
}

static void without_consistent_snapshots_its_name_is_plain(void **state) {
    struct sim *sim = *state;
    sim_set(sim_body(sim, "root"), "consistent_snapshot", cJSON_CreateFalse());
    sim_add_target(sim, "targets", "path/file.txt", CONTENT);
    sim_publish(sim, "root targets snapshot timestamp");
    assert_download(sim, "path/file.txt", PP_OK);
    assert_asked(sim, "path/", "", "file.txt");
}

static void consistent_snapshots_are_off_where_root_does_not_speak_of_them(void **state) {
    struct sim *sim = *state;
    cJSON_DeleteItemFromObjectCaseSensitive(sim_body(sim, "root"), "consistent_snapshot");
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    sim_publish(sim, "root targets snapshot timestamp");
    assert_download(sim, "file.txt", PP_OK);
    assert_asked(sim, "", "", "file.txt");
}

static void what_no_address_can_hold_is_encoded(void **state) {
    struct sim *sim = *state;
    sim_set(sim_body(sim, "root"), "consistent_snapshot", cJSON_CreateFalse());
    sim_add_target(sim, "targets", "a b/é.txt", CONTENT);
    sim_serve_text(sim, "targets/a%20b/%C3%A9.txt", CONTENT);
    sim_publish(sim, "root targets snapshot timestamp");
    assert_download(sim, "a b/é.txt", PP_OK);
}

/* Lists the target by SHA-512, alone or beside its SHA-256, and serves it so. */
static void add_sha512(struct sim *sim, const char *path, bool alone) {
    uint8_t digest[BULK_SHA512_SIZE];
    char hex[PP_HEX_SIZE(BULK_SHA512_SIZE)];
    char name[256];
    cJSON *hashes = cJSON_GetObjectItemCaseSensitive(target_entry(sim, path), "hashes");
    assert_true(crypto_sha512(CONTENT, strlen(CONTENT), digest, NULL));
    pp_hex_encode(digest, sizeof digest, hex);
    if (alone)
        cJSON_DeleteItemFromObjectCaseSensitive(hashes, "sha256");
    sim_set_text(hashes, "sha512", hex);
    snprintf(name, sizeof name, "targets/%s.%s", hex, path);
    sim_serve_text(sim, name, CONTENT);
}

static void sha512_alone_is_enough(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    add_sha512(sim, "file.txt", true);
    publish(sim);
    assert_download(sim, "file.txt", PP_OK);
    assert_asked(sim, "", hash_in(sim, "file.txt", "sha512"), "file.txt");
}

static void both_hashes_must_match(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    add_sha512(sim, "file.txt", false);
    publish(sim);
    assert_download(sim, "file.txt", PP_OK);
    char wrong[129];
    memset(wrong, '0', 128);
    wrong[128] = 0;
    sim_set_text(cJSON_GetObjectItemCaseSensitive(target_entry(sim, "file.txt"), "hashes"), "sha512", wrong);
    publish(sim);
    assert_download(sim, "file.txt", PP_E_AUTH);
}

static void an_unknown_hash_beside_a_known_one_is_passed_over(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    sim_set_text(cJSON_GetObjectItemCaseSensitive(target_entry(sim, "file.txt"), "hashes"), "blake9", "00");
    publish(sim);
    assert_download(sim, "file.txt", PP_OK);
}

static void unknown_hashes_alone_are_refused(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    cJSON *hashes = cJSON_GetObjectItemCaseSensitive(target_entry(sim, "file.txt"), "hashes");
    cJSON_DeleteItemFromObjectCaseSensitive(hashes, "sha256");
    sim_set_text(hashes, "blake9", "00");
    publish(sim);
    assert_download(sim, "file.txt", PP_E_UNSUPPORTED);
}

static void a_target_nobody_knows_is_not_asked_for(void **state) {
    struct sim *sim = *state;
    sim_serve_text(sim, "targets/file.txt", CONTENT);
    assert_download(sim, "file.txt", PP_E_NOTFOUND);
    assert_null(strstr(sim->log, "targets/"));
}

static void serve_instead(struct sim *sim, const char *path, const char *content) {
    char name[256];
    snprintf(name, sizeof name, "targets/%s.%s", hash_in(sim, path, "sha256"), path);
    sim_serve_text(sim, name, content);
}

static void other_bytes_are_refused(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    serve_instead(sim, "file.txt", "target file Contents");
    publish(sim);
    assert_download(sim, "file.txt", PP_E_AUTH);
}

static void fewer_bytes_are_refused(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    serve_instead(sim, "file.txt", "target file content");
    publish(sim);
    assert_download(sim, "file.txt", PP_E_AUTH);
}

static void more_bytes_are_refused(void **state) {
    struct sim *sim = *state;
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    serve_instead(sim, "file.txt", CONTENT "!");
    publish(sim);
    assert_download(sim, "file.txt", PP_E_LIMIT);
}

static void a_target_larger_than_the_callers_room_is_not_asked_for(void **state) {
    struct sim *sim = *state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(10);
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    publish(sim);
    assert_int_equal(sim_download(sim, "file.txt", &out), PP_E_LIMIT);
    assert_null(strstr(sim->log, "file.txt"));
}

static void an_empty_target_is_a_target(void **state) {
    struct sim *sim = *state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(10);
    sim_add_target(sim, "targets", "empty", "");
    publish(sim);
    assert_int_equal(sim_download(sim, "empty", &out), PP_OK);
    assert_int_equal(out.size, 0);
}

static void the_applications_own_fields_come_with_it(void **state) {
    struct sim *sim = *state;
    trust_autotarget struct trust_target target = {0};
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(target_entry(sim, "file.txt"), "custom"), "kind",
                            "manifest");
    publish(sim);
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    assert_true(trust_refresh(trust, NULL));
    assert_true(trust_target_find(trust, "file.txt", &target, NULL));
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(target.custom, "kind")->valuestring, "manifest");
    assert_int_equal(target.length, strlen(CONTENT));
    assert_true(target.has_sha256);
    assert_true(trust_target_verify(&target, CONTENT, strlen(CONTENT), NULL));
    assert_false(trust_target_verify(&target, CONTENT, strlen(CONTENT) - 1, NULL));
}

static void a_path_over_its_cap_is_refused(void **state) {
    struct sim *sim = *state;
    char path[TRUST_TARGET_PATH_MAX + 1];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_download(sim, path, PP_E_LIMIT);
}

static void without_an_address_nothing_is_downloaded(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    struct pp_buf out = PP_BUF_INIT(64);
    trust_autotarget struct trust_target target = {0};
    struct trust_config config = {.metadata_dir = sim->dir,
                                  .metadata_url = "https://repo.test/metadata/",
                                  .fetch = sim_fetch,
                                  .fetch_arg = sim,
                                  .now = SIM_NOW};
    sim_add_target(sim, "targets", "file.txt", CONTENT);
    publish(sim);
    PP_AUTO(trust) struct trust *trust = trust_open(&config, &error);
    assert_non_null(trust);
    assert_true(trust_refresh(trust, &error));
    assert_true(trust_target_find(trust, "file.txt", &target, &error));
    assert_false(trust_target_download(trust, &target, &out, &error));
    assert_int_equal(error.code, PP_E_STATE);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_is_asked_for_by_hash_and_name),
        TEST(in_a_folder_the_hash_stands_before_the_last_part),
        TEST(without_consistent_snapshots_its_name_is_plain),
        TEST(consistent_snapshots_are_off_where_root_does_not_speak_of_them),
        TEST(what_no_address_can_hold_is_encoded),
        TEST(sha512_alone_is_enough),
        TEST(both_hashes_must_match),
        TEST(an_unknown_hash_beside_a_known_one_is_passed_over),
        TEST(unknown_hashes_alone_are_refused),
        TEST(a_target_nobody_knows_is_not_asked_for),
        TEST(other_bytes_are_refused),
        TEST(fewer_bytes_are_refused),
        TEST(more_bytes_are_refused),
        TEST(a_target_larger_than_the_callers_room_is_not_asked_for),
        TEST(an_empty_target_is_a_target),
        TEST(the_applications_own_fields_come_with_it),
        TEST(a_path_over_its_cap_is_refused),
        TEST(without_an_address_nothing_is_downloaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
