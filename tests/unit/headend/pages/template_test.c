#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "headend/pages/embedded.h"
#include "page/strings.h"
#include "page/template.h"
#include "support/languages.h"

static const char *lookup(void *arg, const char *name) {
    (void)arg;
    if (strcmp(name, "hot") == 0)
        return "<&\"'>";
    if (strcmp(name, "yes") == 0)
        return "1";
    return strcmp(name, "empty") == 0 ? "" : NULL;
}

static void renders(const char *text, const char *expected) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(1024);
    assert_true(template_render(text, lookup, NULL, &out, NULL));
    assert_string_equal(pp_buf_text(&out), expected);
}

static void template_escapes_values(void **state) {
    (void)state;
    renders("a {{hot}} b", "a &lt;&amp;&quot;&#39;&gt; b");
    renders("{{{hot}}}", "<&\"'>");
    renders("{{missing}}{{empty}}|", "|");
    renders("no tags { } }}", "no tags { } }}");
}

static void template_shows_what_would_turn_a_line_instead_of_doing_it(void **state) {
    (void)state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(1000);
    assert_true(template_escape("Lobby \xe2\x80\xae<gpj>\xc2\x9b\x1b\n\xc3\xa9", &out, NULL));
    assert_string_equal(pp_buf_text(&out), "Lobby \\u202e&lt;gpj&gt;\\u009b\\u001b\n\xc3\xa9");
}

static void template_shows_sections_by_their_value(void **state) {
    (void)state;
    renders("{{#yes}}a{{/yes}}{{^yes}}b{{/yes}}", "a");
    renders("{{#empty}}a{{/empty}}{{^empty}}b{{/empty}}", "b");
    renders("{{#yes}}1{{#missing}}2{{#yes}}3{{/yes}}4{{/missing}}5{{/yes}}6", "156");
}

static void template_refuses_what_is_not_closed(void **state) {
    (void)state;
    static const char *const bad[] = {"{{a",  "{{{a}}",    "{{#a}}", "{{/a}}", "{{#a}}{{#b}}{{/a}}{{/b}}",
                                      "{{}}", "{{#}}{{/}}"};
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        pp_autobuf struct pp_buf out = PP_BUF_INIT(1024);
        assert_false(template_render(bad[i], lookup, NULL, &out, NULL));
    }
}

/* Every page renders, and every text it asks for is there in both languages. */
static const char *lookup_text(void *arg, const char *name) {
    const struct strings *strings = arg;
    if (strncmp(name, "t.", 2) != 0)
        return "x";
    for (int french = 0; french < 2; french++) {
        const char *text = strings_get(strings, french ? "fr" : "en", name + 2);
        if (text == name + 2)
            fail_msg("no text %s in %s", name + 2, french ? "French" : "English");
    }
    return "text";
}

static void pages_have_all_their_texts(void **state) {
    (void)state;
    struct pp_error error = {0};
    PP_AUTO(strings) struct strings *strings = strings_create(embedded_files, &error);
    assert_non_null(strings);
    size_t count = 0;
    for (const struct embedded_file *file = embedded_files; file->name; file++) {
        if (!strstr(file->name, ".html"))
            continue;
        pp_autobuf struct pp_buf out = PP_BUF_INIT(1 << 20);
        if (!template_render((const char *)file->data, lookup_text, strings, &out, &error))
            fail_msg("%s: %s", file->name, error.message);
        count++;
    }
    assert_true(count >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_escapes_values),
        cmocka_unit_test(template_shows_what_would_turn_a_line_instead_of_doing_it),
        cmocka_unit_test(template_shows_sections_by_their_value),
        cmocka_unit_test(template_refuses_what_is_not_closed),
        cmocka_unit_test(pages_have_all_their_texts),
        cmocka_unit_test(languages_have_the_same_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
