/* base/boot_time.h: moments that are ordered without a clock that anybody sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/boot_time.h"
#include "base/mem.h"

static void a_moment_comes_back_from_its_text(void **state) {
    (void)state;
    struct pp_boot_time now = pp_boot_time_now(), read;
    static const uint8_t unknown[PP_BOOT_ID_SIZE];
    char text[PP_BOOT_TIME_TEXT];
    assert_memory_not_equal(now.boot, unknown, sizeof unknown);
    pp_boot_time_format(&now, text);
    assert_true(pp_boot_time_parse(text, &read, NULL));
    assert_memory_equal(&read, &now, sizeof now);
    assert_true(pp_boot_time_parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0 81234\n", &read, NULL));
    assert_int_equal(read.boot[0], 0x0f);
    assert_int_equal(read.ms, 81234);
}

static void what_is_no_moment_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "81234",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f 81234",
        "0F1e2d3c4b5a69788796a5b4c3d2e1f0 81234",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0 81234 x",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0 99999999999999999999",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0 -1",
    };
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        static const struct pp_boot_time none;
        struct pp_boot_time read;
        if (pp_boot_time_parse(texts[i], &read, NULL))
            fail_msg("taken: %s", texts[i]);
        assert_memory_equal(&read, &none, sizeof none);
    }
}

static void a_later_run_is_known_only_where_it_is_this_one(void **state) {
    (void)state;
    const struct pp_boot_time first = {.boot = {1}, .ms = 5}, first_later = {.boot = {1}, .ms = 6},
                              second = {.boot = {2}, .ms = 1}, third = {.boot = {3}, .ms = 9},
                              unknown = {.ms = 9};
    const struct {
        const struct pp_boot_time *time, *other, *now;
        bool later;
    } rows[] = {
        {&first_later, &first, &third, true}, {&first, &first_later, &third, false},
        {&first, &first, &first, false},      {&second, &first, &second, true},
        {&first, &second, &second, false},    {&second, &first, &third, false},
        {&unknown, &first, &first, false},    {&first, &unknown, &first, false},
        {&unknown, &unknown, &first, false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (pp_boot_time_is_later(rows[i].time, rows[i].other, rows[i].now) != rows[i].later)
            fail_msg("row %zu", i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_comes_back_from_its_text),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(a_later_run_is_known_only_where_it_is_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
