/* Which manifest is shown, what is pinned for it, and how it is changed. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/encode.h"
#include "base/file.h"
#include "crypto/bulk.h"
#include "sync/internal.h"
#include "trust/trust.h"

/* Nobody is ever spoken to: an authority file without authorities will do. */
static struct sync *make_sync_with_root(struct folder *folder, const char *root_file) {
    struct pp_error error = {0};
    char ca_file[128];
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder->dir);
    assert_true(pp_file_replace(AT_FDCWD, ca_file, "", 0, 0600, NULL));
    struct sync_config config = {
        .state_dir = folder->dir,
        .vault = folder->vault,
        .store = folder->store,
        .base_url = "https://localhost:1",
        .ca_file = ca_file,
        .root_file = root_file,
        .scrub_pause_ms = -1,
    };
    struct sync *sync = sync_create(&config, &error);
    if (!sync)
        fail_msg("%s", error.message);
    return sync;
}

static struct sync *make_sync(struct folder *folder) {
    return make_sync_with_root(folder, NULL);
}

static void assert_shows(struct folder *folder, const char *title) {
    struct pp_error error = {0};
    struct channel_manifest *manifest = NULL;
    if (!sync_load_current(folder->vault, folder->store, &manifest, &error))
        fail_msg("%s", error.message);
    assert_string_equal(manifest->title, title);
    channel_manifest_destroy(manifest);
}

