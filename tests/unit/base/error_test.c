#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "test_support.h"

static void fail_fills_code_and_message_and_returns_false(void **state) {
    (void)state;
    struct pp_error error = {0};
    assert_false(pp_fail(&error, PP_E_AUTH, "tag of segment %d", 7));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_string_equal(error.message, "tag of segment 7");
}

static void fail_without_an_error_to_fill_only_returns_false(void **state) {
    (void)state;
    assert_false(pp_fail(NULL, PP_E_AUTH, "x"));
    assert_false(pp_fail_errno(NULL, "x"));
    assert_false(pp_wrap(NULL, "x"));
}

static void message_is_one_line_without_control_characters(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_fail(&error, PP_E_INVALID, "a\nb\tc\x1b[31md\x7f é");
    assert_string_equal(error.message, "a?b?c?[31md? é");
}

static void a_long_message_is_cut(void **state) {
    (void)state;
    struct pp_error error = {0};
    char text[2 * PP_ERROR_MESSAGE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    pp_fail(&error, PP_E_INVALID, "%s", text);
    assert_int_equal(strlen(error.message), PP_ERROR_MESSAGE_MAX - 1);
    errno = EIO;
    pp_fail_errno(&error, "%s", text);
    assert_int_equal(strlen(error.message), PP_ERROR_MESSAGE_MAX - 1);
    pp_wrap(&error, "%s", text);
    assert_int_equal(strlen(error.message), PP_ERROR_MESSAGE_MAX - 1);
}

static void errno_chooses_the_code_and_ends_the_message(void **state) {
    (void)state;
    static const struct {
        int number;
        enum pp_code code;
    } rows[] = {
        {ENOSPC, PP_E_NOSPACE}, {EDQUOT, PP_E_NOSPACE}, {ENOENT, PP_E_NOTFOUND}, {ENOMEM, PP_E_NOMEM},
        {EMFILE, PP_E_NOMEM},   {ENFILE, PP_E_NOMEM},   {EACCES, PP_E_IO},       {EIO, PP_E_IO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pp_error error = {0};
        errno = rows[i].number;
        assert_false(pp_fail_errno(&error, "open %s", "/x"));
        assert_int_equal(error.code, rows[i].code);
        assert_int_equal(strncmp(error.message, "open /x: ", 9), 0);
        assert_string_equal(error.message + 9, strerror(rows[i].number));
    }
}

static void wrap_does_not_say_the_same_twice(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_fail(&error, PP_E_INVALID, "schedule: there is none");
    assert_false(pp_wrap(&error, "schedule"));
    assert_string_equal(error.message, "schedule: there is none");
    assert_int_equal(error.code, PP_E_INVALID);
    assert_false(pp_wrap(&error, "sched"));
    assert_string_equal(error.message, "sched: schedule: there is none");
}

static void wrap_puts_context_before_and_keeps_the_code(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_fail(&error, PP_E_ROLLBACK, "version 3 after 4");
    assert_false(pp_wrap(&error, "role %s", "snapshot"));
    assert_false(pp_wrap(&error, "refresh"));
    assert_int_equal(error.code, PP_E_ROLLBACK);
    assert_string_equal(error.message, "refresh: role snapshot: version 3 after 4");
}

static void every_code_has_a_name_of_its_own(void **state) {
    (void)state;
    for (int code = PP_OK; code <= PP_E_CANCELLED; code++) {
        const char *name = pp_code_name((enum pp_code)code);
        assert_non_null(name);
        assert_string_not_equal(name, "unknown");
        for (int other = PP_OK; other < code; other++)
            assert_string_not_equal(name, pp_code_name((enum pp_code)other));
    }
    assert_string_equal(pp_code_name((enum pp_code)(PP_E_CANCELLED + 1)), "unknown");
    assert_string_equal(pp_code_name(PP_E_NOTFOUND), "not-found");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_code_and_message_and_returns_false),
        cmocka_unit_test(fail_without_an_error_to_fill_only_returns_false),
        cmocka_unit_test(message_is_one_line_without_control_characters),
        cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(errno_chooses_the_code_and_ends_the_message),
        cmocka_unit_test(wrap_does_not_say_the_same_twice),
        cmocka_unit_test(wrap_puts_context_before_and_keeps_the_code),
        cmocka_unit_test(every_code_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
