#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "vault_test_support.h"

static struct vault *open_vault(const struct test_folder *folder) {
    struct pp_error error = {0};
    struct vault *vault = vault_open(folder->path, NULL, &error);
    assert_string_equal(error.message, "");
    assert_non_null(vault);
    return vault;
}

static void put(struct vault *vault, const char *name, const char *text) {
    struct pp_error error = {0};
    assert_true(vault_put(vault, name, text, strlen(text), &error));
}

static void assert_value(struct vault *vault, const char *name, const char *text) {
    struct pp_error error = {0};
    struct pp_buf out pp_autobuf = PP_BUF_INIT(VAULT_RECORD_MAX);
    assert_true(vault_get(vault, name, &out, &error));
    assert_string_equal(pp_buf_text(&out), text);
}

static void assert_refused(struct vault *vault, const char *name, enum pp_code code) {
    struct pp_error error = {0};
    struct pp_buf out pp_autobuf = PP_BUF_INIT(VAULT_RECORD_MAX);
    assert_false(vault_get(vault, name, &out, &error));
    assert_int_equal(error.code, code);
    assert_int_equal(out.size, 0);
}

/* ---- Keeping ---- */

/* Whoever takes the flash out finds what is deleted there as well, and the key beside it. */
static void vault_leaves_nothing_of_a_value_that_was_replaced(void **state) {
    const struct test_folder *folder = *state;
    uint8_t before[4096];
    uint8_t after[sizeof before];
    struct vault *vault = open_vault(folder);
    put(vault, "state", "the first");
    pp_autoclose int former = state_open(folder, "vault/state.0");
    ssize_t size = pread(former, before, sizeof before, 0);
    assert_true(size > 60);
    put(vault, "state", "the second");
    put(vault, "state", "the third");
    assert_int_equal(pread(former, after, sizeof after, 0), size);
    for (ssize_t at = 0; at + 16 <= size; at += 16)
        assert_memory_not_equal(before + at, after + at, 16);
    vault_close(vault);
}

static void vault_keeps_records_across_restarts(void **state) {
    const struct test_folder *folder = *state;
    struct vault *vault = open_vault(folder);
    assert_string_equal(vault_provider_name(vault), "file");
    assert_refused(vault, "device-key", PP_E_NOTFOUND);
    put(vault, "device-key", "one");
    put(vault, "empty", "");
    put(vault, "device-key", "two");
    put(vault, "device-key", "three");
    vault_close(vault);
    vault = open_vault(folder);
    assert_value(vault, "device-key", "three");
    assert_value(vault, "empty", "");
    vault_close(vault);
}

