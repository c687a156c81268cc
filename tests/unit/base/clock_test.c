#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test_support.h"

static void time_parses_and_prints_the_same(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2000-02-29T12:34:56Z", 951827696},
        {"2026-01-31T23:59:59Z", 1769903999},
        {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
        {"1969-12-31T23:59:59Z", -1},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
        {"0987-06-05T04:03:02Z", INT64_C(-31007044618)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t seconds = -7;
        struct pp_error error = {0};
        assert_true(pp_time_parse(rows[i].text, &seconds, &error));
        assert_int_equal(seconds, rows[i].seconds);
        char text[PP_RFC3339_SIZE];
        pp_time_format(seconds, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void time_refuses_every_other_form(void **state) {
    (void)state;
    static const char *const forms[] = {
        "",
        "now",
        "2026-01-31",
        "2026-01-31T23:59:59",
        "2026-01-31t23:59:59Z",
        "2026-01-31T23:59:59z",
        "2026-01-31 23:59:59Z",
        "2026-01-31T23:59:59+00:00",
        "2026-01-31T23:59:59.5Z",
        " 2026-01-31T23:59:59Z",
        "2026-01-31T23:59:59Z ",
        "2026- 1-31T23:59:59Z",
        "2026-+1-31T23:59:59Z",
        "12026-01-31T23:59:59Z",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        int64_t seconds = -7;
        struct pp_error error = {0};
        assert_false(pp_time_parse(forms[i], &seconds, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_int_equal(seconds, -7);
    }
}

static void time_refuses_days_and_hours_that_do_not_exist(void **state) {
    (void)state;
    static const char *const times[] = {
        "2025-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T23:59:60Z",
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t seconds = -7;
        struct pp_error error = {0};
        assert_false(pp_time_parse(times[i], &seconds, &error));
        assert_non_null(strstr(error.message, times[i]));
        assert_int_equal(seconds, -7);
    }
}

static void time_beyond_four_digits_of_year_is_the_nearest_that_has_them(void **state) {
    (void)state;
    char text[PP_RFC3339_SIZE];
    pp_time_format(INT64_C(253402300800), text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    pp_time_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    pp_time_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void time_parse_takes_no_notice_of_the_local_zone(void **state) {
    (void)state;
    setenv("TZ", "America/St_Johns", 1);
    tzset();
    int64_t seconds = 0;
    assert_true(pp_time_parse("1970-01-02T00:00:00Z", &seconds, NULL));
    assert_int_equal(seconds, 86400);
    unsetenv("TZ");
    tzset();
}

static void clocks_agree_with_those_of_the_system(void **state) {
    (void)state;
    struct timespec monotonic, realtime;
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    assert_true(pp_clock_monotonic_ms() >= (int64_t)monotonic.tv_sec * 1000 + monotonic.tv_nsec / 1000000);
    clock_gettime(CLOCK_REALTIME, &realtime);
    int64_t ms = pp_clock_realtime_ms();
    assert_true(ms >= (int64_t)realtime.tv_sec * 1000);
    assert_true(pp_clock_realtime_s() >= ms / 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_parses_and_prints_the_same),
        cmocka_unit_test(time_refuses_every_other_form),
        cmocka_unit_test(time_refuses_days_and_hours_that_do_not_exist),
        cmocka_unit_test(time_beyond_four_digits_of_year_is_the_nearest_that_has_them),
        cmocka_unit_test(time_parse_takes_no_notice_of_the_local_zone),
        cmocka_unit_test(clocks_agree_with_those_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
