/* network/scan.h: the Wi-Fis in reach, whose names anybody can choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "network/scan.h"

static void expect(const struct scan *scan, size_t i, const char *ssid, unsigned strength,
                   enum scan_kind kind) {
    assert_true(i < scan->count);
    const struct scan_network *network = &scan->networks[i];
    assert_int_equal(network->ssid_size, strlen(ssid));
    assert_memory_equal(network->ssid, ssid, network->ssid_size);
    assert_int_equal(network->strength, strength);
    assert_int_equal(network->kind, kind);
}

static void networks_are_read_the_strongest_first(void **state) {
    struct scan scan;
    (void)state;
    scan_parse("4C6F626279:40:WPA2\n6f70656e:90:\n6f77656f:60:OWE-TM\n33:70:WPA3\n34:10:WPA2 WPA3\n"
               "35:50:--\n36:30:WPA1 WPA2",
               &scan);
    assert_int_equal(scan.count, 7);
    expect(&scan, 0, "open", 90, SCAN_OPEN);
    expect(&scan, 1, "3", 70, SCAN_WPA3);
    expect(&scan, 2, "oweo", 60, SCAN_OPEN);
    expect(&scan, 3, "5", 50, SCAN_OPEN);
    expect(&scan, 4, "Lobby", 40, SCAN_PERSONAL);
    expect(&scan, 5, "6", 30, SCAN_PERSONAL);
    expect(&scan, 6, "4", 10, SCAN_PERSONAL);
}

static void what_a_passphrase_does_not_open_is_told_apart(void **state) {
    static const char *const rows[] = {"WEP", "WPA1",   "WPA2 802.1X", "WPA3 802.1X",
                                       "OWE", "802.1X", "new one"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char line[64];
        struct scan scan;
        snprintf(line, sizeof line, "41:5:%s\n", rows[i]);
        scan_parse(line, &scan);
        expect(&scan, 0, "A", 5, SCAN_OTHER);
    }
}

/* An open one of the same name, however strong, is not what somebody chooses who knows the name. */
static void of_one_name_the_best_protected_counts(void **state) {
    struct scan scan;
    (void)state;
    scan_parse("41:20:WPA2\n41:99:\n41:60:WPA2\n41:80:WEP\n42:50:\n", &scan);
    assert_int_equal(scan.count, 2);
    expect(&scan, 0, "A", 60, SCAN_PERSONAL);
    expect(&scan, 1, "B", 50, SCAN_OPEN);
    scan_parse("41:99:\n42:50:\n41:20:WPA2\n", &scan);
    assert_int_equal(scan.count, 2);
    expect(&scan, 0, "B", 50, SCAN_OPEN);
    expect(&scan, 1, "A", 20, SCAN_PERSONAL);
}

static void names_are_any_bytes(void **state) {
    struct scan scan;
    (void)state;
    scan_parse("fffe3a0a22:44:WPA2\n00:4:WPA2\n0000:4:WPA2\n0041:7:WPA2\n", &scan);
    assert_int_equal(scan.count, 2);
    expect(&scan, 0, "\xff\xfe:\n\"", 44, SCAN_PERSONAL);
    assert_memory_equal(scan.networks[1].ssid, "\0A", 2);
}

static void lines_that_are_not_right_are_passed_over(void **state) {
    static const char wide[] = "4141414141414141414141414141414141414141414141414141414141414141";
    static const char *const rows[] = {"",           ":50:WPA2", "4:50:WPA2", "zz:50:WPA2", "41:101:WPA2",
                                       "41:-1:WPA2", "41:50",    "41",        "41::WPA2",   "41:x:WPA2",
                                       "\n\n",       "Error: no"};
    char line[512];
    struct scan scan;
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        scan_parse(rows[i], &scan);
        if (scan.count)
            fail_msg("%s", rows[i]);
    }
    snprintf(line, sizeof line, "%s:50:WPA2\n%s41:50:WPA2\n", wide, wide);
    scan_parse(line, &scan);
    assert_int_equal(scan.count, 1);
    assert_int_equal(scan.networks[0].ssid_size, NETWORK_SSID_MAX);
    snprintf(line, sizeof line, "41:50:%0200d\n42:1:WPA2\n", 0);
    scan_parse(line, &scan);
    assert_int_equal(scan.count, 1);
}

