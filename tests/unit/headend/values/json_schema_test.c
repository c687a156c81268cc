/* Cases of the public test suite of JSON Schema (draft 2020-12), for the keywords that there are here, written by hand;
 * and what the suite does not ask: places, what is refused, and how long it may take. */
#include "headend/values/json_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static cJSON *parsed(const char *text) {
    struct pp_error error = {0};
    cJSON *value = pp_json_parse(text, strlen(text), 1024 * 1024, &error);
    if (!value)
        fail_msg("%s: %s", text, error.message);
    return value;
}

struct row {
    const char *schema, *value;
    const char *place; /* of the fault; NULL: it is as the schema says */
};

static const struct row rows[] = {
    /* type.json */
    {"{\"type\":\"integer\"}", "1", NULL},
    {"{\"type\":\"integer\"}", "1.0", NULL},
    {"{\"type\":\"integer\"}", "1.1", ""},
    {"{\"type\":\"integer\"}", "\"1\"", ""},
    {"{\"type\":\"integer\"}", "{}", ""},
    {"{\"type\":\"integer\"}", "[]", ""},
    {"{\"type\":\"integer\"}", "true", ""},
    {"{\"type\":\"integer\"}", "null", ""},
    {"{\"type\":\"number\"}", "1", NULL},
    {"{\"type\":\"number\"}", "1.1", NULL},
    {"{\"type\":\"number\"}", "\"1\"", ""},
    {"{\"type\":\"number\"}", "true", ""},
    {"{\"type\":\"string\"}", "\"\"", NULL},
    {"{\"type\":\"string\"}", "1", ""},
    {"{\"type\":\"object\"}", "{}", NULL},
    {"{\"type\":\"object\"}", "[]", ""},
    {"{\"type\":\"array\"}", "[]", NULL},
    {"{\"type\":\"array\"}", "{}", ""},
    {"{\"type\":\"boolean\"}", "false", NULL},
    {"{\"type\":\"boolean\"}", "0", ""},
    {"{\"type\":\"boolean\"}", "null", ""},
    {"{\"type\":\"null\"}", "null", NULL},
    {"{\"type\":\"null\"}", "0", ""},
    {"{\"type\":\"null\"}", "false", ""},
    {"{\"type\":\"null\"}", "\"\"", ""},
    {"{\"type\":[\"integer\",\"string\"]}", "1", NULL},
    {"{\"type\":[\"integer\",\"string\"]}", "\"foo\"", NULL},
    {"{\"type\":[\"integer\",\"string\"]}", "1.1", ""},
    {"{\"type\":[\"integer\",\"string\"]}", "null", ""},
    /* enum.json, const.json */
    {"{\"enum\":[1,2,3]}", "1", NULL},
    {"{\"enum\":[1,2,3]}", "4", ""},
    {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "[]", NULL},
    {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "null", ""},
    {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "{\"foo\":false}", ""},
    {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "{\"foo\":12}", NULL},
    {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "{\"foo\":12,\"boo\":42}", ""},
    {"{\"enum\":[false]}", "0", ""},
    {"{\"enum\":[0]}", "false", ""},
    {"{\"enum\":[0]}", "0.0", NULL},
    {"{\"enum\":[[1]]}", "[1.0]", NULL},
    {"{\"enum\":[[1]]}", "[true]", ""},
    {"{\"enum\":[]}", "1", ""},
    {"{\"const\":2}", "2", NULL},
    {"{\"const\":2}", "5", ""},
    {"{\"const\":{\"foo\":\"bar\",\"baz\":\"bax\"}}", "{\"baz\":\"bax\",\"foo\":\"bar\"}", NULL},
    {"{\"const\":{\"foo\":\"bar\",\"baz\":\"bax\"}}", "{\"foo\":\"bar\"}", ""},
    {"{\"const\":[{\"foo\":\"bar\"}]}", "[2]", ""},
    {"{\"const\":null}", "null", NULL},
    {"{\"const\":null}", "0", ""},
    {"{\"const\":{\"a\":false}}", "{\"a\":0}", ""},
    {"{\"const\":-2.0}", "-2", NULL},
    {"{\"const\":9007199254740992}", "9007199254740991", ""},
    /* minimum.json, maximum.json, exclusive… */
    {"{\"minimum\":1.1}", "2.6", NULL},
    {"{\"minimum\":1.1}", "1.1", NULL},
    {"{\"minimum\":1.1}", "0.6", ""},
    {"{\"minimum\":1.1}", "\"x\"", NULL},
    {"{\"minimum\":-2}", "-2.0001", ""},
    {"{\"maximum\":3.0}", "3.0", NULL},
    {"{\"maximum\":3.0}", "3.5", ""},
    {"{\"maximum\":300}", "300.00", NULL},
    {"{\"exclusiveMinimum\":1.1}", "1.2", NULL},
    {"{\"exclusiveMinimum\":1.1}", "1.1", ""},
    {"{\"exclusiveMaximum\":3.0}", "2.2", NULL},
    {"{\"exclusiveMaximum\":3.0}", "3.0", ""},
    /* minLength.json, maxLength.json */
    {"{\"minLength\":2}", "\"foo\"", NULL},
    {"{\"minLength\":2}", "\"f\"", ""},
    {"{\"minLength\":2}", "1", NULL},
    {"{\"minLength\":2}", "\"\xf0\x9f\x92\xa9\"", ""},
    {"{\"minLength\":2.0}", "\"f\"", ""},
    {"{\"maxLength\":2}", "\"foo\"", ""},
    {"{\"maxLength\":2}", "\"\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9\"", NULL},
    /* items.json, prefixItems.json, minItems.json, maxItems.json */
    {"{\"items\":{\"type\":\"integer\"}}", "[1,2,3]", NULL},
    {"{\"items\":{\"type\":\"integer\"}}", "[1,\"x\"]", "/1"},
    {"{\"items\":{\"type\":\"integer\"}}", "{\"foo\":\"bar\"}", NULL},
    {"{\"items\":true}", "[1,\"foo\",true]", NULL},
    {"{\"items\":false}", "[1,\"foo\",true]", "/0"},
    {"{\"items\":false}", "[]", NULL},
    {"{\"prefixItems\":[{},{},{}],\"items\":false}", "[1,2,3]", NULL},
    {"{\"prefixItems\":[{},{},{}],\"items\":false}", "[1,2,3,4]", "/3"},
    {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", "[1,\"foo\"]", NULL},
    {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", "[\"foo\",1]", "/0"},
    {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", "[1]", NULL},
    {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", "[1,\"foo\",true]", NULL},
    {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":{\"type\":\"integer\"}}", "[\"x\",2,3]", NULL},
    {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":{\"type\":\"integer\"}}", "[\"x\",\"y\"]", "/1"},
    {"{\"minItems\":1}", "[]", ""},
    {"{\"minItems\":1}", "\"\"", NULL},
    {"{\"maxItems\":2}", "[1,2,3]", ""},
    {"{\"maxItems\":2}", "\"foobar\"", NULL},
    /* properties.json, required.json, additionalProperties.json, minProperties.json, maxProperties.json */
    {"{\"properties\":{\"foo\":{\"type\":\"integer\"},\"bar\":{\"type\":\"string\"}}}",
     "{\"foo\":1,\"bar\":\"baz\"}", NULL},
    {"{\"properties\":{\"foo\":{\"type\":\"integer\"},\"bar\":{\"type\":\"string\"}}}",
     "{\"foo\":1,\"bar\":{}}", "/bar"},
    {"{\"properties\":{\"foo\":{\"type\":\"integer\"}}}", "{\"quux\":[]}", NULL},
    {"{\"properties\":{\"foo\":{\"type\":\"integer\"}}}", "12", NULL},
    {"{\"properties\":{\"foo\":true,\"bar\":false}}", "{\"foo\":1}", NULL},
    {"{\"properties\":{\"foo\":true,\"bar\":false}}", "{\"bar\":2}", "/bar"},
    {"{\"properties\":{\"foo/bar\":{\"type\":\"number\"},\"a~b\":{\"type\":\"null\"}}}",
     "{\"foo/bar\":\"1\"}", "/foo~1bar"},
    {"{\"properties\":{\"foo/bar\":{\"type\":\"number\"},\"a~b\":{\"type\":\"null\"}}}", "{\"a~b\":1}",
     "/a~0b"},
    {"{\"properties\":{\"__proto__\":{\"type\":\"number\"}}}", "{\"__proto__\":\"foo\"}", "/__proto__"},
    {"{\"properties\":{\"foo\":{}},\"required\":[\"foo\"]}", "{\"foo\":1}", NULL},
    {"{\"properties\":{\"foo\":{}},\"required\":[\"foo\"]}", "{\"bar\":1}", ""},
    {"{\"required\":[\"foo\"]}", "[]", NULL},
    {"{\"required\":[]}", "{}", NULL},
    {"{\"properties\":{\"foo\":{},\"bar\":{}},\"additionalProperties\":false}", "{\"foo\":1}", NULL},
    {"{\"properties\":{\"foo\":{},\"bar\":{}},\"additionalProperties\":false}",
     "{\"foo\":1,\"bar\":2,\"quux\":\"boom\"}", "/quux"},
    {"{\"properties\":{\"foo\":{}},\"additionalProperties\":{\"type\":\"boolean\"}}",
     "{\"foo\":1,\"x\":true}", NULL},
    {"{\"properties\":{\"foo\":{}},\"additionalProperties\":{\"type\":\"boolean\"}}", "{\"foo\":1,\"x\":12}",
     "/x"},
    {"{\"additionalProperties\":{\"type\":\"boolean\"}}", "{\"foo\":1}", "/foo"},
    /* it does not look into applicators beside it */
    {"{\"allOf\":[{\"properties\":{\"foo\":{}}}],\"additionalProperties\":{\"type\":\"boolean\"}}",
     "{\"foo\":1,\"bar\":true}", "/foo"},
    {"{\"minProperties\":1}", "{}", ""},
    {"{\"minProperties\":1}", "[]", NULL},
    {"{\"maxProperties\":2}", "{\"a\":1,\"b\":2,\"c\":3}", ""},
    {"{\"maxProperties\":0}", "{\"foo\":1}", ""},
    /* allOf.json, anyOf.json, oneOf.json, not.json */
    {"{\"allOf\":[{\"properties\":{\"bar\":{\"type\":\"integer\"}},\"required\":[\"bar\"]},"
     "{\"properties\":{\"foo\":{\"type\":\"string\"}},\"required\":[\"foo\"]}]}",
     "{\"foo\":\"baz\",\"bar\":2}", NULL},
    {"{\"allOf\":[{\"properties\":{\"bar\":{\"type\":\"integer\"}},\"required\":[\"bar\"]},"
     "{\"properties\":{\"foo\":{\"type\":\"string\"}},\"required\":[\"foo\"]}]}",
     "{\"foo\":\"baz\",\"bar\":\"quux\"}", "/bar"},
    {"{\"allOf\":[true,false]}", "\"foo\"", ""},
    {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1", NULL},
    {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "2.5", NULL},
    {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1.5", ""},
    {"{\"anyOf\":[true,false]}", "\"foo\"", NULL},
    {"{\"anyOf\":[false,false]}", "\"foo\"", ""},
    {"{\"type\":\"string\",\"anyOf\":[{\"maxLength\":2},{\"minLength\":4}]}", "3", ""},
    {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1", NULL},
    {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "2.5", NULL},
    {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "3", ""},
    {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1.5", ""},
    {"{\"oneOf\":[true,true,false]}", "\"foo\"", ""},
    {"{\"not\":{\"type\":\"integer\"}}", "\"foo\"", NULL},
    {"{\"not\":{\"type\":\"integer\"}}", "1", ""},
    {"{\"not\":{\"type\":\"object\",\"properties\":{\"foo\":{\"type\":\"string\"}}}}", "{\"foo\":1}", NULL},
    {"{\"not\":{\"type\":\"object\",\"properties\":{\"foo\":{\"type\":\"string\"}}}}", "{\"foo\":\"bar\"}",
     ""},
    {"{\"not\":true}", "1", ""},
    {"{\"not\":{\"not\":{}}}", "\"anything\"", NULL},
    /* boolean_schema.json, default.json */
    {"true", "[]", NULL},
    {"false", "1", ""},
    {"{\"properties\":{\"foo\":{\"type\":\"integer\",\"default\":[]}}}", "{}", NULL},
    /* what is wrong deep inside is named there */
    {"{\"items\":{\"properties\":{\"total\":{\"minimum\":0}}}}", "[{\"total\":1},{\"total\":-1}]",
     "/1/total"},
    {"{\"properties\":{\"a\":{\"anyOf\":[{\"properties\":{\"b\":{\"type\":\"null\"}}}]}}}",
     "{\"a\":{\"b\":1}}", "/a"},
};

static void schema_takes_what_the_public_suite_takes_and_no_more(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autojson cJSON *schema = parsed(rows[i].schema);
        pp_autojson cJSON *value = parsed(rows[i].value);
        struct schema_fault fault;
        struct pp_error error = {0};
        if (!schema_check(schema, &fault, &error))
            fail_msg("%s: %s", rows[i].schema, error.message);
        bool valid = schema_validate(schema, value, &fault, &error);
        if (valid != !rows[i].place)
            fail_msg("%s against %s: %s", rows[i].value, rows[i].schema, valid ? "taken" : error.message);
        if (valid)
            continue;
        assert_int_equal(error.code, PP_E_INVALID);
        assert_string_equal(fault.place, rows[i].place);
        assert_true(error.message[0] != 0);
    }
}

static void schema_with_what_is_not_known_is_refused_by_name(void **state) {
    static const struct row bad[] = {
        {"{\"pattern\":\"^a\"}", NULL, "/pattern"},
        {"{\"$ref\":\"#/x\"}", NULL, "/$ref"},
        {"{\"properties\":{\"a\":{\"format\":\"date\"}}}", NULL, "/properties/a/format"},
        {"{\"anyOf\":[{},{\"if\":{}}]}", NULL, "/anyOf/1/if"},
        {"{\"Type\":\"string\"}", NULL, "/Type"},
        {"{\"type\":\"text\"}", NULL, "/type"},
        {"{\"type\":[]}", NULL, "/type"},
        {"{\"type\":1}", NULL, "/type"},
        {"{\"minimum\":\"1\"}", NULL, "/minimum"},
        {"{\"minLength\":-1}", NULL, "/minLength"},
        {"{\"minLength\":1.5}", NULL, "/minLength"},
        {"{\"required\":[1]}", NULL, "/required"},
        {"{\"items\":[{}]}", NULL, "/items"},
        {"{\"anyOf\":[]}", NULL, "/anyOf"},
        {"{\"properties\":{\"a\":1}}", NULL, "/properties/a"},
        {"{\"not\":null}", NULL, "/not"},
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", NULL, "/$schema"},
        {"[]", NULL, ""},
        {"\"string\"", NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        pp_autojson cJSON *schema = parsed(bad[i].schema);
        struct schema_fault fault;
        struct pp_error error = {0};
        if (schema_check(schema, &fault, &error))
            fail_msg("%s was taken", bad[i].schema);
        assert_int_equal(error.code, PP_E_INVALID);
        assert_string_equal(fault.place, bad[i].place);
    }
    pp_autojson cJSON *good =
        parsed("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"x\"}");
    struct schema_fault fault;
    struct pp_error error = {0};
    assert_true(schema_check(good, &fault, &error));
}

static void schema_that_multiplies_its_work_is_given_up(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(1024 * 1024);
    struct schema_fault fault;
    struct pp_error error = {0};
    for (int i = 0; i < 12; i++)
        assert_true(pp_buf_add_text(&text, "{\"anyOf\":[false,{\"allOf\":[{\"not\":", &error));
    assert_true(pp_buf_add_text(&text, "{\"enum\":[0]}", &error));
    for (int i = 0; i < 12; i++)
        assert_true(pp_buf_add_text(&text, "}]}]}", &error));
    /* Nested deeper than documents may be. */
    assert_null(pp_json_parse(text.data, text.size, text.size, &error));
    /* Each of 20,000 members is looked for among 1,000 names. */
    pp_autojson cJSON *schema = cJSON_CreateObject();
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        cJSON_AddTrueToObject(properties, name);
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "v%d", i);
        cJSON_AddNullToObject(value, name);
    }
    assert_false(schema_validate(schema, value, &fault, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void schema_fault_at_a_long_place_is_cut(void **state) {
    (void)state;
    char name[600];
    struct schema_fault fault;
    struct pp_error error = {0};
    memset(name, '/', sizeof name);
    name[sizeof name - 1] = 0;
    pp_autojson cJSON *schema = parsed("{\"additionalProperties\":{\"items\":false}}");
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(value, name), cJSON_CreateNull());
    assert_false(schema_validate(schema, value, &fault, &error));
    assert_true(strlen(fault.place) < SCHEMA_PLACE_SIZE && strlen(fault.place) > 200);
    assert_non_null(strstr(fault.place, "~1..."));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_takes_what_the_public_suite_takes_and_no_more),
        cmocka_unit_test(schema_with_what_is_not_known_is_refused_by_name),
        cmocka_unit_test(schema_that_multiplies_its_work_is_given_up),
        cmocka_unit_test(schema_fault_at_a_long_place_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
