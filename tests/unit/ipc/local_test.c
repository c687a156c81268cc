/* ipc/local.h: every message comes back as it was, and nothing else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "ipc/conn.h"
#include "ipc/local.h"

#define TEXT(text)                                                                                           \
    { .data = (text), .size = sizeof(text) - 1 }

static const struct local_message samples[] = {
    {.type = LOCAL_STATUS},
    {.type = LOCAL_ENROL, .enrol = {.again = 1}},
    {.type = LOCAL_DIAGNOSE},
    {.type = LOCAL_LOGS, .logs = {.lines = 100, .follow = 0}},
    {.type = LOCAL_SCHEDULE, .schedule = {.at_s = 1795892168}},
    {.type = LOCAL_STATS},
    {.type = LOCAL_MIGRATE, .migrate = {.provider = TEXT("tpm2")}},
    {.type = LOCAL_RESET},
    {.type = LOCAL_SIGN_OUT},
    {.type = LOCAL_NOTICE, .notice = {.kind = LOCAL_STICK_REFUSED, .detail = {"format: not 1", 13}}},
    {.type = LOCAL_PROXY},
    {.type = LOCAL_SET_PROXY,
     .proxy = {.address = TEXT("https://proxy.example:3128"),
               .ca = TEXT("-----BEGIN CERTIFICATE-----\n"),
               .except = TEXT("10.0.0.0/8"),
               .user = TEXT("screen"),
               .password = TEXT("secret")}},
    {.type = LOCAL_DOCUMENT, .document = TEXT("{\"state\":\"online\"}")},
    {.type = LOCAL_LINE,
     .line = {.lost = 3, .time_s = 1795892168, .level = PP_LOG_INFO, .text = TEXT("é\tb")}},
    {.type = LOCAL_REFUSED, .refused = {.refusal = LOCAL_BUSY, .reason = TEXT("too many")}},
    {.type = LOCAL_END},
    {.type = LOCAL_KEY},
    {.type = LOCAL_CREDENTIALS,
     .credentials = {.device = TEXT("d-1"),
                     .end_s = 1795892168,
                     .chain = TEXT("-----BEGIN CERTIFICATE-----\n"),
                     .key = TEXT("-----BEGIN EC PRIVATE KEY-----\n")}},
    {.type = LOCAL_CREDENTIALS},
};

static void every_message_comes_back_and_none_cut_or_longer(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(samples); i++) {
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
        pp_autobuf struct pp_buf again = PP_BUF_INIT(LOCAL_PACKET_MAX);
        struct local_message message;
        struct pp_error error = {0};
        assert_true(local_encode(&samples[i], &packet, &error));
        assert_true(local_decode(packet.data, packet.size, &message, &error));
        assert_int_equal(message.type, samples[i].type);
        assert_true(local_encode(&message, &again, &error));
        assert_int_equal(again.size, packet.size);
        assert_memory_equal(again.data, packet.data, packet.size);
        for (size_t cut = 0; cut < packet.size; cut++)
            assert_false(local_decode(packet.data, cut, &message, &error));
        assert_true(pp_buf_add(&packet, "", 1, &error));
        assert_false(local_decode(packet.data, packet.size, &message, &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

static void the_example_of_the_header_holds(void **state) {
    (void)state;
    const uint8_t expected[] = {0x04, 0x01, 0x64, 0x00, 0x00, 0x00, 0x00};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct pp_error error = {0};
    assert_true(local_encode(&samples[3], &packet, &error));
    assert_int_equal(packet.size, sizeof expected);
    assert_memory_equal(packet.data, expected, sizeof expected);
}

static void values_out_of_range_are_refused(void **state) {
    (void)state;
    static const struct {
        uint8_t bytes[24];
        size_t size;
        enum pp_code code;
    } wrong[] = {
        {{0x01, 0x02}, 2, PP_E_UNSUPPORTED},                           /* another version */
        {{0x00, 0x01}, 2, PP_E_INVALID},                               /* no such message */
        {{0x20, 0x01}, 2, PP_E_INVALID},                               /* no such request */
        {{0x02, 0x01, 0x02}, 3, PP_E_INVALID},                         /* no bool */
        {{0x04, 0x01, 0x11, 0x27, 0x00, 0x00, 0x00}, 7, PP_E_INVALID}, /* 10,001 lines */
        {{0x05, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x80}, 10, PP_E_INVALID},   /* before 1970 */
        {{0x07, 0x01, 0x00, 0, 0, 0}, 6, PP_E_LIMIT},                  /* no name */
        {{0x07, 0x01, 0x11, 0, 0, 0}, 6, PP_E_LIMIT},                  /* too long a name */
        {{0x07, 0x01, 0x02, 0, 0, 0, 'a', 0}, 8, PP_E_INVALID},        /* NUL */
        {{0x07, 0x01, 0x02, 0, 0, 0, 'a', 0x1b}, 8, PP_E_INVALID},     /* ESC */
        {{0x07, 0x01, 0x02, 0, 0, 0, 0xc2, 0x9b}, 8, PP_E_INVALID},    /* CSI */
        {{0x07, 0x01, 0x02, 0, 0, 0, 'a', 0xc3}, 8, PP_E_INVALID},     /* half a character */
        {{0x07, 0x01, 0xff, 0xff, 0xff, 0xff, 'a'}, 7, PP_E_LIMIT},
    };
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        struct local_message message;
        struct pp_error error = {0};
        assert_false(local_decode(wrong[i].bytes, wrong[i].size, &message, &error));
        assert_int_equal(error.code, wrong[i].code);
    }
}

static void packets_over_the_cap_are_refused_and_the_next_is_read(void **state) {
    (void)state;
    int fds[2];
    struct pp_error error = {0};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct local_message message;
    assert_true(ipc_pair(fds, &error));
    pp_autofree char *text = calloc(1, LOCAL_REQUEST_MAX + 1);
    memset(text, 'x', LOCAL_REQUEST_MAX);
    const struct local_message large = {.type = LOCAL_DOCUMENT, .document = local_text_of(text)};
    assert_true(local_send(fds[0], &large, &error));
    assert_true(local_send(fds[0], &samples[0], &error));
    assert_false(local_receive(fds[1], LOCAL_REQUEST_MAX, &packet, &message, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(local_receive(fds[1], LOCAL_REQUEST_MAX, &packet, &message, &error));
    assert_int_equal(message.type, LOCAL_STATUS);
    close(fds[0]);
    assert_false(local_receive(fds[1], LOCAL_REQUEST_MAX, &packet, &message, &error));
    assert_int_equal(error.code, PP_E_NET);
    close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back_and_none_cut_or_longer),
        cmocka_unit_test(the_example_of_the_header_holds),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(packets_over_the_cap_are_refused_and_the_next_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
