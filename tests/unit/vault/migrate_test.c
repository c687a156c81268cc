/* A vault moved under another key, and cut at each step on the way: there is one vault after it, with every record. */
#include "support/swtpm.h"
#include "vault/vault.h"
#include "vault_test_support.h"

#include "support/power_cut.h"

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

struct move {
    struct stage *stage;
    const struct vault_kek_provider *to;
};

static void move(void *arg) {
    const struct move *moving = arg;
    if (!migrate(moving->stage, moving->to, NULL))
        _exit(1);
}

/* Cuts the move at its first, second, … call until one of them is not reached. */
static void cut_everywhere(struct stage *stage, const struct vault_kek_provider *from,
                           const struct vault_kek_provider *to) {
    /* Before a call is after the one before it; and a TPM takes its time. */
    static const enum power_cut_where places[] = {CUT_WITHIN, CUT_LOSES_ALL, CUT_LOSES_SOME};
    for (size_t i = 0; i < PP_COUNT(places); i++) {
        unsigned old = 0, new = 0;
        bool more = true;
        for (unsigned at = 1; more; at++) {
            begin(stage, from);
            struct move moving = {stage, to};
            more = power_cut_run(at, places[i], move, &moving);
            bool moved = strcmp(assert_whole(stage), to->name) == 0;
            old += !moved;
            new += moved;
            /* Once it counts it counts. */
            assert_true(moved || !new || (more && places[i] == CUT_LOSES_SOME));
            end(stage);
        }
        assert_true(old > 10 && new > 10);
    }
}

static void vault_cut_on_its_way_into_the_tpm_is_whole(void **state) {
    cut_everywhere(*state, vault_kek_file(), vault_kek_tpm2());
}

static void vault_cut_on_its_way_into_a_file_is_whole(void **state) {
    cut_everywhere(*state, vault_kek_tpm2(), vault_kek_file());
}

static void open_vault(void *arg) {
    const struct stage *stage = arg;
    if (!vault_open(stage->folder->path, &stage->config, NULL))
        _exit(1);
}

/* Ending a move that was cut may be cut as well. */
static void recovery_that_is_cut_is_taken_up_again(void **state) {
    struct stage *stage = *state;
    struct move moving = {stage, vault_kek_file()};
    unsigned cuts = 0;
    begin(stage, vault_kek_file());
    for (unsigned at = 1; !state_has(stage->folder, "vault.ready"); at++) {
        end(stage);
        begin(stage, vault_kek_file());
        assert_true(power_cut_run(at, CUT_AFTER, move, &moving));
    }
    while (power_cut_run(2 + cuts, CUT_AFTER, open_vault, stage))
        cuts++;
    assert_true(cuts > 0);
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
