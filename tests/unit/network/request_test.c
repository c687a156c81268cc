/* network/request.h: what comes over the socket is read whole, or refused, and each field within its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "network/request.h"

static struct network_request wifi(void) {
    return (struct network_request){.verb = NETWORK_WIFI,
                                    .wifi = {.ssid = "Lobby",
                                             .ssid_size = 5,
                                             .hidden = true,
                                             .security = NETWORK_WPA3,
                                             .passphrase = "correct horse"}};
}

static struct network_request fixed(const char *address, const char *gateway, const char *dns) {
    struct network_request request = {.verb = NETWORK_STATIC, .interface = "eth0"};
    struct network_ip ip;
    uint8_t prefix;
    assert_true(network_ip_parse(address, &ip, &prefix, NULL));
    struct network_address *slot = ip.family == 6 ? &request.fixed.v6 : &request.fixed.v4;
    slot->ip = ip;
    slot->prefix = prefix;
    if (gateway)
        assert_true(network_ip_parse(gateway, &slot->gateway, NULL, NULL));
    if (dns)
        assert_true(network_ip_parse(dns, &request.fixed.dns[request.fixed.dns_count++], NULL, NULL));
    return request;
}

#define CA "-----BEGIN CERTIFICATE-----\nMAAx+/==\n-----END CERTIFICATE-----\n"

static struct network_request dot1x(const char *interface) {
    struct network_request request = {.verb = NETWORK_8021X,
                                      .dot1x = {.identity = "screen-1",
                                                .anonymous = "anonymous@example.org",
                                                .server = ".radius.example",
                                                .ca = CA}};
    strcpy(request.interface, interface);
    if (!*interface) {
        memcpy(request.dot1x.ssid, "Staff", 5);
        request.dot1x.ssid_size = 5;
        request.dot1x.hidden = true;
    }
    return request;
}

static void requests_come_back_as_they_were_and_only_whole(void **state) {
    (void)state;
    const struct network_request requests[] = {
        {.verb = NETWORK_SHOW},
        wifi(),
        fixed("192.0.2.10/24", "192.0.2.1", "198.51.100.1"),
        fixed("2001:db8::10/64", "fe80::1", "2001:db8::53"),
        {.verb = NETWORK_DHCP, .interface = "enp1s0.20"},
        {.verb = NETWORK_FORGET, .interface = "eth0"},
        {.verb = NETWORK_FORGET},
        {.verb = NETWORK_ERASE, .decided = {.boot = {1, 2}, .ms = 0x0102030405060708}},
        dot1x("eth0"),
        dot1x(""),
        {.verb = NETWORK_KEY},
    };
    for (size_t i = 0; i < PP_COUNT(requests); i++) {
        static const struct network_request none;
        struct network_request read;
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_REQUEST_MAX + 1);
        pp_autobuf struct pp_buf again = PP_BUF_INIT(NETWORK_REQUEST_MAX);
        assert_true(network_request_encode(&requests[i], &packet, NULL));
        assert_true(network_request_decode(packet.data, packet.size, &read, NULL));
        assert_int_equal(read.verb, requests[i].verb);
        assert_string_equal(read.interface, requests[i].interface);
        assert_true(network_request_encode(&read, &again, NULL));
        assert_int_equal(again.size, packet.size);
        assert_memory_equal(again.data, packet.data, packet.size);
        for (size_t size = 0; size < packet.size; size++) {
            assert_false(network_request_decode(packet.data, size, &read, NULL));
            assert_memory_equal(&read, &none, sizeof none);
        }
        assert_true(pp_buf_add(&packet, "", 1, NULL));
        assert_false(network_request_decode(packet.data, packet.size, &read, NULL));
        assert_memory_equal(&read, &none, sizeof none);
    }
}

static void the_fields_stand_where_the_header_says(void **state) {
    (void)state;
    static const char packet[] = "\1\2\1\2\5Lobby\15correct horse";
    static const char addresses[] = "\1\3\4eth0\1\300\0\2\12\30\1\300\0\2\1\0\1\4\306\63\144\1";
    network_autorequest struct network_request request, other;
    assert_true(network_request_decode(packet, sizeof packet - 1, &request, NULL));
    assert_true(request.wifi.hidden);
    assert_int_equal(request.wifi.security, NETWORK_WPA3);
    assert_int_equal(request.wifi.ssid_size, 5);
    assert_memory_equal(request.wifi.ssid, "Lobby", 5);
    assert_string_equal(request.wifi.passphrase, "correct horse");
    assert_true(network_request_decode(addresses, sizeof addresses - 1, &other, NULL));
    assert_memory_equal(other.fixed.v4.ip.bytes, "\300\0\2\12", 4);
    assert_int_equal(other.fixed.v4.prefix, 24);
    assert_memory_equal(other.fixed.v4.gateway.bytes, "\300\0\2\1", 4);
    assert_int_equal(other.fixed.v6.ip.family, 0);
    assert_int_equal(other.fixed.dns_count, 1);
    assert_memory_equal(other.fixed.dns[0].bytes, "\306\63\144\1", 4);
}

/* The verb's highest bit, where there is a gateway that may not answer. */
static void what_is_to_be_kept_says_so(void **state) {
    (void)state;
    static const char wifi[] = "\1\202\0\1\1x\10eight888", fixed[] = "\1\203\4eth0\1\300\0\2\12\30\0\0\0";
    static const struct {
        const char *packet;
        size_t size;
    } others[] = {{"\1\201", 2}, {"\1\204\4eth0", 7}, {"\1\205\0", 3}, {"\1\212\1", 3}, {"\1\200", 2}};
    network_autorequest struct network_request request, other;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_REQUEST_MAX);
    assert_true(network_request_decode(wifi, sizeof wifi - 1, &request, NULL));
    assert_true(request.keep);
    assert_int_equal(request.verb, NETWORK_WIFI);
    assert_true(network_request_encode(&request, &packet, NULL));
    assert_int_equal(packet.size, sizeof wifi - 1);
    assert_memory_equal(packet.data, wifi, packet.size);
    assert_true(network_request_decode(fixed, sizeof fixed - 1, &other, NULL));
    assert_true(other.keep);
    for (size_t i = 0; i < PP_COUNT(others); i++) {
        struct pp_error error = {0};
        assert_false(network_request_decode(others[i].packet, others[i].size, &request, &error));
        assert_false(request.keep);
    }
}

