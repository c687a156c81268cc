/* setup/typed.h: what a phone sends, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "setup/typed.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static const struct setup_opening opening = {
    .scan = {.networks = {{.ssid = "Lobby", .ssid_size = 5, .kind = SCAN_PERSONAL},
                          {.ssid = {0xff, 0x00}, .ssid_size = 2, .kind = SCAN_WPA3},
                          {.ssid = "Free", .ssid_size = 4, .kind = SCAN_OPEN},
                          {.ssid = "Office", .ssid_size = 6, .kind = SCAN_OTHER}},
             .count = 4}};

static const char *read_text(const char *text, struct network_request *request) {
    return typed_read(text, strlen(text), &opening, TOKEN, request);
}

static void a_network_of_the_list_is_the_one_that_was_heard(void **state) {
    network_autorequest struct network_request request;
    (void)state;
    assert_null(read_text("token=" TOKEN "&id=4c6f626279&passphrase=correct+horse", &request));
    assert_int_equal(request.verb, NETWORK_WIFI);
    assert_int_equal(request.wifi.security, NETWORK_WPA2_WPA3);
    assert_int_equal(request.wifi.ssid_size, 5);
    assert_memory_equal(request.wifi.ssid, "Lobby", 5);
    assert_false(request.wifi.hidden);
    assert_string_equal(request.wifi.passphrase, "correct horse");
    assert_null(read_text("token=" TOKEN "&id=ff00&passphrase=12345678", &request));
    assert_int_equal(request.wifi.security, NETWORK_WPA3);
    assert_memory_equal(request.wifi.ssid, "\xff\0", 2);
    /* A passphrase that an open one has is not kept. */
    assert_null(read_text("token=" TOKEN "&id=46726565&passphrase=12345678", &request));
    assert_int_equal(request.wifi.security, NETWORK_OPEN);
    assert_string_equal(request.wifi.passphrase, "");
}

static void a_network_that_hides_its_name_is_named(void **state) {
    network_autorequest struct network_request request;
    (void)state;
    assert_null(read_text("token=" TOKEN "&name=Caf%C3%A9&security=wpa3&passphrase=12345678", &request));
    assert_true(request.wifi.hidden);
    assert_int_equal(request.wifi.security, NETWORK_WPA3);
    assert_memory_equal(request.wifi.ssid, "Caf\xc3\xa9", 5);
    assert_null(read_text("token=" TOKEN "&name=x&security=open", &request));
    assert_int_equal(request.wifi.security, NETWORK_OPEN);
}

static void what_is_wrong_is_named_and_leaves_nothing_behind(void **state) {
#define KEY8  "12345678"
#define KEY64 KEY8 KEY8 KEY8 KEY8 KEY8 KEY8 KEY8 KEY8
    static const struct {
        const char *text, *wrong;
    } rows[] = {
        {"", "stale"},
        {"id=4c6f626279&passphrase=12345678", "stale"},
        {"token=&id=4c6f626279&passphrase=12345678", "stale"},
        {"token=" TOKEN "0&id=4c6f626279&passphrase=12345678", "stale"},
        {"token=1123456789abcdef0123456789abcdef&id=4c6f626279&passphrase=12345678", "stale"},
        {"token=" TOKEN, "form"},
        {"token=" TOKEN "&id=4c6f6262&passphrase=12345678", "network"},
        {"token=" TOKEN "&id=4c6f62627&passphrase=12345678", "network"},
        {"token=" TOKEN "&id=xx&passphrase=12345678", "network"},
        {"token=" TOKEN "&id=4f6666696365&passphrase=12345678", "network"},
        {"token=" TOKEN "&id=" KEY64 "00&passphrase=12345678", "network"},
        {"token=" TOKEN "&name=x&security=wep&passphrase=12345678", "form"},
        {"token=" TOKEN "&security=wpa3&passphrase=12345678", "name"},
        {"token=" TOKEN "&name=" KEY8 KEY8 KEY8 KEY8 "1&security=wpa3&passphrase=12345678", "name"},
        {"token=" TOKEN "&id=4c6f626279&passphrase=1234567", "length"},
        {"token=" TOKEN "&id=4c6f626279&passphrase=" KEY64 "1", "length"},
        {"token=" TOKEN "&id=ff00&passphrase=" KEY64, "length"},
        {"token=" TOKEN "&id=4c6f626279&passphrase=1234567%C3%A9", "character"},
        {"token=" TOKEN "&id=4c6f626279&passphrase=1234567%07", "form"},
        {"token=" TOKEN "&id=4c6f626279&passphrase=1234567%", "form"},
        {"token=" TOKEN "&token=" TOKEN, "form"},
    };
    static const struct network_request none;
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct network_request request;
        const char *wrong = read_text(rows[i].text, &request);
        if (!wrong || strcmp(wrong, rows[i].wrong) != 0)
            fail_msg("%s: %s", rows[i].text, wrong ? wrong : "taken");
        assert_memory_equal(&request, &none, sizeof none);
    }
    static char large[TYPED_BODY_MAX + 2];
    struct network_request request;
    memset(large, 'x', TYPED_BODY_MAX + 1);
    assert_string_equal(read_text(large, &request), "form");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_of_the_list_is_the_one_that_was_heard),
        cmocka_unit_test(a_network_that_hides_its_name_is_named),
        cmocka_unit_test(what_is_wrong_is_named_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
