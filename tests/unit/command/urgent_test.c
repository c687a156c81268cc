#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "command/urgent.h"

#define ID    "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f"
#define OTHER "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e40"
#define TEXTS "[{\"language\":\"en\",\"title\":\"Out\"}]"
#define ITEM(id, severity, from, until)                                                                      \
    "{\"id\":\"" id "\",\"severity\":\"" severity "\",\"style\":\"full\",\"sound\":\"mute\",\"from\":" from  \
    ",\"until\":" until ",\"texts\":" TEXTS "}"
#define GOOD ITEM(ID, "severe", "100", "200")

static cJSON *state_of(const char *items) {
    static char text[65536];
    snprintf(text, sizeof text, "{\"messages\":%s}", items);
    cJSON *state = pp_json_parse(text, strlen(text), sizeof text, NULL);
    assert_non_null(state);
    return state;
}

static bool parse(const char *items, struct urgent_list *list, struct pp_error *error) {
    pp_autojson cJSON *state = state_of(items);
    *error = (struct pp_error){0};
    return urgent_list_parse(state, list, error);
}

static void list_may_be_missing_or_empty(void **state) {
    struct urgent_list list = {.count = 3};
    struct pp_error error = {0};
    pp_autojson cJSON *none = cJSON_CreateObject();
    (void)state;
    assert_true(urgent_list_parse(none, &list, &error));
    assert_int_equal(list.count, 0);
    assert_true(parse("[]", &list, &error));
    assert_int_equal(list.count, 0);
}

static void message_is_read(void **state) {
    struct urgent_list list;
    struct pp_error error;
    (void)state;
    assert_true(parse("[{\"id\":\"" ID
                      "\",\"severity\":\"warning\",\"style\":\"band\",\"sound\":\"duck\",\"from\":100,"
                      "\"until\":200,\"later\":1,\"texts\":[{\"language\":\"fr-CA\",\"title\":\"Fermé\","
                      "\"text\":\"a\\nb\"}]}]",
                      &list, &error));
    assert_int_equal(list.count, 1);
    const struct urgent *urgent = &list.items[0];
    assert_string_equal(urgent->id, ID);
    assert_int_equal(urgent->severity, URGENT_WARNING);
    assert_int_equal(urgent->style, URGENT_BAND);
    assert_int_equal(urgent->sound, URGENT_DUCK);
    assert_int_equal(urgent->from_s, 100);
    assert_int_equal(urgent->until_s, 200);
    assert_int_equal(urgent->text_count, 1);
    assert_string_equal(urgent->texts[0].language, "fr-CA");
    assert_string_equal(urgent->texts[0].title, "Fermé");
    assert_string_equal(urgent->texts[0].text, "a\nb");
}

#define WITH_TEXTS(texts)                                                                                    \
    "[{\"id\":\"" ID                                                                                         \
    "\",\"severity\":\"info\",\"style\":\"full\",\"sound\":\"keep\",\"from\":1,\"until\":2,\"texts\":" texts \
    "}]"

/* The whole of it is refused, and the field named. */
static void list_of_another_shape_is_refused(void **state) {
    static const struct {
        const char *items, *said;
    } rows[] = {
        {"{}", "messages"},
        {"[1]", "not an object"},
        {"[" GOOD "," GOOD "]", "twice"},
        {"[" GOOD ",{}]", "\"id\""},
        {"[" ITEM("4F0C2F9E-8F3E-4A55-9F0E-1C6A5B1D2E3F", "info", "1", "2") "]", "\"id\""},
        {"[" ITEM(ID, "mild", "1", "2") "]", "\"severity\""},
        {"[" ITEM(ID, "info", "2", "2") "]", "\"until\""},
        {"[" ITEM(ID, "info", "1", "604802") "]", "\"until\""},
        {"[" ITEM(ID, "info", "-1", "2") "]", "\"from\""},
        {"[" ITEM(ID, "info", "1.5", "2") "]", "\"from\""},
        {WITH_TEXTS("[]"), "\"texts\""},
        {WITH_TEXTS("[1]"), "texts"},
        {WITH_TEXTS("[{\"language\":\"en\"}]"), "\"title\""},
        {WITH_TEXTS("[{\"language\":\"en\",\"title\":\"  \"}]"), "\"title\""},
        {WITH_TEXTS("[{\"language\":\"en\",\"title\":\"a\\nb\"}]"), "\"title\""},
        {WITH_TEXTS("[{\"language\":\"en\",\"title\":\"a\",\"text\":\"\\u0007\"}]"), "\"text\""},
        {WITH_TEXTS("[{\"language\":\"EN\",\"title\":\"a\"}]"), "\"language\""},
        {WITH_TEXTS("[{\"language\":\"e\",\"title\":\"a\"}]"), "\"language\""},
        {WITH_TEXTS("[{\"language\":\"en-\",\"title\":\"a\"}]"), "\"language\""},
        {WITH_TEXTS("[{\"language\":\"en--us\",\"title\":\"a\"}]"), "\"language\""},
        {WITH_TEXTS("[{\"language\":\"en/us\",\"title\":\"a\"}]"), "\"language\""},
        {WITH_TEXTS("[{\"language\":\"en\",\"title\":\"a\"},{\"language\":\"en\",\"title\":\"b\"}]"),
         "twice"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct urgent_list list;
        struct pp_error error;
        if (parse(rows[i].items, &list, &error))
            fail_msg("row %zu is taken", i);
        if (!strstr(error.message, rows[i].said))
            fail_msg("row %zu: \"%s\" does not say %s", i, error.message, rows[i].said);
    }
}

static void text_of(char *out, size_t size, char what, size_t count) {
    assert_true(count < size);
    memset(out, what, count);
    out[count] = 0;
}

/* Each cap is reached, and not passed. */
static void caps_hold(void **state) {
    static const char *const ids[] = {ID, OTHER, "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e41",
                                      "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e42",
                                      "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e43"};
    static char items[32768];
    char title[URGENT_TITLE_MAX + 2], text[URGENT_TEXT_MAX + 2];
    struct urgent_list list;
    struct pp_error error;
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t used = 0;
        for (size_t i = 0; i < URGENT_LIST_MAX + more; i++)
            used += (size_t)snprintf(
                items + used, sizeof items - used,
                "%c{\"id\":\"%s\",\"severity\":\"info\",\"style\":\"full\",\"sound\":\"keep\",\"from\":1,"
                "\"until\":2,\"texts\":" TEXTS "}",
                i ? ',' : '[', ids[i]);
        snprintf(items + used, sizeof items - used, "]");
        assert_int_equal(parse(items, &list, &error), !more);
    }
    for (size_t more = 0; more < 3; more++) {
        text_of(title, sizeof title, 'x', URGENT_TITLE_MAX + (more == 1));
        text_of(text, sizeof text, 'y', URGENT_TEXT_MAX + (more == 2));
        snprintf(items, sizeof items, WITH_TEXTS("[{\"language\":\"en\",\"title\":\"%s\",\"text\":\"%s\"}]"),
                 title, text);
        assert_int_equal(parse(items, &list, &error), !more);
    }
}