static void other_packets_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *packet;
        size_t size;
    } rows[] = {
        {"\2\1", 2}, /* version */
        {"\1\0", 2}, /* verb */
        {"\1\20", 2},
        {"\1\2\2\1\1x\10"
         "12345678",
         15}, /* hidden is neither */
        {"\1\2\0\0\1x\10"
         "12345678",
         15}, /* security */
        {"\1\2\0\4\1x\10"
         "12345678",
         15},
        {"\1\2\0\1\0\10"
         "12345678",
         14}, /* no name */
        {"\1\2\0\1\1x\10"
         "1234\0"
         "678",
         15}, /* NUL */
        {"\1\4\4et\0"
         "0",
         7},
        {"\1\4\20"
         "0123456789012345",
         19},                                                 /* interface of 16 */
        {"\1\3\4eth0\1\300\0\2\12\41\0\0\0", 16},             /* /33 */
        {"\1\3\4eth0\1\300\0\2\12\30\0\0\4", 16},             /* four name servers */
        {"\1\3\4eth0\1\300\0\2\12\30\0\0\1\5\300\0\2\1", 21}, /* a family that is none */
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct network_request request;
        struct pp_error error = {0};
        assert_false(network_request_decode(rows[i].packet, rows[i].size, &request, &error));
        assert_true(*error.message);
    }
}

static void expect_refused(const struct network_request *request, const char *reason) {
    struct pp_error error = {0};
    assert_false(network_request_check(request, &error));
    assert_string_equal(error.message, reason);
}

