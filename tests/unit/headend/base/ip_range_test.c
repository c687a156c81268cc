#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "headend/base/ip_range.h"

static bool has(const char *text, const char *written) {
    struct ip_range range;
    struct ip_address address;
    struct pp_error error = {0};
    if (!ip_range_read(text, &range, &error))
        fail_msg("%s: %s", text, error.message);
    assert_true(ip_address_read(written, strlen(written), &address));
    return ip_range_has(&range, &address);
}

static void a_range_has_the_addresses_of_its_prefix_and_no_other(void **state) {
    (void)state;
    assert_true(has("203.0.113.0/24", "203.0.113.0"));
    assert_true(has("203.0.113.0/24", "203.0.113.255"));
    assert_false(has("203.0.113.0/24", "203.0.112.255"));
    assert_false(has("203.0.113.0/24", "203.0.114.0"));
    assert_true(has("203.0.113.64/26", "203.0.113.127"));
    assert_false(has("203.0.113.64/26", "203.0.113.128"));
    assert_true(has("203.0.113.7", "203.0.113.7"));
    assert_false(has("203.0.113.7", "203.0.113.6"));
    assert_true(has("0.0.0.0/0", "255.255.255.255"));
    assert_true(has("2001:db8:1::/48", "2001:db8:1:ffff::1"));
    assert_false(has("2001:db8:1::/48", "2001:db8:2::"));
    assert_true(has("2001:db8::8/125", "2001:db8::f"));
    assert_false(has("2001:db8::8/125", "2001:db8::10"));
    assert_true(has("::/0", "ffff::1"));
}

static void ipv4_written_in_ipv6_is_ipv4(void **state) {
    (void)state;
    assert_true(has("203.0.113.0/24", "::ffff:203.0.113.9"));
    assert_true(has("::ffff:203.0.113.0/120", "203.0.113.9"));
    assert_false(has("::ffff:203.0.113.0/120", "203.0.114.9"));
    assert_true(has("::ffff:0.0.0.0/96", "198.51.100.1"));
    assert_false(has("::/0", "203.0.113.9"));
    assert_false(has("::/0", "::ffff:203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
}

static void what_is_no_range_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "/",
        "/24",
        "203.0.113.0/",
        "203.0.113.0/33",
        "203.0.113.0/024",
        "203.0.113.0/+24",
        "203.0.113.0/ 24",
        "203.0.113.0/24 ",
        " 203.0.113.0/24",
        "203.0.113.0/24/24",
        "203.0.113.0/-1",
        "203.0.113.0/4294967320",
        "203.0.113/24",
        "203.0.113.00/24",
        "203.0.113.256/24",
        "203.0.113.1/24",
        "203.0.113.0/23",
        "0xcb007100/24",
        "2001:db8::/129",
        "2001:db8::1/64",
        "2001:db8::%eth0/64",
        "[2001:db8::]/32",
        "::ffff:203.0.113.0/95",
        "::ffff:203.0.113.1/120",
        "localhost",
        "any",
    };
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        struct ip_range range;
        struct pp_error error = {0};
        if (ip_range_read(texts[i], &range, &error))
            fail_msg("\"%s\" was taken", texts[i]);
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

static void written_as(const char *text, const char *expected) {
    struct ip_range range;
    char written[IP_TEXT_SIZE];
    assert_true(ip_range_read(text, &range, NULL));
    ip_range_text(&range, written);
    assert_string_equal(written, expected);
}

static void a_range_is_written_in_one_way(void **state) {
    (void)state;
    written_as("203.0.113.0/24", "203.0.113.0/24");
    written_as("203.0.113.7/32", "203.0.113.7");
    written_as("::ffff:cb00:7100/120", "203.0.113.0/24");
    written_as("2001:0DB8:0:0::/32", "2001:db8::/32");
    written_as("2001:db8::1/128", "2001:db8::1");
}

static void an_address_of_another_family_is_in_no_range(void **state) {
    (void)state;
    const struct sockaddr local = {.sa_family = AF_UNIX};
    const struct ip_address unknown = ip_address_of(&local);
    struct ip_range range;
    assert_int_equal(unknown.size, 0);
    assert_true(ip_range_read("0.0.0.0/0", &range, NULL));
    assert_false(ip_range_has(&range, &unknown));
    assert_true(ip_range_read("::/0", &range, NULL));
    assert_false(ip_range_has(&range, &unknown));
}

static void a_mapped_peer_is_its_ipv4_address(void **state) {
    (void)state;
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, "::ffff:203.0.113.9", &peer.sin6_addr), 1);
    const struct ip_address address = ip_address_of((const struct sockaddr *)&peer);
    char text[IP_TEXT_SIZE];
    ip_address_text(&address, text);
    assert_string_equal(text, "203.0.113.9");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_has_the_addresses_of_its_prefix_and_no_other),
        cmocka_unit_test(ipv4_written_in_ipv6_is_ipv4),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(a_range_is_written_in_one_way),
        cmocka_unit_test(an_address_of_another_family_is_in_no_range),
        cmocka_unit_test(a_mapped_peer_is_its_ipv4_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
