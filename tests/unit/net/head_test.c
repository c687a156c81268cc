/* Header lines fed one by one, as libcurl hands them over. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "net/head.h"

#define NOW 1000000000 /* Sun, 09 Sep 2001 01:46:40 GMT */

/* Parses the lines, each without its end, of an answer of that status; `error` tells why it failed. */
static bool parse(int status, uint64_t range, const char *const *lines, struct net_response *response,
                  struct pp_error *error) {
    struct net_head head = NET_HEAD_INIT;
    bool valid = true;
    char line[512];
    net_response_init(response, 100);
    response->status = status;
    for (; valid && *lines; lines++) {
        snprintf(line, sizeof line, "%s\r\n", *lines);
        valid = net_head_line(&head, line, strlen(line), error);
    }
    valid = valid && net_head_finish(&head, range, NOW, response, error);
    pp_buf_finish(&head.text);
    return valid;
}

#define LINES(...) ((const char *const[]){"HTTP/1.1 200 OK", __VA_ARGS__, NULL})

static void fields_of_an_answer_are_read(void **state) {
    (void)state;
    net_autoresponse struct net_response r = {0};
    assert_true(parse(200, 0,
                      LINES("ETag: \"a\"", "Content-Type:text/plain; charset=utf-8", "Content-Length:  12 ",
                            "Retry-After: 7", "X-Own: one", "Location: /there", ""),
                      &r, NULL));
    assert_string_equal(r.etag, "\"a\"");
    assert_string_equal(r.content_type, "text/plain; charset=utf-8");
    assert_string_equal(r.location, "/there");
    assert_int_equal(r.content_length, 12);
    assert_int_equal(r.retry_after_s, 7);
    assert_string_equal(net_response_header(&r, "x-own"), "one");
    assert_null(net_response_header(&r, "x-other"));
}

static void absent_fields_read_as_nothing(void **state) {
    (void)state;
    net_autoresponse struct net_response r = {0};
    assert_true(parse(200, 0, LINES(""), &r, NULL));
    assert_string_equal(r.etag, "");
    assert_int_equal(r.content_length, -1);
    assert_int_equal(r.retry_after_s, -1);
}

