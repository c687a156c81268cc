/* headend/notify: how webhooks are signed, where they may go, and mails as they go over the line. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "headend/notify/deliver.h"

/* The specification's own, of its reference libraries' tests. */
static void webhooks_are_signed_as_the_specification_does(void **state) {
    (void)state;
    static const char secret[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const struct webhook_message message = {
        .id = "msg_p5jXN8AQM9LWM0D4loKWxJek", .time = 1614265330, .body = "{\"test\": 2432232314}"};
    char signature[WEBHOOK_SIGNATURE_SIZE];
    uint8_t key[32];
    size_t size = 0;
    assert_true(pp_base64_decode(secret, strlen(secret), key, sizeof key, &size, NULL));
    assert_true(webhook_sign(&message, key, size, signature, NULL));
    assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void webhooks_go_to_https_alone(void **state) {
    (void)state;
    static const char *const good[] = {"https://hooks.example.org", "https://hooks.example.org:8443/a?b=c@d",
                                       "https://[2606:4700::1]/x"};
    static const char *const bad[] = {"http://hooks.example.org/",
                                      "https://",
                                      "https:///x",
                                      "https://a b/",
                                      "https://user:secret@hooks.example.org/",
                                      "https://host/#part",
                                      "ftp://x",
                                      "https://host/\r\nx",
                                      "https://caf\xc3\xa9.example/"};
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(webhook_url_check(good[i], NULL));
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(webhook_url_check(bad[i], NULL));
}

static bool reaches(const struct reach *reach, const char *text) {
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return reach_allows(reach, (const struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return reach_allows(reach, (const struct sockaddr *)&six);
}

static void private_addresses_are_out_of_reach_unless_they_are_named(void **state) {
    (void)state;
    static const char *const closed[] = {"127.0.0.1",    "10.1.2.3",         "172.31.255.255",
                                         "192.168.0.1",  "169.254.169.254",  "100.64.0.1",
                                         "0.0.0.0",      "255.255.255.255",  "::1",
                                         "::",           "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                                         "fe80::1",      "fd00::1",          "64:ff9b::a00:1",
                                         "2002:a00:1::", "2001:db8::1",      "::7f00:1",
                                         "ff02::1"};
    static const char *const open[] = {"8.8.8.8", "172.32.0.1", "2606:4700::1", "2a01:e0a::1",
                                       "::ffff:8.8.8.8"};
    struct reach reach = {0};
    for (size_t i = 0; i < PP_COUNT(closed); i++)
        assert_false(reaches(&reach, closed[i]));
    for (size_t i = 0; i < PP_COUNT(open); i++)
        assert_true(reaches(&reach, open[i]));
    assert_true(reach_read("10.1.0.0/16, 127.0.0.1  fd00::/8", &reach, NULL));
    assert_int_equal(reach.count, 3);
    assert_true(reaches(&reach, "10.1.2.3") && reaches(&reach, "fd00::1") && reaches(&reach, "127.0.0.1"));
    assert_true(reaches(&reach, "::ffff:127.0.0.1"));
    assert_false(reaches(&reach, "10.2.0.1"));
    assert_false(reach_read("10.1.0.0/8", &reach, NULL));
    assert_false(reach_read("localhost", &reach, NULL));
}

static void addresses_of_mail_are_checked(void **state) {
    (void)state;
    static const char *const good[] = {"a@b", "tech.team+signs@example.org", "o'neil@x-y.example"};
    static const char *const bad[] = {
        "",        "a",    "@b",      "a@",   "a b@c",         "a@b>", "a@b\r\nBcc: c@d",
        "\"a\"@b", "a@@b", "a@b,c@d", "-x@b", "caf\xc3\xa9@b", "a@b c"};
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(mail_address_check("to", good[i], NULL));
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(mail_address_check("to", bad[i], NULL));
}

/* Every line as RFC 5321 and 5322 want it, whatever the words are. */
static void lines_hold(const char *text) {
    for (const char *line = text; *line;) {
        const char *end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true(end - line <= 998);
        assert_true(*line != '.');
        for (const char *at = line; at < end; at++)
            assert_true(*at >= ' ' && *at <= '~');
        line = end + 2;
    }
}

static void mails_are_of_short_lines_of_ascii_whatever_is_in_them(void **state) {
    (void)state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(MAIL_MAX);
    struct mail mail = {.id = "2b8f",
                        .from = "signs@example.org",
                        .to = "tech@example.org",
                        .sender = "Pingplay",
                        .subject = "3 \xc3\xa9"
                                   "crans hors ligne \xc3\xa0 Rennes\r\nBcc: evil@example.org",
                        .text = ".\r\n.\r\nQUIT\r\n",
                        .html = "<p>x</p>",
                        .time = 1796040000};
    assert_true(mail_write(&mail, &out, NULL));
    const char *text = pp_buf_text(&out);
    lines_hold(text);
    assert_non_null(strstr(text, "Date: Mon, 30 Nov 2026 12:00:00 +0000\r\n"));
    assert_non_null(strstr(text, "From: \"Pingplay\" <signs@example.org>\r\nTo: <tech@example.org>\r\n"));
    assert_non_null(strstr(text,
                           "Subject: =?utf-8?B?MyDDqWNyYW5zIGhvcnMgbGlnbmUgw6AgUmVubmVzDQpCY2M6IGV2aWxA?=\r\n"
                           " =?utf-8?B?ZXhhbXBsZS5vcmc=?=\r\n"));
    assert_null(strstr(text, "\r\nBcc"));
    assert_non_null(strstr(text, "Message-ID: <2b8f@example.org>\r\n"));
    assert_non_null(
        strstr(text, "\r\n\r\nLg0KLg0KUVVJVA0K\r\n--=_2b8f\r\nContent-Type: text/html; charset=utf-8\r\n"));
    assert_string_equal(text + strlen(text) - strlen("\r\n--=_2b8f--\r\n"), "\r\n--=_2b8f--\r\n");
    mail.to = "a@b\r\nX: y";
    assert_false(mail_write(&mail, &out, NULL));
}

static void mail_servers_are_checked(void **state) {
    (void)state;
    struct mail_server server = {.host = "mail.example.org",
                                 .port = 587,
                                 .user = "signs",
                                 .password = "secret",
                                 .from = "signs@example.org"};
    assert_true(mail_server_check(&server, NULL));
    strcpy(server.host, "mail.example.org/x");
    assert_false(mail_server_check(&server, NULL));
    strcpy(server.host, "mail.example.org");
    server.port = 0;
    assert_false(mail_server_check(&server, NULL));
    server.port = 25;
    strcpy(server.password, "");
    assert_false(mail_server_check(&server, NULL));
    strcpy(server.user, "");
    assert_true(mail_server_check(&server, NULL));
    strcpy(server.from, "nobody");
    assert_false(mail_server_check(&server, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webhooks_are_signed_as_the_specification_does),
        cmocka_unit_test(webhooks_go_to_https_alone),
        cmocka_unit_test(private_addresses_are_out_of_reach_unless_they_are_named),
        cmocka_unit_test(addresses_of_mail_are_checked),
        cmocka_unit_test(mails_are_of_short_lines_of_ascii_whatever_is_in_them),
        cmocka_unit_test(mail_servers_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
