/* A vault moved under another key, and cut at each step on the way: there is one vault after it, with every record. */
#include <dlfcn.h>

#include "support/swtpm.h"
#include "vault/vault.h"
#include "vault_test_support.h"

/* ---- The power is cut at the nth change of the flash ---- */

static int cut_at; /* 0: never */

static void count_change(void) {
    if (cut_at && --cut_at == 0)
        _exit(9);
}

#define CUT(result, name, parameters, arguments)                                                             \
    result name parameters;                                                                                  \
    result name parameters {                                                                                 \
        result(*real) parameters;                                                                            \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                                                           \
        count_change();                                                                                      \
        result done = real arguments;                                                                        \
        count_change();                                                                                      \
        return done;                                                                                         \
    }
CUT(int, fsync, (int fd), (fd))
CUT(int, renameat, (int from_dir, const char *from, int to_dir, const char *to), (from_dir, from, to_dir, to))
CUT(int, renameat2, (int from_dir, const char *from, int to_dir, const char *to, unsigned flags),
    (from_dir, from, to_dir, to, flags))
CUT(int, unlinkat, (int dir, const char *name, int flags), (dir, name, flags))
CUT(int, mkdirat, (int dir, const char *name, mode_t mode), (dir, name, mode))

/* ---- */

struct stage {
    struct test_swtpm swtpm;
    struct test_folder *folder;
    struct vault_kek_config config;
};

static int stage_setup(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    test_swtpm_start(&stage->swtpm);
    stage->config = (struct vault_kek_config){.tcti = stage->swtpm.tcti, .without_policy = true};
    *state = stage;
    return 0;
}

static int stage_teardown(void **state) {
    struct stage *stage = *state;
    test_swtpm_stop(&stage->swtpm);
    free(stage);
    return 0;
}

static void begin(struct stage *stage, const struct vault_kek_provider *provider) {
    void *folder = NULL;
    struct vault_kek_config config = stage->config;
    test_folder_create(&folder);
    stage->folder = folder;
    config.provider = provider;
    PP_AUTO(vault) struct vault *vault = vault_open(stage->folder->path, &config, NULL);
    assert_non_null(vault);
    assert_true(vault_put(vault, "device-key", "first", 5, NULL));
    assert_true(vault_put(vault, "device-key", "second", 6, NULL));
    assert_true(vault_put(vault, "empty", "", 0, NULL));
    assert_true(vault_put(vault, "state", "once", 4, NULL));
}

static void end(struct stage *stage) {
    void *folder = stage->folder;
    test_folder_destroy(&folder);
}

static bool migrate(struct stage *stage, const struct vault_kek_provider *provider, struct pp_error *error) {
    struct vault_kek_config config = stage->config;
    config.provider = provider;
    return vault_migrate(stage->folder->path, &config, error);
}

static void assert_record(struct vault *vault, const char *name, const char *value) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(100);
    if (!vault_get(vault, name, &out, &error))
        fail_msg("%s", error.message);
    assert_string_equal(pp_buf_text(&out), value);
}

/* Returns whose key it is under. */
static const char *assert_whole(const struct stage *stage) {
    struct pp_error error = {0};
    struct reports reports = {0};
    PP_AUTO(vault) struct vault *vault = vault_open(stage->folder->path, &stage->config, &error);
    if (!vault)
        fail_msg("%s", error.message);
    vault_set_reporter(vault, count_report, &reports);
    assert_record(vault, "device-key", "second");
    assert_record(vault, "empty", "");
    assert_record(vault, "state", "once");
    assert_int_equal(reports.count, 0);
    assert_int_equal(state_count(stage->folder, "."), 2);
    assert_int_equal(state_count(stage->folder, "kek"), 1);
    return vault_provider_name(vault);
}

static void vault_moves_into_the_tpm_and_back(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    uint8_t before[VAULT_KEK_SIZE], after[VAULT_KEK_SIZE];
    begin(stage, vault_kek_file());
    state_read(stage->folder, "kek/kek", before, sizeof before);
    if (!migrate(stage, vault_kek_tpm2(), &error))
        fail_msg("%s", error.message);
    assert_string_equal(assert_whole(stage), "tpm2");
    assert_false(state_has(stage->folder, "kek/kek"));
    assert_true(migrate(stage, vault_kek_file(), &error));
    assert_string_equal(assert_whole(stage), "file");
    state_read(stage->folder, "kek/kek", after, sizeof after);
    assert_memory_not_equal(before, after, sizeof before);
    /* In its own place: another key. */
    assert_true(migrate(stage, vault_kek_file(), &error));
    state_read(stage->folder, "kek/kek", before, sizeof before);
    assert_memory_not_equal(before, after, sizeof before);
    assert_string_equal(assert_whole(stage), "file");
    end(stage);
}

