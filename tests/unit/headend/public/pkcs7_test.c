#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/encode.h"
#include "headend/public/der.h"
#include "headend/public/pkcs7.h"

/* One "certificate" of the bytes 30 00, in the form that RFC 2315 prescribes, byte for byte. */
static void pkcs7_wraps_one_certificate(void **state) {
    (void)state;
    static const char expected[] = "3027"
                                   "06092a864886f70d010702"
                                   "a01a"
                                   "3018"
                                   "020101"
                                   "3100"
                                   "300b06092a864886f70d010701"
                                   "a0023000"
                                   "3100";
    const struct pkcs7_certificate certificate = {(const uint8_t *)"\x30\x00", 2};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(DER_MAX);
    assert_true(pkcs7_certs_only(&certificate, 1, &out, NULL));
    char hex[sizeof expected];
    assert_int_equal(out.size * 2 + 1, sizeof expected);
    pp_hex_encode(out.data, out.size, hex);
    assert_string_equal(hex, expected);
}

static void pkcs7_keeps_the_order_of_certificates(void **state) {
    (void)state;
    const struct pkcs7_certificate certificates[] = {{(const uint8_t *)"\x30\x01\x01", 3},
                                                     {(const uint8_t *)"\x30\x01\x02", 3}};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(DER_MAX);
    assert_true(pkcs7_certs_only(certificates, 2, &out, NULL));
    assert_non_null(memmem(out.data, out.size, "\xa0\x06\x30\x01\x01\x30\x01\x02", 8));
}

static void der_writes_long_lengths(void **state) {
    (void)state;
    static const struct {
        size_t size;
        const char *head;
        size_t head_size;
    } cases[] = {{0, "\x04\x00", 2},
                 {127, "\x04\x7f", 2},
                 {128, "\x04\x81\x80", 3},
                 {255, "\x04\x81\xff", 3},
                 {256, "\x04\x82\x01\x00", 4}};
    static const uint8_t zeros[256];
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_autobuf struct pp_buf out = PP_BUF_INIT(DER_MAX);
        assert_true(der_add(&out, DER_OCTETS, zeros, cases[i].size, NULL));
        assert_int_equal(out.size, cases[i].head_size + cases[i].size);
        assert_memory_equal(out.data, cases[i].head, cases[i].head_size);
    }
}

static void der_refuses_more_than_its_cap(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(4);
    assert_false(der_add(&out, DER_OCTETS, "abcdef", 6, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkcs7_wraps_one_certificate),
        cmocka_unit_test(pkcs7_keeps_the_order_of_certificates),
        cmocka_unit_test(der_writes_long_lengths),
        cmocka_unit_test(der_refuses_more_than_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
