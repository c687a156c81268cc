/* Keys that a TPM (swtpm) makes and keeps: they do what a key of this process does, and are had back after whatever
 * happens to the TPM but a clear. */
#include <pthread.h>

#include "crypto/verify.h"
#include "support/swtpm.h"
#include "tpm/key_pem.h"
#include "tpm/tpm.h"

struct stage {
    struct test_swtpm swtpm;
    struct tpm *tpm;
    struct pp_buf blob;
};

static int stage_setup(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    test_swtpm_start(&stage->swtpm);
    stage->blob = PP_BUF_INIT(TPM_BLOB_MAX);
    stage->tpm = tpm_open(stage->swtpm.tcti, NULL);
    assert_non_null(stage->tpm);
    *state = stage;
    return 0;
}

static int stage_teardown(void **state) {
    struct stage *stage = *state;
    tpm_close(stage->tpm);
    pp_buf_finish(&stage->blob);
    test_swtpm_stop(&stage->swtpm);
    free(stage);
    return 0;
}

static struct crypto_key *load_key(struct stage *stage, enum tpm_key_kind kind) {
    struct pp_error error = {0};
    struct crypto_key *key = tpm_key_load(stage->tpm, kind, stage->blob.data, stage->blob.size, &error);
    if (!key)
        fail_msg("%s", error.message);
    return key;
}

static struct crypto_key *make_key(struct stage *stage, enum tpm_key_kind kind) {
    pp_buf_finish(&stage->blob);
    assert_true(tpm_key_make(stage->tpm, kind, &stage->blob, NULL));
    return load_key(stage, kind);
}

static void assert_signs(const struct crypto_key *key) {
    uint8_t point[CRYPTO_POINT_SIZE], raw[CRYPTO_SIGNATURE_RAW_SIZE];
    struct pp_error error = {0};
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    assert_true(crypto_key_public_point(key, point, NULL));
    PP_AUTO(crypto_public) struct crypto_public *public = crypto_public_load_point(point, NULL);
    if (!crypto_key_sign(key, "text", 4, &der, &error))
        fail_msg("%s", error.message);
    assert_true(crypto_public_verify(public, CRYPTO_ECDSA_SHA256, "text", 4, der.data, der.size, NULL));
    assert_true(crypto_key_sign_raw(key, "text", 4, raw, NULL));
    assert_true(crypto_public_verify(public, CRYPTO_ES256, "text", 4, raw, sizeof raw, NULL));
}

static void assert_agrees(const struct crypto_key *key) {
    uint8_t own[CRYPTO_POINT_SIZE], point[CRYPTO_POINT_SIZE], ours[CRYPTO_SECRET_SIZE],
        theirs[CRYPTO_SECRET_SIZE];
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *peer = crypto_key_generate(NULL);
    assert_true(crypto_key_public_point(key, own, NULL) && crypto_key_public_point(peer, point, NULL));
    if (!crypto_key_agree(key, point, ours, &error))
        fail_msg("%s", error.message);
    assert_true(crypto_key_agree(peer, own, theirs, NULL));
    assert_memory_equal(ours, theirs, sizeof ours);
}

/* Numbers with leading zeroes are shorter in a TPM's answers: one in 128 signatures has one. */
static void device_key_signs_in_the_tpm(void **state) {
    PP_AUTO(crypto_key) struct crypto_key *key = make_key(*state, TPM_KEY_SIGN);
    assert_string_equal(crypto_key_keeper_name(key), "tpm2");
    for (int i = 0; i < 300; i++)
        assert_signs(key);
}

static void agreement_key_agrees_in_the_tpm(void **state) {
    PP_AUTO(crypto_key) struct crypto_key *key = make_key(*state, TPM_KEY_AGREE);
    for (int i = 0; i < 300; i++)
        assert_agrees(key);
}

