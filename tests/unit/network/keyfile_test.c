/* network/keyfile.h: what stands in a profile, and that nothing of a request becomes more than its own value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "network/keyfile.h"

#define UUID "01234567-89ab-4def-8123-456789abcdef"

static void write_profile(const struct network_request *request, struct pp_buf *out) {
    struct keyfile_names names = {.id = "pingplay-x",
                                  .uuid = UUID,
                                  .autoconnect = true,
                                  .ca = "/etc/x-a.pem",
                                  .keys = "/run/keys",
                                  .identity =
                                      *request->dot1x.identity ? request->dot1x.identity : "device-1"};
    struct pp_error error = {0};
    assert_true(network_request_check(request, &error));
    assert_true(keyfile_write(request, &names, out, &error));
}

static struct network_request wifi_of(const void *ssid, size_t size, const char *passphrase) {
    struct network_request request = {.verb = NETWORK_WIFI, .wifi = {.security = NETWORK_WPA2_WPA3}};
    memcpy(request.wifi.ssid, ssid, size);
    request.wifi.ssid_size = size;
    strcpy(request.wifi.passphrase, passphrase);
    return request;
}

/* Once, as a whole line. */
static void expect_line(const struct pp_buf *profile, const char *line) {
    char framed[256];
    snprintf(framed, sizeof framed, "\n%s\n", line);
    const char *at = strstr(pp_buf_text(profile), framed);
    if (!at)
        fail_msg("no line \"%s\" in:\n%s", line, pp_buf_text(profile));
    assert_null(strstr(at + 1, framed));
}

static unsigned lines_of(const struct pp_buf *profile) {
    unsigned count = 0;
    for (size_t i = 0; i < profile->size; i++)
        count += profile->data[i] == '\n';
    return count;
}

static void a_wifi_has_its_name_and_passphrase(void **state) {
    (void)state;
    static const char whole[] =
        "#set=00000000000000000000000000000000 0\n"
        "[connection]\nid=pingplay-x\nuuid=" UUID "\ntype=wifi\n"
        "autoconnect=true\nautoconnect-priority=10\nautoconnect-retries=0\n\n"
        "[wifi]\nmode=infrastructure\nssid=Lobby-2_G\nhidden=true\n\n"
        "[wifi-security]\nkey-mgmt=wpa-psk\nproto=rsn;\npairwise=ccmp;\ngroup=ccmp;\npmf=2\n"
        "psk=correct\\shorse\n\n"
        "[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\naddr-gen-mode=stable-privacy\n";
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    struct network_request request = wifi_of("Lobby-2_G", 9, "correct horse");
    request.wifi.hidden = true;
    write_profile(&request, &profile);
    assert_string_equal(pp_buf_text(&profile), whole);
}

static void wpa3_alone_protects_management_frames(void **state) {
    (void)state;
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    struct network_request request = wifi_of("Lobby", 5, "12345678");
    request.wifi.security = NETWORK_WPA3;
    write_profile(&request, &profile);
    expect_line(&profile, "key-mgmt=sae");
    expect_line(&profile, "pmf=3");
}

static void an_open_network_has_no_security_section(void **state) {
    (void)state;
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    struct network_request request = wifi_of("Lobby", 5, "");
    request.wifi.security = NETWORK_OPEN;
    write_profile(&request, &profile);
    assert_null(strstr(pp_buf_text(&profile), "wifi-security"));
    assert_null(strstr(pp_buf_text(&profile), "psk"));
}

