/* What is encrypted to a display point, opened all at once by keys that are held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/opened.h"
#include "crypto/jwk.h"
#include "jose/jwe.h"

#define DEVICE "device-1"

static void kid_of(const struct crypto_key *key, char kid[64]) {
    uint8_t point[CRYPTO_POINT_SIZE];
    assert_true(crypto_key_public_point(key, point, NULL));
    assert_true(jwk_thumbprint_text(point, kid, NULL));
}

static void encrypt(const struct crypto_key *to, const char *typ, const char *clear, char token[2048]) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[64];
    pp_autobuf struct pp_buf out = PP_BUF_INIT(2047);
    kid_of(to, kid);
    const struct jwe_context context = {.kid = kid, .typ = typ, .apv = DEVICE, .apv_size = strlen(DEVICE)};
    assert_true(crypto_key_public_point(to, point, NULL));
    assert_true(jwe_encrypt(point, &context, clear, strlen(clear), &out, NULL));
    strcpy(token, pp_buf_text(&out));
}

static void hold(struct opened_keys *keys, struct crypto_key *key, struct crypto_key *before) {
    *keys = (struct opened_keys){.key = key, .before = before};
    kid_of(key, keys->kid);
    if (before)
        kid_of(before, keys->kid_before);
    strcpy(keys->device_id, DEVICE);
}

static void tokens_are_opened_by_the_present_key_or_the_one_before(void **state) {
    char by_present[2048], by_former[2048], by_stranger[2048];
    struct opened_keys keys;
    struct opened opened = {0};
    PP_AUTO(crypto_key) struct crypto_key *stranger = crypto_key_generate(NULL);
    (void)state;
    hold(&keys, crypto_key_generate(NULL), crypto_key_generate(NULL));
    encrypt(keys.key, "one", "first", by_present);
    encrypt(keys.before, "two", "second", by_former);
    encrypt(stranger, "two", "third", by_stranger);
    assert_true(opened_add(&opened, "one", by_present, NULL));
    assert_true(opened_add(&opened, "two", by_former, NULL));
    assert_true(opened_add(&opened, "two", by_stranger, NULL));
    opened_open(&opened, &keys);
    const struct opened_token *present = opened_find(&opened, "one", by_present);
    const struct opened_token *former = opened_find(&opened, "two", by_former);
    const struct opened_token *strange = opened_find(&opened, "two", by_stranger);
    assert_int_equal(present->size, 5);
    assert_memory_equal(present->clear, "first", 5);
    assert_string_equal(present->kid, keys.kid);
    assert_memory_equal(former->clear, "second", 6);
    assert_string_equal(former->kid, keys.kid_before);
    assert_null(strange->clear);
    assert_int_not_equal(strange->error.code, PP_OK);
    assert_null(opened_find(&opened, "two", by_present)); /* of another kind */
    assert_null(opened_wants_key(&opened));
    opened_drop(&opened, "one");
    assert_null(opened_find(&opened, "one", by_present));
    assert_memory_equal(opened_find(&opened, "two", by_former)->clear, "second", 6);
    opened_finish(&opened);
    opened_keys_release(&keys);
}

static bool refuse(void *context, const uint8_t peer[CRYPTO_POINT_SIZE], uint8_t secret[CRYPTO_SECRET_SIZE],
                   struct pp_error *error) {
    (void)context, (void)peer, (void)secret;
    return pp_fail(error, PP_E_TPM_ABSENT, "agreement key: away");
}

static void nothing(void *context) {
    (void)context;
}

static void key_that_is_away_is_told_from_a_token_that_is_wrong(void **state) {
    static const struct crypto_keeper away = {.name = "away", .agree = refuse, .destroy = nothing};
    uint8_t point[CRYPTO_POINT_SIZE];
    char token[2048];
    struct opened_keys keys;
    struct opened opened = {0};
    PP_AUTO(crypto_key) struct crypto_key *real = crypto_key_generate(NULL);
    (void)state;
    assert_true(crypto_key_public_point(real, point, NULL));
    hold(&keys, crypto_key_of_keeper(&away, NULL, point, NULL), NULL);
    encrypt(real, "one", "first", token);
    assert_true(opened_add(&opened, "one", token, NULL));
    opened_open(&opened, &keys);
    assert_int_equal(opened_wants_key(&opened)->code, PP_E_TPM_ABSENT);
    opened_finish(&opened);
    opened_keys_release(&keys);
}

static void no_more_tokens_are_taken_than_a_state_has(void **state) {
    struct opened opened = {0};
    struct pp_error error = {0};
    (void)state;
    assert_true(opened_add(&opened, "one", "", NULL));
    assert_int_equal(opened.count, 0);
    for (int i = 0; i < OPENED_TOKENS_MAX; i++) {
        char token[] = {(char)('a' + i), 0};
        assert_true(opened_add(&opened, "one", token, NULL));
        assert_true(opened_add(&opened, "one", token, NULL));
    }
    assert_int_equal(opened.count, OPENED_TOKENS_MAX);
    assert_false(opened_add(&opened, "one", "z", &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    opened_finish(&opened);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_opened_by_the_present_key_or_the_one_before),
        cmocka_unit_test(key_that_is_away_is_told_from_a_token_that_is_wrong),
        cmocka_unit_test(no_more_tokens_are_taken_than_a_state_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
