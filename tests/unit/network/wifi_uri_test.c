/* network/wifi_uri.h: QR codes as phones make them, and those that no phone makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "network/wifi_uri.h"

static void codes_of_phones_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *ssid, *passphrase;
        enum network_security security;
        bool hidden;
    } rows[] = {
        {"WIFI:T:WPA;S:mynetwork;P:mypass12;;", "mynetwork", "mypass12", NETWORK_WPA2_WPA3, false},
        {"WIFI:S:mynetwork;T:WPA;P:mypass12;H:true;;", "mynetwork", "mypass12", NETWORK_WPA2_WPA3, true},
        {"WIFI:T:SAE;S:x;P:mypass12;H:false;;\r\n", "x", "mypass12", NETWORK_WPA3, false},
        {"WIFI:T:WPA;R:1;S:x;P:mypass12;;", "x", "mypass12", NETWORK_WPA3, false},
        {"WIFI:T:nopass;S:x;;", "x", "", NETWORK_OPEN, false},
        {"WIFI:T:nopass;S:x;P:;H:;;", "x", "", NETWORK_OPEN, false},
        {"WIFI:T:nopass;S:x;P:unused-12;;", "x", "", NETWORK_OPEN, false},
        {"WIFI:S:x;;", "x", "", NETWORK_OPEN, false},
        {"WIFI:S:x;P:mypass12;;", "x", "mypass12", NETWORK_WPA2_WPA3, false},
        {"wifi:T:wpa;S:x;P:mypass12;;", "x", "mypass12", NETWORK_WPA2_WPA3, false},
        {"WIFI:T:WPA;S:\\\"foo\\;bar\\\\baz\\\";P:a\\:b\\,c\\;d\\\\;;", "\"foo;bar\\baz\"", "a:b,c;d\\",
         NETWORK_WPA2_WPA3, false},
        {"WIFI:T:WPA;S:\"ABCD\";P:\"12345678\";;", "ABCD", "12345678", NETWORK_WPA2_WPA3, false},
        {"WIFI:T:WPA;S:\"ab;P:12345678\\\";;", "\"ab", "12345678\"", NETWORK_WPA2_WPA3, false},
        {"WIFI:T:WPA;S: ab ;P:  12345678;Z:new;;", " ab ", "  12345678", NETWORK_WPA2_WPA3, false},
        {"WIFI:T:WPA;S:x;P:mypass12;", "x", "mypass12", NETWORK_WPA2_WPA3, false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        network_autorequest struct network_request request;
        struct pp_error error = {0};
        if (!wifi_uri_parse(rows[i].text, strlen(rows[i].text), &request, &error))
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_int_equal(request.verb, NETWORK_WIFI);
        assert_int_equal(request.wifi.ssid_size, strlen(rows[i].ssid));
        assert_memory_equal(request.wifi.ssid, rows[i].ssid, request.wifi.ssid_size);
        assert_string_equal(request.wifi.passphrase, rows[i].passphrase);
        assert_int_equal(request.wifi.security, rows[i].security);
        assert_int_equal(request.wifi.hidden, rows[i].hidden);
    }
}

static void other_codes_are_refused_and_leave_nothing(void **state) {
    (void)state;
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "QR code: not that of a Wi-Fi"},
        {"https://example.org/", "QR code: not that of a Wi-Fi"},
        {"WIFI", "QR code: not that of a Wi-Fi"},
        {"WIFI:", "QR code: no name of a network"},
        {"WIFI:;;", "QR code: something behind its end"},
        {"WIFI:T:WPA;P:secret-12;;", "QR code: no name of a network"},
        {"WIFI:T:WPA;S:;P:secret-12;;", "ssid: not 1 to 32 bytes"},
        {"WIFI:T:WPA;S:x;P:secret;;", "passphrase: neither 8 to 63 characters nor 64 hexadecimal digits"},
        {"WIFI:T:WPA;S:x;;", "passphrase: neither 8 to 63 characters nor 64 hexadecimal digits"},
        {"WIFI:T:WPA;S:x;P:secret-\xc3\xa9;;", "passphrase: a character that is not printable ASCII"},
        {"WIFI:T:WPA;S:x;P:secret\n12;;", "passphrase: a character that is not printable ASCII"},
        {"WIFI:T:WEP;S:x;P:secret-12;;", "QR code: a network that is neither WPA, nor SAE, nor open"},
        {"WIFI:T:WPA2-EAP;E:TLS;S:x;P:secret-12;;",
         "QR code: a network that is neither WPA, nor SAE, nor open"},
        {"WIFI:S:x;E:PEAP;P:secret-12;;", "QR code: an enterprise network (802.1X)"},
        {"WIFI:S:x;PH2:MSCHAPV2;P:secret-12;;", "QR code: an enterprise network (802.1X)"},
        {"WIFI:T:WPA;S:x;S:y;P:secret-12;;", "QR code: a field twice"},
        {"WIFI:T:WPA;S:x;P:secret-12;P:secret-13;;", "QR code: a field twice"},
        {"WIFI:T:WPA;S:x;P:secret-12", "QR code: a field without an end"},
        {"WIFI:T:WPA;S:x;P:secret-12\\", "QR code: a field without an end"},
        {"WIFI:T:WPA;S:x;P:secret-12\\;", "QR code: a field without an end"},
        {"WIFI:T:WPA;S:x;P:secret-12;;more", "QR code: something behind its end"},
        {"WIFI:T:WPA;S:x;secret-12;;", "QR code: a field without a name"},
        {"WIFI:T:WPA;S:x;:secret-12;;", "QR code: a field without a name"},
        {"WIFI:T:WPA;S:123456789012345678901234567890123;P:secret-12;;", "ssid: not 1 to 32 bytes"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        static const struct network_request none;
        struct network_request request;
        struct pp_error error = {0};
        assert_false(wifi_uri_parse(rows[i].text, strlen(rows[i].text), &request, &error));
        assert_string_equal(error.message, rows[i].reason);
        assert_memory_equal(&request, &none, sizeof none);
    }
}

static void a_name_may_have_any_byte_in_it(void **state) {
    (void)state;
    static const char text[] = "WIFI:T:WPA;S:\0\xff\n;P:mypass12;;";
    network_autorequest struct network_request request;
    assert_true(wifi_uri_parse(text, sizeof text - 1, &request, NULL));
    assert_int_equal(request.wifi.ssid_size, 3);
    assert_memory_equal(request.wifi.ssid, "\0\xff\n", 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_of_phones_are_read),
        cmocka_unit_test(other_codes_are_refused_and_leave_nothing),
        cmocka_unit_test(a_name_may_have_any_byte_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
