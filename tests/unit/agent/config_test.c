#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "base/file.h"

#define HEADEND                                                                                              \
    "[headend]\nurl = https://headend.example:8443\nca = /etc/pingplay/ca.pem\nroot = "                      \
    "/etc/pingplay/root.json\n"

/* Loads a configuration of this text; `path` gets the name it had. */
static bool load(const char *text, struct agent_config *config, char path[64], struct pp_error *error) {
    strcpy(path, "/tmp/pingplay-conf-XXXXXX");
    pp_autoclose int fd = mkstemp(path);
    assert_true(fd >= 0 && pp_write_all(fd, text, strlen(text), error));
    bool ok = agent_config_load(path, config, error);
    unlink(path);
    return ok;
}

static void settings_are_read_and_the_rest_has_defaults(void **state) {
    (void)state;
    struct agent_config config;
    struct pp_error error = {0};
    char path[64];
    assert_true(load(HEADEND "[store]\nmax-mib = 2048\n[display]\nlanguage = fr\nrotation = 90\n", &config,
                     path, &error));
    assert_string_equal(config.url, "https://headend.example:8443");
    assert_string_equal(config.state, "/var/lib/pingplay");
    assert_string_equal(config.player_socket, "/run/pingplay/player.sock");
    assert_string_equal(config.language, "fr");
    assert_int_equal(config.rotation, 90);
    assert_int_equal(config.store_max_mib, 2048);
    assert_int_equal(config.store_reserve_mib, 64);
}

static void credentials_of_a_proxy_have_settings_of_their_own(void **state) {
    (void)state;
    static const char *const bad[] = {"proxy = http://screen:secret@proxy.example:3128\n",
                                      "proxy = http://proxy.example:3128\nproxy-user = a:b\n",
                                      "proxy = http://proxy.example:3128\nproxy-password = secret\n"};
    struct agent_config config;
    struct pp_error error = {0};
    char path[64];
    char text[512];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "%s%s", HEADEND, bad[i]);
        assert_false(load(text, &config, path, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_null(strstr(error.message, "secret"));
    }
    assert_true(load(HEADEND
                     "proxy = http://proxy.example:3128\nproxy-user = screen\nproxy-password = a:b@c\n",
                     &config, path, &error));
    assert_string_equal(config.proxy_user, "screen");
    assert_string_equal(config.proxy_password, "a:b@c");
}

static void the_vault_has_what_the_board_has_unless_it_is_named(void **state) {
    (void)state;
    struct agent_config config;
    struct pp_error error = {0};
    char path[64];
    assert_true(load(HEADEND, &config, path, &error));
    struct vault_kek_config vault = agent_config_vault(&config);
    assert_null(vault.provider);
    assert_string_equal(vault.tcti, "device:/dev/tpmrm0");
    assert_int_equal(vault.pcrs, 1 << 11);
    assert_false(vault.without_policy);
    assert_true(load(HEADEND
                     "[vault]\nprovider = tpm2\ntcti = swtpm:path=/run/tpm\npcrs = 7,11\npcr-policy = none\n"
                     "policy-key = /etc/pingplay/pcr.pem\n",
                     &config, path, &error));
    vault = agent_config_vault(&config);
    assert_ptr_equal(vault.provider, vault_kek_tpm2());
    assert_string_equal(vault.tcti, "swtpm:path=/run/tpm");
    assert_string_equal(vault.policy_key, "/etc/pingplay/pcr.pem");
    assert_int_equal(vault.pcrs, 1 << 11 | 1 << 7);
    assert_true(vault.without_policy);
}

static void what_is_wrong_is_named_with_file_and_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {HEADEND "verify = no\n", ":5: unknown setting \"verify\" in section [headend]"},
        {"[headend]\nurl = http://headend.example\n",
         ":2: url: must be an address that begins with https://"},
        {HEADEND "[paths]\nstate = here\n", ":6: state: must be an absolute path"},
        {HEADEND "[store]\nmax-mib = many\n", ":6: max-mib: must be a whole number between 0 and 16777216"},
        {"[headend]\nurl = https://a\nca = /ca\n", ": section [headend] needs \"root\""},
        {"[headend]\nurl = https://a/path\nca = /ca\nroot = /r\n",
         ": url: must be https://HOST or https://HOST:PORT, without a path"},
        {HEADEND "[display]\nrotation = 45\n", ": rotation: must be 0, 90, 180 or 270"},
        {HEADEND "[display]\nlanguage = de\n", ": language: must be en or fr"},
        {HEADEND "[vault]\nprovider = tpm\n", ": provider: must be auto, file or tpm2"},
        {HEADEND "[vault]\npcrs = 11,24\n", ": pcrs: must be numbers from 0 to 23 with commas between"},
        {HEADEND "[vault]\npcrs = 7-11\n", ": pcrs: must be numbers from 0 to 23 with commas between"},
        {HEADEND "[vault]\npcr-policy = off\n", ": pcr-policy: must be signed or none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct agent_config config;
        struct pp_error error = {0};
        char path[64];
        char expected[PP_ERROR_MESSAGE_MAX];
        assert_false(load(rows[i].text, &config, path, &error));
        snprintf(expected, sizeof expected, "%s%s", path, rows[i].message);
        assert_string_equal(error.message, expected);
    }
}

static void a_missing_file_is_told(void **state) {
    (void)state;
    struct agent_config config;
    struct pp_error error = {0};
    assert_false(agent_config_load("/nonexistent/agent.conf", &config, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read_and_the_rest_has_defaults),
        cmocka_unit_test(credentials_of_a_proxy_have_settings_of_their_own),
        cmocka_unit_test(the_vault_has_what_the_board_has_unless_it_is_named),
        cmocka_unit_test(what_is_wrong_is_named_with_file_and_line),
        cmocka_unit_test(a_missing_file_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
