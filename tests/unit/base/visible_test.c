#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/visible.h"

static void shown(const char *text, const char *kept, const char *expected) {
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(1000);
    assert_true(pp_visible_add(&buf, text, kept, NULL));
    assert_string_equal(pp_buf_text(&buf), expected);
}

static void plain_text_of_every_script_stays(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "Lobby left",
                                        "caf\xc3\xa9 \xe2\x82\xac",
                                        "\xe4\xb8\xad\xe6\x96\x87",
                                        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                        "\xf0\x9f\x98\x80",
                                        "\xc2\xa0\xe2\x80\xa6"};
    for (size_t i = 0; i < PP_COUNT(texts); i++)
        shown(texts[i], "", texts[i]);
}

static void what_steers_a_terminal_or_turns_a_line_is_told_instead(void **state) {
    (void)state;
    shown("a\x1b[2Jb", "", "a\\u001b[2Jb");
    shown("\x01\x7f", "", "\\u0001\\u007f");
    shown("\xc2\x80 \xc2\x9b"
          "31m \xc2\x9f",
          "", "\\u0080 \\u009b31m \\u009f");
    shown("a\xe2\x80\xaegpj.exe", "", "a\\u202egpj.exe");
    shown("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x81\xa6\xe2\x81\xa9", "",
          "\\u061c\\u200e\\u200f\\u2066\\u2069");
    shown("\xe2\x80\xa8\xe2\x80\xa9", "", "\\u2028\\u2029");
    shown("a\nb\tc\r", "", "a\\u000ab\\u0009c\\u000d");
    shown("a\nb\tc\r", "\n\t", "a\nb\tc\\u000d");
}

static void what_is_no_utf8_is_replaced(void **state) {
    (void)state;
    shown("a\xff"
          "b",
          "", "a\\ufffdb");
    shown("\x9b", "", "\\ufffd"); /* a C1 control character of ISO 8859-1 */
    shown("\xc2", "", "\\ufffd");
    shown("\xe2\x80", "", "\\ufffd\\ufffd");
    shown("\xc0\xaf", "", "\\ufffd\\ufffd");            /* overlong */
    shown("\xed\xa0\x80", "", "\\ufffd\\ufffd\\ufffd"); /* a surrogate */
    shown("\xf4\x90\x80\x80", "", "\\ufffd\\ufffd\\ufffd\\ufffd");
}

static void the_cap_of_the_buffer_holds(void **state) {
    (void)state;
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(6);
    assert_true(pp_visible_add(&buf, "\x1b", "", NULL));
    assert_false(pp_visible_add(&buf, "\x1b", "", NULL));
    assert_string_equal(pp_buf_text(&buf), "\\u001b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_of_every_script_stays),
        cmocka_unit_test(what_steers_a_terminal_or_turns_a_line_is_told_instead),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(the_cap_of_the_buffer_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
