#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "headend/base/address.h"

static struct sockaddr_storage parsed(int family, const char *address) {
    struct sockaddr_storage storage = {.ss_family = (sa_family_t)family};
    void *place = family == AF_INET ? (void *)&((struct sockaddr_in *)&storage)->sin_addr
                                    : (void *)&((struct sockaddr_in6 *)&storage)->sin6_addr;
    assert_int_equal(inet_pton(family, address, place), 1);
    return storage;
}

static void counts_as(int family, const char *address, const char *alone, const char *network) {
    char text[ADDRESS_TEXT_SIZE];
    struct sockaddr_storage storage = parsed(family, address);
    address_text((const struct sockaddr *)&storage, text);
    assert_string_equal(text, alone);
    address_network((const struct sockaddr *)&storage, text);
    assert_string_equal(text, network);
}

static void addresses_of_one_customer_count_together(void **state) {
    (void)state;
    counts_as(AF_INET, "192.0.2.7", "192.0.2.7", "192.0.2.0/24");
    counts_as(AF_INET6, "::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0/24");
    counts_as(AF_INET6, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48");
    counts_as(AF_INET6, "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64", "2001:db8:1::/48");
    counts_as(AF_INET6, "2001:db8:1:ffff::1", "2001:db8:1:ffff::/64", "2001:db8:1::/48");
    counts_as(AF_INET6, "2001:db8:2:ffff::1", "2001:db8:2:ffff::/64", "2001:db8:2::/48");
    counts_as(AF_INET6, "::1", "::/64", "::/48");
}

static void other_families_have_none(void **state) {
    (void)state;
    const struct sockaddr local = {.sa_family = AF_UNIX};
    char text[ADDRESS_TEXT_SIZE] = "x";
    address_text(&local, text);
    assert_string_equal(text, "");
    address_network(&local, text);
    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_one_customer_count_together),
        cmocka_unit_test(other_families_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
