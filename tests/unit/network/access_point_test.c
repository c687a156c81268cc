/* network/access_point.h: its name and passphrase, and its profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "network/access_point.h"
#include "network/wifi_uri.h"

static bool fits(const char *text, const char *shape) {
    for (; *text && *shape; text++, shape++) {
        if (*shape == 'A'   ? !strchr("ABCDEFGHJKLMNPQRSTUVWXYZ", *text)
            : *shape == 'a' ? !strchr("abcdefghjkmnpqrstuvwxyz", *text)
                            : *text != *shape)
            return false;
    }
    return !*text && !*shape;
}

static void name_and_passphrase_are_made_anew_of_letters_that_are_not_mistaken(void **state) {
    struct access_point one = {.page = -1}, two = {.page = -1};
    (void)state;
    for (int i = 0; i < 200; i++) {
        assert_true(access_point_name(&one, NULL));
        assert_true(fits(one.name, "Pingplay-AAAA"));
        assert_true(fits(one.passphrase, "aaaaa-aaaaa-aaaaa"));
    }
    assert_true(access_point_name(&two, NULL));
    assert_string_not_equal(one.passphrase, two.passphrase);
    access_point_forget(&one);
    assert_string_equal(one.passphrase, "");
}

/* Neither has a character that the code of a Wi-Fi would have to hide. */
static void its_code_is_read_as_it_is(void **state) {
    struct access_point point = {.page = -1};
    network_autorequest struct network_request request = {0};
    char text[128];
    (void)state;
    assert_true(access_point_name(&point, NULL));
    snprintf(text, sizeof text, "WIFI:T:WPA;S:%s;P:%s;;", point.name, point.passphrase);
    assert_true(wifi_uri_parse(text, strlen(text), &request, NULL));
    assert_memory_equal(request.wifi.ssid, point.name, request.wifi.ssid_size);
    assert_string_equal(request.wifi.passphrase, point.passphrase);
}

static void its_profile_shares_nothing(void **state) {
    struct access_point point = {.name = "Pingplay-KMXT",
                                 .passphrase = "kmpxr-atvdq-hjbnw",
                                 .uuid = "11111111-2222-4333-8444-555555555555",
                                 .page = -1};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(KEYFILE_MAX);
    (void)state;
    assert_true(access_point_write(&point, "wlan0", "10.42.0.1", &out, NULL));
    assert_string_equal(
        pp_buf_text(&out),
        "[connection]\nid=pingplay-phone\nuuid=11111111-2222-4333-8444-555555555555\ntype=wifi\n"
        "interface-name=wlan0\nautoconnect=false\n\n"
        "[wifi]\nmode=ap\nband=bg\nap-isolation=1\nssid=Pingplay-KMXT\n\n"
        "[wifi-security]\nkey-mgmt=wpa-psk\nproto=rsn;\npairwise=ccmp;\ngroup=ccmp;\npsk=kmpxr-atvdq-"
        "hjbnw\n\n"
        "[ipv4]\nmethod=shared\naddress1=10.42.0.1/24\n"
        "routing-rule1=priority 100 from 0.0.0.0/0 iif wlan0 type prohibit\n\n[ipv6]\nmethod=disabled\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_and_passphrase_are_made_anew_of_letters_that_are_not_mistaken),
        cmocka_unit_test(its_code_is_read_as_it_is),
        cmocka_unit_test(its_profile_shares_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
