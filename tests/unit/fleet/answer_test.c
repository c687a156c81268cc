/* Answers: whole, in parts, and what is framed otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fleet/answer.h"

static const char state[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a-1\"\r\ncontent-type: application/jose\r\n"
    "Set-Cookie: __Host-pingplay=abc; Path=/; Secure\r\nRetry-After: 30\r\n\r\na.b.c";

static void answer_is_read_whole(void **unused) {
    struct answer answer;
    (void)unused;
    assert_int_equal(answer_parse(state, sizeof state - 1, &answer), ANSWER_WHOLE);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.etag, "\"a-1\"");
    assert_string_equal(answer.type, "application/jose");
    assert_string_equal(answer.cookie, "__Host-pingplay=abc");
    assert_int_equal(answer.retry_after_s, 30);
    assert_false(answer.closes);
    assert_int_equal(answer.body_size, 5);
    assert_memory_equal(answer.body, "a.b.c", 5);
    assert_int_equal(answer.size, sizeof state - 1);
}

static void answer_is_not_whole_before_its_last_byte(void **unused) {
    struct answer answer;
    (void)unused;
    for (size_t size = 0; size < sizeof state - 1; size++)
        assert_int_equal(answer_parse(state, size, &answer), ANSWER_PART);
}

static void answer_without_a_body_ends_with_its_head(void **unused) {
    static const char unchanged[] =
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
    struct answer answer;
    (void)unused;
    assert_int_equal(answer_parse(unchanged, sizeof unchanged - 1, &answer), ANSWER_WHOLE);
    assert_int_equal(answer.body_size, 0);
    assert_int_equal(answer.size, sizeof unchanged - 1);
    assert_true(answer.closes);
    assert_int_equal(answer.retry_after_s, -1);
}

static void answer_that_is_framed_otherwise_is_broken(void **unused) {
    static const char *const texts[] = {
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    struct answer answer;
    (void)unused;
    for (size_t i = 0; i < PP_COUNT(texts); i++)
        assert_int_equal(answer_parse(texts[i], strlen(texts[i]), &answer), ANSWER_BROKEN);
}

static void answer_whose_head_never_ends_is_broken(void **unused) {
    static char text[ANSWER_HEAD_MAX + 1];
    struct answer answer;
    (void)unused;
    memset(text, 'a', sizeof text);
    assert_int_equal(answer_parse(text, ANSWER_HEAD_MAX, &answer), ANSWER_PART);
    assert_int_equal(answer_parse(text, sizeof text, &answer), ANSWER_BROKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_is_read_whole),
        cmocka_unit_test(answer_is_not_whole_before_its_last_byte),
        cmocka_unit_test(answer_without_a_body_ends_with_its_head),
        cmocka_unit_test(answer_that_is_framed_otherwise_is_broken),
        cmocka_unit_test(answer_whose_head_never_ends_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