static void nothing_is_current_at_first(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    struct channel_manifest *manifest = NULL;
    folder_init(&folder);
    assert_false(sync_load_current(folder.vault, folder.store, &manifest, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_null(manifest);
    folder_finish(&folder);
}

static void recorded_manifest_is_current(void **state) {
    (void)state;
    struct folder folder;
    folder_init(&folder);
    struct sync_record record = {.current = folder_put_manifest(&folder, "lobby", "One")};
    folder_save(&folder, &record);
    assert_shows(&folder, "One");
    folder_finish(&folder);
}

static void bad_manifest_is_set_aside_and_the_previous_shown(void **state) {
    (void)state;
    struct folder folder;
    folder_init(&folder);
    struct sync_record record = {.previous = folder_put_manifest(&folder, "lobby", "One"),
                                 .current = folder_put_manifest(&folder, "lobby", "Two")};
    char path[PP_PATH_MAX];
    char name[65];
    folder_save(&folder, &record);
    for (size_t i = 0; i < 32; i++)
        snprintf(name + 2 * i, 3, "%02x", record.current.sha256[i]);
    snprintf(path, sizeof path, "%s/objects/%.2s/%s", folder.dir, name, name);
    assert_true(pp_file_replace(AT_FDCWD, path, "rubbish", 7, 0400, NULL));
    assert_shows(&folder, "One");
    assert_false(store_has(folder.store, record.current.sha256, record.current.length));
    folder_finish(&folder);
}

static void manifest_of_another_channel_is_refused(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    struct channel_manifest *manifest = NULL;
    folder_init(&folder);
    struct sync_record record = {.current = folder_put_manifest(&folder, "lobby", "One")};
    snprintf(record.current.channel, sizeof record.current.channel, "kitchen");
    folder_save(&folder, &record);
    assert_false(sync_load_current(folder.vault, folder.store, &manifest, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    folder_finish(&folder);
}

static void switch_keeps_the_one_before_and_both_are_pinned(void **state) {
    (void)state;
    struct folder folder;
    folder_init(&folder);
    struct sync *sync = make_sync(&folder);
    struct sync_stored manifests[3];
    const char *const titles[] = {"One", "Two", "Three"};
    for (size_t i = 0; i < 3; i++) {
        manifests[i] = folder_put_manifest(&folder, "lobby", titles[i]);
        struct store_need need = {.length = manifests[i].length};
        memcpy(need.sha256, manifests[i].sha256, sizeof need.sha256);
        struct sync_needs needs = {.list = &need, .count = 1};
        assert_true(sync_switch(sync, &manifests[i], &needs, NULL));
        assert_shows(&folder, titles[i]);
    }
    struct store_need loose = folder_put_object(&folder, 5);
    struct store_need too_much = {.sha256 = {7}, .length = STORE_OBJECT_LENGTH_MAX};
    sync_destroy(sync);
    store_close(folder.store);
    folder.store = store_open(folder.dir, &(struct store_config){.max_bytes = 1}, NULL);
    sync = make_sync(&folder);
    assert_false(store_evict(folder.store, &too_much, 1, NULL));
    assert_true(store_evict(folder.store, NULL, 0, NULL));
    assert_false(store_has(folder.store, loose.sha256, loose.length));
    assert_false(store_has(folder.store, manifests[0].sha256, manifests[0].length));
    assert_true(store_has(folder.store, manifests[1].sha256, manifests[1].length));
    assert_true(store_has(folder.store, manifests[2].sha256, manifests[2].length));
    sync_destroy(sync);
    folder_finish(&folder);
}

static void previous_comes_back_once(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    struct channel_manifest *manifest = NULL;
    struct sync_record after;
    folder_init(&folder);
    struct sync_record record = {.previous = folder_put_manifest(&folder, "lobby", "One"),
                                 .current = folder_put_manifest(&folder, "lobby", "Two")};
    folder_save(&folder, &record);
    struct sync *sync = make_sync(&folder);
    assert_true(sync_use_previous(sync, &manifest, NULL));
    assert_string_equal(manifest->title, "One");
    channel_manifest_destroy(manifest);
    assert_shows(&folder, "One");
    assert_true(sync_record_load(folder.vault, &after, NULL));
    assert_true(after.has_rejected);
    assert_memory_equal(after.rejected, record.current.sha256, sizeof after.rejected);
    assert_false(sync_use_previous(sync, &manifest, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_null(manifest);
    sync_destroy(sync);
    folder_finish(&folder);
}

/* A pass that mends the current manifest may end after the screen has gone back to the one before. */
static void rejected_manifest_does_not_come_back(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    struct channel_manifest *manifest = NULL;
    folder_init(&folder);
    struct sync_record record = {.previous = folder_put_manifest(&folder, "lobby", "One"),
                                 .current = folder_put_manifest(&folder, "lobby", "Two")};
    folder_save(&folder, &record);
    struct sync *sync = make_sync(&folder);
    assert_true(sync_use_previous(sync, &manifest, NULL));
    channel_manifest_destroy(manifest);
    assert_false(sync_switch(sync, &record.current, &(struct sync_needs){0}, &error));
    assert_int_equal(error.code, PP_E_CANCELLED);
    assert_shows(&folder, "One");
    sync_destroy(sync);
    folder_finish(&folder);
}

static void want_of_descriptors_makes_no_manifest_bad(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    struct rlimit limit;
    folder_init(&folder);
    struct sync_stored one = folder_put_manifest(&folder, "lobby", "One");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_max = limit.rlim_max}), 0);
    struct channel_manifest *manifest = sync_manifest_load(folder.store, &one, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_null(manifest);
    assert_int_equal(error.code, PP_E_NOMEM);
    assert_true(store_has(folder.store, one.sha256, one.length));
    folder_finish(&folder);
}

/* In place of the C library's. */
static int pread_errno; /* 0: none */
ssize_t pread64(int fd, void *data, size_t size, off64_t offset);

ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    errno = pread_errno;
    return pread_errno ? -1 : (ssize_t)syscall(SYS_pread64, fd, data, size, offset);
}

static void manifest_that_cannot_be_read_just_now_is_not_set_aside(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    folder_init(&folder);
    struct sync_stored one = folder_put_manifest(&folder, "lobby", "One");
    struct sync_record record = {.current = one};
    folder_save(&folder, &record);
    pread_errno = EIO;
    struct channel_manifest *manifest = sync_manifest_load(folder.store, &one, &error);
    struct sync *sync = make_sync(&folder); /* which pins what it can read */
    pread_errno = 0;
    assert_null(manifest);
    assert_int_equal(error.code, PP_E_IO);
    assert_true(store_has(folder.store, one.sha256, one.length));
    assert_true(sync->unpinned);
    sync_pin_recorded(sync); /* as the next pass does */
    assert_false(sync->unpinned);
    assert_shows(&folder, "One");
    sync_destroy(sync);
    folder_finish(&folder);
}

#define SUSPECT_SIZE (32 * 1024 * 1024)
#define ASK_MS       5

static struct store_need put_rotten(struct folder *folder) {
    struct store_need need = {.length = SUSPECT_SIZE};
    char name[PP_HEX_SIZE(STORE_HASH_SIZE)];
    char path[PP_PATH_MAX];
    pp_autofree uint8_t *data = calloc(1, SUSPECT_SIZE);
    assert_true(crypto_sha256(data, SUSPECT_SIZE, need.sha256, NULL));
    assert_true(store_object_put(folder->store, need.sha256, data, SUSPECT_SIZE, NULL));
    pp_hex_encode(need.sha256, STORE_HASH_SIZE, name);
    snprintf(path, sizeof path, "%s/objects/%.2s/%s", folder->dir, name, name);
    test_file_flip(AT_FDCWD, path, SUSPECT_SIZE - 1);
    return need;
}

static void suspect_is_read_to_its_end_between_passes(void **state) {
    (void)state;
    struct folder folder;
    struct sync_result result = {0};
    struct sync_target target = {.channel = "lobby"};
    folder_init(&folder);
    struct store_need suspect = put_rotten(&folder);
    struct sync *sync = make_sync(&folder); /* which never scrubs by itself */
    struct pollfd wait = {.fd = sync_result_fd(sync), .events = POLLIN};
    sync_suspect(sync, &suspect);
    for (unsigned turn = 0; turn < 60000 / ASK_MS && result.kind != SYNC_BAD_OBJECT; turn++) {
        poll(&wait, 1, ASK_MS);
        sync_request(sync, &target);
        while (result.kind != SYNC_BAD_OBJECT && sync_take_result(sync, &result))
            assert_true(result.kind == SYNC_FAILED || result.kind == SYNC_BAD_OBJECT);
    }
    assert_int_equal(result.kind, SYNC_BAD_OBJECT);
    assert_memory_equal(result.sha256, suspect.sha256, STORE_HASH_SIZE);
    sync_destroy(sync);
    folder_finish(&folder);
}

static void object_with_two_lengths_is_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct channel_object objects[] = {{.name = "a", .sha256 = {1}, .length = 5},
                                       {.name = "b", .sha256 = {1}, .length = 6}};
    struct channel_manifest manifest = {.objects = objects, .object_count = 2};
    struct sync_stored sealed = {.sha256 = {2}, .length = 9};
    struct sync_needs needs = {0};
    assert_false(sync_needs_make(&sealed, &manifest, &needs, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    free(needs.list);
    objects[1].length = 5;
    assert_true(sync_needs_make(&sealed, &manifest, &needs, &error));
    assert_int_equal(needs.count, 2);
    free(needs.list);
}

/* ---- The worker, without any server ---- */

static void failed_pass_is_told_and_will_be_tried_again(void **state) {
    (void)state;
    struct folder folder;
    struct sync_target target = {.channel = "lobby"};
    struct sync_result result;
    folder_init(&folder);
    struct sync *sync = make_sync(&folder);
    struct pollfd wait = {.fd = sync_result_fd(sync), .events = POLLIN};
    assert_false(sync_take_result(sync, &result));
    sync_request(sync, &target);
    assert_int_equal(poll(&wait, 1, 60000), 1);
    assert_true(sync_take_result(sync, &result));
    assert_int_equal(result.kind, SYNC_FAILED);
    assert_string_equal(result.channel, "lobby");
    assert_int_equal(result.error.code, PP_E_NOTFOUND); /* no trusted root */
    assert_true(result.retry_ms >= NET_RETRY_LEAST_MS);
    assert_int_equal(poll(&wait, 1, 0), 0);
    sync_stop(sync);
    sync_destroy(sync);
    folder_finish(&folder);
}

/* A flash that lost some bits of trust/root.json. */
static void damaged_root_is_replaced_by_the_installed_one(void **state) {
    (void)state;
    static const char installed[] = PP_TEST_DATA "/trust/ecdsa.root.json";
    struct folder folder;
    struct sync_target target = {.channel = "lobby"};
    struct sync_result result;
    char kept[128];
    folder_init(&folder);
    snprintf(kept, sizeof kept, "%s/trust", folder.dir);
    assert_true(pp_dir_make(AT_FDCWD, kept, 0700, NULL));
    snprintf(kept, sizeof kept, "%s/trust/root.json", folder.dir);
    assert_true(pp_file_replace(AT_FDCWD, kept, "{\"signed\"", 9, 0600, NULL));
    struct sync *sync = make_sync_with_root(&folder, installed);
    struct pollfd wait = {.fd = sync_result_fd(sync), .events = POLLIN};
    sync_request(sync, &target);
    assert_int_equal(poll(&wait, 1, 60000), 1);
    assert_true(sync_take_result(sync, &result));
    assert_int_equal(result.error.code, PP_E_NET); /* on to the next root, which nobody serves here */
    pp_autobuf struct pp_buf now = PP_BUF_INIT(TRUST_ROOT_MAX);
    pp_autobuf struct pp_buf root = PP_BUF_INIT(TRUST_ROOT_MAX);
    assert_true(pp_file_read(AT_FDCWD, kept, &now, NULL));
    assert_true(pp_file_read(AT_FDCWD, installed, &root, NULL));
    assert_string_equal(pp_buf_text(&now), pp_buf_text(&root));
    sync_destroy(sync);
    folder_finish(&folder);
}

static void results_over_the_cap_drop_the_oldest(void **state) {
    (void)state;
    struct folder folder;
    folder_init(&folder);
    struct sync *sync = make_sync(&folder);
    struct sync_result result;
    for (int i = 0; i < SYNC_RESULTS_MAX + 3; i++) {
        result = (struct sync_result){.version = i, .manifest = calloc(1, sizeof(struct channel_manifest))};
        sync_push_result(sync, &result);
    }
    for (int i = 0; i < SYNC_RESULTS_MAX; i++) {
        assert_true(sync_take_result(sync, &result));
        assert_int_equal(result.version, i + 3);
        sync_result_finish(&result);
    }
    assert_false(sync_take_result(sync, &result));
    result = (struct sync_result){.manifest = calloc(1, sizeof(struct channel_manifest))};
    sync_push_result(sync, &result);
    sync_destroy(sync);
    folder_finish(&folder);
}

static void identity_needs_certificate_and_key_together(void **state) {
    (void)state;
    struct folder folder;
    struct pp_error error = {0};
    folder_init(&folder);
    struct sync *sync = make_sync(&folder);
    assert_false(sync_set_identity(sync, "certificate", NULL, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(NULL);
    assert_true(sync_set_identity(sync, "certificate", key, NULL));
    assert_true(sync_set_identity(sync, NULL, NULL, NULL));
    struct pp_secret_text *cookie = pp_secret_text_create("a=b", NULL);
    sync_set_cookie(sync, cookie);
    sync_set_cookie(sync, NULL);
    pp_secret_text_destroy(cookie);
    sync_destroy(sync);
    folder_finish(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_current_at_first),
        cmocka_unit_test(recorded_manifest_is_current),
        cmocka_unit_test(bad_manifest_is_set_aside_and_the_previous_shown),
        cmocka_unit_test(manifest_of_another_channel_is_refused),
        cmocka_unit_test(switch_keeps_the_one_before_and_both_are_pinned),
        cmocka_unit_test(previous_comes_back_once),
        cmocka_unit_test(rejected_manifest_does_not_come_back),
        cmocka_unit_test(want_of_descriptors_makes_no_manifest_bad),
        cmocka_unit_test(manifest_that_cannot_be_read_just_now_is_not_set_aside),
        cmocka_unit_test(suspect_is_read_to_its_end_between_passes),
        cmocka_unit_test(object_with_two_lengths_is_refused),
        cmocka_unit_test(failed_pass_is_told_and_will_be_tried_again),
        cmocka_unit_test(damaged_root_is_replaced_by_the_installed_one),
        cmocka_unit_test(results_over_the_cap_drop_the_oldest),
        cmocka_unit_test(identity_needs_certificate_and_key_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
