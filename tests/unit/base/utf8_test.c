#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/utf8.h"

/* What the table of RFC 3629 §3 makes of a number. */
static size_t encode(uint32_t number, char text[5]) {
    size_t length = number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    memset(text, 0, 5);
    for (size_t i = length; i-- > 1; number >>= 6)
        text[i] = (char)(0x80 | (number & 0x3f));
    text[0] = (char)(marks[length] | number);
    return length;
}

static void every_character_is_read_and_no_surrogate(void **state) {
    (void)state;
    for (uint32_t number = 0; number < 0x140000; number++) {
        char text[5];
        uint32_t character = UINT32_MAX;
        size_t length = encode(number, text);
        bool is_character = number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
        assert_int_equal(pp_utf8_read(text, SIZE_MAX, &character), is_character ? length : 0);
        assert_int_equal(character, is_character ? number : UINT32_MAX);
        assert_int_equal(pp_utf8_read(text, length - 1, NULL), 0);
    }
}

/* All of two bytes, and what is not the shortest form, a surrogate, beyond the end, or cut. */
static void nothing_else_is(void **state) {
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            const char text[] = {(char)first, (char)second, 0};
            size_t length = pp_utf8_read(text, SIZE_MAX, NULL);
            bool two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            assert_int_equal(length, first < 0x80 ? 1 : two ? 2 : 0);
        }
    }
    static const char *const wrong[] = {"\xe0\x9f\xbf",        "\xed\xa0\x80",     "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",    "\xe2\x82",         "\xf0\x9f\x98",
                                        "\xe2\x82\x20",        "\xf5\x80\x80\x80", "\xff",
                                        "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(pp_utf8_read(wrong[i], SIZE_MAX, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_read_and_no_surrogate),
        cmocka_unit_test(nothing_else_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