static void agreement_key_takes_no_point_off_the_curve(void **state) {
    uint8_t point[CRYPTO_POINT_SIZE], secret[CRYPTO_SECRET_SIZE], zero[CRYPTO_SECRET_SIZE] = {0};
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = make_key(*state, TPM_KEY_AGREE);
    assert_true(crypto_key_public_point(key, point, NULL));
    point[CRYPTO_POINT_SIZE - 1] ^= 1;
    assert_false(crypto_key_agree(key, point, secret, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_memory_equal(secret, zero, sizeof zero);
}

static void a_key_does_one_of_the_two(void **state) {
    uint8_t point[CRYPTO_POINT_SIZE], secret[CRYPTO_SECRET_SIZE], raw[CRYPTO_SIGNATURE_RAW_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *device = make_key(*state, TPM_KEY_SIGN);
    PP_AUTO(crypto_key) struct crypto_key *agreement = make_key(*state, TPM_KEY_AGREE);
    assert_true(crypto_key_public_point(agreement, point, NULL));
    assert_false(crypto_key_agree(device, point, secret, NULL));
    assert_false(crypto_key_sign_raw(agreement, "x", 1, raw, NULL));
    const struct stage *stage = *state;
    assert_null(tpm_key_load(stage->tpm, TPM_KEY_SIGN, stage->blob.data, stage->blob.size, NULL));
}

/* As another program has it of a file. */
static void a_key_is_had_back_from_its_pem(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(TPM_KEY_PEM_MAX);
    pp_autobuf struct pp_buf agreement = PP_BUF_INIT(TPM_BLOB_MAX);
    struct pp_error error = {0};
    uint8_t point[CRYPTO_POINT_SIZE], again[CRYPTO_POINT_SIZE];
    assert_true(tpm_key_make(stage->tpm, TPM_KEY_SIGN, &stage->blob, &error));
    assert_true(tpm_key_write_pem(stage->blob.data, stage->blob.size, &pem, &error));
    assert_true(tpm_key_is_pem(pp_buf_text(&pem)));
    PP_AUTO(crypto_key) struct crypto_key *key = load_key(stage, TPM_KEY_SIGN);
    assert_true(crypto_key_public_point(key, point, &error));
    tpm_close(pp_steal(&stage->tpm));
    crypto_key_destroy(pp_steal(&key)); /* the emulator takes one at a time */
    key = tpm_key_load_pem(stage->swtpm.tcti, pp_buf_text(&pem), &error);
    assert_non_null(key);
    assert_true(crypto_key_public_point(key, again, &error));
    assert_memory_equal(point, again, sizeof point);
    assert_signs(key);
    crypto_key_destroy(pp_steal(&key));
    static const char *const wrong[] = {
        "",
        "-----BEGIN EC PRIVATE KEY-----\n",
        "-----BEGIN PINGPLAY TPM KEY-----\nAAAA\n",
        "-----BEGIN PINGPLAY TPM KEY-----\nA-A\n-----END PINGPLAY TPM KEY-----\n",
        "-----BEGIN PINGPLAY TPM KEY-----\nAAAA\n-----END PINGPLAY TPM KEY-----\n",
        "-----BEGIN PINGPLAY TPM KEY-----\nAAAA\n-----END PINGPLAY TPM KEY-----\nx"};
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        assert_null(tpm_key_load_pem(stage->swtpm.tcti, wrong[i], &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
    stage->tpm = tpm_open(stage->swtpm.tcti, &error);
    assert_true(tpm_key_make(stage->tpm, TPM_KEY_AGREE, &agreement, &error));
    assert_false(tpm_key_write_pem(agreement.data, agreement.size, &pem, &error));
}

static void private_half_is_never_had(void **state) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = make_key(*state, TPM_KEY_SIGN);
    assert_false(crypto_key_save_der(key, &out, &error));
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    assert_int_equal(out.size, 0);
    assert_true(crypto_key_public_pem(key, &out, NULL));
}

/* Both keys go on after a TPM that was reset under a running agent, as some are over a suspend. */
static void keys_go_on_after_the_tpm_was_reset(void **state) {
    struct stage *stage = *state;
    PP_AUTO(crypto_key) struct crypto_key *device = make_key(stage, TPM_KEY_SIGN);
    PP_AUTO(crypto_key) struct crypto_key *agreement = make_key(stage, TPM_KEY_AGREE);
    for (int i = 0; i < 3; i++) {
        assert_signs(device);
        assert_agrees(agreement);
        test_swtpm_kill(&stage->swtpm);
        test_swtpm_begin(&stage->swtpm);
    }
    assert_agrees(agreement);
    assert_signs(device);
}

static void keys_say_that_the_tpm_is_away_and_come_back_with_it(void **state) {
    struct stage *stage = *state;
    uint8_t raw[CRYPTO_SIGNATURE_RAW_SIZE];
    struct pp_error error = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = make_key(stage, TPM_KEY_SIGN);
    test_swtpm_kill(&stage->swtpm);
    assert_false(crypto_key_sign_raw(key, "x", 1, raw, &error));
    assert_int_equal(error.code, PP_E_TPM_ABSENT);
    assert_false(crypto_key_sign_raw(key, "x", 1, raw, NULL));
    test_swtpm_begin(&stage->swtpm);
    assert_signs(key);
}

static void keys_of_a_cleared_tpm_are_told(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    crypto_key_destroy(make_key(stage, TPM_KEY_SIGN));
    tpm_close(pp_steal(&stage->tpm));
    test_swtpm_tool(&stage->swtpm, "clear -c p");
    stage->tpm = tpm_open(stage->swtpm.tcti, NULL);
    assert_null(tpm_key_load(stage->tpm, TPM_KEY_SIGN, stage->blob.data, stage->blob.size, &error));
    assert_int_equal(error.code, PP_E_TPM_CHANGED);
}

/* A TPM without resource manager has room for three objects, the primary among them. */
static void more_keys_than_there_is_room_for_take_turns(void **state) {
    struct crypto_key *keys[6];
    for (size_t i = 0; i < PP_COUNT(keys); i++)
        keys[i] = make_key(*state, i % 2 ? TPM_KEY_AGREE : TPM_KEY_SIGN);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < PP_COUNT(keys); i++)
            i % 2 ? assert_agrees(keys[i]) : assert_signs(keys[i]);
    }
    for (size_t i = 0; i < PP_COUNT(keys); i++)
        crypto_key_destroy(keys[i]);
}

static void *sign_many(void *arg) {
    for (int i = 0; i < 50; i++)
        assert_signs(arg);
    return NULL;
}

static void keys_are_used_by_threads_and_outlive_their_tpm(void **state) {
    struct stage *stage = *state;
    pthread_t threads[2];
    PP_AUTO(crypto_key) struct crypto_key *device = make_key(stage, TPM_KEY_SIGN);
    PP_AUTO(crypto_key) struct crypto_key *agreement = make_key(stage, TPM_KEY_AGREE);
    tpm_close(pp_steal(&stage->tpm));
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_many, device), 0);
    for (int i = 0; i < 50; i++)
        assert_agrees(agreement);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Destroying one does not wait for what the TPM does; its place is free for the next. */
static void keys_that_go_while_the_tpm_is_at_work_leave_their_room(void **state) {
    struct stage *stage = *state;
    pthread_t thread;
    PP_AUTO(crypto_key) struct crypto_key *device = make_key(stage, TPM_KEY_SIGN);
    assert_int_equal(pthread_create(&thread, NULL, sign_many, device), 0);
    for (int i = 0; i < 10; i++) {
        struct crypto_key *agreement = make_key(stage, TPM_KEY_AGREE);
        assert_agrees(agreement);
        crypto_key_destroy(agreement);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_signs(device);
}

int main(void) {
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(device_key_signs_in_the_tpm),
        STAGED(agreement_key_agrees_in_the_tpm),
        STAGED(agreement_key_takes_no_point_off_the_curve),
        STAGED(a_key_does_one_of_the_two),
        STAGED(a_key_is_had_back_from_its_pem),
        STAGED(private_half_is_never_had),
        STAGED(keys_go_on_after_the_tpm_was_reset),
        STAGED(keys_say_that_the_tpm_is_away_and_come_back_with_it),
        STAGED(keys_of_a_cleared_tpm_are_told),
        STAGED(more_keys_than_there_is_room_for_take_turns),
        STAGED(keys_are_used_by_threads_and_outlive_their_tpm),
        STAGED(keys_that_go_while_the_tpm_is_at_work_leave_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
