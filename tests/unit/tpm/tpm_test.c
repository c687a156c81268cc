/* A secret in a TPM (swtpm): who gets it back, and who does not. */
#include "support/swtpm.h"
#include "tpm/tpm.h"

static const uint8_t secret[32] = "a key of 32 bytes, sealed in it";

struct stage {
    struct test_swtpm swtpm;
    struct pp_buf spki;
    struct pp_buf blob;
};

static int stage_setup(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    stage->spki = PP_BUF_INIT(TPM_POLICY_KEY_MAX);
    stage->blob = PP_BUF_INIT(TPM_BLOB_MAX);
    test_swtpm_start(&stage->swtpm);
    assert_true(crypto_key_public_der(stage->swtpm.signer, &stage->spki, NULL));
    *state = stage;
    return 0;
}

static int stage_teardown(void **state) {
    struct stage *stage = *state;
    test_swtpm_stop(&stage->swtpm);
    pp_buf_finish(&stage->spki);
    pp_buf_finish(&stage->blob);
    free(stage);
    return 0;
}

static struct tpm *open_tpm(const struct stage *stage) {
    struct pp_error error = {0};
    struct tpm *tpm = tpm_open(stage->swtpm.tcti, &error);
    if (!tpm)
        fail_msg("%s", error.message);
    return tpm;
}

static void seal(struct stage *stage) {
    struct pp_error error = {0};
    PP_AUTO(tpm) struct tpm *tpm = open_tpm(stage);
    if (!tpm_seal(tpm, secret, sizeof secret, stage->spki.data, stage->spki.size, &stage->blob, &error))
        fail_msg("%s", error.message);
}

static bool unseal(struct stage *stage, struct pp_error *error) {
    uint8_t out[sizeof secret] = {0};
    const struct tpm_policy policy = {.pcrs = 1u << 11, .signatures = stage->swtpm.signatures};
    PP_AUTO(tpm) struct tpm *tpm = tpm_open(stage->swtpm.tcti, error);
    if (!tpm || !tpm_unseal(tpm, stage->blob.data, stage->blob.size, &policy, out, sizeof out, error))
        return false;
    assert_memory_equal(out, secret, sizeof out);
    return true;
}

static void assert_given(struct stage *stage) {
    struct pp_error error = {0};
    if (!unseal(stage, &error))
        fail_msg("%s", error.message);
}

static void assert_refused(struct stage *stage, enum pp_code code, const char *words) {
    struct pp_error error = {0};
    assert_false(unseal(stage, &error));
    if (!strstr(error.message, words))
        fail_msg("%s", error.message);
    assert_int_equal(error.code, code);
}

static void tpm_gives_the_secret_to_software_that_is_authorised(void **state) {
    struct stage *stage = *state;
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 1"));
    seal(stage);
    assert_given(stage);
}

/* An update brings its own signature: nothing is sealed anew. */
static void tpm_gives_it_after_an_update_that_brings_a_signature(void **state) {
    struct stage *stage = *state;
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    seal(stage);
    test_swtpm_kill(&stage->swtpm);
    test_swtpm_begin(&stage->swtpm);
    test_swtpm_measure(&stage->swtpm, "kernel 2");
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 1"));
    assert_refused(stage, PP_E_TPM_POLICY, "no signed policy allows what was started");
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 2"));
    assert_given(stage);
}

static void tpm_refuses_once_something_else_was_measured(void **state) {
    struct stage *stage = *state;
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 1"));
    seal(stage);
    test_swtpm_measure(&stage->swtpm, "a shell");
    assert_refused(stage, PP_E_TPM_POLICY, "no signed policy allows what was started");
}

static void tpm_refuses_a_signature_by_another_key(void **state) {
    struct stage *stage = *state;
    PP_AUTO(crypto_key) struct crypto_key *stranger = crypto_key_generate(NULL);
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    seal(stage);
    test_swtpm_authorize_as(&stage->swtpm, TEST_MEASURED("kernel 1"), stranger, stranger);
    assert_refused(stage, PP_E_TPM_POLICY, "no policy is signed by the key that the TPM asks for");
    test_swtpm_authorize_as(&stage->swtpm, TEST_MEASURED("kernel 1"), stranger, stage->swtpm.signer);
    assert_refused(stage, PP_E_TPM_POLICY, "not one of the key that it names");
}

static void tpm_refuses_without_signatures(void **state) {
    struct stage *stage = *state;
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    seal(stage);
    assert_refused(stage, PP_E_TPM_POLICY, "signed policies: ");
    test_swtpm_write(stage->swtpm.signatures, "{\"sha256\":[{}]}", 15);
    assert_refused(stage, PP_E_TPM_POLICY, "entry 0");
}

/* Policies about other PCRs than those that must be among them. */
static void tpm_refuses_a_policy_about_less_than_is_asked_for(void **state) {
    struct stage *stage = *state;
    uint8_t out[sizeof secret];
    struct pp_error error = {0};
    const struct tpm_policy policy = {.pcrs = 1u << 11 | 1u << 7, .signatures = stage->swtpm.signatures};
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 1"));
    seal(stage);
    PP_AUTO(tpm) struct tpm *tpm = open_tpm(stage);
    assert_false(tpm_unseal(tpm, stage->blob.data, stage->blob.size, &policy, out, sizeof out, &error));
    assert_int_equal(error.code, PP_E_TPM_POLICY);
}

