/* headend/webauthn/cbor.h: of RFC 8949's examples (Appendix A) those that an authenticator writes, and what it does
 * not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/encode.h"
#include "headend/webauthn/cbor.h"

static size_t text(const char *hex, uint8_t bytes[64]) {
    size_t size = strlen(hex) / 2;
    assert_true(size <= 64 && pp_hex_decode(hex, bytes, size, NULL));
    return size;
}

static void numbers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        int64_t value;
    } cases[] = {{"00", 0},
                 {"17", 23},
                 {"1818", 24},
                 {"1903e8", 1000},
                 {"1a000f4240", 1000000},
                 {"1b000000e8d4a51000", 1000000000000},
                 {"1b7fffffffffffffff", INT64_MAX},
                 {"20", -1},
                 {"3903e7", -1000},
                 {"3b7fffffffffffffff", INT64_MIN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[64];
        int64_t value = 0;
        struct cbor cbor = {bytes, bytes + text(cases[i].hex, bytes)};
        assert_true(cbor_integer(&cbor, &value, NULL));
        assert_int_equal(value, cases[i].value);
        assert_ptr_equal(cbor.at, cbor.end);
    }
}

static void whole_items_are_passed_over(void **state) {
    (void)state;
    static const char *const good[] = {
        "f4", "f5", "f6",         "f93c00",     "fa47c35000",       "fb3ff199999999999a", "f8ff",      "80",
        "a0", "40", "4401020304", "6449455446", "8301820203820405", "a26161016162820203", "8181818101"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint8_t bytes[64];
        struct pp_error error = {0};
        struct cbor cbor = {bytes, bytes + text(good[i], bytes)};
        if (!cbor_skip(&cbor, &error) || cbor.at != cbor.end)
            fail_msg("%s: %s", good[i], error.message);
    }
}

static void what_an_authenticator_does_not_write_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum pp_code code;
    } bad[] = {{"", PP_E_INVALID},
               {"18", PP_E_INVALID},
               {"1817", PP_E_INVALID}, /* 23, not in its shortest form */
               {"1900ff", PP_E_INVALID},
               {"1a0000ffff", PP_E_INVALID},
               {"1b00000000ffffffff", PP_E_INVALID},
               {"1c", PP_E_INVALID},
               {"5fff", PP_E_INVALID}, /* no definite length */
               {"9fff", PP_E_INVALID},
               {"bfff", PP_E_INVALID},
               {"c074", PP_E_INVALID}, /* a tag */
               {"f81f", PP_E_INVALID},
               {"ff", PP_E_INVALID},
               {"44010203", PP_E_INVALID},
               {"5bffffffffffffffff", PP_E_INVALID},
               {"9bffffffffffffffff", PP_E_INVALID},
               {"bb8000000000000001", PP_E_INVALID},
               {"8201", PP_E_INVALID},
               {"a101", PP_E_INVALID},
               {"818181818101", PP_E_LIMIT}}; /* nested deeper */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[64];
        struct pp_error error = {0};
        struct cbor cbor = {bytes, bytes + text(bad[i].hex, bytes)};
        if (cbor_skip(&cbor, &error) || error.code != bad[i].code)
            fail_msg("%s: %d %s", bad[i].hex, error.code, error.message);
    }
}

static void a_number_that_is_too_large_or_a_text_is_no_integer(void **state) {
    (void)state;
    static const char *const bad[] = {"1b8000000000000000", "3b8000000000000000", "40", "f4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[64];
        int64_t value;
        struct cbor cbor = {bytes, bytes + text(bad[i], bytes)};
        assert_false(cbor_integer(&cbor, &value, NULL));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(whole_items_are_passed_over),
        cmocka_unit_test(what_an_authenticator_does_not_write_is_refused),
        cmocka_unit_test(a_number_that_is_too_large_or_a_text_is_no_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