/* The older generation of a record goes with it: what is taken away must not bring an older value back. */
static void moved_records_stand_in_both_generations(void **state) {
    struct stage *stage = *state;
    begin(stage, vault_kek_file());
    assert_true(migrate(stage, vault_kek_file(), NULL));
    assert_int_equal(unlinkat(stage->folder->fd, "vault/device-key.1", 0), 0);
    PP_AUTO(vault) struct vault *vault = vault_open(stage->folder->path, &stage->config, NULL);
    assert_record(vault, "device-key", "second");
    end(stage);
}

/* Cuts the move at its first, second, … change until one of them is not reached. */
static void cut_everywhere(struct stage *stage, const struct vault_kek_provider *from,
                           const struct vault_kek_provider *to) {
    int old = 0, new = 0, cut = 1;
    for (bool done = false; !done; cut++) {
        begin(stage, from);
        pid_t child = fork();
        if (child == 0) {
            cut_at = cut;
            _exit(migrate(stage, to, NULL) ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0));
        done = WEXITSTATUS(status) == 0;
        bool moved = strcmp(assert_whole(stage), to->name) == 0;
        old += !moved;
        new += moved;
        assert_true(moved || !new); /* once it counts it counts */
        end(stage);
    }
    assert_true(cut > 40 && old > 10 && new > 10);
}

static void vault_cut_on_its_way_into_the_tpm_is_whole(void **state) {
    cut_everywhere(*state, vault_kek_file(), vault_kek_tpm2());
}

static void vault_cut_on_its_way_into_a_file_is_whole(void **state) {
    cut_everywhere(*state, vault_kek_tpm2(), vault_kek_file());
}

/* Ending a move that was cut may be cut as well. */
static void recovery_that_is_cut_is_taken_up_again(void **state) {
    struct stage *stage = *state;
    bool done = false;
    for (int cut = 1; !stage->folder || !state_has(stage->folder, "vault.ready"); cut++) {
        if (stage->folder)
            end(stage);
        begin(stage, vault_kek_file());
        pid_t child = fork();
        if (child == 0) {
            cut_at = cut;
            _exit(migrate(stage, vault_kek_file(), NULL) ? 0 : 1);
        }
        waitpid(child, NULL, 0);
    }
    for (int i = 0; i < 100 && !done; i++) {
        pid_t child = fork();
        if (child == 0) {
            cut_at = 2 + i;
            _exit(vault_open(stage->folder->path, &stage->config, NULL) ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    assert_true(done);
    assert_string_equal(assert_whole(stage), "file");
    end(stage);
}

static void vault_that_cannot_move_stays(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    begin(stage, vault_kek_file());
    test_swtpm_kill(&stage->swtpm);
    assert_false(migrate(stage, vault_kek_tpm2(), &error));
    assert_int_equal(error.code, PP_E_TPM_ABSENT);
    assert_string_equal(assert_whole(stage), "file");
    PP_AUTO(vault) struct vault *vault = vault_open(stage->folder->path, &stage->config, NULL);
    assert_non_null(vault);
    assert_false(migrate(stage, vault_kek_file(), &error));
    assert_int_equal(error.code, PP_E_STATE);
    end(stage);
}

static void where_there_is_no_vault_none_is_made(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    void *folder = NULL;
    test_folder_create(&folder);
    stage->folder = folder;
    assert_false(migrate(stage, vault_kek_file(), &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_int_equal(state_count(stage->folder, "kek"), 0);
    end(stage);
}

int main(void) {
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(vault_moves_into_the_tpm_and_back),          STAGED(moved_records_stand_in_both_generations),
        STAGED(vault_cut_on_its_way_into_the_tpm_is_whole), STAGED(vault_cut_on_its_way_into_a_file_is_whole),
        STAGED(recovery_that_is_cut_is_taken_up_again),     STAGED(vault_that_cannot_move_stays),
        STAGED(where_there_is_no_vault_none_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