/* Who signs one lets nothing pass that nobody knows. */
static void signer_refuses_members_that_are_not_known(void **state) {
    static const char *const bad[] = {
        "[{\"id\":\"" ID
        "\",\"severity\":\"info\",\"style\":\"full\",\"sound\":\"keep\",\"from\":1,\"until\":2,\"run\":\"x\","
        "\"texts\":" TEXTS "}]",
        WITH_TEXTS("[{\"language\":\"en\",\"title\":\"a\",\"url\":\"https://example.org\"}]"),
        "[" ITEM(ID, "mild", "1", "2") "]",
    };
    struct pp_error error = {0};
    pp_autojson cJSON *good = state_of("[" GOOD "]");
    (void)state;
    assert_true(urgent_list_check(good, 0, &error));
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        pp_autojson cJSON *json = state_of(bad[i]);
        assert_false(urgent_list_check(json, 0, &error));
    }
}

/* 31 days before it begins, and a second more. */
static void signer_refuses_what_begins_too_late(void **state) {
    struct pp_error error = {0};
    pp_autojson cJSON *json = state_of("[" ITEM(ID, "info", "2678400", "2678500") "]");
    pp_autojson cJSON *late = state_of("[" ITEM(ID, "info", "2678401", "2678500") "]");
    (void)state;
    assert_true(urgent_list_check(json, 0, &error));
    assert_false(urgent_list_check(late, 0, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void the_most_severe_counts_and_of_those_the_newest(void **state) {
    struct urgent_list list;
    struct pp_error error;
    int64_t again_s;
    (void)state;
    assert_true(parse("[" ITEM(ID, "info", "100", "400") "," ITEM(OTHER, "extreme", "200", "300") "," ITEM(
                          "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e41", "info", "150", "350") "]",
                      &list, &error));
    static const struct {
        int64_t now_s;
        int found; /* -1 none */
        int64_t again_s;
    } moments[] = {{99, -1, 100}, {100, 0, 150}, {149, 0, 150}, {150, 2, 200}, {200, 1, 300},
                   {299, 1, 300}, {300, 2, 350}, {350, 0, 400}, {400, -1, 0}};
    for (size_t i = 0; i < PP_COUNT(moments); i++) {
        const struct urgent *found = urgent_find(&list, moments[i].now_s, &again_s);
        const struct urgent *wanted = moments[i].found < 0 ? NULL : &list.items[moments[i].found];
        if (found != wanted || again_s != moments[i].again_s)
            fail_msg("at %d: %d, again at %d", (int)moments[i].now_s, found ? (int)(found - list.items) : -1,
                     (int)again_s);
    }
}

static void words_are_those_of_the_locale(void **state) {
    static const struct {
        const char *locale, *language;
    } rows[] = {{"fr", "fr"},    {"fr-CA", "fr-CA"}, {"fr-ca", "fr-CA"}, {"fr-BE", "fr"}, {"en-GB", "en-US"},
                {"en", "en-US"}, {"ar", "ar"},       {"de", "ar"},       {"", "ar"},      {"f", "ar"}};
    struct urgent_list list;
    struct pp_error error;
    (void)state;
    assert_true(parse(
        WITH_TEXTS("[{\"language\":\"ar\",\"title\":\"a\"},{\"language\":\"fr\",\"title\":\"b\"},"
                   "{\"language\":\"fr-CA\",\"title\":\"c\"},{\"language\":\"en-US\",\"title\":\"d\"}]"),
        &list, &error));
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_string_equal(urgent_choose(&list.items[0], rows[i].locale)->language, rows[i].language);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_may_be_missing_or_empty),
        cmocka_unit_test(message_is_read),
        cmocka_unit_test(list_of_another_shape_is_refused),
        cmocka_unit_test(caps_hold),
        cmocka_unit_test(signer_refuses_members_that_are_not_known),
        cmocka_unit_test(signer_refuses_what_begins_too_late),
        cmocka_unit_test(the_most_severe_counts_and_of_those_the_newest),
        cmocka_unit_test(words_are_those_of_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
