/* headend/ingest/message: what is asked of who looks at a file, and what that answers, row by row; a packet that is not
 * exactly one is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "headend/ingest/message.h"
#include "ipc/conn.h"

#define TEXT(content)                                                                                        \
    { .data = (content), .size = sizeof(content) - 1 }

/* One of each, with every field that it has. */
static const struct ingest_message samples[] = {
    {.type = INGEST_LOOK,
     .task = INGEST_TASK_FILM,
     .length = UINT64_C(0x102030405),
     .key = {1, 2, 3},
     .owner = TEXT("pingplay/thumbnail/1"),
     .folder = TEXT("/usr/libexec/x")},
    {.type = INGEST_PIECE, .data = TEXT("\0\1\2")},
    {.type = INGEST_SEEN,
     .name = TEXT("video/mp4"),
     .flags = INGEST_FILM | INGEST_MOVES,
     .width = 1920,
     .height = 1080,
     .duration_ms = 70000,
     .clear = 3,
     .sealed = 70,
     .words = TEXT("no sound")},
    {.type = INGEST_REFUSED, .code = PP_E_LIMIT, .words = TEXT("big")},
};

static void packet_of(const struct ingest_message *message, struct pp_buf *packet) {
    struct pp_error error = {0};
    if (!ingest_encode(message, packet, &error))
        fail_msg("%s", error.message);
}

static bool decodes(const void *data, size_t size) {
    struct ingest_message message;
    return ingest_decode(data, size, &message, NULL);
}

static void every_message_survives_the_wire_and_none_cut_or_longer(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(samples); i++) {
        struct ingest_message read;
        struct pp_error error = {0};
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(INGEST_PACKET_MAX);
        pp_autobuf struct pp_buf again = PP_BUF_INIT(INGEST_PACKET_MAX);
        packet_of(&samples[i], &packet);
        if (!ingest_decode(packet.data, packet.size, &read, &error))
            fail_msg("%s", error.message);
        packet_of(&read, &again);
        assert_int_equal(again.size, packet.size);
        assert_memory_equal(again.data, packet.data, packet.size);
        for (size_t size = 0; size < packet.size; size++)
            assert_false(decodes(packet.data, size));
        assert_true(pp_buf_add(&packet, "", 1, &error));
        assert_false(decodes(packet.data, packet.size));
    }
}

static void the_example_of_the_header_holds(void **state) {
    static const uint8_t bytes[] = {0x43, 1, 2, 3, 0, 0, 0, 'b', 'i', 'g'};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(INGEST_PACKET_MAX);
    (void)state;
    packet_of(&samples[3], &packet);
    assert_int_equal(packet.size, sizeof bytes);
    assert_memory_equal(packet.data, bytes, sizeof bytes);
}

static void what_is_out_of_its_row_is_neither_sent_nor_taken(void **state) {
    static const struct ingest_message odd[] = {
        {.type = 0},
        {.type = 2},
        {.type = INGEST_LOOK, .task = 3, .length = 1, .folder = TEXT("/")},
        {.type = INGEST_LOOK, .length = 0, .folder = TEXT("/")},
        {.type = INGEST_LOOK, .length = UINT64_MAX, .folder = TEXT("/")},
        {.type = INGEST_LOOK, .length = 1},
        {.type = INGEST_LOOK, .length = 1, .owner = TEXT("a\nb"), .folder = TEXT("/")},
        {.type = INGEST_PIECE},
        {.type = INGEST_SEEN, .flags = 8},
        {.type = INGEST_SEEN, .width = 65536},
        {.type = INGEST_SEEN, .sealed = INGEST_SEALED_MAX + 1},
        {.type = INGEST_SEEN, .name = TEXT("image/jpeg;\xff")},
        {.type = INGEST_SEEN, .name = TEXT("application/x-this-is-longer-than-any")},
        {.type = INGEST_REFUSED, .code = PP_OK, .words = TEXT("no")},
        {.type = INGEST_REFUSED, .code = 255, .words = TEXT("no")},
        {.type = INGEST_REFUSED, .code = PP_E_LIMIT},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(odd); i++) {
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(INGEST_PACKET_MAX);
        if (ingest_encode(&odd[i], &packet, NULL))
            fail_msg("sent: %zu", i);
    }
    static const struct {
        const char *bytes;
        size_t size;
    } packets[] = {
        {"", 0},
        {"\x43", 1},
        {"\x43\2\2\3\0\0\0big", 10}, /* another version */
        {"\x44\1\2\3\0\0\0big", 10}, /* no row */
        {"\x43\1\0\3\0\0\0big", 10}, /* no code */
        {"\x43\1\2\0\0\0\0", 7},     /* no words */
        {"\x43\1\2\xff\xff\xff\xff"
         "big",
         10}, /* a length beyond the packet */
    };
    for (size_t i = 0; i < PP_COUNT(packets); i++) {
        if (decodes(packets[i].bytes, packets[i].size))
            fail_msg("taken: %zu", i);
    }
}

static void words_are_fit_to_be_shown_whatever_they_were(void **state) {
    static const struct ingest_bytes words = TEXT("a\x1b[2J\xff\n");
    char out[32];
    (void)state;
    ingest_copy(&words, out, sizeof out);
    assert_string_equal(out, "a [2J? ");
    ingest_copy(&words, out, 3);
    assert_string_equal(out, "a ");
}

static void descriptors_come_with_a_question_and_with_nothing_else(void **state) {
    int pair[2];
    struct ingest_packet packet;
    struct pp_error error = {0};
    (void)state;
    assert_true(ipc_pair(pair, &error));
    const int fds[INGEST_FDS] = {pair[0], pair[1]};
    assert_false(ingest_send(pair[0], &samples[0], NULL, &error));
    assert_false(ingest_send(pair[0], &samples[3], fds, &error));
    assert_true(ingest_send(pair[0], &samples[0], fds, &error));
    assert_true(ingest_receive(pair[1], &packet, &error));
    assert_int_equal(packet.packet.fd_count, INGEST_FDS);
    assert_int_equal(fcntl(packet.packet.fds[0], F_GETFD), FD_CLOEXEC);
    int taken = packet.packet.fds[0];
    ingest_packet_finish(&packet);
    assert_int_equal(fcntl(taken, F_GETFD), -1);
    for (size_t i = 0; i < sizeof packet.message.key; i++)
        assert_int_equal(packet.message.key[i], 0);
    /* Bytes that are right, with one descriptor too few or beside an answer. */
    for (size_t count = 0; count < 2; count++) {
        pp_autobuf struct pp_buf bytes = PP_BUF_INIT(INGEST_PACKET_MAX);
        packet_of(&samples[count ? 3 : 0], &bytes);
        const struct ipc_packet odd = {
            .data = bytes.data, .size = bytes.size, .fds = {pair[0]}, .fd_count = 1};
        assert_true(ipc_packet_send(pair[0], &odd, &error));
        assert_false(ingest_receive(pair[1], &packet, &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
    close(pair[0]);
    assert_false(ingest_receive(pair[1], &packet, &error));
    assert_int_equal(error.code, PP_E_NET);
    close(pair[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_survives_the_wire_and_none_cut_or_longer),
        cmocka_unit_test(the_example_of_the_header_holds),
        cmocka_unit_test(what_is_out_of_its_row_is_neither_sent_nor_taken),
        cmocka_unit_test(words_are_fit_to_be_shown_whatever_they_were),
        cmocka_unit_test(descriptors_come_with_a_question_and_with_nothing_else),
    };
    return cmocka_run_group_tests_name("headend/ingest/message", tests, NULL, NULL);
}