static void addresses_that_no_machine_has_are_refused(void **state) {
    (void)state;
    static const char machine[] = "address: not one that a machine can have",
                      edge[] = "address: the network's own, or its broadcast",
                      outside[] = "gateway: not in the network of the address",
                      dns[] = "dns: not an address of a server";
    static const struct {
        const char *address, *gateway, *dns, *reason;
    } rows[] = {
        {"0.0.0.0/24", NULL, NULL, machine},
        {"127.0.0.1/8", NULL, NULL, machine},
        {"224.0.0.1/24", NULL, NULL, machine},
        {"255.255.255.255/24", NULL, NULL, machine},
        {"192.0.2.0/24", NULL, NULL, edge},
        {"192.0.2.255/24", NULL, NULL, edge},
        {"192.0.2.10/24", "192.0.3.1", NULL, outside},
        {"192.0.2.10/24", "192.0.2.255", NULL, outside},
        {"192.0.2.10/24", "192.0.2.10", NULL, "gateway: the address itself"},
        {"192.0.2.10/24", "192.0.2.1", "0.0.0.0", dns},
        {"192.0.2.10/24", "192.0.2.1", "239.1.1.1", dns},
        {"192.0.2.10/24", "192.0.2.1", "2001:db8::1", "dns: no address of its family"},
        {"::1/64", NULL, NULL, machine},
        {"::/64", NULL, NULL, machine},
        {"ff02::1/64", NULL, NULL, machine},
        {"fe80::1/64", NULL, NULL, machine},
        {"::ffff:192.0.2.1/96", NULL, NULL, machine},
        {"2001:db8::1/64", "2001:db8:1::1", NULL, outside},
        {"2001:db8::1/64", "2001:db8::1", NULL, "gateway: the address itself"},
        {"2001:db8::1/64", NULL, "fe80::1", dns},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        const struct network_request request = fixed(rows[i].address, rows[i].gateway, rows[i].dns);
        expect_refused(&request, rows[i].reason);
    }
}

static void addresses_at_the_bounds_are_taken(void **state) {
    (void)state;
    static const struct {
        const char *address, *gateway;
    } rows[] = {
        {"192.0.2.0/31", "192.0.2.1"}, {"192.0.2.255/32", NULL},      {"10.0.0.255/16", "10.0.1.0"},
        {"223.255.255.254/1", NULL},   {"2001:db8::/128", "fe80::1"}, {"2001:db8::2/127", "2001:db8::3"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        const struct network_request request = fixed(rows[i].address, rows[i].gateway, NULL);
        if (!network_request_check(&request, &error))
            fail_msg("%s: %s", rows[i].address, error.message);
    }
}

static void an_address_is_written_in_one_way(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "192.0.2.10",
                                      "192.0.2.10/",
                                      "192.0.2.10/33",
                                      "192.0.2.10/0",
                                      "192.0.2.10/024",
                                      "192.0.2.10/24 ",
                                      " 192.0.2.10/24",
                                      "192.0.2/24",
                                      "192.0.2.010/24",
                                      "192.0.2.10/24/1",
                                      "2001:db8::1/129",
                                      "2001:db8::1%eth0/64",
                                      "2001:db8::1\n/64",
                                      "192.0.2.10/-1",
                                      "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64"};
    struct network_ip ip;
    uint8_t prefix;
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        if (network_ip_parse(bad[i], &ip, &prefix, NULL))
            fail_msg("taken: \"%s\"", bad[i]);
    }
    assert_false(network_ip_parse("192.0.2.1/24", &ip, NULL, NULL));
}

static void interfaces_have_plain_names(void **state) {
    (void)state;
    static const char *const bad[] = {"",   "lo",  ".",    "..",  "../etc",   "a/b",
                                      "-x", "a b", "a\nb", "a;b", "\xc3\xa9", "a:1"};
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        struct network_request request = {.verb = NETWORK_DHCP};
        strcpy(request.interface, bad[i]);
        assert_false(network_request_check(&request, NULL));
    }
}

