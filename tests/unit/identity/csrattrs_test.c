/* What a server wants in a request: RFC 7030 §4.5.2, RFC 8951 §4, RFC 9908, and what is none of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/encode.h"
#include "base/mem.h"
#include "identity/csrattrs.h"

static bool parse(const char *hex, struct csrattrs *attributes, struct pp_error *error) {
    uint8_t der[2 * CSRATTRS_MAX];
    size_t size = strlen(hex) / 2;
    assert_true(size <= sizeof der && pp_hex_decode(hex, der, size, NULL));
    return csrattrs_parse(der, size, attributes, error);
}

struct wish {
    const char *hex;
    size_t extensions;
    const char *left_out;
};

static void wishes_are_met_or_named(void **state) {
    (void)state;
    static const struct wish rows[] = {
        {"3000", 0, ""},
        /* The example of RFC 7030 §4.5.2, without its curve. */
        {"302d06092a864886f70d010907301606092a864886f70d01090e310906072b06010101011606082a8648ce3d04"
         "0303",
         0,
         "a challenge password (TLS 1.3 has no tls-unique), a MAC address, ECDSA with SHA-384 (it is signed "
         "with SHA-256)"},
        /* What libest's server sends: names alone. */
        {"302606072b06010101011606092a864886f70d01090706052b810400220609608648016503040202", 0,
         "a MAC address, a challenge password (TLS 1.3 has no tls-unique), the curve P-384, SHA-384 (it is "
         "signed with SHA-256)"},
        /* Two curves, of which one is ours. */
        {"301e301c06072a8648ce3d0201311106052b8104002206082a8648ce3d030107", 0, ""},
        /* Extensions without values (RFC 9908 §3.2), of which the last is not ours to fill in. */
        {"3038303606092a864886f70d01090e31293027300a0603551d0f0101ff040030070603551d1304003007060355"
         "1d11040030070603551d360400",
         3, "2.5.29.54"},
        /* One with its value. */
        {"3021301f06092a864886f70d01090e31123010300e0603551d11040730058203736372", 1, ""},
        {"30163014060b2a864886f70d010910023d31053003020100", 0, "a template of the request (RFC 9908)"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct csrattrs attributes;
        struct pp_error error = {0};
        assert_true(parse(rows[i].hex, &attributes, &error));
        assert_int_equal(attributes.count, rows[i].extensions);
        assert_string_equal(attributes.left_out, rows[i].left_out);
    }
}

static void extensions_are_copied_with_their_value_or_filled_in(void **state) {
    (void)state;
    struct csrattrs attributes;
    assert_true(
        parse("3038303606092a864886f70d01090e31293027300a0603551d0f0101ff040030070603551d1304003007060355"
              "1d11040030070603551d360400",
              &attributes, NULL));
    assert_int_equal(attributes.extensions[0].kind, CSRATTRS_KEY_USAGE);
    assert_int_equal(attributes.extensions[1].kind, CSRATTRS_BASIC_CONSTRAINTS);
    assert_int_equal(attributes.extensions[2].kind, CSRATTRS_ALT_NAME);
    static const uint8_t names[] = {0x30, 0x0e, 0x06, 0x03, 0x55, 0x1d, 0x11, 0x04,
                                    0x07, 0x30, 0x05, 0x82, 0x03, 's',  'c',  'r'};
    assert_true(
        parse("3021301f06092a864886f70d01090e31123010300e0603551d11040730058203736372", &attributes, NULL));
    assert_int_equal(attributes.extensions[0].kind, CSRATTRS_GIVEN);
    assert_int_equal(attributes.extensions[0].size, sizeof names);
    assert_memory_equal(attributes.extensions[0].der, names, sizeof names);
}

struct refusal {
    const char *hex;
    enum pp_code code;
    const char *says;
};

static void what_cannot_be_met_or_read_is_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {"3014301206072a8648ce3d0201310706052b81040022", PP_E_UNSUPPORTED,
         "the server wants the curve P-384; this screen's key is EC P-256"},
        {"3013301106092a864886f70d010101310402021000", PP_E_UNSUPPORTED,
         "the server wants an RSA key; this screen's key is EC P-256"},
        {"", PP_E_INVALID, "request attributes: not a list at offset 0"},
        {"3080", PP_E_INVALID, "request attributes: not a list at offset 0"},
        {"300000", PP_E_INVALID, "request attributes: bytes behind the list at offset 2"},
        {"3002020100", PP_E_INVALID, "request attributes: bytes behind the list at offset 4"},
        {"3003020100", PP_E_INVALID, "request attributes: neither a name nor an attribute at offset 2"},
        {"30023000", PP_E_INVALID, "request attributes: attribute without a name at offset 4"},
        {"30073005060355040a", PP_E_INVALID, "request attributes: attribute without values at offset 9"},
        {"303c303a06092a864886f70d01090e312d0603551d0f0603551d0f0603551d0f0603551d0f0603551d0f060355"
         "1d0f0603551d0f0603551d0f0603551d0f",
         PP_E_LIMIT, "request attributes: more than 8 extensions"},
        {"3082027c3082027806092a864886f70d01090e3182026930820265308202610603551d11048202586161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
         "61616161616161616161",
         PP_E_LIMIT, "request attributes: an extension of more than 512 bytes"},
        {"3081a5060355040506035504050603550405060355040506035504050603550405060355040506035504050603"
         "550405060355040506035504050603550405060355040506035504050603550405060355040506035504050603"
         "550405060355040506035504050603550405060355040506035504050603550405060355040506035504050603"
         "550405060355040506035504050603550405060355040506035504050603550405",
         PP_E_LIMIT, "request attributes: more than 32 of them"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct csrattrs attributes;
        struct pp_error error = {0};
        assert_false(parse(rows[i].hex, &attributes, &error));
        assert_string_equal(error.message, rows[i].says);
        assert_int_equal(error.code, rows[i].code);
    }
}

static void words_are_cut_not_overrun(void **state) {
    (void)state;
    struct csrattrs attributes;
    assert_true(
        parse("3082014006082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306"
              "082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce"
              "3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306"
              "082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce"
              "3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306"
              "082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce"
              "3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306082a8648ce3d04030306"
              "082a8648ce3d040303",
              &attributes, NULL));
    assert_true(strlen(attributes.left_out) < CSRATTRS_WORDS_MAX);
}

static void document_of_more_than_the_cap_is_refused(void **state) {
    (void)state;
    uint8_t der[CSRATTRS_MAX + 1] = {0x30, 0x82, 0x0f, 0xfd};
    struct csrattrs attributes;
    struct pp_error error = {0};
    assert_false(csrattrs_parse(der, sizeof der, &attributes, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_met_or_named),
        cmocka_unit_test(extensions_are_copied_with_their_value_or_filled_in),
        cmocka_unit_test(what_cannot_be_met_or_read_is_refused),
        cmocka_unit_test(words_are_cut_not_overrun),
        cmocka_unit_test(document_of_more_than_the_cap_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
