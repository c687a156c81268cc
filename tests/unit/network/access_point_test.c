/* network/access_point.h: its name and passphrase, and its profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "network/access_point.h"
#include "network/wifi_uri.h"
#include "support/test_folder.h"

static bool fits(const char *text, const char *shape) {
    for (; *text && *shape; text++, shape++) {
        if (*shape == 'A'   ? !strchr("ABCDEFGHJKLMNPQRSTUVWXYZ", *text)
            : *shape == 'a' ? !strchr("abcdefghjkmnpqrstuvwxyz", *text)
                            : *text != *shape)
            return false;
    }
    return !*text && !*shape;
}

static void name_and_passphrase_are_made_anew_of_letters_that_are_not_mistaken(void **state) {
    struct access_point one = {.page = -1}, two = {.page = -1};
    (void)state;
    for (int i = 0; i < 200; i++) {
        assert_true(access_point_name(&one, NULL));
        assert_true(fits(one.name, "Pingplay-AAAA"));
        assert_true(fits(one.passphrase, "aaaaa-aaaaa-aaaaa"));
    }
    assert_true(access_point_name(&two, NULL));
    assert_string_not_equal(one.passphrase, two.passphrase);
    access_point_forget(&one);
    assert_string_equal(one.passphrase, "");
}

/* NetworkManager would take channel 13 for a quarter of all names, which a radio that knows no country may not open. */
static void its_channel_is_one_that_every_country_allows(void **state) {
    struct access_point point = {.page = -1};
    unsigned counts[12] = {0};
    (void)state;
    for (int i = 0; i < 300; i++) {
        assert_true(access_point_name(&point, NULL));
        assert_in_range(point.channel, 1, 11);
        counts[point.channel]++;
    }
    assert_int_equal(counts[1] + counts[6] + counts[11], 300);
    assert_true(counts[1] && counts[6] && counts[11]);
}

/* Neither has a character that the code of a Wi-Fi would have to hide. */
static void its_code_is_read_as_it_is(void **state) {
    struct access_point point = {.page = -1};
    network_autorequest struct network_request request = {0};
    char text[128];
    (void)state;
    assert_true(access_point_name(&point, NULL));
    snprintf(text, sizeof text, "WIFI:T:WPA;S:%s;P:%s;;", point.name, point.passphrase);
    assert_true(wifi_uri_parse(text, strlen(text), &request, NULL));
    assert_memory_equal(request.wifi.ssid, point.name, request.wifi.ssid_size);
    assert_string_equal(request.wifi.passphrase, point.passphrase);
}

static void its_profile_shares_nothing(void **state) {
    struct access_point point = {.name = "Pingplay-KMXT",
                                 .passphrase = "kmpxr-atvdq-hjbnw",
                                 .channel = 6,
                                 .uuid = "11111111-2222-4333-8444-555555555555",
                                 .page = -1};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(KEYFILE_MAX);
    (void)state;
    assert_true(access_point_write(&point, "wlan0", "10.42.0.1", &out, NULL));
    assert_string_equal(
        pp_buf_text(&out),
        "[connection]\nid=pingplay-phone\nuuid=11111111-2222-4333-8444-555555555555\ntype=wifi\n"
        "interface-name=wlan0\nautoconnect=false\n\n"
        "[wifi]\nmode=ap\nband=bg\nchannel=6\nap-isolation=1\nssid=Pingplay-KMXT\n\n"
        "[wifi-security]\nkey-mgmt=wpa-psk\nproto=rsn;\npairwise=ccmp;\ngroup=ccmp;\npsk=kmpxr-atvdq-"
        "hjbnw\n\n"
        "[ipv4]\nmethod=shared\naddress1=10.42.0.1/24\n"
        "routing-rule1=priority 100 from 0.0.0.0/0 iif wlan0 type prohibit\n\n[ipv6]\nmethod=disabled\n");
}

static void every_name_is_its_page_and_nobody_notes_who_was_there(void **state) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(ACCESS_POINT_NAMES_MAX);
    (void)state;
    assert_true(access_point_write_names("10.42.0.1", &out, NULL));
    /* That it says so to dnsmasq: e2e network_leases. */
    assert_string_equal(pp_buf_text(&out), "leasefile-ro\nno-resolv\nlocal=/#/\naddress=/#/10.42.0.1\n");
}

/* ---- What is left of one ---- */

#define UUID    "11111111-2222-4333-8444-555555555555"
#define PROFILE "pingplay-phone-a.nmconnection"

/* Notes its words; ends with what the file "status" has, after an error. */
static const char stand_in[] = "#!/bin/sh\n"
                               "cd \"${0%/*}\" || exit 9\n"
                               "echo \"$*\" >>words\n"
                               "[ -e status ] || exit 0\n"
                               "echo 'Error: it does not.'; exit $(cat status)\n";

static void put(const struct test_folder *folder, const char *name, const char *text) {
    assert_true(pp_file_replace(folder->fd, name, text, strlen(text), 0700, NULL));
}

