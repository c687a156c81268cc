/* A vault whose key-encryption key a TPM (swtpm) keeps. */
#include "support/swtpm.h"
#include "vault/vault.h"
#include "vault_test_support.h"

struct stage {
    struct test_swtpm swtpm;
    struct test_folder *folder;
    struct vault_kek_config config;
};

static int stage_setup(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    void *folder = NULL;
    test_swtpm_start(&stage->swtpm);
    test_folder_create(&folder);
    stage->folder = folder;
    stage->config = (struct vault_kek_config){.tcti = stage->swtpm.tcti,
                                              .policy_key = stage->swtpm.policy_key,
                                              .policy_signatures = stage->swtpm.signatures};
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 1"));
    *state = stage;
    return 0;
}

static int stage_teardown(void **state) {
    struct stage *stage = *state;
    void *folder = stage->folder;
    test_folder_destroy(&folder);
    test_swtpm_stop(&stage->swtpm);
    free(stage);
    return 0;
}

static struct vault *open_vault(const struct stage *stage) {
    struct pp_error error = {0};
    struct vault *vault = vault_open(stage->folder->path, &stage->config, &error);
    if (!vault)
        fail_msg("%s", error.message);
    return vault;
}

static void put(const struct stage *stage, const char *value) {
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_true(vault_put(vault, "r", value, strlen(value), NULL));
}

static void assert_value(const struct stage *stage, const char *value) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(100);
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_true(vault_get(vault, "r", &out, NULL));
    assert_string_equal(pp_buf_text(&out), value);
}

static void assert_refused(const struct stage *stage, enum pp_code code, const char *words) {
    struct pp_error error = {0};
    assert_null(vault_open(stage->folder->path, &stage->config, &error));
    if (!strstr(error.message, words))
        fail_msg("%s", error.message);
    assert_int_equal(error.code, code);
}

static void vault_in_a_tpm_keeps_records_across_restarts(void **state) {
    struct stage *stage = *state;
    put(stage, "kept");
    assert_value(stage, "kept");
    assert_true(state_has(stage->folder, "kek/tpm2"));
    assert_int_equal(state_count(stage->folder, "kek"), 1);
    assert_int_equal(state_mode(stage->folder, "kek/tpm2"), 0400);
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_string_equal(vault_provider_name(vault), "tpm2");
    assert_string_equal(vault_provider_note(vault), "under a signed PCR policy");
    assert_true(vault_has_tpm(vault));
}

/* Neither a new key nor a file, whatever the TPM says: the records wait for it. */
static void vault_in_a_tpm_falls_back_to_nothing(void **state) {
    struct stage *stage = *state;
    put(stage, "kept");
    test_swtpm_kill(&stage->swtpm);
    assert_refused(stage, PP_E_TPM_ABSENT, "vault: no TPM answers");
    test_swtpm_begin(&stage->swtpm);
    assert_refused(stage, PP_E_TPM_POLICY, "no signed policy allows what was started");
    assert_int_equal(state_count(stage->folder, "kek"), 1);
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    assert_value(stage, "kept");
    test_swtpm_tool(&stage->swtpm, "clear -c p");
    assert_refused(stage, PP_E_TPM_CHANGED, "cleared");
    assert_int_equal(state_count(stage->folder, "kek"), 1);
    assert_int_equal(state_count(stage->folder, "vault"), 1);
}

static void vault_makes_its_first_key_in_a_file_where_nothing_says_what_to_trust(void **state) {
    struct stage *stage = *state;
    stage->config.policy_key = "/nonexistent.pem";
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_string_equal(vault_provider_name(vault), "file");
    assert_non_null(strstr(vault_provider_note(vault), "no TPM is used: nothing says which software"));
}

