#include "base/buf.h"

#include "test_support.h"

static void buf_is_empty_text_before_anything_is_added(void **state) {
    (void)state;
    struct pp_buf buf = PP_BUF_INIT(10);
    assert_string_equal(pp_buf_text(&buf), "");
    assert_int_equal(buf.size, 0);
    pp_buf_finish(&buf);
}

static void buf_keeps_what_is_added_and_a_nul_behind_it(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(100);
    assert_true(pp_buf_add(&buf, "a\0b", 3, &error));
    assert_true(pp_buf_add_text(&buf, "cd", &error));
    assert_true(pp_buf_addf(&buf, &error, "%d-%s", 7, "x"));
    assert_int_equal(buf.size, 8);
    assert_memory_equal(buf.data, "a\0bcd7-x", 9);
}

static void buf_takes_exactly_its_cap_and_refuses_one_byte_more(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(4);
    assert_true(pp_buf_add(&buf, "abc", 3, &error));
    assert_false(pp_buf_add(&buf, "de", 2, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "more than 4 bytes");
    assert_string_equal(pp_buf_text(&buf), "abc");
    assert_true(pp_buf_add(&buf, "d", 1, &error));
    assert_false(pp_buf_addf(&buf, &error, "%s", "e"));
    assert_string_equal(pp_buf_text(&buf), "abcd");
}

static void buf_refuses_a_size_that_would_overflow(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(100);
    assert_true(pp_buf_add_text(&buf, "abc", &error));
    assert_null(pp_buf_reserve(&buf, SIZE_MAX - 1, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void buf_grows_without_losing_its_content(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(100000);
    for (int i = 0; i < 20000; i++)
        assert_true(pp_buf_addf(&buf, &error, "%05d", i));
    assert_int_equal(buf.size, 100000);
    for (int i = 0; i < 20000; i += 371) {
        char expected[8];
        snprintf(expected, sizeof expected, "%05d", i);
        assert_memory_equal(buf.data + i * 5, expected, 5);
    }
    assert_false(pp_buf_add(&buf, "x", 1, &error));
}

static void buf_reserve_gives_room_that_the_caller_counts(void **state) {
    (void)state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(10);
    uint8_t *place = pp_buf_reserve(&buf, 10, &error);
    assert_non_null(place);
    assert_int_equal(buf.size, 0);
    memcpy(place, "0123456789", 11);
    buf.size += 10;
    assert_string_equal(pp_buf_text(&buf), "0123456789");
    assert_ptr_equal(pp_buf_reserve(&buf, 0, &error), buf.data + 10);
}

static void buf_finish_empties_it_and_keeps_the_cap(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct pp_buf buf = PP_BUF_INIT(3);
    assert_true(pp_buf_add_text(&buf, "abc", &error));
    pp_buf_finish(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf.max, 3);
    assert_true(pp_buf_add_text(&buf, "xyz", &error));
    pp_buf_finish(&buf);
    pp_buf_finish(&buf);
}

static void buf_add_of_nothing_from_nowhere_is_allowed(void **state) {
    (void)state;
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(0);
    assert_true(pp_buf_add(&buf, NULL, 0, NULL));
    assert_string_equal(pp_buf_text(&buf), "");
    assert_false(pp_buf_add(&buf, "x", 1, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_is_empty_text_before_anything_is_added),
        cmocka_unit_test(buf_keeps_what_is_added_and_a_nul_behind_it),
        cmocka_unit_test(buf_takes_exactly_its_cap_and_refuses_one_byte_more),
        cmocka_unit_test(buf_refuses_a_size_that_would_overflow),
        cmocka_unit_test(buf_grows_without_losing_its_content),
        cmocka_unit_test(buf_reserve_gives_room_that_the_caller_counts),
        cmocka_unit_test(buf_finish_empties_it_and_keeps_the_cap),
        cmocka_unit_test(buf_add_of_nothing_from_nowhere_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
