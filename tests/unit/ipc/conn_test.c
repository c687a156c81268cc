#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "samples.h"

#define MORE_THAN_A_BACKLOG 256

static int pair_setup(void **state) {
    int *fds = malloc(2 * sizeof *fds);
    assert_non_null(fds);
    assert_true(ipc_pair(fds, NULL));
    *state = fds;
    return 0;
}

static int pair_teardown(void **state) {
    int *fds = *state;
    pp_close(&fds[0]);
    pp_close(&fds[1]);
    free(fds);
    return 0;
}

static int open_descriptors(void) {
    pp_autodir DIR *dir = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(dir))
        count++;
    return count;
}

/* A packet with as many descriptors as told, whatever its type needs. */
static void send_raw(int fd, const void *packet, size_t size, size_t fd_count) {
    char control[CMSG_SPACE(16 * sizeof(int))] __attribute__((aligned(16))) = {0};
    struct iovec part = {0};
    memcpy(&part.iov_base, &packet, sizeof packet);
    part.iov_len = size;
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *entry = CMSG_FIRSTHDR(&header);
        entry->cmsg_level = SOL_SOCKET;
        entry->cmsg_type = SCM_RIGHTS;
        entry->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        for (size_t i = 0; i < fd_count; i++)
            memcpy(CMSG_DATA(entry) + i * sizeof(int), &(int){STDERR_FILENO}, sizeof(int));
    }
    assert_int_equal(sendmsg(fd, &header, 0), (ssize_t)size);
}

static void every_message_travels_with_its_descriptors(void **state) {
    const int *fds = *state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct pp_error error = {0};
        struct ipc_message out = samples[i].message;
        out.fd_count = ipc_type_fds(out.type);
        for (size_t n = 0; n < out.fd_count; n++)
            out.fds[n] = STDERR_FILENO;
        if (!ipc_send(fds[0], &out, &error))
            fail_msg("%s", error.message);
        ipc_automessage struct ipc_message in = {0};
        if (!ipc_receive(fds[1], &in, &error))
            fail_msg("%s", error.message);
        assert_int_equal(in.type, out.type);
        assert_int_equal(in.fd_count, out.fd_count);
        for (size_t n = 0; n < in.fd_count; n++)
            assert_true(fcntl(in.fds[n], F_GETFD) & FD_CLOEXEC);
    }
}

static void a_wrong_number_of_descriptors_is_refused_and_they_are_closed(void **state) {
    const int *fds = *state;
    int before = open_descriptors();
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        for (size_t count = 0; count <= 6; count++) {
            if (count == ipc_type_fds(samples[i].message.type))
                continue;
            uint8_t packet[IPC_PACKET_MAX];
            size_t size = 0;
            struct pp_error error = {0};
            struct ipc_message in;
            assert_true(ipc_encode(&samples[i].message, packet, &size, &error));
            send_raw(fds[0], packet, size, count);
            assert_false(ipc_receive(fds[1], &in, &error));
            assert_non_null(strstr(error.message, "descriptors"));
            assert_int_equal(open_descriptors(), before);
        }
    }
}

