/* headend/ops/rollout_plan: what a rollout does step by step; anything else is refused, naming the place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "headend/ops/rollout_plan.h"

#define GROUP "11111111-2222-4333-8444-555555555555"

static void a_plan_is_read_and_written_as_it_is_given(void **state) {
    (void)state;
    static const char text[] = "{\"steps\":[{\"percent\":10,\"after\":\"PT0S\"},{\"group\":\"" GROUP
                               "\",\"after\":\"P1DT2H\"},{\"percent\":100}],"
                               "\"tolerance\":{\"errors\":5,\"percent\":0}}";
    struct rollout_plan plan;
    struct pp_error error = {0};
    pp_autojson cJSON *given = cJSON_Parse(text);
    if (!rollout_plan_parse(given, &plan, &error))
        fail_msg("%s", error.message);
    assert_int_equal(plan.count, 3);
    assert_int_equal(plan.steps[1].after_s, 93600);
    assert_true(plan.steps[2].by_hand);
    assert_int_equal(plan.errors, 5);
    assert_int_equal(plan.percent, 0);
    pp_autojson cJSON *written = rollout_plan_json(&plan);
    assert_true(cJSON_Compare(given, written, true));
}

static void what_is_not_said_is_as_usual(void **state) {
    (void)state;
    struct rollout_plan plan;
    pp_autojson cJSON *given = cJSON_Parse("{\"steps\":[{\"percent\":25},{\"percent\":100}]}");
    assert_true(rollout_plan_parse(given, &plan, NULL));
    assert_false(plan.steps[0].by_hand); /* it begins at once */
    assert_int_equal(plan.steps[0].after_s, 0);
    assert_true(plan.steps[1].by_hand);
    assert_int_equal(plan.errors, ROLLOUT_ERRORS);
    assert_int_equal(plan.percent, ROLLOUT_PERCENT);
}

static void what_is_no_plan_is_refused_by_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"[]", "rollout: is an object"},
        {"{}", "rollout.steps: a list of at most 10 steps"},
        {"{\"steps\":[]}", "rollout.steps: the last one is of 100 per cent"},
        {"{\"steps\":[{\"percent\":99}]}", "rollout.steps: the last one is of 100 per cent"},
        {"{\"steps\":[{\"percent\":100},{\"group\":\"" GROUP "\"}]}",
         "rollout.steps: the last one is of 100 per cent"},
        {"{\"steps\":[{\"percent\":50},{\"percent\":50}]}",
         "rollout.steps[1].percent: a whole number that grows from step to step, up to 100"},
        {"{\"steps\":[{\"percent\":1.5},{\"percent\":100}]}",
         "rollout.steps[0].percent: a whole number that grows from step to step, up to 100"},
        {"{\"steps\":[{\"percent\":5,\"group\":\"" GROUP "\"}]}",
         "rollout.steps[0]: is of a group or a percentage"},
        {"{\"steps\":[{\"group\":\"x\"}]}", "rollout.steps[0].group: the id of a group"},
        {"{\"steps\":[{\"percent\":100,\"when\":1}]}", "rollout.steps[0]: nothing is called \"when\" there"},
        {"{\"steps\":[{\"percent\":100,\"after\":\"P31D\"}]}", "rollout.steps[0].after: at most 30 days"},
        {"{\"steps\":[{\"percent\":100}],\"more\":1}", "rollout: nothing is called \"more\" there"},
        {"{\"steps\":[{\"percent\":100}],\"tolerance\":{\"errors\":0}}",
         "rollout.tolerance.errors: 1 to 10000"},
        {"{\"steps\":[{\"percent\":100}],\"tolerance\":7}", "rollout.tolerance: is an object"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct rollout_plan plan;
        struct pp_error error = {0};
        pp_autojson cJSON *given = cJSON_Parse(rows[i].text);
        if (rollout_plan_parse(given, &plan, &error))
            fail_msg("taken: %s", rows[i].text);
        assert_string_equal(error.message, rows[i].message);
    }
}

static void words_make_a_plan(void **state) {
    (void)state;
    static const char *const wrong[] = {"",   "10",        "10%",           "100%,50%",
                                        "x%", "10%@,100%", "10%@soon,100%", "group:x,100%"};
    struct rollout_plan plan;
    pp_autojson cJSON *given = rollout_plan_of_words("10%,group:" GROUP "@PT1H,100%@PT4H", NULL);
    assert_non_null(given);
    assert_true(rollout_plan_parse(given, &plan, NULL));
    assert_int_equal(plan.count, 3);
    assert_int_equal(plan.steps[0].percent, 10);
    assert_string_equal(plan.steps[1].group, GROUP);
    assert_int_equal(plan.steps[1].after_s, 3600);
    assert_int_equal(plan.steps[2].after_s, 4 * 3600);
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        if (rollout_plan_of_words(wrong[i], NULL))
            fail_msg("taken: %s", wrong[i]);
    }
}

static void durations_are_written_as_they_are_read(void **state) {
    (void)state;
    static const struct {
        int64_t s;
        const char *text;
    } rows[] = {{0, "PT0S"}, {59, "PT59S"}, {3600, "PT1H"}, {86400, "P1D"}, {90061, "P1DT1H1M1S"}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char text[ROLLOUT_AFTER_SIZE];
        rollout_after_text(rows[i].s, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_read_and_written_as_it_is_given),
        cmocka_unit_test(what_is_not_said_is_as_usual),
        cmocka_unit_test(what_is_no_plan_is_refused_by_its_place),
        cmocka_unit_test(words_make_a_plan),
        cmocka_unit_test(durations_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