static void the_strongest_are_kept_of_many(void **state) {
    char lines[8192] = "";
    struct scan scan;
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%04x:%u:WPA2\n", 0x4100 + i,
                 (i * 37) % 101);
    scan_parse(lines, &scan);
    assert_int_equal(scan.count, SCAN_NETWORKS_MAX);
    for (size_t i = 1; i < scan.count; i++)
        assert_true(scan.networks[i - 1].strength >= scan.networks[i].strength);
    assert_true(scan.networks[0].strength == 100 || scan.networks[0].strength == 99);
    assert_true(scan.networks[scan.count - 1].strength >= 67);
}

static void a_radio_is_one_that_can_be_an_access_point_and_is_on(void **state) {
    static const struct {
        const char *lines, *interface;
    } rows[] = {
        {"GENERAL.DEVICE:wlan0\nGENERAL.TYPE:wifi\nGENERAL.STATE:30 (disconnected)\nWIFI-PROPERTIES.AP:yes\n",
         "wlan0"},
        {"GENERAL.DEVICE:wlan0\nGENERAL.TYPE:wifi\nGENERAL.STATE:100 (connected)\nWIFI-PROPERTIES.AP:yes\n",
         "wlan0"},
        {"GENERAL.DEVICE:wlan0\nGENERAL.TYPE:wifi\nGENERAL.STATE:20 (unavailable)\nWIFI-PROPERTIES.AP:yes\n",
         NULL},
        {"GENERAL.DEVICE:wlan0\nGENERAL.TYPE:wifi\nGENERAL.STATE:30 (disconnected)\nWIFI-PROPERTIES.AP:no\n",
         NULL},
        {"GENERAL.DEVICE:p2p\nGENERAL.TYPE:wifi-p2p\nGENERAL.STATE:30 (x)\nWIFI-PROPERTIES.AP:yes\n", NULL},
        {"GENERAL.DEVICE:w 0\nGENERAL.TYPE:wifi\nGENERAL.STATE:30 (x)\nWIFI-PROPERTIES.AP:yes\n", NULL},
        {"GENERAL.DEVICE:\nGENERAL.TYPE:wifi\nGENERAL.STATE:30 (x)\nWIFI-PROPERTIES.AP:yes\n", NULL},
        {"GENERAL.DEVICE:abcdefghijklmnopq\nGENERAL.TYPE:wifi\nGENERAL.STATE:30 "
         "(x)\nWIFI-PROPERTIES.AP:yes\n",
         NULL},
        {"GENERAL.DEVICE:wlan0\nGENERAL.TYPE:wifi\nGENERAL.STATE:30 (x)\n\nGENERAL.DEVICE:eth0\n"
         "WIFI-PROPERTIES.AP:yes\n",
         NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char interface[NETWORK_INTERFACE_MAX + 1] = "";
        bool found = scan_find_radio(rows[i].lines, interface);
        if (found != (rows[i].interface != NULL))
            fail_msg("row %zu: %s", i, interface);
        assert_string_equal(interface, rows[i].interface ? rows[i].interface : "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_read_the_strongest_first),
        cmocka_unit_test(what_a_passphrase_does_not_open_is_told_apart),
        cmocka_unit_test(of_one_name_the_best_protected_counts),
        cmocka_unit_test(names_are_any_bytes),
        cmocka_unit_test(lines_that_are_not_right_are_passed_over),
        cmocka_unit_test(the_strongest_are_kept_of_many),
        cmocka_unit_test(a_radio_is_one_that_can_be_an_access_point_and_is_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
