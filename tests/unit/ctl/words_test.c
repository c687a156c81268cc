/* ctl/words.h: every text is there in both languages, and each name once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "ctl/words.h"

static void every_text_is_there_in_both_languages(void **state) {
    (void)state;
    const struct word *word;
    for (unsigned i = 0; (word = words_at(i)); i++) {
        for (enum language language = 0; language < LANGUAGES; language++) {
            const char *text = word->text[language];
            assert_non_null(text);
            assert_true(*text);
            for (size_t size; *text; text += size) {
                size = pp_utf8_read(text, SIZE_MAX, NULL);
                assert_true(size > 0);
            }
            assert_string_equal(words(language, word->name), word->text[language]);
        }
    }
    assert_string_equal(words(LANGUAGE_FR, "no.such"), "no.such");
    assert_string_equal(words_of(LANGUAGE_FR, "state", "online", "?"), "en ligne");
    assert_string_equal(words_of(LANGUAGE_FR, "state", "new", "?"), "?");
}

static void the_language_is_the_first_that_the_environment_names(void **state) {
    (void)state;
    static const struct {
        const char *all, *messages, *lang;
        enum language expected;
    } rows[] = {
        {NULL, NULL, NULL, LANGUAGE_EN},      {NULL, NULL, "fr_FR.UTF-8", LANGUAGE_FR},
        {NULL, NULL, "C.UTF-8", LANGUAGE_EN}, {"C", NULL, "fr", LANGUAGE_EN},
        {"", "fr", "en", LANGUAGE_FR},        {"fr@euro", NULL, NULL, LANGUAGE_FR},
        {"frisian", NULL, NULL, LANGUAGE_EN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const values[] = {rows[i].all, rows[i].messages, rows[i].lang};
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
        for (size_t j = 0; j < 3; j++) {
            if (values[j])
                setenv(names[j], values[j], 1);
            else
                unsetenv(names[j]);
        }
        assert_int_equal(language_of_environment(), rows[i].expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_there_in_both_languages),
        cmocka_unit_test(the_language_is_the_first_that_the_environment_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