static void descriptors_of_a_malformed_packet_are_closed(void **state) {
    const int *fds = *state;
    int before = open_descriptors();
    struct pp_error error = {0};
    struct ipc_message in;
    send_raw(fds[0], "\xff\xff\x01\x00", 4, 3);
    assert_false(ipc_receive(fds[1], &in, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_int_equal(open_descriptors(), before);
}

static void a_packet_over_the_cap_is_refused(void **state) {
    const int *fds = *state;
    static const uint8_t packet[IPC_PACKET_MAX + 1];
    struct pp_error error = {0};
    struct ipc_message in;
    send_raw(fds[0], packet, sizeof packet, 0);
    assert_false(ipc_receive(fds[1], &in, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void sending_needs_exactly_the_descriptors_of_the_type(void **state) {
    const int *fds = *state;
    struct pp_error error = {0};
    struct ipc_message message = {.type = IPC_LAYER_ADD, .layer_add = {.layer = 1, .width = 1, .height = 1}};
    assert_false(ipc_send(fds[0], &message, &error));
    assert_string_equal(error.message, "message LAYER_ADD: 0 descriptors, needs 1");
}

static void an_empty_non_blocking_socket_says_so(void **state) {
    const int *fds = *state;
    struct pp_error error = {0};
    struct ipc_message in;
    assert_true(ipc_set_nonblocking(fds[1], &error));
    assert_false(ipc_receive(fds[1], &in, &error));
    assert_int_equal(error.code, PP_E_STATE);
}

static void a_full_non_blocking_socket_says_so(void **state) {
    const int *fds = *state;
    struct pp_error error = {0};
    struct ipc_message message = {.type = IPC_RELEASE};
    assert_true(ipc_set_nonblocking(fds[0], &error));
    int sent = 0;
    while (sent < 100000 && ipc_send(fds[0], &message, &error))
        sent++;
    assert_in_range(sent, 1, 99999);
    assert_int_equal(error.code, PP_E_STATE);
}

static void a_closed_peer_is_told_without_a_signal(void **state) {
    int *fds = *state;
    struct pp_error error = {0};
    struct ipc_message message = {.type = IPC_RELEASE};
    pp_close(&fds[0]);
    assert_false(ipc_receive(fds[1], &message, &error));
    assert_int_equal(error.code, PP_E_NET);
    message = (struct ipc_message){.type = IPC_RELEASE};
    assert_false(ipc_send(fds[1], &message, &error));
    assert_int_equal(error.code, PP_E_NET);
}

static void what_was_sent_before_closing_arrives_even_if_the_peer_left_messages_unread(void **state) {
    int *fds = *state;
    struct ipc_message message = {.type = IPC_RELEASE, .release = {5}};
    assert_true(ipc_send(fds[1], &message, NULL));
    assert_true(ipc_send(fds[0], &message, NULL));
    pp_close(&fds[0]);
    struct pp_error error = {0};
    assert_true(ipc_receive(fds[1], &message, &error));
    assert_int_equal(message.release.slot, 5);
    assert_false(ipc_receive(fds[1], &message, &error));
    assert_int_equal(error.code, PP_E_NET);
}

static void a_taken_descriptor_outlives_its_message(void **state) {
    const int *fds = *state;
    struct ipc_message out = {.type = IPC_SCREENSHOT, .fds = {STDERR_FILENO}, .fd_count = 1};
    assert_true(ipc_send(fds[0], &out, NULL));
    struct ipc_message in;
    assert_true(ipc_receive(fds[1], &in, NULL));
    pp_autoclose int taken = ipc_message_take(&in, 0);
    ipc_message_finish(&in);
    assert_int_not_equal(fcntl(taken, F_GETFD), -1);
}

static void finishing_a_message_wipes_its_key(void **state) {
    (void)state;
    struct ipc_message message = samples[18].message;
    assert_int_equal(message.start_media.key[31], 255);
    ipc_message_finish(&message);
    assert_int_equal(message.start_media.key[31], 0);
}

static void listening_replaces_a_stale_socket_and_knows_its_peer(void **state) {
    (void)state;
    char folder[] = "/tmp/pp-conn-XXXXXX";
    char path[64];
    struct stat about;
    struct pp_error error = {0};
    uid_t uid = 12345;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    int stale = ipc_listen(path, &error);
    assert_true(stale >= 0);
    pp_close(&stale);
    assert_int_equal(ipc_connect(path, &error), -1);
    assert_int_equal(error.code, PP_E_NET);
    pp_autoclose int listener = ipc_listen(path, &error);
    assert_true(listener >= 0);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
    assert_int_equal(ipc_accept(listener, &error), -1);
    assert_int_equal(error.code, PP_E_STATE);
    pp_autoclose int client = ipc_connect(path, &error);
    assert_true(client >= 0);
    pp_autoclose int server = ipc_accept(listener, &error);
    assert_true(server >= 0);
    assert_true(ipc_peer_uid(server, &uid, &error));
    assert_int_equal(uid, getuid());
    unlink(path);
    rmdir(folder);
}

static void listening_does_not_replace_an_ordinary_file(void **state) {
    (void)state;
    char path[] = "/tmp/pp-conn-XXXXXX";
    pp_autoclose int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ipc_listen(path, NULL), -1);
    assert_int_equal(unlink(path), 0);
}

static void a_path_too_long_for_a_socket_is_refused(void **state) {
    (void)state;
    char path[200];
    struct pp_error error = {0};
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_int_equal(ipc_listen(path, &error), -1);
    assert_int_equal(error.code, PP_E_LIMIT);
}

#define PAIR_TEST(function) cmocka_unit_test_setup_teardown(function, pair_setup, pair_teardown)

static void connecting_to_a_peer_that_hangs_does_not_wait(void **state) {
    (void)state;
    char path[64];
    struct pp_error error = {0};
    snprintf(path, sizeof path, "/tmp/pingplay-conn-%d.sock", getpid());
    pp_autoclose int listener = ipc_listen(path, &error);
    assert_true(listener >= 0);
    int fds[MORE_THAN_A_BACKLOG];
    size_t count = 0;
    while (count < MORE_THAN_A_BACKLOG && (fds[count] = ipc_connect(path, &error)) >= 0)
        count++;
    assert_in_range(count, 1, MORE_THAN_A_BACKLOG - 1);
    assert_int_equal(error.code, PP_E_NET);
    assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    while (count)
        pp_close(&fds[--count]);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(every_message_travels_with_its_descriptors),
        PAIR_TEST(a_wrong_number_of_descriptors_is_refused_and_they_are_closed),
        PAIR_TEST(descriptors_of_a_malformed_packet_are_closed),
        PAIR_TEST(a_packet_over_the_cap_is_refused),
        PAIR_TEST(sending_needs_exactly_the_descriptors_of_the_type),
        PAIR_TEST(an_empty_non_blocking_socket_says_so),
        PAIR_TEST(a_full_non_blocking_socket_says_so),
        PAIR_TEST(a_closed_peer_is_told_without_a_signal),
        PAIR_TEST(what_was_sent_before_closing_arrives_even_if_the_peer_left_messages_unread),
        PAIR_TEST(a_taken_descriptor_outlives_its_message),
        cmocka_unit_test(finishing_a_message_wipes_its_key),
        cmocka_unit_test(listening_replaces_a_stale_socket_and_knows_its_peer),
        cmocka_unit_test(listening_does_not_replace_an_ordinary_file),
        cmocka_unit_test(a_path_too_long_for_a_socket_is_refused),
        cmocka_unit_test(connecting_to_a_peer_that_hangs_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
