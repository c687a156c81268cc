/* access/typed.h: what is typed comes together, and what goes is wiped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access/typed.h"

static void characters_are_counted_and_erased_whole(void **state) {
    struct access_typed typed = {0};
    (void)state;
    assert_true(access_typed_add(&typed, "a"));
    assert_true(access_typed_add(&typed, "\xc3\xa9\xe2\x82\xac"));
    assert_true(access_typed_add(&typed, "\xf0\x9f\x94\x91"));
    assert_int_equal(typed.count, 4);
    assert_string_equal(typed.text, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91");
    access_typed_erase(&typed);
    assert_string_equal(typed.text, "a\xc3\xa9\xe2\x82\xac");
    access_typed_erase(&typed);
    access_typed_erase(&typed);
    assert_string_equal(typed.text, "a");
    assert_int_equal(typed.count, 1);
    access_typed_erase(&typed);
    access_typed_erase(&typed);
    assert_int_equal(typed.size, 0);
    assert_int_equal(typed.count, 0);
}

static void what_goes_is_wiped(void **state) {
    static const struct access_typed nothing;
    struct access_typed typed = {0};
    (void)state;
    assert_true(access_typed_add(&typed, "sesame"));
    for (int i = 0; i < 6; i++)
        access_typed_erase(&typed);
    assert_memory_equal(&typed, &nothing, sizeof nothing);
    assert_true(access_typed_add(&typed, "sesame"));
    access_typed_wipe(&typed);
    assert_memory_equal(&typed, &nothing, sizeof nothing);
}

static void what_is_no_text_or_too_long_changes_nothing(void **state) {
    static const char *const refused[] = {"", "a\tb", "\x1b", "\x7f", "\xff", "ok\xc3", "\xe2\x80\xae"};
    struct access_typed typed = {0};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(access_typed_add(&typed, refused[i]));
    assert_int_equal(typed.size, 0);
    for (size_t i = 0; i < ACCESS_TYPED_MAX - 1; i++)
        assert_true(access_typed_add(&typed, "x"));
    assert_false(access_typed_add(&typed, "\xc3\xa9"));
    assert_true(access_typed_add(&typed, "y"));
    assert_false(access_typed_add(&typed, "z"));
    assert_int_equal(typed.count, ACCESS_TYPED_MAX);
    assert_int_equal(strlen(typed.text), ACCESS_TYPED_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_counted_and_erased_whole),
        cmocka_unit_test(what_goes_is_wiped),
        cmocka_unit_test(what_is_no_text_or_too_long_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