static void status_lines_have_a_known_version_and_three_digits(void **state) {
    (void)state;
    static const char *const good[] = {"HTTP/1.0 200 OK", "HTTP/1.1 404", "HTTP/1.1 404 ",
                                       "HTTP/2 200",      "HTTP/2 200 ",  "HTTP/1.1 200 a b"};
    static const char *const bad[] = {
        "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK",  "HTTP/1.1 2x0 OK", "HTTP/1.1 200OK",
        "HTTP/1.1  200 OK", "HTTP/7.1 200 OK", "HTTP/0.9 200 OK", "HTTP/",
        "HTTP/1.1",         "HTTP/1.1 ",       "HTTP/1.1200 OK",  "HTTP/1.1\t200 OK"};
    for (size_t i = 0; i < PP_COUNT(good); i++) {
        net_autoresponse struct net_response r = {0};
        assert_true(parse(200, 0, (const char *const[]){good[i], "", NULL}, &r, NULL));
    }
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        net_autoresponse struct net_response r = {0};
        struct pp_error error = {0};
        assert_false(parse(200, 0, (const char *const[]){bad[i], "", NULL}, &r, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_string_equal(error.message, NET_NOT_HTTP);
    }
}

static void retry_after_may_be_a_date(void **state) {
    (void)state;
    static const struct {
        const char *value, *date;
        int64_t seconds;
    } rows[] = {
        {"Sun, 09 Sep 2001 01:47:40 GMT", "X: y", 60},
        {"Sun, 09 Sep 2001 01:47:40 GMT", "Date: Sun, 09 Sep 2001 01:47:10 GMT", 30},
        {"Sunday, 09-Sep-01 01:47:40 GMT", "X: y", 60},
        {"Sun Sep  9 01:47:40 2001", "X: y", 60},
        {"Sun, 09 Sep 2001 01:00:00 GMT", "X: y", 0},
        {"soon", "X: y", -1},
        {"-5", "X: y", -1},
        {"99999999999999999999", "X: y", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        net_autoresponse struct net_response r = {0};
        char line[128];
        snprintf(line, sizeof line, "Retry-After: %s", rows[i].value);
        assert_true(parse(503, 0, LINES(line, rows[i].date, ""), &r, NULL));
        assert_int_equal(r.retry_after_s, rows[i].seconds);
    }
}

static void only_the_last_head_counts(void **state) {
    (void)state;
    net_autoresponse struct net_response r = {0};
    assert_true(
        parse(200, 0, LINES("ETag: \"early\"", "", "HTTP/1.1 200 OK", "ETag: \"real\"", ""), &r, NULL));
    assert_string_equal(r.etag, "\"real\"");
    assert_int_equal(r.header_count, 1);
}

static void range_of_a_partial_answer_is_read(void **state) {
    (void)state;
    net_autoresponse struct net_response r = {0};
    assert_true(
        parse(206, 100, LINES("Content-Range: bytes 100-199/300", "Content-Length: 100", ""), &r, NULL));
    assert_int_equal(r.range_start, 100);
    assert_int_equal(r.range_total, 300);
    net_autoresponse struct net_response unsatisfied = {0};
    assert_true(parse(416, 500, LINES("Content-Range: bytes */300", ""), &unsatisfied, NULL));
    assert_int_equal(unsatisfied.range_start, -1);
    assert_int_equal(unsatisfied.range_total, 300);
}

struct refusal {
    int status;
    uint64_t range;
    const char *first, *second, *says;
};

static void answers_that_contradict_themselves_are_refused(void **state) {
    (void)state;
    static const struct refusal rows[] = {
        {200, 0, "Content-Length: 5", "Content-Length: 5", "answer with two content-length headers"},
        {200, 0, "ETag: \"a\"", "ETag: \"b\"", "answer with two etag headers"},
        {200, 0, "Content-Length: -5", "", "answer with an invalid content-length header"},
        {200, 0, "Content-Length: 5 6", "", "answer with an invalid content-length header"},
        {200, 0, "Content-Length: 1111111111111111111", "", "answer with an invalid content-length header"},
        {200, 0, "Content-Encoding: gzip", "", "answer in an encoding nobody asked for: gzip"},
        {200, 0, "Transfer-Encoding: gzip, chunked", "",
         "answer in a transfer encoding nobody asked for: gzip, chunked"},
        {200, 0, "Transfer-Encoding:", "", "answer in a transfer encoding nobody asked for: "},
        {200, 0, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked",
         "answer with two transfer-encoding headers"},
        {200, 0, "Transfer-Encoding: chunked", "Content-Length: 5",
         "answer with both a content-length and a transfer-encoding header"},
        {200, 0, "no colon", "", "header line 2 of the answer has no name"},
        {200, 0, "X y: z", "", "header line 2 of the answer has no name"},
        {200, 0, ": empty", "", "header line 2 of the answer has no name"},
        {200, 0, "X: a\001b", "", "header line 2 of the answer has a control character"},
        {206, 100, "X: y", "", "partial answer without a valid content-range header"},
        {206, 100, "Content-Range: bytes 100-99/300", "",
         "partial answer without a valid content-range header"},
        {206, 100, "Content-Range: bytes 100-300/300", "",
         "partial answer without a valid content-range header"},
        {206, 100, "Content-Range: bytes */300", "", "partial answer without a valid content-range header"},
        {206, 100, "Content-Range: lines 100-199/300", "",
         "partial answer without a valid content-range header"},
        {206, 100, "Content-Range: bytes 0-199/300", "", "partial answer from byte 0, asked for byte 100"},
        {206, 0, "Content-Range: bytes 0-199/300", "", "partial answer from byte 0, asked for byte 0"},
        {206, 100, "Content-Range: bytes 100-199/300", "Content-Length: 99",
         "partial answer whose length is not that of its range"},
        {416, 100, "Content-Range: nonsense", "", "answer with an invalid content-range header"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        net_autoresponse struct net_response r = {0};
        struct pp_error error = {0};
        assert_false(
            parse(rows[i].status, rows[i].range, LINES(rows[i].first, rows[i].second, ""), &r, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_string_equal(error.message, rows[i].says);
    }
}

static void header_count_and_bytes_are_capped_over_all_heads(void **state) {
    (void)state;
    struct net_head head = NET_HEAD_INIT;
    struct pp_error error = {0};
    int lines = 0;
    while (
        net_head_line(&head, lines % 2 ? "\r\n" : "HTTP/1.1 103 Early Hints\r\n", lines % 2 ? 2 : 26, &error))
        lines++;
    assert_int_equal(lines, NET_RESPONSE_HEADERS_MAX);
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "answer of more than 100 header lines");
    pp_buf_finish(&head.text);

    static char large[NET_RESPONSE_HEADER_MAX];
    struct net_head second = NET_HEAD_INIT;
    memset(large, 'x', sizeof large);
    memcpy(large, "X: ", 3);
    assert_true(net_head_line(&second, large, sizeof large, &error));
    assert_false(net_head_line(&second, "Y: z\r\n", 6, &error));
    assert_string_equal(error.message, "answer of more than 32768 bytes of headers");
    pp_buf_finish(&second.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_an_answer_are_read),
        cmocka_unit_test(absent_fields_read_as_nothing),
        cmocka_unit_test(status_lines_have_a_known_version_and_three_digits),
        cmocka_unit_test(retry_after_may_be_a_date),
        cmocka_unit_test(only_the_last_head_counts),
        cmocka_unit_test(range_of_a_partial_answer_is_read),
        cmocka_unit_test(answers_that_contradict_themselves_are_refused),
        cmocka_unit_test(header_count_and_bytes_are_capped_over_all_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