static void passphrases_keep_to_the_standard(void **state) {
    (void)state;
    static const char length[] = "passphrase: neither 8 to 63 characters nor 64 hexadecimal digits";
    static const char key[] = "0123456789abcdefABCDEF78901234567890123456789012345678901234567f";
    struct network_request request = wifi();
    request.wifi.security = NETWORK_WPA2_WPA3;
    strcpy(request.wifi.passphrase, "1234567");
    expect_refused(&request, length);
    strcpy(request.wifi.passphrase, "");
    expect_refused(&request, length);
    strcpy(request.wifi.passphrase, key);
    assert_true(network_request_check(&request, NULL));
    request.wifi.security = NETWORK_WPA3;
    expect_refused(&request, "passphrase: WPA3 takes a passphrase, no key");
    request.wifi.passphrase[63] = 'g';
    expect_refused(&request, length);
    request.wifi.passphrase[63] = 0;
    assert_true(network_request_check(&request, NULL));
    strcpy(request.wifi.passphrase, "tab\there1");
    expect_refused(&request, "passphrase: a character that is not printable ASCII");
    strcpy(request.wifi.passphrase, "12345678");
    request.wifi.security = NETWORK_OPEN;
    expect_refused(&request, "passphrase: an open network has none");
}

/* Whom to trust is never left out, and no text of it is more than a name. */
static void dot1x_names_its_server_and_its_authorities(void **state) {
    (void)state;
    static const struct {
        const char *interface, *identity, *anonymous, *server, *ca, *reason;
    } rows[] = {
        {"eth0", "", "", "", CA, "server: no name: any that the authorities know would do"},
        {"eth0", "", "", ".", CA, "server: no name: any that the authorities know would do"},
        {"eth0", "", "", ".org", CA, "server: a domain of one label is nobody's"},
        {"eth0", "", "", "a..b", CA, "server: not a name"},
        {"eth0", "", "", "..a.b", CA, "server: not a name"},
        {"eth0", "", "", "a.b.", CA, "server: not a name"},
        {"eth0", "", "", "a;b", CA, "server: a character that it cannot have"},
        {"eth0", "", "", "*.radius.example", CA, "server: a character that it cannot have"},
        {"eth0", "a\nphase2-auth=pap", "", "a.b", CA, "identity: a character that it cannot have"},
        {"eth0", "a b", "", "a.b", CA, "identity: a character that it cannot have"},
        {"eth0", "", "\\s", "a.b", CA, "anonymous identity: a character that it cannot have"},
        {"eth0", "", "", "a.b", "", "authorities: no document in PEM, or one without its end"},
        {"eth0", "", "", "a.b", "x\n" CA, "authorities: no document in PEM, or a line between two of them"},
        {"../x", "", "", "a.b", CA, "interface: not a name"},
        {"lo", "", "", "a.b", CA, "interface: the loopback has no profile"},
        {"", "", "", "a.b", CA, "8021x: either an interface or a Wi-Fi of 1 to 32 bytes"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct network_request request = {.verb = NETWORK_8021X};
        strcpy(request.interface, rows[i].interface);
        strcpy(request.dot1x.identity, rows[i].identity);
        strcpy(request.dot1x.anonymous, rows[i].anonymous);
        strcpy(request.dot1x.server, rows[i].server);
        strcpy(request.dot1x.ca, rows[i].ca);
        expect_refused(&request, rows[i].reason);
    }
    struct network_request both = dot1x("eth0");
    both.dot1x.ssid_size = 1;
    expect_refused(&both, "8021x: either an interface or a Wi-Fi of 1 to 32 bytes");
    const struct network_request wired = dot1x("eth0"), wifi_one = dot1x("");
    assert_true(network_request_check(&wired, NULL));
    assert_false(network_request_is_wifi(&wired));
    assert_true(network_request_check(&wifi_one, NULL));
    assert_true(network_request_is_wifi(&wifi_one));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_back_as_they_were_and_only_whole),
        cmocka_unit_test(the_fields_stand_where_the_header_says),
        cmocka_unit_test(what_is_to_be_kept_says_so),
        cmocka_unit_test(other_packets_are_refused),
        cmocka_unit_test(addresses_that_no_machine_has_are_refused),
        cmocka_unit_test(addresses_at_the_bounds_are_taken),
        cmocka_unit_test(an_address_is_written_in_one_way),
        cmocka_unit_test(interfaces_have_plain_names),
        cmocka_unit_test(passphrases_keep_to_the_standard),
        cmocka_unit_test(dot1x_names_its_server_and_its_authorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
