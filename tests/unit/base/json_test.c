#include "base/json.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "test_support.h"

#define CAP 4096

static cJSON *parse(const char *text, struct pp_error *error) {
    *error = (struct pp_error){0};
    return pp_json_parse(text, strlen(text), CAP, error);
}

static void json_parses_values_of_every_kind(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "0",
        "-1",
        "0.5",
        "-0.5e-05",
        "1e+00",
        "1E5",
        "-0",
        "1.0e-01",
        "10",
        "[10,0,100]",
        "true",
        "false",
        "null",
        "\"\"",
        " [1 , 2]\n",
        "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xac\"",
        "\"\\u00e9\\ud83c\\udfac\\n\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pp_error error;
        pp_autojson cJSON *value = parse(texts[i], &error);
        if (!value)
            fail_msg("%s: %s", texts[i], error.message);
    }
}

static void json_refuses_with_the_offset(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "not JSON at offset "},
        {"{\"a\":1,}", "not JSON at offset "},
        {"[1,2", "not JSON at offset "},
        {"[1] 2", "not JSON at offset "},
        {"{\"a\" 1}", "not JSON at offset "},
        {"[\"a\nb\"]", "control character in a string at offset 3"},
        {"[\"a\\u0000b\"]", "U+0000 in a string at offset 3"},
        {"[01]", "malformed number at offset 1"},
        {"[-007]", "malformed number at offset 1"},
        {"[1,-]", "malformed number at offset 3"},
        {"[1.]", "malformed number at offset 1"},
        {"[-.5]", "malformed number at offset 1"},
        {"[1.e5]", "malformed number at offset 1"},
        {"[1e]", "malformed number at offset 1"},
        {"[1e+]", "malformed number at offset 1"},
        {"1e-", "malformed number at offset 0"},
        {"[1.5.5]", "not JSON at offset "},
        {"[1-2]", "not JSON at offset "},
        {"[1,\v2]", "control character at offset 3"},
        {"[\"\xff\"]", "not UTF-8 at offset 2"},
        {"[\"\xc0\xaf\"]", "not UTF-8 at offset 2"},
        {"[\"\xed\xa0\x80\"]", "not UTF-8 at offset 2"},
        {"[\"\xf4\x90\x80\x80\"]", "not UTF-8 at offset 2"},
        {"[\"\xe2\x82", "not UTF-8 at offset 2"},
        {"{\"a\":1,\"b\":{\"c\":1,\"d\":2,\"c\":3}}", "field \"c\" stands twice"},
        {"[{\"a\":1,\"\\u0061\":2}]", "field \"a\" stands twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pp_error error;
        assert_null(parse(rows[i].text, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        /* Where cJSON stops within a broken token differs between its versions. */
        assert_int_equal(strncmp(error.message, rows[i].message, strlen(rows[i].message)), 0);
    }
}

static void json_refuses_a_raw_nul_anywhere(void **state) {
    (void)state;
    struct pp_error error = {0};
    assert_null(pp_json_parse("[1]\0", 4, CAP, &error));
    assert_string_equal(error.message, "NUL byte at offset 3");
    assert_null(pp_json_parse("[\"\0\"]", 5, CAP, &error));
    assert_string_equal(error.message, "NUL byte at offset 2");
}

static void json_allows_an_escaped_backslash_before_u0000(void **state) {
    (void)state;
    struct pp_error error;
    pp_autojson cJSON *value = parse("[\"\\\\u0000\"]", &error);
    assert_non_null(value);
    assert_string_equal(cJSON_GetArrayItem(value, 0)->valuestring, "\\u0000");
}

static void json_refuses_more_than_the_cap(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autojson cJSON *value = pp_json_parse("[1]", 3, 3, &error);
    assert_non_null(value);
    assert_null(pp_json_parse("[12]", 4, 3, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void json_refuses_nesting_deeper_than_the_cap(void **state) {
    (void)state;
    char text[2 * (PP_JSON_DEPTH_MAX + 1) + 1] = "";
    memset(text, '[', PP_JSON_DEPTH_MAX);
    memset(text + PP_JSON_DEPTH_MAX, ']', PP_JSON_DEPTH_MAX);
    struct pp_error error;
    pp_autojson cJSON *value = parse(text, &error);
    assert_non_null(value);
    memset(text, '[', PP_JSON_DEPTH_MAX + 1);
    memset(text + PP_JSON_DEPTH_MAX + 1, ']', PP_JSON_DEPTH_MAX + 1);
    assert_null(parse(text, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    pp_autojson cJSON *text_value = parse("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"", &error);
    assert_non_null(text_value);
}

/* An array of `count` zeros; the caller's. */
static char *zeros(size_t count) {
    char *text = malloc(2 * count + 2);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = i ? ',' : '[';
        text[2 * i + 1] = '0';
    }
    strcpy(text + 2 * count, "]");
    return text;
}

static void json_refuses_more_values_than_the_cap(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autofree char *most = zeros(PP_JSON_VALUES_MAX - 1);
    pp_autofree char *more = zeros(PP_JSON_VALUES_MAX);
    pp_autojson cJSON *value = pp_json_parse(most, strlen(most), SIZE_MAX, &error);
    assert_non_null(value);
    assert_null(pp_json_parse(more, strlen(more), SIZE_MAX, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    pp_autojson cJSON *commas = parse("\",,,,,[[[[[{{{{{\"", &error);
    assert_non_null(commas);
}

/* One object for all accessors. */
static cJSON *sample(void) {
    struct pp_error error;
    cJSON *value =
        parse("{\"s\":\"text\",\"i\":42,\"n\":-1.5,\"b\":false,\"o\":{},\"a\":[1,2,3],\"z\":null,"
              "\"t\":\"2026-01-31T23:59:59Z\",\"big\":9007199254740993,\"inf\":1e999,\"S\":\"other\"}",
              &error);
    assert_non_null(value);
    return value;
}

static void accessors_give_the_members(void **state) {
    (void)state;
    pp_autojson cJSON *object = sample();
    const char *text = NULL;
    int64_t integer = 0;
    double number = 0;
    bool boolean = true;
    const cJSON *member = NULL;
    assert_true(pp_json_string(object, "s", 4, &text, NULL));
    assert_string_equal(text, "text");
    assert_true(pp_json_integer(object, "i", 42, 42, &integer, NULL));
    assert_int_equal(integer, 42);
    assert_true(pp_json_number(object, "n", -1.5, 0, &number, NULL));
    assert_true(number == -1.5);
    assert_true(pp_json_boolean(object, "b", &boolean, NULL));
    assert_false(boolean);
    assert_true(pp_json_object(object, "o", &member, NULL));
    assert_true(pp_json_array(object, "a", 3, &member, NULL));
    assert_int_equal(cJSON_GetArraySize(member), 3);
    assert_true(pp_json_time(object, "t", &integer, NULL));
    assert_int_equal(integer, 1769903999);
}

static void accessors_name_the_field_they_refuse(void **state) {
    (void)state;
    pp_autojson cJSON *object = sample();
    struct pp_error error = {0};
    const char *text = NULL;
    int64_t integer = 7;
    double number = 7;
    bool boolean = true;
    const cJSON *member = NULL;
#define REFUSES(call, expected)                                                                              \
    assert_false(call);                                                                                      \
    assert_string_equal(error.message, expected)
    REFUSES(pp_json_string(object, "x", 9, &text, &error), "field \"x\" is missing");
    REFUSES(pp_json_string(object, "i", 9, &text, &error), "field \"i\" is not a string");
    REFUSES(pp_json_string(object, "s", 3, &text, &error), "field \"s\" is longer than 3 bytes");
    REFUSES(pp_json_integer(object, "x", 0, 9, &integer, &error), "field \"x\" is missing");
    REFUSES(pp_json_integer(object, "s", 0, 9, &integer, &error), "field \"s\" is not an integer");
    REFUSES(pp_json_integer(object, "n", -9, 9, &integer, &error), "field \"n\" is not an integer");
    REFUSES(pp_json_integer(object, "big", 0, INT64_MAX, &integer, &error),
            "field \"big\" is not an integer");
    REFUSES(pp_json_integer(object, "inf", 0, INT64_MAX, &integer, &error),
            "field \"inf\" is not an integer");
    REFUSES(pp_json_integer(object, "i", 43, 99, &integer, &error), "field \"i\" is not between 43 and 99");
    REFUSES(pp_json_integer(object, "i", 0, 41, &integer, &error), "field \"i\" is not between 0 and 41");
    REFUSES(pp_json_number(object, "x", 0, 1, &number, &error), "field \"x\" is missing");
    REFUSES(pp_json_number(object, "s", 0, 1, &number, &error), "field \"s\" is not a number");
    REFUSES(pp_json_number(object, "n", 0, 1, &number, &error), "field \"n\" is not between 0 and 1");
    REFUSES(pp_json_number(object, "inf", 0, 1, &number, &error), "field \"inf\" is not between 0 and 1");
    REFUSES(pp_json_boolean(object, "x", &boolean, &error), "field \"x\" is missing");
    REFUSES(pp_json_boolean(object, "i", &boolean, &error), "field \"i\" is not true or false");
    REFUSES(pp_json_object(object, "x", &member, &error), "field \"x\" is missing");
    REFUSES(pp_json_object(object, "a", &member, &error), "field \"a\" is not an object");
    REFUSES(pp_json_array(object, "x", 9, &member, &error), "field \"x\" is missing");
    REFUSES(pp_json_array(object, "o", 9, &member, &error), "field \"o\" is not an array");
    REFUSES(pp_json_array(object, "a", 2, &member, &error), "field \"a\" has more than 2 items");
    REFUSES(pp_json_time(object, "x", &integer, &error), "field \"x\" is missing");
    REFUSES(pp_json_time(object, "s", &integer, &error),
            "field \"s\": not a time of the form YYYY-MM-DDTHH:MM:SSZ");
#undef REFUSES
    assert_null(text);
    assert_null(member);
    assert_int_equal(integer, 7);
    assert_true(number == 7);
    assert_true(boolean);
}

static void accessors_tell_upper_from_lower_case(void **state) {
    (void)state;
    pp_autojson cJSON *object = sample();
    const char *text = NULL;
    assert_true(pp_json_string(object, "S", 9, &text, NULL));
    assert_string_equal(text, "other");
    assert_false(pp_json_has(object, "I"));
}

static void has_is_false_for_null_and_for_missing(void **state) {
    (void)state;
    pp_autojson cJSON *object = sample();
    assert_true(pp_json_has(object, "b"));
    assert_false(pp_json_has(object, "z"));
    assert_false(pp_json_has(object, "missing"));
}

/* In place of free. */
static void free_without_secrets(void *block) {
    if (block)
        assert_null(memmem(block, malloc_usable_size(block), "s3cret", 6));
    free(block);
}

static void texts_are_wiped_with_the_document(void **state) {
    (void)state;
    struct pp_error error;
    cJSON_Hooks hooks = {.malloc_fn = malloc, .free_fn = free_without_secrets};
    cJSON_InitHooks(&hooks);
    pp_json_destroy(parse("{\"token\":\"s3cret\",\"keys\":[{\"k\":\"a s3cret\"},\"s3cret\"]}", &error));
    assert_null(parse("{\"token\":\"s3cret\",\"twice\":1,\"twice\":2}", &error));
    pp_json_destroy(NULL);
    cJSON_InitHooks(NULL);
}

static void tidy_text_is_utf8_without_control_characters(void **state) {
    (void)state;
    static const struct {
        const char *text, *tidy;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"\xc3\xa9t\xc3\xa9 \xe2\x80\xa6 \xf0\x9f\x98\x80",
         "\xc3\xa9t\xc3\xa9 \xe2\x80\xa6 \xf0\x9f\x98\x80"},
        {"two\nlines\x7f\x1b[0m", "two lines  [0m"},
        {"cut \xe2\x80", "cut ??"},
        {"\xff\xc0\xaf\xed\xa0\x80|", "??????|"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", rows[i].text);
        pp_json_tidy(text);
        assert_string_equal(text, rows[i].tidy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parses_values_of_every_kind),
        cmocka_unit_test(json_refuses_with_the_offset),
        cmocka_unit_test(json_refuses_a_raw_nul_anywhere),
        cmocka_unit_test(json_allows_an_escaped_backslash_before_u0000),
        cmocka_unit_test(json_refuses_more_than_the_cap),
        cmocka_unit_test(json_refuses_nesting_deeper_than_the_cap),
        cmocka_unit_test(json_refuses_more_values_than_the_cap),
        cmocka_unit_test(accessors_give_the_members),
        cmocka_unit_test(accessors_name_the_field_they_refuse),
        cmocka_unit_test(accessors_tell_upper_from_lower_case),
        cmocka_unit_test(has_is_false_for_null_and_for_missing),
        cmocka_unit_test(texts_are_wiped_with_the_document),
        cmocka_unit_test(tidy_text_is_utf8_without_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
