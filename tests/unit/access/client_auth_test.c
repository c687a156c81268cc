#include "access/client_auth.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static bool show(enum access_client_auth auth, const char *client_id, const char *secret, struct pp_buf *form,
                 char line[ACCESS_AUTHORIZATION_MAX]) {
    struct pp_error error = {0};
    return pp_buf_add_text(form, "grant_type=refresh_token", &error) &&
           access_client_show(auth, client_id, secret, form, line, &error);
}

static void a_public_client_shows_its_name_alone(void **state) {
    (void)state;
    pp_autobuf struct pp_buf form = PP_BUF_INIT(4096);
    char line[ACCESS_AUTHORIZATION_MAX] = "x";
    assert_true(show(ACCESS_CLIENT_PUBLIC, "screens & co", "a secret", &form, line));
    assert_string_equal(pp_buf_text(&form), "grant_type=refresh_token&client_id=screens%20%26%20co");
    assert_string_equal(line, "");
}

static void a_secret_that_is_posted_stands_in_the_form(void **state) {
    (void)state;
    pp_autobuf struct pp_buf form = PP_BUF_INIT(4096);
    char line[ACCESS_AUTHORIZATION_MAX] = "x";
    assert_true(show(ACCESS_CLIENT_POST, "screens", "p&s=1+%", &form, line));
    assert_string_equal(pp_buf_text(&form),
                        "grant_type=refresh_token&client_id=screens&client_secret=p%26s%3D1%2B%25");
    assert_string_equal(line, "");
}

/* RFC 6749 §2.3.1 has the first as its example. */
static void a_secret_by_http_basic_stands_in_the_header_encoded_first(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"s6BhdRkqt3", "gX1fBat3bV", "Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"},
        {"a:b", "c:d e", "Authorization: Basic YSUzQWI6YyUzQWQlMjBl"}, /* a%3Ab:c%3Ad%20e */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pp_autobuf struct pp_buf form = PP_BUF_INIT(4096);
        char line[ACCESS_AUTHORIZATION_MAX];
        assert_true(show(ACCESS_CLIENT_BASIC, rows[i][0], rows[i][1], &form, line));
        assert_string_equal(pp_buf_text(&form), "grant_type=refresh_token");
        assert_string_equal(line, rows[i][2]);
    }
}

static void the_longest_of_both_fit(void **state) {
    (void)state;
    char client[ACCESS_CLIENT_MAX + 1];
    char secret[ACCESS_SECRET_MAX + 1];
    char line[ACCESS_AUTHORIZATION_MAX];
    pp_autobuf struct pp_buf form = PP_BUF_INIT(4096);
    memset(client, '%', sizeof client);
    memset(secret, '&', sizeof secret);
    client[ACCESS_CLIENT_MAX] = secret[ACCESS_SECRET_MAX] = 0;
    assert_true(show(ACCESS_CLIENT_BASIC, client, secret, &form, line));
    assert_int_equal(strlen(line), 21 + (3 * (ACCESS_CLIENT_MAX + ACCESS_SECRET_MAX) + 1 + 2) / 3 * 4);
}

static void a_form_that_is_full_is_an_error(void **state) {
    (void)state;
    pp_autobuf struct pp_buf form = PP_BUF_INIT(30);
    char line[ACCESS_AUTHORIZATION_MAX];
    assert_false(show(ACCESS_CLIENT_POST, "screens", "secret", &form, line));
}

static void methods_are_known_by_their_names(void **state) {
    (void)state;
    enum access_client_auth auth = ACCESS_CLIENT_POST;
    assert_true(access_client_auth_read("none", &auth));
    assert_int_equal(auth, ACCESS_CLIENT_PUBLIC);
    assert_true(access_client_auth_read("client_secret_basic", &auth));
    assert_int_equal(auth, ACCESS_CLIENT_BASIC);
    assert_true(access_client_auth_read("client_secret_post", &auth));
    assert_int_equal(auth, ACCESS_CLIENT_POST);
    assert_false(access_client_auth_read("private_key_jwt", &auth));
    assert_false(access_client_auth_read("", &auth));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_client_shows_its_name_alone),
        cmocka_unit_test(a_secret_that_is_posted_stands_in_the_form),
        cmocka_unit_test(a_secret_by_http_basic_stands_in_the_header_encoded_first),
        cmocka_unit_test(the_longest_of_both_fit),
        cmocka_unit_test(a_form_that_is_full_is_an_error),
        cmocka_unit_test(methods_are_known_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
