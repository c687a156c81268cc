/* net/ticket.h: what may be asked, and a KDC that is not there. With a real one: e2e/proxy_negotiate. */
#include "support/test_folder.h"

#include <stdlib.h>
#include <string.h>

#include "net/ticket.h"

static void principals_and_kdcs_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *principal, *kdc;
        bool good;
    } rows[] = {
        {"screen-1@EXAMPLE.ORG", "", true},
        {"screen/lobby@EXAMPLE.ORG", "kdc.example:88", true},
        {"SCREEN1$@EXAMPLE.ORG", "[2001:db8::1]:88", true},
        {"screen", "", false},
        {"@EXAMPLE.ORG", "", false},
        {"screen@", "", false},
        {"screen@A@B", "", false},
        {"screen@EXAMPLE.ORG\n}\n[libdefaults]", "", false},
        {"screen@EXAMPLE ORG", "", false},
        {"screen@R", "kdc\n default_keytab_name = FILE:/x", false},
        {"screen@R", "kdc }", false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        if (net_ticket_check(rows[i].principal, rows[i].kdc, &error) != rows[i].good)
            fail_msg("%s, %s: %s", rows[i].principal, rows[i].kdc, error.message);
        assert_int_equal(error.code, rows[i].good ? PP_OK : PP_E_INVALID);
    }
}

static bool fetch(struct net_tickets *tickets, const uint8_t *keytab, size_t size, struct pp_error *error) {
    int64_t expires_s = 0;
    const struct net_ticket_request request = {.host = "proxy.example",
                                               .principal = "screen-1@EXAMPLE.ORG",
                                               .kdc = "127.0.0.1:1",
                                               .password = "secret",
                                               .keytab = keytab,
                                               .keytab_size = size,
                                               .number = net_ticket_begin(tickets)};
    return net_ticket_fetch(tickets, &request, &expires_s, error);
}

static void a_kdc_that_is_not_there_is_said(void **state) {
    struct pp_error error = {0};
    (void)state;
    PP_AUTO(net_tickets) struct net_tickets *tickets = net_tickets_create(&error);
    assert_non_null(tickets);
    assert_false(fetch(tickets, NULL, 0, &error));
    assert_int_equal(error.code, PP_E_NET);
    assert_string_equal(error.message, "no KDC can be reached");
}

static void what_is_no_keytab_is_said(void **state) {
    static const uint8_t garbage[] = "this is no keytab";
    static const uint8_t empty[] = {5, 2};
    struct pp_error error = {0};
    (void)state;
    PP_AUTO(net_tickets) struct net_tickets *tickets = net_tickets_create(&error);
    assert_non_null(tickets);
    assert_false(fetch(tickets, garbage, sizeof garbage, &error));
    assert_string_equal(error.message, "the keytab cannot be read");
    assert_int_equal(error.code, PP_E_INVALID);
    assert_false(fetch(tickets, empty, sizeof empty, &error));
    assert_string_equal(error.message, "the keytab has no key for this screen's principal");
}

/* With a KDC that answers too late: e2e/proxy_negotiate. */
static void one_that_was_given_up_asks_nobody(void **state) {
    struct pp_error error = {0};
    int64_t expires_s = 0;
    (void)state;
    PP_AUTO(net_tickets) struct net_tickets *tickets = net_tickets_create(&error);
    const struct net_ticket_request request = {.host = "proxy.example",
                                               .principal = "screen-1@EXAMPLE.ORG",
                                               .kdc = "127.0.0.1:1",
                                               .password = "secret",
                                               .number = net_ticket_begin(tickets)};
    net_ticket_forget(tickets);
    assert_false(net_ticket_fetch(tickets, &request, &expires_s, &error));
    assert_int_equal(error.code, PP_E_CANCELLED);
}

/* Neither the system's configuration nor its keytabs: whatever the environment names. */
static void nothing_of_the_system_s_is_looked_at(void **state) {
    struct pp_error error = {0};
    (void)state;
    setenv("KRB5_CONFIG", "/etc/krb5.conf", 1);
    setenv("KRB5CCNAME", "FILE:/tmp/krb5cc_0", 1);
    PP_AUTO(net_tickets) struct net_tickets *tickets = net_tickets_create(&error);
    assert_non_null(tickets);
    const char *settings = getenv("KRB5_CONFIG"), *cache = getenv("KRB5CCNAME");
    assert_true(settings && strncmp(settings, "/proc/self/fd/", 14) == 0);
    assert_true(cache && strncmp(cache, "MEMORY:", 7) == 0);
    net_ticket_forget(tickets);
    net_ticket_forget(tickets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(principals_and_kdcs_are_checked),
        cmocka_unit_test(a_kdc_that_is_not_there_is_said),
        cmocka_unit_test(what_is_no_keytab_is_said),
        cmocka_unit_test(one_that_was_given_up_asks_nobody),
        cmocka_unit_test(nothing_of_the_system_s_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
