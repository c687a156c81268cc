/* headend/signing/message: what is asked of the signer, row by row; a packet that is not exactly one is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "headend/signing/message.h"

#define TEXT(content)                                                                                        \
    { .data = (content), .size = sizeof(content) - 1 }
static const uint8_t point[SIGNING_POINT_SIZE] = {4, 1, 2}, key[SIGNING_KEY_SIZE] = {9},
                     sealed[SIGNING_SEALED_SIZE] = {7}, id[SIGNING_KEY_ID_SIZE] = {5},
                     hash[SIGNING_HASH_SIZE] = {3};
#define BYTES(content)                                                                                       \
    { .data = (content), .size = sizeof(content) }

#define LOBBY  .name = TEXT("lobby"), .hash = BYTES(hash), .next = BYTES(hash)
#define SCREEN .device = TEXT("11111111-2222-4333-8444-555555555555")
/* One of each, with every field that it has. */
static const struct signing_message samples[] = {
    {.type = SIGNING_STATE, SCREEN, .text = TEXT("{}")},
    {.type = SIGNING_REFUSAL, SCREEN, .name = TEXT("retired"), .nonce = TEXT("bm9uY2U"), .text = TEXT("[]")},
    {.type = SIGNING_READY},
    {.type = SIGNING_UPLOAD_OPEN, SCREEN, .name = TEXT("0001"), .sealed = TEXT("a.b.c")},
    {.type = SIGNING_SIGN_IN_OPEN, SCREEN, .sealed = TEXT("a..b.c.d")},
    {.type = SIGNING_SECRET_KEEP, SCREEN, .secret = TEXT("hush")},
    {.type = SIGNING_SECRET_SEND, SCREEN, .sealed = TEXT("a..b.c.d"), .point = BYTES(point)},
    {.type = SIGNING_CERTIFY_SCREEN, SCREEN, .point = BYTES(point), .moment = 1800000000},
    {.type = SIGNING_CERTIFY_SERVER, .text = TEXT("screens.example.org 192.0.2.1")},
    {.type = SIGNING_KEY_SEAL, .id = BYTES(id), .name = TEXT("channel/lobby"), .secret = BYTES(key)},
    {.type = SIGNING_KEY_OPEN, .name = TEXT("channel/lobby"), .sealed = BYTES(sealed)},
    {.type = SIGNING_KEY_MAKE},
    {.type = SIGNING_KEY_NEXT},
    {.type = SIGNING_KEY_SETTLE, .id = BYTES(id)},
    {.type = SIGNING_REPO_SETTLE},
    {.type = SIGNING_REPO_UPDATE,
     .name = TEXT("lobby"),
     .length = 4711,
     .hash = BYTES(hash),
     .next_length = 4712,
     .next = BYTES(hash)},
    {.type = SIGNING_REPO_RENEW_ROOT},
    {.type = SIGNING_REPO_FORGET, .name = TEXT("lobby")},
    {.type = SIGNING_AUTHORITIES_SETTLE},
    {.type = SIGNING_AUTHORITIES_FINISH},
    {.type = SIGNING_FILE, .name = TEXT("ca.pem")},
    {.type = SIGNING_ANSWER, .flag = 1, .secret = BYTES(key)},
    {.type = SIGNING_HELLO},
    {.type = SIGNING_FAILED, .flag = PP_E_STATE, .text = TEXT("not now")},
};

static void packet_of(const struct signing_message *message, struct pp_buf *packet) {
    struct pp_error error = {0};
    if (!signing_encode(message, packet, &error))
        fail_msg("%s", error.message);
}

static void every_request_has_a_sample_and_survives_the_wire(void **state) {
    (void)state;
    size_t requests = 0;
    for (size_t i = 0; i < PP_COUNT(samples); i++) {
        struct signing_message message = samples[i];
        struct signing_message read;
        struct pp_error error = {0};
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
        pp_autobuf struct pp_buf again = PP_BUF_INIT(SIGNING_PACKET_MAX);
        message.number = 0x01020304 + (uint32_t)i;
        packet_of(&message, &packet);
        if (!signing_decode(packet.data, packet.size, &read, &error))
            fail_msg("%s", error.message);
        assert_int_equal(read.number, message.number);
        packet_of(&read, &again);
        assert_int_equal(again.size, packet.size);
        assert_memory_equal(again.data, packet.data, packet.size);
        requests += signing_is_request(message.type);
    }
    assert_int_equal(requests, SIGNING_REQUESTS_END - 1);
}

/* Cut anywhere, or with one byte more, none is taken. */
static void a_packet_that_is_cut_or_longer_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(samples); i++) {
        struct signing_message read;
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
        packet_of(&samples[i], &packet);
        for (size_t size = 0; size < packet.size; size++)
            assert_false(signing_decode(packet.data, size, &read, NULL));
        assert_true(pp_buf_add(&packet, "", 1, NULL));
        assert_false(signing_decode(packet.data, packet.size, &read, NULL));
    }
}

