#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "command/command.h"

#define ID "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f"

static bool parse(const char *items, struct command_list *list, struct pp_error *error) {
    char text[4096];
    snprintf(text, sizeof text, "{\"commands\":%s}", items);
    pp_autojson cJSON *state = pp_json_parse(text, strlen(text), sizeof text, NULL);
    assert_non_null(state);
    *error = (struct pp_error){0};
    return command_list_parse(state, list, error);
}

static void command_list_may_be_missing_or_empty(void **state) {
    struct command_list list = {.count = 3};
    struct pp_error error = {0};
    pp_autojson cJSON *none = cJSON_CreateObject();
    (void)state;
    assert_true(command_list_parse(none, &list, &error));
    assert_int_equal(list.count, 0);
    assert_true(parse("[]", &list, &error));
    assert_int_equal(list.count, 0);
}

static void command_is_read_with_its_argument_or_its_default(void **state) {
    struct command_list list;
    struct pp_error error;
    (void)state;
    assert_true(parse("[{\"id\":\"" ID "\",\"number\":7,\"name\":\"identify\",\"iat\":100,\"exp\":200,"
                      "\"args\":{\"seconds\":20}},"
                      "{\"id\":\"" ID "\",\"number\":8,\"name\":\"identify\",\"iat\":100,\"exp\":200},"
                      "{\"id\":\"" ID "\",\"number\":9,\"name\":\"display\",\"iat\":100,\"exp\":200,"
                      "\"args\":{\"power\":\"on\"},\"later\":1}]",
                      &list, &error));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0].id, ID);
    assert_int_equal(list.items[0].number, 7);
    assert_int_equal(list.items[0].kind, COMMAND_IDENTIFY);
    assert_int_equal(list.items[0].value, 20);
    assert_int_equal(list.items[0].issued_s, 100);
    assert_int_equal(list.items[0].expires_s, 200);
    assert_string_equal(list.items[0].refusal, "");
    assert_int_equal(list.items[1].value, 15);
    assert_string_equal(list.items[1].refusal, "");
    assert_string_equal(command_word(COMMAND_DISPLAY, list.items[2].value), "on");
    assert_string_equal(list.items[2].refusal, "");
}

