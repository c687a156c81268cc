#include "jose/concat_kdf.h"

#include <string.h>

#include "base/encode.h"
#include "jose_test_support.h"

/* RFC 7518 §C: the numbers, in its own notation. */
static const uint8_t rfc7518_secret[] = {158, 86,  217, 29,  129, 113, 53,  211, 114, 131, 66,
                                         131, 191, 132, 38,  156, 251, 49,  110, 163, 218, 128,
                                         106, 72,  246, 218, 167, 121, 140, 254, 144, 196};

static const struct concat_kdf rfc7518_kdf = {
    .algorithm = "A128GCM", .apu = "Alice", .apu_size = 5, .apv = "Bob", .apv_size = 3};

static void both_sides_of_rfc_7518_appendix_c(void **state) {
    (void)state;
    static const char *const numbers[][2] = {{RFC7518_ALICE_D, RFC7518_BOB_D},
                                             {RFC7518_BOB_D, RFC7518_ALICE_D}};
    for (size_t i = 0; i < PP_COUNT(numbers); i++) {
        uint8_t point[CRYPTO_POINT_SIZE], secret[CRYPTO_SECRET_SIZE], key[16];
        char text[PP_BASE64_SIZE(sizeof key)];
        struct pp_error error = {0};
        PP_AUTO(crypto_key) struct crypto_key *ours = key_of_number(numbers[i][0]);
        PP_AUTO(crypto_key) struct crypto_key *theirs = key_of_number(numbers[i][1]);
        assert_true(crypto_key_public_point(theirs, point, &error));
        assert_true(crypto_key_agree(ours, point, secret, &error));
        assert_memory_equal(secret, rfc7518_secret, sizeof secret);
        assert_true(concat_kdf(&rfc7518_kdf, secret, key, sizeof key, &error));
        pp_base64url_encode(key, sizeof key, text);
        assert_string_equal(text, "VqqN6vgjbSBcIijNcacQGg");
    }
}

static void every_input_counts(void **state) {
    (void)state;
    uint8_t key[16], other[32];
    struct concat_kdf kdfs[] = {rfc7518_kdf, rfc7518_kdf, rfc7518_kdf, rfc7518_kdf, rfc7518_kdf};
    kdfs[0].algorithm = "A256GCM";
    kdfs[1].apu_size = 4;
    kdfs[2].apv = "Bop";
    kdfs[3].apv_size = 0;
    kdfs[4] = (struct concat_kdf){
        .algorithm = "A128GCM", .apu = "Alic", .apu_size = 4, .apv = "eBob", .apv_size = 4};
    assert_true(concat_kdf(&rfc7518_kdf, rfc7518_secret, key, sizeof key, NULL));
    for (size_t i = 0; i < PP_COUNT(kdfs); i++) {
        assert_true(concat_kdf(&kdfs[i], rfc7518_secret, other, sizeof key, NULL));
        assert_memory_not_equal(key, other, sizeof key);
    }
    assert_true(concat_kdf(&rfc7518_kdf, rfc7518_secret, other, sizeof other, NULL));
    assert_memory_not_equal(key, other, sizeof key); /* the key's length is an input */
}

static void caps_are_kept(void **state) {
    (void)state;
    uint8_t key[33];
    static const char large[CONCAT_KDF_PARTY_MAX + 1];
    struct pp_error error = {0};
    assert_false(concat_kdf(&rfc7518_kdf, rfc7518_secret, key, sizeof key, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    struct concat_kdf kdf = {.algorithm = "A256GCM",
                             .apu = large,
                             .apu_size = sizeof large - 1,
                             .apv = large,
                             .apv_size = sizeof large - 1};
    assert_true(concat_kdf(&kdf, rfc7518_secret, key, 32, &error));
    kdf.apv_size++;
    error = (struct pp_error){0};
    assert_false(concat_kdf(&kdf, rfc7518_secret, key, 32, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_of_rfc_7518_appendix_c),
        cmocka_unit_test(every_input_counts),
        cmocka_unit_test(caps_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
