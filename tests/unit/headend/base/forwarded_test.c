#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "headend/base/forwarded.h"

/* Proxies stand in 10.0.0.0/8 here. */
static bool is_ten(const void *arg, const struct ip_address *address) {
    (void)arg;
    return address->size == 4 && address->bytes[0] == 10;
}

static void client_is(enum forwarded_header header, const char *peer, const char *const *texts,
                      const char *expected) {
    struct forwarded forwarded = {0};
    struct ip_address address;
    struct pp_error error = {0};
    char text[IP_TEXT_SIZE];
    assert_true(ip_address_read(peer, strlen(peer), &address));
    for (; *texts; texts++) {
        if (!forwarded_read(header, *texts, &forwarded, &error))
            fail_msg("%s: %s", *texts, error.message);
    }
    address = forwarded_client(&forwarded, address, is_ten, NULL);
    ip_address_text(&address, text);
    assert_string_equal(text, expected);
}

#define STANDARD(peer, expected, ...)                                                                        \
    client_is(FORWARDED_STANDARD, peer, (const char *const[]){__VA_ARGS__, NULL}, expected)
#define X(peer, expected, ...)                                                                               \
    client_is(FORWARDED_X, peer, (const char *const[]){__VA_ARGS__, NULL}, expected)

static void the_client_is_the_last_that_no_proxy_of_ours_is(void **state) {
    (void)state;
    STANDARD("10.0.0.1", "198.51.100.7", "for=198.51.100.7");
    STANDARD("10.0.0.1", "198.51.100.7", "for=203.0.113.1, for=198.51.100.7");
    STANDARD("10.0.0.1", "198.51.100.7", "for=203.0.113.1, for=198.51.100.7, for=10.9.9.9");
    STANDARD("10.0.0.1", "198.51.100.7", "for=203.0.113.1", "for=198.51.100.7, for=10.9.9.9", "for=10.1.1.1");
    STANDARD("10.0.0.1", "10.0.0.2", "for=10.0.0.2,for=10.0.0.3");
    STANDARD("192.0.2.1", "192.0.2.1", "for=198.51.100.7"); /* no proxy of ours */
    X("10.0.0.1", "198.51.100.7", "203.0.113.1, 198.51.100.7", "10.2.2.2");
    X("10.0.0.1", "2001:db8::1", "2001:db8::1,10.2.2.2");
}

static void nodes_come_in_all_their_forms(void **state) {
    (void)state;
    STANDARD("10.0.0.1", "192.0.2.60", "for=192.0.2.60;proto=http;by=203.0.113.43");
    STANDARD("10.0.0.1", "2001:db8:cafe::17", "For=\"[2001:db8:cafe::17]:4711\"");
    STANDARD("10.0.0.1", "2001:db8:cafe::17", "by=_x;FOR=\"[2001:db8:cafe::17]\"  ;  host=a.example");
    STANDARD("10.0.0.1", "192.0.2.43", "for=\"192.0.2.43:47011\"");
    STANDARD("10.0.0.1", "192.0.2.43", "for=\"192.0.2.43:_obf\"");
    STANDARD("10.0.0.1", "192.0.2.43", "for=\"192.0\\.2.43\"");
    STANDARD("10.0.0.1", "192.0.2.43", "host=\"a, for=1.2.3.4\";for=192.0.2.43");
    STANDARD("10.0.0.1", "192.0.2.43", "for=\"[::ffff:192.0.2.43]\"");
    X("10.0.0.1", "192.0.2.43", "192.0.2.43:4711");
    X("10.0.0.1", "2001:db8::1", " [2001:db8::1]:443 ");
}

static void a_node_that_is_hidden_or_not_told_is_unknown(void **state) {
    (void)state;
    STANDARD("10.0.0.1", "", "for=192.0.2.1, for=unknown");
    STANDARD("10.0.0.1", "", "for=192.0.2.1, for=_hidden");
    STANDARD("10.0.0.1", "", "for=192.0.2.1, proto=https");
    STANDARD("10.0.0.1", "", "for=192.0.2.1, for=unknown, for=10.1.1.1");
    X("10.0.0.1", "", "192.0.2.1, unknown");
}

static void what_is_malformed_is_refused_whole(void **state) {
    (void)state;
    static const char *const standard[] = {
        "",
        ",",
        "for=192.0.2.1,",
        ",for=192.0.2.1",
        "for",
        "for=",
        "for=\"\"",
        "for=\"192.0.2.1",
        "for=\"192.0.2.1\\",
        "for=192.0.2.1;",
        "for=192.0.2.1;for=192.0.2.2",
        "for = 192.0.2.1",
        "for=2001:db8::1",
        "for=[2001:db8::1]",
        "for=\"[192.0.2.1]\"",
        "for=\"[2001:db8::1\"",
        "for=\"[2001:db8::1]443\"",
        "for=\"192.0.2.1:\"",
        "for=\"192.0.2.1:123456\"",
        "for=\"192.0.2.1:12a\"",
        "for=192.0.2.1 for=192.0.2.2",
        "for=_",
        "for=localhost",
        "for=192.0.2.01",
        "192.0.2.1",
        "for=\"192.0.2.1\n\"",
    };
    static const char *const x[] = {"", ",", "192.0.2.1,", ",192.0.2.1", "192.0.2.1 192.0.2.2", "[192.0.2.1]",
                                    "a"};
    struct forwarded forwarded = {0};
    for (size_t i = 0; i < PP_COUNT(standard); i++) {
        struct pp_error error = {0};
        if (forwarded_read(FORWARDED_STANDARD, standard[i], &forwarded, &error))
            fail_msg("\"%s\" was taken", standard[i]);
        assert_int_equal(error.code, PP_E_INVALID);
    }
    for (size_t i = 0; i < PP_COUNT(x); i++) {
        if (forwarded_read(FORWARDED_X, x[i], &forwarded, NULL))
            fail_msg("\"%s\" was taken", x[i]);
    }
}

static void too_much_is_refused(void **state) {
    (void)state;
    struct forwarded forwarded = {0};
    struct pp_error error = {0};
    char text[FORWARDED_TEXT_MAX + 2];
    for (size_t i = 0; i < FORWARDED_HOPS_MAX; i++)
        assert_true(forwarded_read(FORWARDED_X, "192.0.2.1", &forwarded, NULL));
    assert_false(forwarded_read(FORWARDED_X, "192.0.2.1", &forwarded, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    memset(text, ' ', sizeof text);
    text[sizeof text - 1] = 0;
    forwarded.count = 0;
    assert_false(forwarded_read(FORWARDED_X, text, &forwarded, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void headers_have_their_names(void **state) {
    (void)state;
    enum forwarded_header header;
    assert_true(forwarded_named("forwarded", &header));
    assert_int_equal(header, FORWARDED_STANDARD);
    assert_true(forwarded_named("X-FORWARDED-FOR", &header));
    assert_int_equal(header, FORWARDED_X);
    assert_false(forwarded_named("X-Real-IP", &header));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_last_that_no_proxy_of_ours_is),
        cmocka_unit_test(nodes_come_in_all_their_forms),
        cmocka_unit_test(a_node_that_is_hidden_or_not_told_is_unknown),
        cmocka_unit_test(what_is_malformed_is_refused_whole),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(headers_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
