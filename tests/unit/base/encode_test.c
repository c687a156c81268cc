#include "base/encode.h"

#include <string.h>

#include "test_support.h"

static void hex_encodes_and_decodes(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
    char text[PP_HEX_SIZE(sizeof bytes)];
    pp_hex_encode(bytes, sizeof bytes, text);
    assert_string_equal(text, "00017f80abff");
    uint8_t back[sizeof bytes];
    assert_true(pp_hex_decode("00017F80aBfF", back, sizeof back, NULL));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(pp_hex_decode("", back, 0, NULL));
}

static void hex_refuses_wrong_length_and_wrong_digits(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"000", "expected 4 hex digits, got 3"},       {"00000", "expected 4 hex digits, got 5"},
        {"g000", "not a hex digit at offset 0"},       {"0g00", "not a hex digit at offset 1"},
        {"00 0", "not a hex digit at offset 2"},       {"000x", "not a hex digit at offset 3"},
        {"00\xc3\xa9", "not a hex digit at offset 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t data[2];
        struct pp_error error = {0};
        assert_false(pp_hex_decode(rows[i].text, data, sizeof data, &error));
        assert_string_equal(error.message, rows[i].message);
    }
}

/* RFC 4648 §10 */
static const struct {
    const char *plain, *base64, *base64url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbe", "+/++", "-_--"},
};

static void base64_follows_the_rfc_vectors_both_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const char *plain = vectors[i].plain;
        char text[PP_BASE64_SIZE(6)];
        uint8_t data[6];
        size_t size = 99;
        pp_base64_encode(plain, strlen(plain), text);
        assert_string_equal(text, vectors[i].base64);
        assert_true(pp_base64_decode(text, strlen(text), data, sizeof data, &size, NULL));
        assert_int_equal(size, strlen(plain));
        assert_memory_equal(data, plain, size);
        pp_base64url_encode(plain, strlen(plain), text);
        assert_string_equal(text, vectors[i].base64url);
        assert_true(pp_base64url_decode(text, strlen(text), data, sizeof data, &size, NULL));
        assert_int_equal(size, strlen(plain));
        assert_memory_equal(data, plain, size);
    }
}

static void base64_lines_have_64_characters_and_all_an_end(void **state) {
    (void)state;
    static const char line[] = "MDEyMzQ1Njc4OWFiMDEyMzQ1Njc4OWFiMDEyMzQ1Njc4OWFiMDEyMzQ1Njc4OWFi\n";
    static const char bytes[] = "0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab"
                                "0123456789ab0123456789ab";
    pp_autobuf struct pp_buf text = PP_BUF_INIT(200);
    assert_true(pp_base64_encode_lines("", 0, &text, NULL));
    assert_int_equal(text.size, 0);
    assert_true(pp_base64_encode_lines(bytes, 96, &text, NULL));
    assert_int_equal(text.size, 130);
    assert_memory_equal(text.data, line, 65);
    assert_memory_equal(text.data + 65, line, 65);
    text.size = 0;
    assert_true(pp_base64_encode_lines("foo", 3, &text, NULL));
    assert_memory_equal(text.data, "Zm9v\n", 5);
    assert_int_equal(text.size, 5);
    pp_autobuf struct pp_buf small = PP_BUF_INIT(64);
    assert_false(pp_base64_encode_lines(bytes, 48, &small, NULL));
}

static void base64_passes_over_line_ends_only(void **state) {
    (void)state;
    uint8_t data[8];
    size_t size = 0;
    assert_true(pp_base64_decode("Zm9v\r\nYg=\n=\n", 12, data, sizeof data, &size, NULL));
    assert_int_equal(size, 4);
    assert_memory_equal(data, "foob", 4);
    assert_false(pp_base64_decode("Zm9v Yg==", 9, data, sizeof data, &size, NULL));
}

static void base64_refuses_what_is_not_canonical(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"Z", "base64 is cut short"},
        {"Zm9vY", "base64 is cut short"},
        {"Zg", "base64 has wrong padding"},
        {"Zg=", "base64 has wrong padding"},
        {"Zg===", "base64 has wrong padding"},
        {"Zm9v====", "base64 has wrong padding"},
        {"=", "base64 has wrong padding"},
        {"Zh==", "base64 has trailing bits that are not zero"},
        {"Zm9=", "base64 has trailing bits that are not zero"},
        {"Zg==Zg==", "base64 goes on after its padding at offset 4"},
        {"Zm-v", "not a base64 character at offset 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t data[8];
        size_t size = 99;
        struct pp_error error = {0};
        assert_false(pp_base64_decode(rows[i].text, strlen(rows[i].text), data, sizeof data, &size, &error));
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(size, 99);
    }
}

static void base64url_refuses_padding_line_ends_and_a_nul(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } rows[] = {{"Zg==", 4}, {"Zm9v\n", 5}, {"Zm+v", 4}, {"Zm/v", 4}, {"Z", 1}, {"Zh", 2}, {"Zm\0v", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t data[8];
        size_t size = 99;
        struct pp_error error = {0};
        assert_false(pp_base64url_decode(rows[i].text, rows[i].length, data, sizeof data, &size, &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

static void base64_refuses_more_than_fits(void **state) {
    (void)state;
    uint8_t data[4] = {0, 0, 0, 0x55};
    size_t size = 0;
    struct pp_error error = {0};
    assert_true(pp_base64_decode("Zm9v", 4, data, 3, &size, &error));
    assert_false(pp_base64_decode("Zm9vYg==", 8, data, 3, &size, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_int_equal(data[3], 0x55);
}

static void base64url_exact_wants_exactly_the_size(void **state) {
    (void)state;
    uint8_t data[3];
    struct pp_error error = {0};
    assert_true(pp_base64url_decode_exact("Zm9v", data, 3, &error));
    assert_memory_equal(data, "foo", 3);
    assert_false(pp_base64url_decode_exact("Zm8", data, 3, &error));
    assert_string_equal(error.message, "expected 3 bytes of base64url, got 2");
    assert_false(pp_base64url_decode_exact("Zm9vYg", data, 3, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void base64_round_trips_every_byte_at_every_place(void **state) {
    (void)state;
    for (size_t size = 0; size < 9; size++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t data[9], back[9];
            char text[PP_BASE64_SIZE(9)];
            size_t got = 0;
            memset(data, (int)value, sizeof data);
            pp_base64_encode(data, size, text);
            assert_true(pp_base64_decode(text, strlen(text), back, size, &got, NULL));
            assert_int_equal(got, size);
            assert_memory_equal(back, data, size);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_encodes_and_decodes),
        cmocka_unit_test(hex_refuses_wrong_length_and_wrong_digits),
        cmocka_unit_test(base64_follows_the_rfc_vectors_both_ways),
        cmocka_unit_test(base64_lines_have_64_characters_and_all_an_end),
        cmocka_unit_test(base64_passes_over_line_ends_only),
        cmocka_unit_test(base64_refuses_what_is_not_canonical),
        cmocka_unit_test(base64url_refuses_padding_line_ends_and_a_nul),
        cmocka_unit_test(base64_refuses_more_than_fits),
        cmocka_unit_test(base64url_exact_wants_exactly_the_size),
        cmocka_unit_test(base64_round_trips_every_byte_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