static void tpm_tells_that_it_was_cleared(void **state) {
    struct stage *stage = *state;
    test_swtpm_authorize(&stage->swtpm, TEST_MEASURED("kernel 1"));
    seal(stage);
    test_swtpm_tool(&stage->swtpm, "clear -c p");
    test_swtpm_measure(&stage->swtpm, "kernel 1");
    assert_refused(stage, PP_E_TPM_CHANGED, "cleared");
}

static void tpm_tells_that_it_is_absent(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    seal(stage);
    test_swtpm_kill(&stage->swtpm);
    assert_refused(stage, PP_E_TPM_ABSENT, "no TPM answers");
    assert_null(tpm_open("device:/dev/no-tpm-here", &error));
    assert_int_equal(error.code, PP_E_TPM_ABSENT);
    assert_string_equal(error.message, "there is no TPM: device:/dev/no-tpm-here is missing");
}

static void tpm_keeps_a_secret_without_policy_where_it_is_asked_to(void **state) {
    struct stage *stage = *state;
    pp_buf_finish(&stage->spki);
    seal(stage);
    assert_given(stage);
}

/* Each byte of what stands on flash, damaged in turn: never another secret. */
static void tpm_gives_nothing_for_damaged_objects(void **state) {
    struct stage *stage = *state;
    pp_buf_finish(&stage->spki);
    seal(stage);
    PP_AUTO(tpm) struct tpm *tpm = open_tpm(stage);
    for (size_t at = 0; at < stage->blob.size; at++) {
        uint8_t out[sizeof secret] = {0};
        const struct tpm_policy policy = {.signatures = ""};
        stage->blob.data[at] ^= 1;
        struct pp_error error = {0};
        assert_false(tpm_unseal(tpm, stage->blob.data, stage->blob.size, &policy, out, sizeof out, &error));
        assert_int_not_equal(error.code, PP_OK);
        stage->blob.data[at] ^= 1;
    }
    uint8_t out[sizeof secret] = {0};
    assert_true(
        tpm_unseal(tpm, stage->blob.data, stage->blob.size, &(struct tpm_policy){0}, out, sizeof out, NULL));
    assert_memory_equal(out, secret, sizeof out);
}

/* ---- Processes that are killed ---- */

/* The TPM's count of failed guesses: at its limit it would lock. */
static unsigned failed_guesses(const struct test_swtpm *swtpm) {
    char line[256];
    unsigned long count = 999;
    snprintf(line, sizeof line,
             "TPM2TOOLS_TCTI=%s tpm2_getcap properties-variable | sed -n 's/TPM2_PT_LOCKOUT_COUNTER: //p'",
             swtpm->tcti);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%lx", &count), 1);
    pclose(pipe);
    return (unsigned)count;
}

/* What a process that was killed had loaded stays in a TPM without resource manager, which has room for three; and a
 * TPM whose power is cut while an object without noDA is loaded counts a failed guess. */
static void tpm_goes_on_after_six_starts_that_were_killed(void **state) {
    struct stage *stage = *state;
    pp_buf_finish(&stage->spki);
    seal(stage);
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();
        if (child == 0) {
            uint8_t out[sizeof secret];
            struct tpm *tpm = tpm_open(stage->swtpm.tcti, NULL);
            bool ok = tpm && tpm_unseal(tpm, stage->blob.data, stage->blob.size, &(struct tpm_policy){0}, out,
                                        sizeof out, NULL);
            if (ok)
                raise(SIGKILL);
            _exit(1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_given(stage);
    assert_int_equal(failed_guesses(&stage->swtpm), 0);
}

static void tpm_goes_on_after_six_power_cuts(void **state) {
    struct stage *stage = *state;
    pp_buf_finish(&stage->spki);
    seal(stage);
    for (int i = 0; i < 6; i++) {
        uint8_t out[sizeof secret];
        PP_AUTO(tpm) struct tpm *tpm = open_tpm(stage);
        assert_true(tpm_unseal(tpm, stage->blob.data, stage->blob.size, &(struct tpm_policy){0}, out,
                               sizeof out, NULL));
        test_swtpm_kill(&stage->swtpm);
        test_swtpm_begin(&stage->swtpm);
    }
    assert_given(stage);
    assert_int_equal(failed_guesses(&stage->swtpm), 0);
}

int main(void) {
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(tpm_gives_the_secret_to_software_that_is_authorised),
        STAGED(tpm_gives_it_after_an_update_that_brings_a_signature),
        STAGED(tpm_refuses_once_something_else_was_measured),
        STAGED(tpm_refuses_a_signature_by_another_key),
        STAGED(tpm_refuses_without_signatures),
        STAGED(tpm_refuses_a_policy_about_less_than_is_asked_for),
        STAGED(tpm_tells_that_it_was_cleared),
        STAGED(tpm_tells_that_it_is_absent),
        STAGED(tpm_keeps_a_secret_without_policy_where_it_is_asked_to),
        STAGED(tpm_gives_nothing_for_damaged_objects),
        STAGED(tpm_goes_on_after_six_starts_that_were_killed),
        STAGED(tpm_goes_on_after_six_power_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
