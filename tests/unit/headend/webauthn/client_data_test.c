/* headend/webauthn/client_data.h */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "headend/webauthn/client_data.h"

#define CHALLENGE "OcDnUhQXulTVPo3JUXT0I97pvzzZBP9tZchXyav01Ag"
#define BEGIN                                                                                                \
    "{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://a.example:8443\""

static enum pp_code read_code(const char *text) {
    struct client_data out;
    struct pp_error error = {0};
    return client_data_read(text, strlen(text), CLIENT_GETS, &out, &error) ? PP_OK : error.code;
}

static void it_is_read_with_more_in_it_or_a_mark_before_it(void **state) {
    (void)state;
    struct client_data out;
    static const char *const good[] = {BEGIN "}", BEGIN ",\"crossOrigin\":false}", "\xef\xbb\xbf" BEGIN "}",
                                       BEGIN ",\"tokenBinding\":{\"status\":\"supported\"},\"x\":[1]}",
                                       BEGIN ",\"topOrigin\":null}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(client_data_read(good[i], strlen(good[i]), CLIENT_GETS, &out, NULL));
        assert_string_equal(out.challenge, CHALLENGE);
        assert_string_equal(out.origin, "https://a.example:8443");
    }
}

static void another_sites_frame_and_another_ceremony_are_refused(void **state) {
    (void)state;
    assert_int_equal(read_code(BEGIN ",\"crossOrigin\":true}"), PP_E_AUTH);
    assert_int_equal(read_code(BEGIN ",\"topOrigin\":\"https://b.example\"}"), PP_E_AUTH);
    assert_int_equal(read_code("{\"type\":\"webauthn.create\",\"challenge\":\"\",\"origin\":\"\"}"),
                     PP_E_AUTH);
    assert_int_equal(read_code("{\"type\":\"payment.get\",\"challenge\":\"\",\"origin\":\"\"}"), PP_E_AUTH);
}

static void what_breaks_the_form_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        BEGIN,
        BEGIN "} ,",
        BEGIN ",\"crossOrigin\":\"false\"}",
        BEGIN ",\"crossOrigin\":0}",
        BEGIN ",\"type\":\"webauthn.get\"}",
        BEGIN ",\"origin\":\"https://b.example\"}",
        BEGIN ",\"x\":\"\\u0000\"}",
        BEGIN ",\"x\":\"\xff\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":5,\"origin\":\"\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_code(bad[i]) != PP_E_INVALID)
            fail_msg("%s: %d", bad[i], read_code(bad[i]));
    }
}

static void what_is_too_long_is_refused(void **state) {
    (void)state;
    char text[CLIENT_DATA_MAX + 64];
    memset(text, ' ', sizeof text);
    memcpy(text, BEGIN "}", sizeof BEGIN);
    text[CLIENT_DATA_MAX] = 0;
    assert_int_equal(read_code(text), PP_OK);
    text[CLIENT_DATA_MAX] = ' ';
    text[CLIENT_DATA_MAX + 1] = 0;
    assert_int_equal(read_code(text), PP_E_LIMIT);
    assert_int_not_equal(
        read_code("{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "A\",\"origin\":\"\"}"), PP_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read_with_more_in_it_or_a_mark_before_it),
        cmocka_unit_test(another_sites_frame_and_another_ceremony_are_refused),
        cmocka_unit_test(what_breaks_the_form_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
