/* How people write how long a screen may be without word of its headend. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/mem.h"
#include "headend/base/silence.h"

static void a_time_is_read_and_written(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        const char *again;
    } rows[] = {{"never", 0, "never"},        {"7d", 604800, "7d"}, {"12h", 43200, "12h"},
                {"90min", 5400, "90min"},     {"90 s", 90, "90s"},  {"48 h", 172800, "2d"},
                {"3660d", 316224000, "3660d"}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        int64_t seconds = -1;
        char text[SILENCE_TEXT_SIZE];
        assert_true(silence_read(rows[i].text, &seconds, NULL));
        assert_int_equal(seconds, rows[i].seconds);
        silence_text(seconds, text);
        assert_string_equal(text, rows[i].again);
    }
}

static void what_is_no_time_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",    "7",      "d",    "0d",           "59s", "3661d",
                                        "-7d", "7 days", "1e3h", "99999999999d", "7d "};
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        int64_t seconds;
        struct pp_error error = {0};
        assert_false(silence_read(texts[i], &seconds, &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_read_and_written),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