static void other_types_and_versions_are_refused(void **state) {
    (void)state;
    struct signing_message read;
    struct pp_error error = {0};
    for (unsigned type = 0; type < 256; type++) {
        const uint8_t packet[6] = {(uint8_t)type, SIGNING_VERSION};
        const uint8_t newer[6] = {(uint8_t)type, SIGNING_VERSION + 1};
        if (strcmp(signing_type_name(type), "?") == 0)
            assert_false(signing_decode(packet, sizeof packet, &read, NULL));
        assert_false(signing_decode(newer, sizeof newer, &read, &error));
        assert_int_equal(error.code, PP_E_UNSUPPORTED);
    }
}

/* A length that says more than there is, or than the row allows. */
static void lengths_that_lie_are_refused(void **state) {
    (void)state;
    struct signing_message read;
    for (size_t i = 0; i < PP_COUNT(samples); i++) {
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
        packet_of(&samples[i], &packet);
        for (size_t at = 6; at + 4 <= packet.size; at++) {
            uint8_t kept[4];
            memcpy(kept, packet.data + at, sizeof kept);
            memset(packet.data + at, 0xff, sizeof kept);
            if (signing_decode(packet.data, packet.size, &read, NULL))
                assert_true(signing_check(&read, NULL)); /* bytes of a text, not a length */
            memcpy(packet.data + at, kept, sizeof kept);
        }
    }
}

static void fields_out_of_their_row_are_not_sent_either(void **state) {
    (void)state;
    char long_id[SIGNING_DEVICE_MAX + 2];
    memset(long_id, 'a', sizeof long_id);
    const struct signing_message wrong[] = {
        {.type = SIGNING_STATE, .text = TEXT("{}")}, /* for nobody */
        {.type = SIGNING_STATE, .device = {long_id, sizeof long_id}, .text = TEXT("{}")},
        {.type = SIGNING_STATE, .device = TEXT("a\nb"), .text = TEXT("{}")},
        {.type = SIGNING_STATE, .device = TEXT("a\x80"), .text = TEXT("{}")},
        {.type = SIGNING_KEY_OPEN, .name = TEXT("channel/lobby"), .sealed = BYTES(key)},
        {.type = SIGNING_KEY_SEAL, .id = BYTES(id), .name = TEXT("channel/lobby"), .secret = BYTES(sealed)},
        {.type = SIGNING_CERTIFY_SCREEN, SCREEN, .point = BYTES(key), .moment = 1},
        {.type = SIGNING_CERTIFY_SCREEN, SCREEN, .point = BYTES(point), .moment = -1},
        {.type = SIGNING_REPO_UPDATE, LOBBY, .length = -1},
        {.type = SIGNING_REPO_UPDATE, LOBBY, .length = INT64_MAX},
        {.type = SIGNING_REPO_UPDATE, LOBBY, .flag = 2},
        {.type = SIGNING_REPO_UPDATE, LOBBY, .next_length = -1},
        {.type = SIGNING_REPO_UPDATE, LOBBY, .next_length = INT64_MAX},
        {.type = SIGNING_REPO_UPDATE, .name = TEXT("lobby"), .hash = BYTES(hash)},
        {.type = SIGNING_REPO_FORGET},
        {.type = 0},
        {.type = SIGNING_REQUESTS_END},
    };
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
        if (signing_encode(&wrong[i], &packet, NULL))
            fail_msg("sample %zu was taken", i);
    }
}

static void an_answer_has_the_length_that_its_row_says(void **state) {
    (void)state;
    assert_true(signing_answer_fits(SIGNING_KEY_OPEN, SIGNING_KEY_SIZE, NULL));
    assert_false(signing_answer_fits(SIGNING_KEY_OPEN, SIGNING_KEY_SIZE - 1, NULL));
    assert_false(signing_answer_fits(SIGNING_KEY_OPEN, SIGNING_KEY_SIZE + 1, NULL));
    assert_false(signing_answer_fits(SIGNING_READY, 1, NULL));
    assert_false(signing_answer_fits(SIGNING_STATE, 0, NULL));
    assert_false(signing_answer_fits(200, 0, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_has_a_sample_and_survives_the_wire),
        cmocka_unit_test(a_packet_that_is_cut_or_longer_is_refused),
        cmocka_unit_test(other_types_and_versions_are_refused),
        cmocka_unit_test(lengths_that_lie_are_refused),
        cmocka_unit_test(fields_out_of_their_row_are_not_sent_either),
        cmocka_unit_test(an_answer_has_the_length_that_its_row_says),
    };
    return cmocka_run_group_tests_name("headend/signing/message", tests, NULL, NULL);
}