static void vault_makes_its_first_key_in_a_file_where_there_is_no_tpm(void **state) {
    struct stage *stage = *state;
    stage->config.tcti = "device:/dev/no-tpm-here";
    {
        PP_AUTO(vault) struct vault *vault = open_vault(stage);
        assert_string_equal(vault_provider_name(vault), "file");
        assert_string_equal(vault_provider_note(vault),
                            "no TPM is used: there is no TPM: device:/dev/no-tpm-here is missing");
        assert_false(vault_has_tpm(vault));
    }
    /* One that comes later moves nothing by itself. */
    stage->config.tcti = stage->swtpm.tcti;
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_string_equal(vault_provider_name(vault), "file");
}

static void vault_makes_no_key_that_the_configuration_does_not_allow(void **state) {
    struct stage *stage = *state;
    stage->config.provider = vault_kek_tpm2();
    stage->config.policy_key = "/nonexistent.pem";
    assert_refused(stage, PP_E_TPM_POLICY, "nothing says which software the TPM may trust");
    assert_int_equal(state_count(stage->folder, "kek"), 0);
    stage->config.without_policy = true;
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_string_equal(vault_provider_name(vault), "tpm2");
    assert_string_equal(vault_provider_note(vault),
                        "without a PCR policy: any software on this machine can have it");
}

/* A signature for what runs now is missing: better told at once than at the next start. */
static void vault_makes_no_key_that_it_could_not_have_back(void **state) {
    struct stage *stage = *state;
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 2"));
    assert_refused(stage, PP_E_TPM_POLICY, "no signed policy allows what was started");
    assert_int_equal(state_count(stage->folder, "kek"), 0);
}

static void vault_has_the_provider_that_the_configuration_wants_or_none(void **state) {
    struct stage *stage = *state;
    stage->config.provider = vault_kek_file();
    put(stage, "kept");
    stage->config.provider = vault_kek_tpm2();
    assert_refused(stage, PP_E_STATE, "kept by provider file, and the configuration wants tpm2");
    state_write(stage->folder, "kek/tpm2", "x", 1);
    stage->config.provider = NULL;
    assert_refused(stage, PP_E_STATE, "two key-encryption keys");
}

/* A cut at any instant of making the first key leaves a vault that opens. */
static void vault_survives_kills_while_its_key_is_made_in_the_tpm(void **state) {
    struct stage *stage = *state;
    stage->config.without_policy = true;
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            PP_AUTO(vault) struct vault *vault = vault_open(stage->folder->path, &stage->config, NULL);
            _exit(vault ? 0 : 1);
        }
        usleep((useconds_t)(i * 4000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    put(stage, "kept");
    assert_value(stage, "kept");
}

static void vault_in_a_tpm_that_is_away_can_be_erased(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    put(stage, "kept");
    test_swtpm_kill(&stage->swtpm);
    assert_true(vault_erase_closed(stage->folder->path, &error));
    assert_int_equal(state_count(stage->folder, "kek"), 0);
    assert_int_equal(state_count(stage->folder, "vault"), 0);
}

static void vault_that_is_open_cannot_be_erased_by_another(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    PP_AUTO(vault) struct vault *vault = open_vault(stage);
    assert_non_null(vault);
    assert_false(vault_erase_closed(stage->folder->path, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_true(state_has(stage->folder, "kek/tpm2"));
}

int main(void) {
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(vault_in_a_tpm_keeps_records_across_restarts),
        STAGED(vault_in_a_tpm_falls_back_to_nothing),
        STAGED(vault_makes_its_first_key_in_a_file_where_nothing_says_what_to_trust),
        STAGED(vault_makes_its_first_key_in_a_file_where_there_is_no_tpm),
        STAGED(vault_makes_no_key_that_the_configuration_does_not_allow),
        STAGED(vault_makes_no_key_that_it_could_not_have_back),
        STAGED(vault_has_the_provider_that_the_configuration_wants_or_none),
        STAGED(vault_survives_kills_while_its_key_is_made_in_the_tpm),
        STAGED(vault_in_a_tpm_that_is_away_can_be_erased),
        STAGED(vault_that_is_open_cannot_be_erased_by_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
