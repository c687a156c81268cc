#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/encode.h"
#include "identity/pkcs7.h"

/* ContentInfo around the members of a SignedData, all in hex. */
#define OID_SIGNED "06092a864886f70d010702"
#define OID_DATA   "06092a864886f70d010701"
#define VERSION    "020101"
#define NOTHING    "3100" /* an empty SET */
#define CONTENT    "300b" OID_DATA
#define ONE        "a0053003020105" /* certificates: one SEQUENCE of five bytes */

struct builder {
    uint8_t bytes[512];
    size_t size;
};

static void put_hex(struct builder *b, const char *hex) {
    size_t size = strlen(hex) / 2;
    assert_true(pp_hex_decode(hex, b->bytes + b->size, size, NULL));
    b->size += size;
}

/* Puts a tag and a short length before what is there. */
static void wrap(struct builder *b, uint8_t tag) {
    assert_true(b->size < 128);
    memmove(b->bytes + 2, b->bytes, b->size);
    b->bytes[0] = tag;
    b->bytes[1] = (uint8_t)b->size;
    b->size += 2;
}

static struct builder message(const char *signed_data) {
    struct builder b = {.size = 0};
    put_hex(&b, signed_data);
    wrap(&b, 0x30);
    wrap(&b, 0xa0);
    struct builder whole = {.size = 0};
    put_hex(&whole, OID_SIGNED);
    memcpy(whole.bytes + whole.size, b.bytes, b.size);
    whole.size += b.size;
    wrap(&whole, 0x30);
    return whole;
}

static void certificates_are_cut_out(void **state) {
    (void)state;
    struct builder b = message(VERSION NOTHING CONTENT "a00a30030201053003020106" NOTHING);
    struct pkcs7_certificates list;
    struct pp_error error = {0};
    assert_true(pkcs7_parse(b.bytes, b.size, &list, &error));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].size, 5);
    assert_int_equal(list.items[0].der[4], 5);
    assert_int_equal(list.items[1].der[4], 6);
}

static void revocation_lists_are_passed_over(void **state) {
    (void)state;
    struct builder b = message(VERSION NOTHING CONTENT ONE "a103020101" NOTHING);
    struct pkcs7_certificates list;
    assert_true(pkcs7_parse(b.bytes, b.size, &list, NULL));
}

static void messages_that_are_not_certs_only_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *data, *says;
    } rows[] = {
        {VERSION NOTHING CONTENT ONE "3102"
                                     "3000",
         "PKCS#7 message: has signers at offset"},
        {VERSION NOTHING CONTENT ONE, "PKCS#7 message: no signers at offset"},
        {VERSION NOTHING CONTENT NOTHING, "PKCS#7 message: no certificates at offset"},
        {VERSION NOTHING CONTENT "a000" NOTHING, "PKCS#7 message: no certificate at offset"},
        {VERSION NOTHING CONTENT "a003020105" NOTHING, "PKCS#7 message: not a certificate at offset"},
        {VERSION NOTHING "300f" OID_DATA "a0020400" ONE NOTHING, "PKCS#7 message: has content at offset"},
        {VERSION NOTHING "300b" OID_SIGNED ONE NOTHING,
         "PKCS#7 message: content is not of type data at offset"},
        {NOTHING CONTENT ONE NOTHING, "PKCS#7 message: no version at offset"},
        {VERSION CONTENT ONE NOTHING, "PKCS#7 message: no digest algorithms at offset"},
        {VERSION NOTHING CONTENT ONE NOTHING NOTHING, "PKCS#7 message: unknown field at offset"},
        {VERSION NOTHING CONTENT "a0803003020105" NOTHING, "PKCS#7 message: no certificates at offset"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct builder b = message(rows[i].data);
        struct pkcs7_certificates list = {.count = 77};
        struct pp_error error = {0};
        assert_false(pkcs7_parse(b.bytes, b.size, &list, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        error.message[strlen(rows[i].says)] = 0;
        assert_string_equal(error.message, rows[i].says);
        assert_int_equal(list.count, 77);
    }
}

static void every_shorter_and_every_longer_message_is_refused(void **state) {
    (void)state;
    struct builder b = message(VERSION NOTHING CONTENT ONE NOTHING);
    struct pkcs7_certificates list;
    struct pp_error error = {0};
    for (size_t size = 0; size < b.size; size++)
        assert_false(pkcs7_parse(b.bytes, size, &list, NULL));
    assert_true(pkcs7_parse(b.bytes, b.size, &list, NULL));
    assert_false(pkcs7_parse(b.bytes, b.size + 1, &list, &error));
    assert_non_null(strstr(error.message, "bytes behind the message"));
}

static void too_many_certificates_are_refused(void **state) {
    (void)state;
    struct pkcs7_certificates list;
    struct pp_error error = {0};
    struct builder most = message(VERSION NOTHING CONTENT "a010"
                                                          "3000300030003000"
                                                          "3000300030003000" NOTHING);
    assert_true(pkcs7_parse(most.bytes, most.size, &list, NULL));
    assert_int_equal(list.count, IDENTITY_CHAIN_MAX);
    struct builder more = message(VERSION NOTHING CONTENT "a012"
                                                          "300030003000300030003000300030003000" NOTHING);
    assert_false(pkcs7_parse(more.bytes, more.size, &list, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void too_large_message_is_refused_unread(void **state) {
    (void)state;
    static uint8_t large[IDENTITY_CHAIN_DER_MAX + 1];
    struct pkcs7_certificates list;
    struct pp_error error = {0};
    assert_false(pkcs7_parse(large, sizeof large, &list, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_cut_out),
        cmocka_unit_test(revocation_lists_are_passed_over),
        cmocka_unit_test(messages_that_are_not_certs_only_are_refused),
        cmocka_unit_test(every_shorter_and_every_longer_message_is_refused),
        cmocka_unit_test(too_many_certificates_are_refused),
        cmocka_unit_test(too_large_message_is_refused_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
