#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/wire.h"
#include "samples.h"

static size_t encode(const struct ipc_message *message, uint8_t packet[IPC_PACKET_MAX]) {
    struct pp_error error = {0};
    size_t size = 0;
    if (!ipc_encode(message, packet, &size, &error))
        fail_msg("%s", error.message);
    return size;
}

static void every_message_survives_a_round_trip(void **state) {
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        uint8_t packet[IPC_PACKET_MAX];
        struct ipc_message back;
        struct pp_error error = {0};
        size_t size = encode(&samples[i].message, packet);
        assert_int_equal(size, samples[i].size);
        if (!ipc_decode(packet, size, &back, &error))
            fail_msg("%s", error.message);
        assert_memory_equal(&back, &samples[i].message, sizeof back);
    }
}

static void the_bytes_are_those_of_the_specification(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x04, 0x01, 2, 0, 8, 0, 0, 0, 7, 0,    0,    0, 2,
                                       7,    6,    5, 4, 3, 2, 1, 0, 1, 0x58, 0x02, 0, 0};
    uint8_t packet[IPC_PACKET_MAX];
    assert_int_equal(encode(&samples[3].message, packet), sizeof expected);
    assert_memory_equal(packet, expected, sizeof expected);
}

static void every_truncated_message_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        uint8_t packet[IPC_PACKET_MAX];
        struct ipc_message back;
        size_t size = encode(&samples[i].message, packet);
        for (size_t cut = 0; cut < size; cut++) {
            struct pp_error error = {0};
            assert_false(ipc_decode(packet, cut, &back, &error));
            assert_int_equal(error.code, PP_E_INVALID);
            assert_non_null(strstr(error.message, "the packet ends at byte"));
        }
    }
}

static void every_overlong_message_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        uint8_t packet[IPC_PACKET_MAX] = {0};
        struct ipc_message back;
        struct pp_error error = {0};
        size_t size = encode(&samples[i].message, packet);
        packet[size] = 0;
        assert_false(ipc_decode(packet, size + 1, &back, &error));
        assert_non_null(strstr(error.message, "1 bytes follow its end"));
    }
}

static void unknown_types_and_versions_are_refused(void **state) {
    (void)state;
    uint8_t packet[IPC_PACKET_MAX];
    struct ipc_message back;
    struct pp_error error = {0};
    size_t size = encode(&samples[0].message, packet);
    packet[2] = 1;
    assert_false(ipc_decode(packet, size, &back, &error));
    assert_string_equal(error.message, "message HELLO: version 1 is not 2");
    packet[2] = 2;
    packet[1] = 0x77;
    assert_false(ipc_decode(packet, size, &back, &error));
    assert_string_equal(error.message, "message type 0x7701 is unknown");
    struct ipc_message unknown = {.type = 0x0100};
    assert_false(ipc_encode(&unknown, packet, &size, &error));
    static uint8_t huge[IPC_PACKET_MAX + 1];
    assert_false(ipc_decode(huge, sizeof huge, &back, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

struct bad_value {
    size_t sample; /* index in samples */
    size_t at;     /* byte of its packet that gets `value` */
    uint8_t value;
    const char *message;
};

static void values_out_of_range_are_refused_by_name(void **state) {
    (void)state;
    static const struct bad_value cases[] = {
        {2, 28, 3, "message LAYER_ADD: layer_add.fit: 3 is not in 0..2"},
        {2, 29, 101, "message LAYER_ADD: layer_add.volume: 101 is not in 0..100"},
        {3, 12, 3, "message LAYER_SHOW: layer_show.trigger: 3 is not in 0..2"},
        {6, 4, 2, "message MARK: mark.offline: 2 is not in 0..1"},
        {14, 4, 16, "message FRAME: frame.slot: 16 is not in 0..15"},
        {15, 9, 3, "message AUDIO: audio.channels: 3 is not in 2..2"},
        {11, 11, 1, "message LAYER_FAILED: layer_failed.reason: 263 bytes are over 200"},
        {22, 9, 0, "message FAILED: failed.reason: contains a NUL"},
        {31, 4, 4, "message CONTROL: control.control: 4 is not in 0..3"},
        {31, 5, 101, "message CONTROL: control.value: 101 is not in 0..100"},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        uint8_t packet[IPC_PACKET_MAX];
        struct ipc_message back;
        struct pp_error error = {0};
        size_t size = encode(&samples[cases[i].sample].message, packet);
        packet[cases[i].at] = cases[i].value;
        assert_false(ipc_decode(packet, size, &back, &error));
        assert_string_equal(error.message, cases[i].message);
    }
}

static void a_sender_cannot_encode_what_would_be_refused(void **state) {
    (void)state;
    uint8_t packet[IPC_PACKET_MAX];
    size_t size = 0;
    struct pp_error error = {0};
    struct ipc_message layer = {.type = IPC_LAYER_REMOVE};
    assert_false(ipc_encode(&layer, packet, &size, &error));
    assert_string_equal(error.message, "message LAYER_REMOVE: layer_remove.layer: 0 is not in 1..4294967295");
    struct ipc_message text = {.type = IPC_FAILED};
    memset(text.failed.reason, 'x', sizeof text.failed.reason);
    assert_false(ipc_encode(&text, packet, &size, &error));
    assert_string_equal(error.message, "message FAILED: failed.reason: over 200 bytes");
}

static void the_longest_text_fits_a_packet(void **state) {
    (void)state;
    uint8_t packet[IPC_PACKET_MAX];
    struct ipc_message text = {.type = IPC_START_STATUS};
    memset(text.start_status.json, 'x', IPC_TEXT_MAX);
    assert_int_equal(encode(&text, packet), 6 + IPC_TEXT_MAX);
}

static void types_have_names_and_descriptor_counts(void **state) {
    (void)state;
    assert_string_equal(ipc_type_name(IPC_START_MEDIA), "START_MEDIA");
    assert_int_equal(ipc_type_fds(IPC_START_MEDIA), 2);
    assert_int_equal(ipc_type_fds(IPC_HELLO), 0);
    assert_null(ipc_type_name(0));
    assert_int_equal(ipc_type_fds(0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_survives_a_round_trip),
        cmocka_unit_test(the_bytes_are_those_of_the_specification),
        cmocka_unit_test(every_truncated_message_is_refused),
        cmocka_unit_test(every_overlong_message_is_refused),
        cmocka_unit_test(unknown_types_and_versions_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused_by_name),
        cmocka_unit_test(a_sender_cannot_encode_what_would_be_refused),
        cmocka_unit_test(the_longest_text_fits_a_packet),
        cmocka_unit_test(types_have_names_and_descriptor_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
