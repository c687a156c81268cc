/* headend/http/tus: headers as they come from outside. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "headend/http/tus.h"

static void tus_numbers_are_digits_up_to_what_json_holds(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", " 1", "1 ", "-1", "+1", "0x1", "1e3", "1.0", "9007199254740992", "99999999999999999999"};
    uint64_t value = 0;
    assert_true(tus_number("0", &value, NULL));
    assert_int_equal(value, 0);
    assert_true(tus_number("9007199254740991", &value, NULL));
    assert_int_equal(value, 9007199254740991);
    assert_false(tus_number(NULL, &value, NULL));
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(tus_number(bad[i], &value, NULL));
}

static void tus_metadata_is_pairs_of_a_key_and_base64(void **state) {
    (void)state;
    static const char *const good[] = {"", "a", "a ", "a YQ==", "a YQ==,b", "a YQ==,aa YQ=="};
    static const char *const bad[] = {
        ",",   "a,",       ",a",    " YQ==",           "a YQ", "a YQ==,", "a YQ==, b YQ==",
        "a,a", "a YQ==,a", "a b c", "caf\xc3\xa9 YQ=="};
    char long_one[TUS_METADATA_MAX + 2];
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(tus_metadata_check(good[i], NULL));
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(tus_metadata_check(bad[i], NULL));
    memset(long_one, 'a', sizeof long_one);
    long_one[TUS_METADATA_MAX + 1] = 0;
    assert_false(tus_metadata_check(long_one, NULL));
    long_one[TUS_METADATA_MAX] = 0;
    assert_true(tus_metadata_check(long_one, NULL));
}

static void tus_metadata_gives_a_value_that_is_text(void **state) {
    (void)state;
    char text[8];
    tus_metadata_text("name YQ==,filename aGVsbG8=,more", "filename", text, sizeof text);
    assert_string_equal(text, "hello");
    tus_metadata_text("name YQ==,filename aGVsbG8=,more", "more", text, sizeof text);
    assert_string_equal(text, "");
    tus_metadata_text("filenames aGVsbG8=", "filename", text, sizeof text);
    assert_string_equal(text, "");
    tus_metadata_text("filename YQBi", "filename", text, sizeof text); /* a NUL in it */
    assert_string_equal(text, "");
    tus_metadata_text("filename aGVsbG8gd29ybGQ=", "filename", text, sizeof text); /* too long */
    assert_string_equal(text, "");
}

static void tus_checksums_are_sha256(void **state) {
    (void)state;
    uint8_t sha256[TUS_SHA256_SIZE];
    struct pp_error error = {0};
    assert_true(tus_checksum("sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", sha256, NULL));
    assert_int_equal(sha256[0], 0xe3);
    assert_int_equal(sha256[31], 0x55);
    assert_false(tus_checksum("sha256 47DEQpj8HBSa", sha256, NULL));
    assert_false(tus_checksum("sha256", sha256, NULL));
    assert_false(tus_checksum("sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", sha256, &error));
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
}

static void tus_dates_are_those_of_http(void **state) {
    (void)state;
    char text[TUS_DATE_SIZE];
    tus_date(784111777, text);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tus_numbers_are_digits_up_to_what_json_holds),
        cmocka_unit_test(tus_metadata_is_pairs_of_a_key_and_base64),
        cmocka_unit_test(tus_metadata_gives_a_value_that_is_text),
        cmocka_unit_test(tus_checksums_are_sha256),
        cmocka_unit_test(tus_dates_are_those_of_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
