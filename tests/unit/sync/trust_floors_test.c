/* What this screen has seen of TUF's metadata does not come back older. */
#include "folder.h"

#include "sync/trust_floors.h"

static const struct sync_trust_floors seen = {.root = 2, .timestamp = 40, .snapshot = 20, .targets = 7};

static void assert_taken(struct vault *vault, struct sync_trust_floors versions) {
    struct pp_error error = {0};
    if (!sync_trust_floors_raise(vault, &versions, &error))
        fail_msg("%s", error.message);
}

static void assert_older(struct vault *vault, struct sync_trust_floors versions, const char *message) {
    struct pp_error error = {0};
    assert_false(sync_trust_floors_raise(vault, &versions, &error));
    assert_int_equal(error.code, PP_E_ROLLBACK);
    assert_string_equal(error.message, message);
}

static void what_grows_or_stays_is_taken(void **state) {
    (void)state;
    struct folder folder;
    folder_init(&folder);
    assert_taken(folder.vault, seen);
    assert_taken(folder.vault, seen);
    assert_taken(folder.vault,
                 (struct sync_trust_floors){.root = 2, .timestamp = 41, .snapshot = 20, .targets = 7});
    assert_older(folder.vault, seen, "timestamp: version 40 is older than 41, which was seen before");
    folder_finish(&folder);
}

static void each_role_has_its_floor(void **state) {
    (void)state;
    struct folder folder;
    struct sync_trust_floors older = seen;
    folder_init(&folder);
    assert_taken(folder.vault, seen);
    older.targets = 6;
    assert_older(folder.vault, older, "targets: version 6 is older than 7, which was seen before");
    older.snapshot = 19;
    assert_older(folder.vault, older, "snapshot: version 19 is older than 20, which was seen before");
    older.timestamp = 39;
    assert_older(folder.vault, older, "timestamp: version 39 is older than 40, which was seen before");
    older.root = 1;
    assert_older(folder.vault, older, "root: version 1 is older than 2, which was seen before");
    assert_taken(folder.vault, seen);
    folder_finish(&folder);
}

static void newer_root_may_begin_the_others_anew(void **state) {
    (void)state;
    struct folder folder;
    struct sync_trust_floors anew = {.root = 3, .timestamp = 1, .snapshot = 1, .targets = 1};
    folder_init(&folder);
    assert_taken(folder.vault, seen);
    assert_taken(folder.vault, anew);
    assert_older(folder.vault, seen, "root: version 2 is older than 3, which was seen before");
    folder_finish(&folder);
}

static void record_that_is_none_is_written_anew(void **state) {
    (void)state;
    struct folder folder;
    folder_init(&folder);
    assert_true(vault_put(folder.vault, SYNC_TRUST_RECORD, "{}", 2, NULL));
    assert_taken(folder.vault, seen);
    assert_older(folder.vault, (struct sync_trust_floors){.root = 2},
                 "timestamp: version 0 is older than 40, which was seen before");
    folder_finish(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_grows_or_stays_is_taken),
        cmocka_unit_test(each_role_has_its_floor),
        cmocka_unit_test(newer_root_may_begin_the_others_anew),
        cmocka_unit_test(record_that_is_none_is_written_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
