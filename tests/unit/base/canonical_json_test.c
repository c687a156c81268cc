/* Canonical JSON in the OLPC form, as TUF signs it (http://wiki.laptop.org/go/Canonical_JSON). */
#include "base/json.h"
#include "test_support.h"

#define TEXT_MAX 4096 /* bytes */

static const struct {
    const char *json, *canonical;
} rows[] = {
    {"{}", "{}"},
    {"[]", "[]"},
    {"null", "null"},
    {" true ", "true"},
    {"false", "false"},
    {"\"\"", "\"\""},
    /* white space goes, names are sorted by their bytes, nested ones too */
    {" { \"b\" : 1 ,\n \"a\" : [ 1 , 2 ] } ", "{\"a\":[1,2],\"b\":1}"},
    {"{\"B\":1,\"a\":2,\"A\":3}", "{\"A\":3,\"B\":1,\"a\":2}"},
    {"{\"a\":{\"z\":1,\"y\":{\"d\":1,\"c\":2}}}", "{\"a\":{\"y\":{\"c\":2,\"d\":1},\"z\":1}}"},
    {"{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}"},
    {"{\"é\":1,\"z\":2}", "{\"z\":2,\"é\":1}"},
    {"{\"\\uffff\":1,\"\\ud83d\\ude00\":2}", "{\"\xef\xbf\xbf\":1,\"😀\":2}"},
    /* items of an array keep their order */
    {"[3,1,2]", "[3,1,2]"},
    /* only the quote and the backslash are escaped; all else stands for itself */
    {"\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
    {"\"\\/\"", "\"/\""},
    {"\"\\n\\t\\r\\b\\f\"", "\"\n\t\r\b\f\""},
    {"\"\\u0001\\u001f\\u007f\"", "\"\x01\x1f\x7f\""},
    {"\"\\u00e9 \\ud83d\\ude00\"", "\"é 😀\""},
    {"{\"a\\\"b\":1}", "{\"a\\\"b\":1}"},
    /* numbers are integers, written in the shortest way */
    {"0", "0"},
    {"-0", "0"},
    {"-7", "-7"},
    {"1.0", "1"},
    {"1e3", "1000"},
    {"9007199254740991", "9007199254740991"},
    {"-9007199254740991", "-9007199254740991"},
};

static void values_have_one_form(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf out = PP_BUF_INIT(TEXT_MAX);
        pp_autojson cJSON *value = pp_json_parse(rows[i].json, strlen(rows[i].json), TEXT_MAX, NULL);
        assert_non_null(value);
        assert_true(pp_json_canonical(value, &out, NULL));
        assert_string_equal(pp_buf_text(&out), rows[i].canonical);
    }
}

static void numbers_that_are_no_exact_integers_are_refused(void **state) {
    static const char *const texts[] = {"1.5",   "-0.1",      "1e-1",       "9007199254740992",
                                        "1e300", "[1,[2.5]]", "{\"a\":0.5}"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        struct pp_error error = {0};
        pp_autobuf struct pp_buf out = PP_BUF_INIT(TEXT_MAX);
        pp_autojson cJSON *value = pp_json_parse(texts[i], strlen(texts[i]), TEXT_MAX, NULL);
        assert_non_null(value);
        assert_false(pp_json_canonical(value, &out, &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

static void it_is_appended_to_what_the_buffer_holds(void **state) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(TEXT_MAX);
    (void)state;
    assert_true(pp_buf_add_text(&out, "x", NULL));
    pp_autojson cJSON *value = pp_json_parse("[ ]", 3, TEXT_MAX, NULL);
    assert_true(pp_json_canonical(value, &out, NULL));
    assert_string_equal(pp_buf_text(&out), "x[]");
}

static void the_buffers_cap_holds(void **state) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(4);
    (void)state;
    pp_autojson cJSON *value = pp_json_parse("[1,2,3]", 7, TEXT_MAX, NULL);
    assert_false(pp_json_canonical(value, &out, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void it_is_its_own_canonical_form(void **state) {
    static const char text[] = "{\"z\":[1,{\"b\":null,\"a\":\"\\u00e9\\\\\"}],\"y\":true}";
    pp_autobuf struct pp_buf once = PP_BUF_INIT(TEXT_MAX);
    pp_autobuf struct pp_buf twice = PP_BUF_INIT(TEXT_MAX);
    (void)state;
    pp_autojson cJSON *value = pp_json_parse(text, strlen(text), TEXT_MAX, NULL);
    assert_true(pp_json_canonical(value, &once, NULL));
    pp_autojson cJSON *again = pp_json_parse(once.data, once.size, TEXT_MAX, NULL);
    assert_true(pp_json_canonical(again, &twice, NULL));
    assert_string_equal(pp_buf_text(&twice), pp_buf_text(&once));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_one_form),
        cmocka_unit_test(numbers_that_are_no_exact_integers_are_refused),
        cmocka_unit_test(it_is_appended_to_what_the_buffer_holds),
        cmocka_unit_test(the_buffers_cap_holds),
        cmocka_unit_test(it_is_its_own_canonical_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