static bool there(const struct test_folder *folder, const char *name) {
    struct stat about;
    return fstatat(folder->fd, name, &about, 0) == 0;
}

static void expect_deletions(const struct test_folder *folder, size_t count) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(4096);
    static const char line[] = "connection delete uuid " UUID "\n";
    assert_true(pp_file_read(folder->fd, "words", &text, NULL));
    assert_int_equal(text.size, count * strlen(line));
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(text.data + i * strlen(line), line, strlen(line));
}

/* As a killed process leaves it: a profile, and dnsmasq's file. */
static struct access_point_places leave_one(const struct test_folder *folder, char nmcli[64]) {
    snprintf(nmcli, 64, "%s/nmcli", folder->path);
    put(folder, "nmcli", stand_in);
    put(folder, PROFILE, "uuid=" UUID "\nautoconnect=false\n");
    put(folder, ACCESS_POINT_NAMES_FILE, "address=/#/10.42.0.1\n");
    return (struct access_point_places){
        .nmcli = nmcli, .folder = folder->path, .names_folder = folder->path, .address = "10.42.0.1"};
}

static void what_a_killed_process_has_left_is_gone_at_the_next_start(void **state) {
    const struct test_folder *folder = *state;
    char nmcli[64];
    const struct access_point_places places = leave_one(folder, nmcli);
    struct access_point point = {.page = -1};
    put(folder, PROFILE ".new", "psk=half");
    /* dnsmasq reads each file of its folder, whatever it is called. */
    put(folder, ACCESS_POINT_NAMES_FILE ".new", "address=/#/10.");
    access_point_clear(&point, &places);
    expect_deletions(folder, 1);
    static const char *const files[] = {PROFILE, PROFILE ".new", ACCESS_POINT_NAMES_FILE,
                                        ACCESS_POINT_NAMES_FILE ".new"};
    for (size_t i = 0; i < PP_COUNT(files); i++)
        assert_false(there(folder, files[i]));
    assert_true(access_point_is_closed(&point));
}

static void half_a_file_is_gone_also_where_there_is_no_profile(void **state) {
    const struct test_folder *folder = *state;
    char nmcli[64];
    const struct access_point_places places = leave_one(folder, nmcli);
    struct access_point point = {.page = -1};
    assert_int_equal(unlinkat(folder->fd, PROFILE, 0), 0);
    put(folder, ACCESS_POINT_NAMES_FILE ".new", "address=/#/10.");
    access_point_clear(&point, &places);
    assert_false(there(folder, ACCESS_POINT_NAMES_FILE));
    assert_false(there(folder, ACCESS_POINT_NAMES_FILE ".new"));
    assert_false(there(folder, "words"));
}

static void one_that_networkmanager_does_not_delete_is_tried_again_and_found_by_the_next_start(void **state) {
    const struct test_folder *folder = *state;
    char nmcli[64];
    const struct access_point_places places = leave_one(folder, nmcli);
    struct access_point point = {.page = -1}, next = {.page = -1};
    put(folder, "status", "1");
    access_point_clear(&point, &places);
    assert_false(access_point_is_closed(&point));
    assert_true(there(folder, PROFILE));
    access_point_close(&point, &places);
    assert_false(access_point_is_closed(&point));
    expect_deletions(folder, 2);
    /* By another process: the file says which. */
    access_point_clear(&next, &places);
    assert_false(access_point_is_closed(&next));
    assert_int_equal(unlinkat(folder->fd, "status", 0), 0);
    access_point_close(&next, &places);
    expect_deletions(folder, 4);
    assert_true(access_point_is_closed(&next));
    assert_false(there(folder, PROFILE));
    access_point_close(&next, &places);
    expect_deletions(folder, 4);
}

/* nmcli(1), EXIT STATUS: 10. */
static void one_that_networkmanager_does_not_know_is_gone(void **state) {
    const struct test_folder *folder = *state;
    char nmcli[64];
    const struct access_point_places places = leave_one(folder, nmcli);
    struct access_point point = {.page = -1};
    put(folder, "status", "10");
    access_point_clear(&point, &places);
    assert_true(access_point_is_closed(&point));
    assert_false(there(folder, PROFILE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_and_passphrase_are_made_anew_of_letters_that_are_not_mistaken),
        cmocka_unit_test(its_channel_is_one_that_every_country_allows),
        cmocka_unit_test(its_code_is_read_as_it_is),
        cmocka_unit_test(its_profile_shares_nothing),
        cmocka_unit_test(every_name_is_its_page_and_nobody_notes_who_was_there),
        cmocka_unit_test_setup_teardown(what_a_killed_process_has_left_is_gone_at_the_next_start,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(half_a_file_is_gone_also_where_there_is_no_profile,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(
            one_that_networkmanager_does_not_delete_is_tried_again_and_found_by_the_next_start,
            test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(one_that_networkmanager_does_not_know_is_gone, test_folder_create,
                                        test_folder_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
