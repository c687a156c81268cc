#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/base/user_code.h"

static void secrets_are_long_and_never_the_same(void **state) {
    (void)state;
    char one[SECRET_TEXT_SIZE];
    char two[SECRET_TEXT_SIZE];
    assert_true(secret_make(one, NULL) && secret_make(two, NULL));
    assert_int_equal(strlen(one), 43);
    assert_string_not_equal(one, two);
}

static void uuid_has_its_form(void **state) {
    (void)state;
    char text[UUID_TEXT_SIZE];
    for (int i = 0; i < 100; i++) {
        assert_true(uuid_make(text, NULL));
        assert_true(uuid_valid(text));
        assert_int_equal(text[14], '4');
        assert_non_null(strchr("89ab", text[19]));
    }
    assert_false(uuid_valid(""));
    assert_false(uuid_valid("00000000-0000-0000-0000-00000000000"));
    assert_false(uuid_valid("00000000-0000-0000-0000-0000000000000"));
    assert_false(uuid_valid("0000000000000-0000-0000-000000000000"));
    assert_false(uuid_valid("ABCDEF00-0000-4000-8000-000000000000"));
}

static void user_code_is_made_of_its_alphabet(void **state) {
    (void)state;
    unsigned seen[256] = {0};
    for (int i = 0; i < 500; i++) {
        char code[USER_CODE_SIZE];
        assert_true(user_code_make(code, NULL));
        assert_int_equal(strlen(code), 9);
        assert_int_equal(code[4], '-');
        for (size_t at = 0; at < 9; at++) {
            if (at != 4)
                assert_non_null(strchr(USER_CODE_ALPHABET, code[at]));
            seen[(unsigned char)code[at]]++;
        }
    }
    for (const char *letter = USER_CODE_ALPHABET; *letter; letter++)
        assert_true(seen[(unsigned char)*letter] > 50); /* 200 on average */
}

static void user_code_is_read_as_people_type_it(void **state) {
    (void)state;
    static const char *const good[] = {"BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "b-c-d-f-g-h-j-k",
                                       "BCDF--GHJK"};
    static const char *const bad[] = {"",          "BCDF",      "BCDFGHJKL", "BCDF-GHJA",
                                      "BCDF_GHJK", "BCDF-GHJ1", "\xc3\x89"};
    char code[USER_CODE_SIZE];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(user_code_read(good[i], code));
        assert_string_equal(code, "BCDF-GHJK");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(user_code_read(bad[i], code));
}

static void channel_id_is_made_of_what_people_call_it(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"Lobby", "lobby"},
        {"lobby-2", "lobby-2"},
        {"  Caf\u00e9 & Bar, \u00e9t\u00e9 ", "cafe-bar-ete"},
        {"\u00c0 la carte \u2014 \u0152uvre", "a-la-carte-oeuvre"},
        {"Stra\u00dfe", "strasse"},
        {"--- 7 ---", "7"},
        {"\u30ed\u30d3\u30fc 3", "3"},
    };
    char id[CHANNEL_ID_MAX + 1];
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        assert_true(channel_id_of_title(rows[i][0], id));
        assert_string_equal(id, rows[i][1]);
        assert_true(channel_id_check(id, NULL));
    }
    static const char *const none[] = {"", "   ", "\u30ed\u30d3\u30fc", "&", "\xc3"};
    for (size_t i = 0; i < PP_COUNT(none); i++)
        assert_false(channel_id_of_title(none[i], id));
    char full[2 * CHANNEL_ID_MAX + 1] = "";
    memset(full, 'A', sizeof full - 1);
    assert_true(channel_id_of_title(full, id));
    assert_int_equal(strlen(id), CHANNEL_ID_MAX);
    memset(full, ' ', sizeof full - 1);
    full[0] = 'b';
    full[sizeof full - 2] = 'c';
    assert_true(channel_id_of_title(full, id));
    assert_string_equal(id, "b-c");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_long_and_never_the_same),
        cmocka_unit_test(channel_id_is_made_of_what_people_call_it),
        cmocka_unit_test(uuid_has_its_form),
        cmocka_unit_test(user_code_is_made_of_its_alphabet),
        cmocka_unit_test(user_code_is_read_as_people_type_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
