/* ISO 8601 durations, in the one strict form. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/mem.h"
#include "channel/duration.h"

static void durations_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t days;
        int64_t ms;
    } rows[] = {
        {"PT10S", 0, 10000},     {"PT0.6S", 0, 600},       {"PT0.05S", 0, 50},
        {"PT0.001S", 0, 1},      {"PT1M", 0, 60000},       {"PT1H30M", 0, 5400000},
        {"P1D", 1, 0},           {"P1DT12H", 1, 43200000}, {"P2DT3H4M5.678S", 2, 11045678},
        {"PT36H", 0, 129600000}, {"PT0S", 0, 0},           {"PT90M", 0, 5400000},
        {"P36600D", 36600, 0},   {"PT1H0.5S", 0, 3600500}, {"PT007S", 0, 7000},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct channel_duration duration = {0};
        struct pp_error error = {0};
        if (!channel_duration_parse(rows[i].text, &duration, &error))
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_int_equal(duration.days, rows[i].days);
        assert_int_equal(duration.ms, rows[i].ms);
        assert_int_equal(channel_duration_ms(&duration), rows[i].days * INT64_C(86400000) + rows[i].ms);
    }
}

static void what_is_no_duration_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",          "P",      "PT",     "T10S",    "10S",   "PT10",          "PT10s", "pt10s",
        "P1DT",      "PT1S1M", "PT1M1M", "P1H",     "PT1D",  "PT.5S",         "PT5.S", "PT1.5M",
        "PT1.2345S", "PT-1S",  "-PT1S",  "+PT1S",   "P1W",   "P1Y",           "P1M",   "PT1S ",
        " PT1S",     "PT1,5S", "PTT1S",  "PT1ST1S", "P1D1D", "PT1234567890S", "P1.5D", "PT1S\n",
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct channel_duration duration = {.days = 77, .ms = 88};
        struct pp_error error = {0};
        if (channel_duration_parse(rows[i], &duration, &error))
            fail_msg("\"%s\" was taken", rows[i]);
        assert_int_equal(error.code, PP_E_INVALID);
        assert_int_equal(duration.days, 77);
        assert_int_equal(duration.ms, 88);
    }
}

static void durations_beyond_the_cap_are_refused(void **state) {
    (void)state;
    static const char *const rows[] = {"P36601D", "P999999999D", "PT999999999H", "P36600DT1S"};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct channel_duration duration;
        struct pp_error error = {0};
        assert_false(channel_duration_parse(rows[i], &duration, &error));
        assert_int_equal(error.code, PP_E_LIMIT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(durations_beyond_the_cap_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