static void vault_keeps_the_largest_record_and_refuses_one_byte_more(void **state) {
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(*state);
    char *large = calloc(1, VAULT_RECORD_MAX + 1);
    struct pp_buf out pp_autobuf = PP_BUF_INIT(VAULT_RECORD_MAX);
    memset(large, 'v', VAULT_RECORD_MAX);
    assert_true(vault_put(vault, "large", large, VAULT_RECORD_MAX, &error));
    assert_false(vault_put(vault, "large", large, VAULT_RECORD_MAX + 1, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(vault_get(vault, "large", &out, &error));
    assert_int_equal(out.size, VAULT_RECORD_MAX);
    assert_memory_equal(out.data, large, VAULT_RECORD_MAX);
    free(large);
}

static void vault_removes_both_generations(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "cookie", "a");
    put(vault, "cookie", "b");
    assert_true(vault_remove(vault, "cookie", &error));
    assert_refused(vault, "cookie", PP_E_NOTFOUND);
    assert_false(state_has(folder, "vault/cookie.0"));
    assert_false(state_has(folder, "vault/cookie.1"));
    assert_true(vault_remove(vault, "cookie", &error));
    put(vault, "cookie", "c");
    assert_value(vault, "cookie", "c");
}

static void vault_keeps_a_record_in_memory_alone_and_shreds_what_was_on_flash(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    struct vault *vault = open_vault(folder);
    put(vault, "sync", "a");
    put(vault, "sync", "b");
    put(vault, "other", "o");
    assert_true(vault_keep_in_memory(vault, "sync", &error));
    assert_refused(vault, "sync", PP_E_NOTFOUND);
    put(vault, "sync", "c");
    assert_true(vault_put_later(vault, "sync", "d", 1, NULL, NULL, &error));
    assert_true(vault_keep_in_memory(vault, "sync", &error)); /* again: it stays */
    assert_true(vault_shred_record(vault, "sync", &error));
    assert_false(state_has(folder, "vault/sync.0"));
    assert_false(state_has(folder, "vault/sync.1"));
    assert_true(vault_shred_record(vault, "sync", &error));
    assert_value(vault, "other", "o");
    assert_true(vault_remove(vault, "sync", &error));
    assert_refused(vault, "sync", PP_E_NOTFOUND);
    put(vault, "sync", "e");
    vault_end_in_memory(vault, "sync");
    assert_refused(vault, "sync", PP_E_NOTFOUND);
    assert_false(vault_put(vault, "sync", "late", 4, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_refused(vault, "sync", PP_E_NOTFOUND);
    assert_true(vault_keep_in_memory(vault, "sync", &error));
    put(vault, "sync", "e");
    vault_close(vault);
    vault = open_vault(folder);
    assert_refused(vault, "sync", PP_E_NOTFOUND);
    put(vault, "sync", "f");
    assert_true(vault_keep_in_memory(vault, "sync", &error));
    vault_keep_on_flash(vault, "sync");
    assert_value(vault, "sync", "f");
    for (unsigned i = 0; i < 8; i++) {
        char name[8];
        snprintf(name, sizeof name, "r%u", i);
        assert_true(vault_keep_in_memory(vault, name, &error));
    }
    assert_false(vault_keep_in_memory(vault, "more", &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    vault_close(vault);
}

static void vault_refuses_names_that_are_paths(void **state) {
    static const char *const names[] = {"",        ".",     "..",     "a/b", "../kek/kek",
                                        ".hidden", "Upper", "sp ace", "é",   "-x"};
    PP_AUTO(vault) struct vault *vault = open_vault(*state);
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        struct pp_error error = {0};
        assert_false(vault_put(vault, names[i], "x", 1, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_refused(vault, names[i], PP_E_INVALID);
    }
    char longest[VAULT_NAME_MAX + 2];
    memset(longest, 'n', sizeof longest);
    longest[VAULT_NAME_MAX + 1] = 0;
    assert_refused(vault, longest, PP_E_INVALID);
    longest[VAULT_NAME_MAX] = 0;
    put(vault, longest, "fits");
    assert_value(vault, longest, "fits");
}

static void vault_is_held_by_one_at_a_time(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    assert_non_null(vault);
    assert_null(vault_open(folder->path, NULL, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_string_equal(error.message, "vault: the vault is in use by another process");
}

static void vault_get_obeys_the_buffers_cap(void **state) {
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(*state);
    struct pp_buf small pp_autobuf = PP_BUF_INIT(3);
    put(vault, "r", "four");
    assert_false(vault_get(vault, "r", &small, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_int_equal(small.size, 0);
}

/* ---- Secrecy ---- */

static void vault_files_are_private_and_hold_no_clear_byte(void **state) {
    static const char mark[] = "PLANTED-MARK-e1b7";
    const struct test_folder *folder = *state;
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "secret", mark);
    put(vault, "secret", mark);
    assert_int_equal(state_mode(folder, "kek"), 0700);
    assert_int_equal(state_mode(folder, "vault"), 0700);
    assert_int_equal(state_mode(folder, "kek/kek"), 0400);
    assert_int_equal(state_mode(folder, "vault/secret.0"), 0600);
    assert_int_equal(state_size(folder, "kek/kek"), VAULT_KEK_SIZE);
    uint8_t kek[VAULT_KEK_SIZE];
    state_read(folder, "kek/kek", kek, sizeof kek);
    for (int slot = 0; slot < 2; slot++) {
        const char *file = slot ? "vault/secret.1" : "vault/secret.0";
        assert_false(state_file_contains(folder, file, mark, 8));
        assert_false(state_file_contains(folder, file, kek, 8));
    }
}

static void vault_same_value_is_sealed_differently_each_time(void **state) {
    const struct test_folder *folder = *state;
    uint8_t left[73], right[73];
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "r", "value");
    put(vault, "r", "value");
    state_read(folder, "vault/r.0", left, sizeof left);
    state_read(folder, "vault/r.1", right, sizeof right);
    assert_memory_not_equal(left + 12, right + 12, 61);
}

static void vault_refuses_a_record_under_another_name_or_generation(void **state) {
    const struct test_folder *folder = *state;
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "a", "of a");
    state_copy(folder, "vault/a.0", "vault/b.0");
    assert_refused(vault, "b", PP_E_AUTH);
    state_flip(folder, "vault/a.0", 11); /* the generation's last byte */
    assert_refused(vault, "a", PP_E_AUTH);
}

static void vault_with_another_kek_reads_nothing(void **state) {
    const struct test_folder *folder = *state;
    struct vault *vault = open_vault(folder);
    put(vault, "r", "value");
    vault_close(vault);
    state_flip(folder, "kek/kek", 5);
    vault = open_vault(folder);
    assert_refused(vault, "r", PP_E_AUTH);
    vault_close(vault);
}

static void vault_refuses_a_kek_of_the_wrong_size_and_leaves_everything(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    vault_close(open_vault(folder));
    state_write(folder, "kek/kek", "short", 5);
    assert_null(vault_open(folder->path, NULL, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_int_equal(state_size(folder, "kek/kek"), 5);
}

/* ---- Damage ---- */

/* Whatever byte of the newest generation is damaged, the one before it is used and that is reported. */
static void vault_falls_back_to_the_older_generation_and_reports(void **state) {
    const struct test_folder *folder = *state;
    struct reports reports = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    vault_set_reporter(vault, count_report, &reports);
    put(vault, "r", "older");
    put(vault, "r", "newer");
    size_t size = state_size(folder, "vault/r.1");
    for (size_t at = 0; at < size; at++) {
        state_flip(folder, "vault/r.1", at);
        assert_value(vault, "r", "older");
        assert_int_equal(reports.count, (int)at + 1);
        state_flip(folder, "vault/r.1", at);
        assert_value(vault, "r", "newer");
    }
    assert_string_equal(reports.name, "r");
    assert_string_equal(reports.message, "vault record r: generation 1 is used, because the other one is "
                                         "damaged: segment 0 does not authenticate");
}

/* Nobody but a thief takes one generation of two away. */
static void vault_reports_a_generation_that_is_missing(void **state) {
    const struct test_folder *folder = *state;
    struct reports reports = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    vault_set_reporter(vault, count_report, &reports);
    put(vault, "r", "one");
    assert_value(vault, "r", "one");
    assert_int_equal(reports.count, 0); /* there has been no other */
    put(vault, "r", "two");
    put(vault, "r", "three");
    assert_int_equal(unlinkat(folder->fd, "vault/r.0", 0), 0);
    assert_value(vault, "r", "two");
    assert_int_equal(reports.count, 1);
    assert_string_equal(reports.message,
                        "vault record r: generation 2 is used, because the other one is missing");
}

static void vault_writes_on_after_damage(void **state) {
    const struct test_folder *folder = *state;
    struct reports reports = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    vault_set_reporter(vault, count_report, &reports);
    put(vault, "r", "one");
    put(vault, "r", "two");
    state_flip(folder, "vault/r.1", 30);
    put(vault, "r", "three"); /* takes the damaged place */
    assert_value(vault, "r", "three");
    assert_int_equal(reports.count, 0);
    state_flip(folder, "vault/r.0", 30);
    state_flip(folder, "vault/r.1", 30);
    assert_refused(vault, "r", PP_E_AUTH);
    put(vault, "r", "four");
    assert_value(vault, "r", "four");
    put(vault, "r", "five");
    reports.count = 0;
    assert_value(vault, "r", "five");
    assert_int_equal(reports.count, 0);
}

static void vault_survives_emptied_and_overlong_files(void **state) {
    const struct test_folder *folder = *state;
    struct reports reports = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    vault_set_reporter(vault, count_report, &reports);
    put(vault, "r", "one");
    put(vault, "r", "two");
    state_write(folder, "vault/r.1", "", 0);
    assert_value(vault, "r", "one");
    char *large = calloc(1, 2 * VAULT_RECORD_MAX);
    state_write(folder, "vault/r.1", large, 2 * VAULT_RECORD_MAX);
    free(large);
    assert_value(vault, "r", "one");
    assert_int_equal(reports.count, 2);
}

static void vault_sweeps_what_an_interrupted_write_left(void **state) {
    const struct test_folder *folder = *state;
    struct vault *vault = open_vault(folder);
    put(vault, "r", "one");
    vault_close(vault);
    state_write(folder, "vault/r.1.new", "half", 4);
    state_write(folder, "kek/kek.new", "half", 4);
    vault = open_vault(folder);
    assert_false(state_has(folder, "vault/r.1.new"));
    assert_false(state_has(folder, "kek/kek.new"));
    assert_value(vault, "r", "one");
    vault_close(vault);
}

/* Flash that has gone read-only keeps what an interrupted write left; a folder of that name cannot be removed
 * either. */
static void vault_opens_where_leftovers_cannot_be_removed(void **state) {
    const struct test_folder *folder = *state;
    struct vault *vault = open_vault(folder);
    put(vault, "r", "one");
    vault_close(vault);
    assert_int_equal(mkdirat(folder->fd, "vault/r.1.new", 0700), 0);
    vault = open_vault(folder);
    assert_value(vault, "r", "one");
    vault_close(vault);
}

/* A generation that could not be read once more may be readable tomorrow; then it must not outrank what was
 * put meanwhile. */
static void vault_put_over_a_lost_record_leaves_only_the_new_value(void **state) {
    const struct test_folder *folder = *state;
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "r", "one");
    put(vault, "r", "two");
    put(vault, "r", "three");
    put(vault, "r", "four");
    state_flip(folder, "vault/r.0", 30);
    state_flip(folder, "vault/r.1", 30);
    put(vault, "r", "new");
    assert_false(state_has(folder, "vault/r.1"));
    assert_value(vault, "r", "new");
}

/* ---- What is not damage ---- */

static enum pp_code code_of_get(struct vault *vault, const char *name) {
    struct pp_error error = {0};
    struct pp_buf out pp_autobuf = PP_BUF_INIT(VAULT_RECORD_MAX);
    return vault_get(vault, name, &out, &error) ? PP_OK : error.code;
}

/* PP_E_AUTH makes the identity's owner begin a new one, so want of anything else must not look like it. */
static void vault_without_a_free_descriptor_does_not_call_a_record_lost(void **state) {
    PP_AUTO(vault) struct vault *vault = open_vault(*state);
    put(vault, "r", "one");
    put(vault, "r", "two");
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum pp_code code = code_of_get(vault, "r");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(code, PP_E_NOMEM);
    assert_value(vault, "r", "two");
}

/* A link that leads to itself stands for whatever keeps a whole file from being opened. */
static void vault_does_not_call_a_record_lost_that_cannot_be_opened(void **state) {
    const struct test_folder *folder = *state;
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "r", "one");
    state_rename(folder, "vault/r.0", "vault/whole");
    assert_int_equal(symlinkat("r.0", folder->fd, "vault/r.0"), 0);
    enum pp_code code = code_of_get(vault, "r");
    state_rename(folder, "vault/whole", "vault/r.0");
    assert_int_equal(code, PP_E_IO);
    assert_value(vault, "r", "one");
}

/* ---- Erasing ---- */

static void vault_erase_destroys_key_and_records(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    struct vault *vault = open_vault(folder);
    put(vault, "device-key", "secret");
    put(vault, "device-key", "secret");
    put(vault, "cookie", "secret");
    assert_true(vault_erase(vault, &error));
    assert_false(state_has(folder, "kek/kek"));
    assert_int_equal(state_count(folder, "kek"), 0);
    assert_int_equal(state_count(folder, "vault"), 0);
    assert_refused(vault, "device-key", PP_E_STATE);
    assert_false(vault_put(vault, "device-key", "x", 1, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_false(vault_remove(vault, "device-key", &error));
    assert_true(vault_erase(vault, &error)); /* again */
    vault_close(vault);
    vault = open_vault(folder);
    assert_refused(vault, "device-key", PP_E_NOTFOUND);
    put(vault, "device-key", "new");
    assert_value(vault, "device-key", "new");
    vault_close(vault);
}

/* What is overwritten is the file itself: a descriptor from before sees noise, not the key. */
static void vault_erase_overwrites_in_place(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    uint8_t before[VAULT_KEK_SIZE], after[VAULT_KEK_SIZE], record_before[60], record_after[60];
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "r", "secret");
    pp_autoclose int kek = state_open(folder, "kek/kek");
    pp_autoclose int record = state_open(folder, "vault/r.0");
    assert_int_equal(pread(kek, before, sizeof before, 0), sizeof before);
    assert_int_equal(pread(record, record_before, sizeof record_before, 0), sizeof record_before);
    assert_true(vault_erase(vault, &error));
    assert_int_equal(pread(kek, after, sizeof after, 0), sizeof after);
    assert_int_equal(pread(record, record_after, sizeof record_after, 0), sizeof record_after);
    assert_memory_not_equal(before, after, sizeof before);
    assert_memory_not_equal(record_before, record_after, sizeof record_before);
}

/* Power was cut after the key had been set aside for erasing: the next start finishes the job. */
static void vault_open_completes_an_interrupted_erase(void **state) {
    const struct test_folder *folder = *state;
    struct vault *vault = open_vault(folder);
    put(vault, "r", "secret");
    vault_close(vault);
    state_rename(folder, "kek/kek", "kek/kek.erasing");
    vault = open_vault(folder);
    assert_false(state_has(folder, "kek/kek.erasing"));
    assert_false(state_has(folder, "vault/r.0"));
    assert_refused(vault, "r", PP_E_NOTFOUND);
    vault_close(vault);
}

/* One that cannot be overwritten or removed does not save the others. */
static void vault_erase_goes_on_after_a_failure_and_tells_it(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "a", "secret");
    put(vault, "z", "secret");
    assert_int_equal(mkdirat(folder->fd, "vault/m.0", 0700), 0);
    assert_false(vault_erase(vault, &error));
    assert_non_null(strstr(error.message, "m.0"));
    assert_int_equal(state_count(folder, "kek"), 0);
    assert_int_equal(state_count(folder, "vault"), 1);
}

/* A full file system that copies on write cannot overwrite. */
static void vault_erase_unlinks_what_it_cannot_overwrite(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(folder);
    put(vault, "r", "secret");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    bool erased = vault_erase(vault, &error);
    bool again = vault_erase(vault, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(erased);
    assert_non_null(strstr(error.message, "File too large"));
    assert_false(again); /* the record's turn */
    assert_int_equal(state_count(folder, "kek"), 0);
    assert_int_equal(state_count(folder, "vault"), 0);
    assert_true(vault_erase(vault, &error));
}

static void *open_nothing(const struct vault_kek_config *config, struct pp_error *error) {
    static char context;
    (void)config, (void)error;
    return &context;
}

static void close_nothing(void *context) {
    (void)context;
}

static bool have_no_key(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    (void)context, (void)dirfd, (void)kek;
    return pp_fail(error, PP_E_NOTFOUND, "none was made");
}

static bool lose_power(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    (void)context, (void)dirfd, (void)kek;
    return pp_fail(error, PP_E_IO, "power was cut");
}

/* Were they removed after the new key was made, a power cut between would leave them beside it for ever. */
static void vault_removes_records_without_a_key_before_it_makes_one(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    const struct vault_kek_provider cut = {.name = "cut",
                                           .open = open_nothing,
                                           .close = close_nothing,
                                           .load = have_no_key,
                                           .create = lose_power};
    const struct vault_kek_config config = {.provider = &cut};
    struct vault *vault = open_vault(folder);
    put(vault, "r", "secret");
    vault_close(vault);
    assert_int_equal(unlinkat(folder->fd, "kek/kek", 0), 0);
    assert_null(vault_open(folder->path, &config, &error));
    assert_string_equal(error.message, "vault: power was cut");
    assert_int_equal(state_count(folder, "vault"), 0);
}

static bool fail_to_load(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    (void)context, (void)dirfd, (void)kek;
    return pp_fail(error, PP_E_UNSUPPORTED, "no TPM here");
}

static void vault_tells_what_its_provider_tells(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    const struct vault_kek_provider broken = {
        .name = "tpm2", .open = open_nothing, .close = close_nothing, .load = fail_to_load};
    const struct vault_kek_config config = {.provider = &broken};
    assert_null(vault_open(folder->path, &config, &error));
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    assert_string_equal(error.message, "vault: no TPM here");
}

/* ---- Two threads ---- */

static void *put_many(void *arg) {
    struct vault *vault = arg;
    for (int i = 0; i < 50; i++) {
        struct pp_error error = {0};
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        if (!vault_put(vault, "shared", text, strlen(text), &error))
            return vault;
    }
    return NULL;
}

static void vault_is_used_by_two_threads(void **state) {
    PP_AUTO(vault) struct vault *vault = open_vault(*state);
    pthread_t threads[2];
    put(vault, "shared", "0");
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, vault), 0);
    for (int i = 0; i < 50; i++) {
        struct pp_error error = {0};
        struct pp_buf out pp_autobuf = PP_BUF_INIT(100);
        assert_true(vault_get(vault, "shared", &out, &error));
    }
    for (int i = 0; i < 2; i++) {
        void *failed = vault;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_value(vault, "shared", "49");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, test_folder_create, test_folder_destroy)
        WITH_FOLDER(vault_keeps_records_across_restarts),
        WITH_FOLDER(vault_leaves_nothing_of_a_value_that_was_replaced),
        WITH_FOLDER(vault_keeps_the_largest_record_and_refuses_one_byte_more),
        WITH_FOLDER(vault_removes_both_generations),
        WITH_FOLDER(vault_keeps_a_record_in_memory_alone_and_shreds_what_was_on_flash),
        WITH_FOLDER(vault_refuses_names_that_are_paths),
        WITH_FOLDER(vault_is_held_by_one_at_a_time),
        WITH_FOLDER(vault_get_obeys_the_buffers_cap),
        WITH_FOLDER(vault_files_are_private_and_hold_no_clear_byte),
        WITH_FOLDER(vault_same_value_is_sealed_differently_each_time),
        WITH_FOLDER(vault_refuses_a_record_under_another_name_or_generation),
        WITH_FOLDER(vault_with_another_kek_reads_nothing),
        WITH_FOLDER(vault_refuses_a_kek_of_the_wrong_size_and_leaves_everything),
        WITH_FOLDER(vault_falls_back_to_the_older_generation_and_reports),
        WITH_FOLDER(vault_reports_a_generation_that_is_missing),
        WITH_FOLDER(vault_writes_on_after_damage),
        WITH_FOLDER(vault_survives_emptied_and_overlong_files),
        WITH_FOLDER(vault_sweeps_what_an_interrupted_write_left),
        WITH_FOLDER(vault_opens_where_leftovers_cannot_be_removed),
        WITH_FOLDER(vault_put_over_a_lost_record_leaves_only_the_new_value),
        WITH_FOLDER(vault_without_a_free_descriptor_does_not_call_a_record_lost),
        WITH_FOLDER(vault_does_not_call_a_record_lost_that_cannot_be_opened),
        WITH_FOLDER(vault_erase_destroys_key_and_records),
        WITH_FOLDER(vault_erase_overwrites_in_place),
        WITH_FOLDER(vault_open_completes_an_interrupted_erase),
        WITH_FOLDER(vault_erase_goes_on_after_a_failure_and_tells_it),
        WITH_FOLDER(vault_erase_unlinks_what_it_cannot_overwrite),
        WITH_FOLDER(vault_removes_records_without_a_key_before_it_makes_one),
        WITH_FOLDER(vault_tells_what_its_provider_tells),
        WITH_FOLDER(vault_is_used_by_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
