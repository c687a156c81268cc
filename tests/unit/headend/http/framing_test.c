#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "headend/http/framing.h"

#define POST   "POST /v1/status HTTP/1.1\r\nHost: a\r\n"
#define GET    "GET / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKS POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
    const char *text;
    uint64_t heads, whole;
} in_order[] = {
    {"", 0, 0},
    {GET, 0, 0},
    {GET "\r\n", 1, 1},
    {GET "\r\n" GET "\r\n", 2, 2},
    {"\r\n" GET "\r\n", 1, 1},
    {"OPTIONS * HTTP/1.0\r\n\r\n", 1, 1},
    {POST "Content-Length: 3\r\n\r\nab", 1, 0},
    {POST "Content-Length: 3\r\n\r\nabc" GET "\r\n", 2, 2},
    {POST "CONTENT-LENGTH:\t 0 \t\r\n\r\n", 1, 1},
    {POST "Content-Length-And-More: x\r\nX-Transfer-Encoding: gzip\r\nEmpty:\r\n\r\n", 1, 1},
    {POST "X: \xc3\xa9 \"\x80\"\r\n\r\n", 1, 1},
    {CHUNKS "3\r\nabc\r\n", 1, 0},
    {CHUNKS "3\r\nabc\r\n00A;n=\"v\"\r\n0123456789\r\n0\r\n\r\n", 1, 1},
    {CHUNKS "3\r\n\r\n0\r\n0\r\nX: y\r\n\r\n" GET "\r\n", 2, 2},
    {POST "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 1, 1},
};

/* The request before the one that is broken was in order. */
static const char *const out_of_order[] = {
    POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
    POST "Content-Length: 5, 5\r\n\r\n",
    POST "Content-Length: +5\r\n\r\n",
    POST "Content-Length:\r\n\r\n",
    POST "Content-Length: 0000000000000000005\r\n\r\n",
    POST "Content-Length: 00000000000000000000000005\r\n\r\n",
    POST "Content-Length: 99999999999999\r\n\r\n",
    POST "Content-Length : 5\r\n\r\n",
    POST "Content-Length\t: 5\r\n\r\n",
    POST " Content-Length: 5\r\n\r\n",
    POST "X: a\r\n b\r\n\r\n",
    POST "X: a\nY: b\r\n\r\n",
    POST "X: a\rY: b\r\n\r\n",
    POST "X: a\x01\r\n\r\n",
    POST "X\r\n\r\n",
    POST ": x\r\n\r\n",
    POST "\n",
    POST "\rX",
    POST "Host: b\r\n\r\n",
    POST "Transfer-Encoding: gzip, chunked\r\n\r\n",
    POST "Transfer-Encoding: identity\r\n\r\n",
    POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "GET / http/1.1\r\nHost: a\r\n\r\n",
    "GET /\r\nHost: a\r\n\r\n",
    "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\n" GET "\r\n",
    "\n" GET "\r\n",
    CHUNKS "\r\n",
    CHUNKS "+1\r\na\r\n",
    CHUNKS "0x1\r\na\r\n",
    CHUNKS "1 \r\na\r\n",
    CHUNKS "000000001\r\na\r\n",
    CHUNKS "1\na\r\n",
    CHUNKS "1\r\nab\r\n",
    CHUNKS "1\r\na\n",
    CHUNKS "1;x\ny\r\na\r\n",
    CHUNKS "0\r\nContent-Length: 3\r\n\r\n",
    CHUNKS "0\r\nHost: b\r\n\r\n",
    CHUNKS "0\r\n X: b\r\n\r\n",
};

static struct framing whole(const char *text) {
    struct framing framing = {0};
    framing_read(&framing, text, strlen(text));
    return framing;
}

static struct framing pieces(const char *text) {
    struct framing framing = {0};
    for (; *text; text++)
        framing_read(&framing, text, 1);
    return framing;
}

static void requests_in_order_are_counted(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(in_order); i++) {
        const struct framing readings[] = {whole(in_order[i].text), pieces(in_order[i].text)};
        for (size_t j = 0; j < 2; j++) {
            if (readings[j].broken)
                fail_msg("%zu: %s", i, readings[j].broken);
            assert_int_equal(readings[j].heads, in_order[i].heads);
            assert_int_equal(readings[j].whole, in_order[i].whole);
        }
    }
}

static void what_can_be_read_in_two_ways_ends_the_reading(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(out_of_order); i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s%s", POST "Content-Length: 2\r\n\r\nok", out_of_order[i],
                 GET "\r\n" GET "\r\n");
        const struct framing readings[] = {whole(text), pieces(text)};
        for (size_t j = 0; j < 2; j++) {
            if (!readings[j].broken)
                fail_msg("%zu is taken", i);
            assert_in_range(readings[j].heads, 1, 2);
            assert_int_equal(readings[j].whole, 1);
        }
    }
}

static void a_nul_is_no_end(void **state) {
    (void)state;
    static const char text[] = POST "X: a\0\r\n\r\n";
    struct framing framing = {0};
    framing_read(&framing, text, sizeof text - 1);
    assert_non_null(framing.broken);
    assert_int_equal(framing.heads, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_in_order_are_counted),
        cmocka_unit_test(what_can_be_read_in_two_ways_ends_the_reading),
        cmocka_unit_test(a_nul_is_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
