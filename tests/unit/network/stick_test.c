/* network/stick.h: what may stand in the file of a USB stick, and what may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "network/stick.h"

static void parse(const char *text, struct network_request *request) {
    struct pp_error error = {0};
    if (!stick_parse(text, strlen(text), request, &error))
        fail_msg("%s: %s", text, error.message);
}

static void a_wifi_is_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *ssid, *passphrase;
        enum network_security security;
        bool hidden;
    } rows[] = {
        {"{\"format\":1,\"wifi\":{\"ssid\":\"Lobby\",\"passphrase\":\"correct horse\"}}", "Lobby",
         "correct horse", NETWORK_WPA2_WPA3, false},
        {" {\"wifi\":{\"hidden\":true,\"security\":\"wpa3\",\"passphrase\":\"12345678\",\"ssid\":\"\\u00e9\"}"
         ",\"format\":1}\r\n",
         "\xc3\xa9", "12345678", NETWORK_WPA3, true},
        {"{\"format\":1,\"wifi\":{\"ssid\":\"x\",\"security\":\"open\",\"hidden\":false}}", "x", "",
         NETWORK_OPEN, false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        network_autorequest struct network_request request;
        parse(rows[i].text, &request);
        assert_int_equal(request.verb, NETWORK_WIFI);
        assert_int_equal(request.wifi.ssid_size, strlen(rows[i].ssid));
        assert_memory_equal(request.wifi.ssid, rows[i].ssid, request.wifi.ssid_size);
        assert_string_equal(request.wifi.passphrase, rows[i].passphrase);
        assert_int_equal(request.wifi.security, rows[i].security);
        assert_int_equal(request.wifi.hidden, rows[i].hidden);
    }
}

static void addresses_are_read(void **state) {
    (void)state;
    network_autorequest struct network_request request;
    char text[NETWORK_IP_TEXT];
    parse("{\"format\":1,\"wired\":{\"interface\":\"eth0\"}}", &request);
    assert_int_equal(request.verb, NETWORK_DHCP);
    assert_string_equal(request.interface, "eth0");
    parse("{\"format\":1,\"wired\":{\"interface\":\"eth0\",\"addresses\":[\"2001:db8::10/64\",\"192.0.2.10/"
          "24\"],"
          "\"gateways\":[\"192.0.2.1\"],\"dns\":[\"192.0.2.53\",\"2001:db8::53\"]}}",
          &request);
    assert_int_equal(request.verb, NETWORK_STATIC);
    assert_int_equal(request.fixed.v4.prefix, 24);
    network_ip_format(&request.fixed.v4.gateway, text);
    assert_string_equal(text, "192.0.2.1");
    network_ip_format(&request.fixed.v6.ip, text);
    assert_string_equal(text, "2001:db8::10");
    assert_int_equal(request.fixed.dns_count, 2);
}

static void another_file_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    static const struct network_request none;
#define WIFI(members)  "{\"format\":1,\"wifi\":{" members "}}"
#define WIRED(members) "{\"format\":1,\"wired\":{\"interface\":\"eth0\"," members "}}"
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"[]", "not an object"},
        {"{\"wifi\":{\"ssid\":\"x\",\"security\":\"open\"}}", "format"},
        {"{\"format\":\"1\",\"wifi\":{\"ssid\":\"x\",\"security\":\"open\"}}", "format"},
        {"{\"format\":1,\"wifi\":[]}", "wifi"},
        {"{\"format\":1,\"wifi\":null,\"wired\":null}", "wifi or wired, one of them"},
        {"{\"format\":1,\"wifi\":{\"ssid\":\"x\",\"security\":\"open\"}}x", ""},
        {"{\"format\":1,\"Wifi\":{\"ssid\":\"x\"}}", "a member that is not known"},
        {WIFI("\"ssid\":\"\",\"security\":\"open\""), "ssid: not 1 to 32 bytes"},
        {WIFI("\"ssid\":1,\"security\":\"open\""), "ssid"},
        {WIFI("\"ssid\":\"x\\u0000y\",\"security\":\"open\""), ""},
        {WIFI("\"ssid\":\"\xff\",\"security\":\"open\""), ""},
        {WIFI("\"ssid\":\"x\""), "passphrase: neither"},
        {WIFI("\"ssid\":\"x\",\"passphrase\":\"\\u00e912345678\""), "passphrase: a character"},
        {WIFI("\"ssid\":\"x\",\"passphrase\":\"12345678\\n[connection]\""), "passphrase: a character"},
        {WIFI("\"ssid\":\"x\",\"passphrase\":\"12345678\",\"security\":\"open\""),
         "passphrase: an open network"},
        {WIFI("\"ssid\":\"x\",\"security\":\"open\",\"hidden\":1"), "hidden"},
        {WIRED("\"addresses\":[]"), "address: none"},
        {WIRED("\"addresses\":\"192.0.2.10/24\""), "addresses"},
        {WIRED("\"addresses\":[1]"), "addresses: not texts"},
        {WIRED("\"addresses\":[\"192.0.2.10/24\",\"192.0.2.11/24\"]"),
         "addresses: a second address of its family"},
        {WIRED("\"addresses\":[\"192.0.2.10/24\"],\"gateways\":[\"192.0.3.1\"]"),
         "gateway: not in the network"},
        {WIRED("\"addresses\":[\"192.0.2.10/24\"],\"dns\":[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]"),
         "dns"},
        {WIRED("\"dns\":[\"1.1.1.1\"]"), "addresses: missing"},
        {"{\"format\":1,\"wired\":{\"interface\":\"lo\"}}", "interface: the loopback has no profile"},
        {"{\"format\":1,\"wired\":{\"interface\":\"sixteen-letters-\"}}", "interface"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct network_request request;
        struct pp_error error = {0};
        if (stick_parse(rows[i].text, strlen(rows[i].text), &request, &error))
            fail_msg("taken: %s", rows[i].text);
        if (!strstr(error.message, rows[i].reason))
            fail_msg("%s: not \"%s\": %s", rows[i].text, rows[i].reason, error.message);
        assert_memory_equal(&request, &none, sizeof none);
    }
}

static void a_file_that_is_too_large_is_refused(void **state) {
    (void)state;
    static const char document[] = "{\"format\":1,\"wired\":{\"interface\":\"eth0\"}}";
    static char text[STICK_FILE_MAX + 2];
    struct network_request request;
    struct pp_error error = {0};
    memset(text, ' ', sizeof text);
    memcpy(text, document, sizeof document - 1);
    assert_true(stick_parse(text, STICK_FILE_MAX, &request, &error));
    assert_false(stick_parse(text, STICK_FILE_MAX + 1, &request, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wifi_is_read),
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(another_file_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