static void a_name_that_could_mean_something_is_a_list_of_bytes(void **state) {
    (void)state;
    static const struct {
        const char *ssid;
        size_t size;
        const char *line;
    } rows[] = {
        {"a\nb", 3, "ssid=97;10;98;"},    {"a;b", 3, "ssid=97;59;98;"},
        {"a\\s", 3, "ssid=97;92;115;"},   {" ab", 3, "ssid=32;97;98;"},
        {"ab ", 3, "ssid=97;98;32;"},     {"\0x", 2, "ssid=0;120;"},
        {"\xff\xfe", 2, "ssid=255;254;"}, {"\xc3\xa9", 2, "ssid=195;169;"},
        {"65", 2, "ssid=54;53;"}, /* "65" itself would be the name "A" */
        {"[x]", 3, "ssid=91;120;93;"},    {"#x", 2, "ssid=35;120;"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
        pp_autobuf struct pp_buf plain = PP_BUF_INIT(KEYFILE_MAX);
        const struct network_request request = wifi_of(rows[i].ssid, rows[i].size, "12345678");
        const struct network_request other = wifi_of("plain", 5, "12345678");
        write_profile(&request, &profile);
        write_profile(&other, &plain);
        expect_line(&profile, rows[i].line);
        assert_int_equal(lines_of(&profile), lines_of(&plain));
        assert_int_equal(strlen(pp_buf_text(&profile)), profile.size);
    }
}

static void a_passphrase_is_escaped(void **state) {
    (void)state;
    static const struct {
        const char *passphrase, *line;
    } rows[] = {
        {"  leading", "psk=\\s\\sleading"},     {"trailing  ", "psk=trailing\\s\\s"},
        {"back\\slash", "psk=back\\\\slash"},   {"back\\nslash", "psk=back\\\\nslash"},
        {"semi;colon=1#", "psk=semi;colon=1#"}, {"\"quoted\"", "psk=\"quoted\""},
        {"[ipv4]..", "psk=[ipv4].."},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
        const struct network_request request = wifi_of("x", 1, rows[i].passphrase);
        write_profile(&request, &profile);
        expect_line(&profile, rows[i].line);
    }
}

static void the_longest_wifi_fits(void **state) {
    (void)state;
    uint8_t ssid[NETWORK_SSID_MAX];
    char passphrase[NETWORK_PASSPHRASE_MAX + 1] = "";
    memset(ssid, 0xff, sizeof ssid);
    memset(passphrase, ' ', NETWORK_PASSPHRASE_MAX);
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    const struct network_request request = wifi_of(ssid, sizeof ssid, passphrase);
    write_profile(&request, &profile);
}

static struct network_ip ip(const char *text, uint8_t *prefix) {
    struct network_ip result;
    assert_true(network_ip_parse(text, &result, prefix, NULL));
    return result;
}

#define CA "-----BEGIN CERTIFICATE-----\nMAAx\n-----END CERTIFICATE-----\n"

static void dot1x_trusts_a_named_server_and_shows_files_in_memory(void **state) {
    (void)state;
    static const char whole[] =
        "[connection]\nid=pingplay-x\nuuid=" UUID "\ntype=ethernet\ninterface-name=eth0\n"
        "autoconnect=true\nautoconnect-priority=10\nautoconnect-retries=0\n\n"
        "[802-1x]\neap=tls;\nidentity=screen-1\nanonymous-identity=anonymous\nca-cert=/etc/x-a.pem\n"
        "domain-match=radius.example\nclient-cert=/run/keys/client.pem\nprivate-key=/run/keys/client.key\n"
        "private-key-password-flags=4\n\n"
        "[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\naddr-gen-mode=stable-privacy\n";
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    const struct network_request request = {
        .verb = NETWORK_8021X,
        .interface = "eth0",
        .dot1x = {.identity = "screen-1", .anonymous = "anonymous", .server = "radius.example", .ca = CA}};
    write_profile(&request, &profile);
    assert_string_equal(strchr(pp_buf_text(&profile), '['), whole);
    assert_true(keyfile_is_8021x(whole));
}

static void dot1x_of_a_wifi_is_wpa_enterprise(void **state) {
    (void)state;
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    const struct network_request request = {
        .verb = NETWORK_8021X,
        .dot1x = {.ssid = "Staff", .ssid_size = 5, .hidden = true, .server = ".radius.example", .ca = CA}};
    write_profile(&request, &profile);
    expect_line(&profile, "type=wifi");
    expect_line(&profile, "ssid=Staff");
    expect_line(&profile, "hidden=true");
    expect_line(&profile, "key-mgmt=wpa-eap");
    expect_line(&profile, "pmf=2");
    expect_line(&profile, "domain-suffix-match=radius.example");
    expect_line(&profile, "identity=device-1");
    assert_null(strstr(pp_buf_text(&profile), "psk="));
}

static void an_identity_follows_the_certificate_unless_somebody_gave_it(void **state) {
    (void)state;
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    pp_autobuf struct pp_buf fixed = PP_BUF_INIT(KEYFILE_MAX);
    pp_autobuf struct pp_buf next = PP_BUF_INIT(KEYFILE_MAX);
    struct network_request request = {
        .verb = NETWORK_8021X, .interface = "eth0", .dot1x = {.server = "radius.example", .ca = CA}};
    write_profile(&request, &profile);
    assert_false(keyfile_follow_identity(pp_buf_text(&profile), "device-1", &next));
    assert_int_equal(next.size, 0);
    assert_true(keyfile_follow_identity(pp_buf_text(&profile), "device-22", &next));
    expect_line(&next, "identity=device-22");
    assert_int_equal(next.size, profile.size + 1);
    strcpy(request.dot1x.identity, "screen-1");
    write_profile(&request, &fixed);
    assert_false(keyfile_follow_identity(pp_buf_text(&fixed), "device-22", &next));
}

static void fixed_addresses_stand_with_gateway_and_name_servers(void **state) {
    (void)state;
    struct network_request request = {.verb = NETWORK_STATIC, .interface = "eth0"};
    struct network_fixed *fixed = &request.fixed;
    fixed->v4.ip = ip("192.0.2.10/24", &fixed->v4.prefix);
    fixed->v4.gateway = ip("192.0.2.1", NULL);
    fixed->v6.ip = ip("2001:db8::10/64", &fixed->v6.prefix);
    fixed->v6.gateway = ip("fe80::1", NULL);
    fixed->dns[0] = ip("192.0.2.53", NULL);
    fixed->dns[1] = ip("2001:db8::53", NULL);
    fixed->dns[2] = ip("198.51.100.53", NULL);
    fixed->dns_count = 3;
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    write_profile(&request, &profile);
    static const char tail[] = "\n[ipv4]\nmethod=manual\naddress1=192.0.2.10/24,192.0.2.1\nmay-fail=false\n"
                               "dad-timeout=2000\ndns=192.0.2.53;198.51.100.53;\n"
                               "\n[ipv6]\nmethod=manual\naddress1=2001:db8::10/64,fe80::1\nmay-fail=false\n"
                               "dns=2001:db8::53;\n";
    assert_string_equal(strstr(pp_buf_text(&profile), "\n[ipv4]"), tail);
    expect_line(&profile, "interface-name=eth0");
}

static void a_family_without_an_address_is_off(void **state) {
    (void)state;
    struct network_request request = {.verb = NETWORK_STATIC, .interface = "eth0"};
    request.fixed.v4.ip = ip("192.0.2.10/32", &request.fixed.v4.prefix);
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    write_profile(&request, &profile);
    assert_non_null(strstr(pp_buf_text(&profile), "address1=192.0.2.10/32\n"));
    assert_non_null(strstr(pp_buf_text(&profile), "[ipv6]\nmethod=disabled\n"));
}

static void names_are_read_back(void **state) {
    (void)state;
    for (int autoconnect = 0; autoconnect < 2; autoconnect++) {
        struct keyfile_names names = {.id = "pingplay-x", .autoconnect = autoconnect};
        struct network_request request = {.verb = NETWORK_DHCP, .interface = "eth0"};
        pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
        struct keyfile_names read = {.autoconnect = !autoconnect};
        names.set = pp_boot_time_now();
        assert_true(keyfile_make_uuid(names.uuid, NULL));
        assert_true(keyfile_is_uuid(names.uuid));
        assert_true(keyfile_write(&request, &names, &profile, NULL));
        assert_true(keyfile_read_names(pp_buf_text(&profile), &read));
        assert_string_equal(read.uuid, names.uuid);
        assert_int_equal(read.autoconnect, autoconnect);
        assert_memory_equal(&read.set, &names.set, sizeof names.set);
    }
    struct keyfile_names read = {0};
    assert_true(keyfile_read_names("uuid=" UUID "\nautoconnect=true\n", &read));
    assert_int_equal(read.set.ms, 0);
    assert_false(keyfile_read_names("", &read));
    assert_false(keyfile_read_names("uuid=--help\nautoconnect=true\n", &read));
    assert_false(keyfile_read_names("uuid=" UUID "0\nautoconnect=true\n", &read));
    assert_false(keyfile_read_names("uuid=" UUID "\n", &read));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wifi_has_its_name_and_passphrase),
        cmocka_unit_test(wpa3_alone_protects_management_frames),
        cmocka_unit_test(an_open_network_has_no_security_section),
        cmocka_unit_test(a_name_that_could_mean_something_is_a_list_of_bytes),
        cmocka_unit_test(a_passphrase_is_escaped),
        cmocka_unit_test(the_longest_wifi_fits),
        cmocka_unit_test(dot1x_trusts_a_named_server_and_shows_files_in_memory),
        cmocka_unit_test(dot1x_of_a_wifi_is_wpa_enterprise),
        cmocka_unit_test(an_identity_follows_the_certificate_unless_somebody_gave_it),
        cmocka_unit_test(fixed_addresses_stand_with_gateway_and_name_servers),
        cmocka_unit_test(a_family_without_an_address_is_off),
        cmocka_unit_test(names_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
