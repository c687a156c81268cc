/* network/setup_link.h, network/reason.h: what pingplay-network and pingplay-setup say to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "network/setup_link.h"

static const struct setup_opening sample = {
    .reason = NETWORK_NOT_IN_REACH,
    .host = "10.42.0.1",
    .tried = {0, 0xff},
    .tried_size = 2,
    .scan = {.networks = {{.ssid = "Lobby", .ssid_size = 5, .strength = 100, .kind = SCAN_PERSONAL},
                          {.ssid = {0xfe}, .ssid_size = 1, .strength = 0, .kind = SCAN_OTHER}},
             .count = 2}};

static void an_opening_goes_through_with_its_socket(void **state) {
    struct setup_opening got;
    struct pp_error error = {0};
    int ends[2], handed = -1;
    char byte = 'x';
    (void)state;
    assert_true(ipc_pair(ends, NULL));
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(setup_opening_send(ends[0], &sample, pipe_ends[1], &error));
    assert_true(setup_opening_receive(ends[1], &got, &handed, &error));
    assert_memory_equal(&got, &sample, sizeof got);
    assert_int_equal(write(handed, &byte, 1), 1);
    assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
    close(handed);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    /* Without one it is none. */
    assert_int_equal(send(ends[0], "x", 1, 0), 1);
    assert_false(setup_opening_receive(ends[1], &got, &handed, &error));
    assert_string_equal(error.message, "an opening without its socket");
    close(ends[0]);
    close(ends[1]);
}

/* Cut short anywhere, with a byte behind, and with each byte changed to what it cannot be. */
static void a_packet_that_is_wrong_is_none(void **state) {
    static const struct setup_opening none;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SETUP_PACKET_MAX + 1);
    struct setup_opening got;
    struct pp_error error = {0};
    (void)state;
    assert_true(setup_opening_encode(&sample, &packet, NULL));
    for (size_t size = 0; size < packet.size; size++) {
        assert_false(setup_opening_decode(packet.data, size, &got, &error));
        assert_memory_equal(&got, &none, sizeof got);
    }
    assert_true(setup_opening_decode(packet.data, packet.size, &got, NULL));
    const size_t bytes[] = {0, 1, 2, 12, 15, 16};
    for (size_t i = 0; i < PP_COUNT(bytes); i++) {
        uint8_t was = packet.data[bytes[i]];
        packet.data[bytes[i]] = 0xff;
        assert_false(setup_opening_decode(packet.data, packet.size, &got, NULL));
        packet.data[bytes[i]] = was;
    }
    assert_true(pp_buf_add(&packet, "", 1, NULL));
    assert_false(setup_opening_decode(packet.data, packet.size, &got, NULL));
}

static void the_largest_opening_fits(void **state) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SETUP_PACKET_MAX);
    struct setup_opening full = {.tried_size = NETWORK_SSID_MAX, .scan.count = SCAN_NETWORKS_MAX}, got;
    (void)state;
    memset(full.host, 'x', SETUP_HOST_MAX);
    for (size_t i = 0; i < SCAN_NETWORKS_MAX; i++)
        full.scan.networks[i] =
            (struct scan_network){.ssid_size = NETWORK_SSID_MAX, .strength = 1, .kind = SCAN_OPEN};
    assert_true(setup_opening_encode(&full, &packet, NULL));
    assert_int_equal(packet.size, SETUP_PACKET_MAX);
    assert_true(setup_opening_decode(packet.data, packet.size, &got, NULL));
    assert_memory_equal(&got, &full, sizeof got);
}

static void a_reason_is_found_in_what_is_said(void **state) {
    static const struct {
        const char *message, *word;
    } rows[] = {
        {"NetworkManager: Error: Connection activation failed: Secrets were required, but not provided.",
         "passphrase"},
        {"NetworkManager: Error: Connection activation failed: (7) Secrets were required, but not provided.",
         "passphrase"},
        {"NetworkManager: Error: Connection activation failed: No valid secrets.", "passphrase"},
        {"NetworkManager: Error: Connection activation failed: Invalid secrets.", "passphrase"},
        {"NetworkManager: Error: Connection activation failed: The device was removed.", "other"},
        {"NetworkManager: Error: Connection activation failed: 802.1X supplicant took too long to "
         "authenticate.",
         "passphrase"},
        {"NetworkManager: Error: Connection activation failed: The Wi-Fi network could not be found.",
         "reach"},
        {"NetworkManager: Error: Connection activation failed: IP configuration could not be reserved (no "
         "available "
         "address, timeout, etc.).",
         "no-address"},
        {"NetworkManager: Error: Connection activation failed: DHCP client failed.", "no-address"},
        {"gateway 192.0.2.1 does not answer", "gateway"},
        {"NetworkManager: Error: Timeout expired (45 seconds)", "other"},
        {"", "other"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_string_equal(network_reason_word(network_reason_of(rows[i].message)), rows[i].word);
    assert_string_equal(network_reason_word(NETWORK_NO_REASON), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opening_goes_through_with_its_socket),
        cmocka_unit_test(a_packet_that_is_wrong_is_none),
        cmocka_unit_test(the_largest_opening_fits),
        cmocka_unit_test(a_reason_is_found_in_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
