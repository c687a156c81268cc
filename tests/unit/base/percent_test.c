/* Percent-encoding (RFC 3986 §2.1): what role names of TUF become in addresses and file names. */
#include <stdio.h>

#include "base/encode.h"
#include "base/mem.h"
#include "test_support.h"

static const struct {
    const char *text, *encoded;
} rows[] = {
    {"", ""},
    {"abcxyzABCXYZ0189", "abcxyzABCXYZ0189"},
    {"-._~", "-._~"},
    {"channel-lobby", "channel-lobby"},
    {"../up", "..%2Fup"},
    {"/abs", "%2Fabs"},
    {"?", "%3F"},
    {"#", "%23"},
    {"%", "%25"},
    {"%2F", "%252F"},
    {"a b+c", "a%20b%2Bc"},
    {":@!$&'()*,;=[]", "%3A%40%21%24%26%27%28%29%2A%2C%3B%3D%5B%5D"},
    {"é", "%C3%A9"},
    {"😀", "%F0%9F%98%80"},
    {"\x01\n\x7f\xff", "%01%0A%7F%FF"},
};

static void text_is_encoded_as_rfc_3986_says(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autofree char *encoded = pp_percent_encode(rows[i].text);
        assert_non_null(encoded);
        assert_string_equal(encoded, rows[i].encoded);
    }
}

/* Of all bytes, exactly the 66 unreserved ones stay. */
static void every_other_byte_becomes_three_characters(void **state) {
    int plain = 0;
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char text[2] = {(char)byte, 0};
        char expected[4];
        pp_autofree char *encoded = pp_percent_encode(text);
        snprintf(expected, sizeof expected, "%%%02X", (unsigned)byte);
        if (strcmp(encoded, text) == 0)
            plain++;
        else
            assert_string_equal(encoded, expected);
    }
    assert_int_equal(plain, 66);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_encoded_as_rfc_3986_says),
        cmocka_unit_test(every_other_byte_becomes_three_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
