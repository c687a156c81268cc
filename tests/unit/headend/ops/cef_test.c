#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "headend/ops/cef.h"

static void a_line_escapes_what_would_end_a_field(void **state) {
    (void)state;
    pp_autobuf struct pp_buf line = PP_BUF_INIT(4096);
    assert_true(cef_begin(&line, "a|b\\c=d", "two\nlines", 7, NULL));
    assert_true(cef_add_number(&line, "rt", 1767600000000, NULL));
    assert_true(cef_add(&line, "msg", "x=1|y\\z\r\nend act=blocked", NULL));
    assert_true(cef_add(&line, "none", "", NULL) && cef_add(&line, "none", NULL, NULL));
    assert_string_equal(pp_buf_text(&line),
                        "CEF:0|Pingplay|Display point|" PP_VERSION "|a\\|b\\\\c=d|two lines|7|"
                        "rt=1767600000000 msg=x\\=1|y\\\\z\\r\\nend act\\=blocked");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_escapes_what_would_end_a_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