/* What has not the shape of a command makes the whole state wrong, and the field is named. */
static void command_list_of_another_shape_is_refused(void **state) {
    static const struct {
        const char *items, *said;
    } rows[] = {
        {"{}", "commands"},
        {"[1]", "not an object"},
        {"[{\"number\":1,\"name\":\"x\",\"iat\":1,\"exp\":2}]", "\"id\""},
        {"[{\"id\":\"1\",\"number\":1,\"name\":\"x\",\"iat\":1,\"exp\":2}]", "\"id\""},
        {"[{\"id\":\"4F0C2F9E-8F3E-4A55-9F0E-1C6A5B1D2E3F\",\"number\":1,\"name\":\"x\",\"iat\":1,\"exp\":2}"
         "]",
         "\"id\""},
        {"[{\"id\":\"" ID "\",\"number\":0,\"name\":\"x\",\"iat\":1,\"exp\":2}]", "\"number\""},
        {"[{\"id\":\"" ID "\",\"number\":1.5,\"name\":\"x\",\"iat\":1,\"exp\":2}]", "\"number\""},
        {"[{\"id\":\"" ID "\",\"number\":1,\"iat\":1,\"exp\":2}]", "\"name\""},
        {"[{\"id\":\"" ID
         "\",\"number\":1,\"name\":\"123456789012345678901234567890123\",\"iat\":1,\"exp\":2}]",
         "\"name\""},
        {"[{\"id\":\"" ID "\",\"number\":1,\"name\":\"x\",\"exp\":2}]", "\"iat\""},
        {"[{\"id\":\"" ID "\",\"number\":1,\"name\":\"x\",\"iat\":1,\"exp\":-2}]", "\"exp\""},
        {"[{\"id\":\"" ID "\",\"number\":1,\"name\":\"x\",\"iat\":1,\"exp\":2,\"args\":[]}]", "\"args\""},
        {"[{\"id\":\"" ID "\",\"number\":2,\"name\":\"x\",\"iat\":1,\"exp\":2},"
         "{\"id\":\"" ID "\",\"number\":2,\"name\":\"x\",\"iat\":1,\"exp\":2}]",
         "does not grow"},
        {"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "commands"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct command_list list;
        struct pp_error error;
        assert_false(parse(rows[i].items, &list, &error));
        if (!strstr(error.message, rows[i].said))
            fail_msg("%s: \"%s\" does not say %s", rows[i].items, error.message, rows[i].said);
    }
}

/* A command that cannot be carried out as it stands says why; the others beside it count. */
static void command_with_a_wrong_argument_or_name_is_refused_by_itself(void **state) {
    static const struct {
        const char *name, *args, *said;
    } rows[] = {
        {"shell", "{}", "not known to this version: shell"},
        {"Identify", "{}", "not known"},
        {"identify", "{\"seconds\":0}", "seconds"},
        {"identify", "{\"seconds\":301}", "seconds"},
        {"identify", "{\"seconds\":\"5\"}", "seconds"},
        {"identify", "{\"seconds\":5,\"more\":1}", "argument \"more\" is not known"},
        {"identify", "{\"Seconds\":5}", "argument \"Seconds\" is not known"},
        {"reboot", "{\"now\":true}", "argument \"now\" is not known"},
        {"display", "{}", "power"},
        {"display", "{\"power\":\"up\"}", "there is no \"up\""},
        {"display", "{\"power\":1}", "power"},
        {"volume", "{\"percent\":101}", "percent"},
        {"volume", "{\"percent\":0.5}", "percent"},
        {"set-access-mode", "{\"mode\":\"none\"}", "there is no \"none\""},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char items[1024];
        struct command_list list;
        struct pp_error error;
        snprintf(items, sizeof items,
                 "[{\"id\":\"" ID "\",\"number\":1,\"name\":\"%s\",\"iat\":1,\"exp\":2,\"args\":%s},"
                 "{\"id\":\"" ID "\",\"number\":2,\"name\":\"reboot\",\"iat\":1,\"exp\":2}]",
                 rows[i].name, rows[i].args);
        assert_true(parse(items, &list, &error));
        assert_int_equal(list.count, 2);
        if (!strstr(list.items[0].refusal, rows[i].said))
            fail_msg("%s: \"%s\" does not say %s", items, list.items[0].refusal, rows[i].said);
        assert_string_equal(list.items[1].refusal, "");
    }
}

static void command_that_lives_too_long_or_backwards_is_refused(void **state) {
    struct command_list list;
    struct pp_error error;
    (void)state;
    assert_true(parse("[{\"id\":\"" ID "\",\"number\":1,\"name\":\"reboot\",\"iat\":10,\"exp\":10},"
                      "{\"id\":\"" ID "\",\"number\":2,\"name\":\"reboot\",\"iat\":10,\"exp\":9000000},"
                      "{\"id\":\"" ID
                      "\",\"number\":3,\"name\":\"reboot\",\"iat\":10,\"exp\":999999999999999}]",
                      &list, &error));
    assert_non_null(strstr(list.items[0].refusal, "expires before"));
    assert_non_null(strstr(list.items[1].refusal, "31 days"));
    assert_non_null(strstr(list.items[2].refusal, "31 days"));
}

static void argument_is_made_of_what_a_person_types(void **state) {
    static const struct {
        enum command_kind kind;
        const char *text, *json; /* NULL: refused */
    } rows[] = {
        {COMMAND_IDENTIFY, NULL, "{}"}, {COMMAND_IDENTIFY, "30", "{\"seconds\":30}"},
        {COMMAND_IDENTIFY, "0", NULL},  {COMMAND_IDENTIFY, "5x", NULL},
        {COMMAND_IDENTIFY, "", NULL},   {COMMAND_REBOOT, NULL, "{}"},
        {COMMAND_REBOOT, "now", NULL},  {COMMAND_DISPLAY, "off", "{\"power\":\"off\"}"},
        {COMMAND_DISPLAY, NULL, NULL},  {COMMAND_VOLUME, "100", "{\"percent\":100}"},
        {COMMAND_VOLUME, "-1", NULL},   {COMMAND_UNKNOWN, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        pp_autojson cJSON *args = command_arguments_make(rows[i].kind, rows[i].text, &error);
        pp_autojsontext char *text = args ? cJSON_PrintUnformatted(args) : NULL;
        if (rows[i].json)
            assert_string_equal(text, rows[i].json);
        else
            assert_null(args);
        assert_int_equal(error.code == PP_OK, rows[i].json != NULL);
    }
}

static void command_names_are_found_again(void **state) {
    (void)state;
    assert_null(command_kind_name(COMMAND_UNKNOWN));
    assert_null(command_kind_name(COMMAND_KINDS));
    for (int kind = COMMAND_UNKNOWN + 1; kind < COMMAND_KINDS; kind++)
        assert_int_equal(command_kind_find(command_kind_name((enum command_kind)kind)), kind);
    assert_int_equal(command_kind_find(""), COMMAND_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_list_may_be_missing_or_empty),
        cmocka_unit_test(command_is_read_with_its_argument_or_its_default),
        cmocka_unit_test(command_list_of_another_shape_is_refused),
        cmocka_unit_test(command_with_a_wrong_argument_or_name_is_refused_by_itself),
        cmocka_unit_test(command_that_lives_too_long_or_backwards_is_refused),
        cmocka_unit_test(argument_is_made_of_what_a_person_types),
        cmocka_unit_test(command_names_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
