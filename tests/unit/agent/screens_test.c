/* What the agent hands to the text renderer is never more than that takes: it would refuse the whole screen.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "agent/agent_internal.h"
#include "base/json.h"
#include "render/status/screen.h"
#include "scratch.h"

_Static_assert(ACCESS_USER_CODE_MAX - 1 <= SCREEN_USER_CODE_MAX, "an accepted code can be shown");
_Static_assert(ACCESS_ADDRESS_MAX - 1 <= SCREEN_ADDRESS_MAX, "an accepted address can be shown");
_Static_assert(ACCESS_URI_MAX - 1 <= SCREEN_QR_MAX, "an accepted address fits into the QR code");

static cJSON *screen_of(const struct agent *agent) {
    char json[IPC_TEXT_MAX + 1];
    assert_true(screens_write((void *)(uintptr_t)agent, 640, 360, json, NULL));
    cJSON *screen = pp_json_parse(json, strlen(json), sizeof json, NULL);
    assert_non_null(screen);
    return screen;
}

static void name_that_is_too_long_for_a_screen_is_left_out(void **state) {
    (void)state;
    static struct agent agent = {.state = AGENT_OFFLINE, .config.url = "https://headend.example"};
    agent.document.floor.version = 1;
    memset(agent.document.name, 'n', SCREEN_NAME_MAX);
    pp_autojson cJSON *named = screen_of(&agent);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(named, "name"));
    assert_string_equal(name, agent.document.name);
    agent.document.name[SCREEN_NAME_MAX] = 'n';
    pp_autojson cJSON *nameless = screen_of(&agent);
    assert_null(cJSON_GetObjectItemCaseSensitive(nameless, "name"));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(nameless, "screen")),
                        "offline");
}

static const char *text_of(const cJSON *screen, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(screen, name));
}

static void a_server_that_cannot_be_trusted_sends_nobody_to_the_cable(void **state) {
    (void)state;
    static const enum agent_state states[] = {AGENT_UNENROLLED, AGENT_CONNECTING, AGENT_OFFLINE};
    for (size_t i = 0; i < PP_COUNT(states); i++) {
        struct agent agent = {.state = states[i], .config.url = "https://headend.example"};
        pp_fail(&agent.trouble, PP_E_TLS, "the server cannot be trusted: unknown authority");
        pp_autojson cJSON *screen = screen_of(&agent);
        assert_string_equal(text_of(screen, "screen"), "untrusted");
        assert_string_equal(text_of(screen, "code"), "T-1");
        agent.trouble.code = PP_E_PORTAL;
        pp_autojson cJSON *portal = screen_of(&agent);
        assert_string_equal(text_of(portal, "screen"), "portal");
        assert_string_equal(text_of(portal, "code"), "N-2");
        agent.trouble.code = PP_E_NET;
        pp_autojson cJSON *other = screen_of(&agent);
        assert_string_equal(text_of(other, "screen"), states[i] == AGENT_OFFLINE ? "offline" : "connecting");
    }
}

static void the_configured_language_counts_until_the_headend_names_one(void **state) {
    (void)state;
    static const struct {
        enum agent_state state;
        int64_t version;
        const char *configured, *locale, *language;
    } rows[] = {
        {AGENT_UNENROLLED, 0, "", "", "both"},  {AGENT_UNENROLLED, 0, "fr", "", "fr"},
        {AGENT_ENROLLING, 0, "en", "", "en"},   {AGENT_CONNECTING, 0, "fr", "", "fr"},
        {AGENT_CONNECTING, 0, "", "", "both"},  {AGENT_ONLINE, 3, "fr", "en", "en"},
        {AGENT_ONLINE, 3, "en", "fr-CA", "fr"}, {AGENT_UNENROLLED, 3, "fr", "en", "fr"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct agent agent = {.state = rows[i].state, .config.url = "https://headend.example"};
        agent.document.floor.version = rows[i].version;
        strcpy(agent.config.language, rows[i].configured);
        strcpy(agent.document.locale, rows[i].locale);
        pp_autojson cJSON *screen = screen_of(&agent);
        assert_string_equal(text_of(screen, "language"), rows[i].language);
    }
}

static void a_channel_with_nothing_on_it_is_told_with_its_name_and_without_an_error(void **state) {
    (void)state;
    static struct agent agent = {.state = AGENT_ONLINE, .config.url = "https://headend.example"};
    agent.document.floor.version = 1;
    agent.document.has_channel = true;
    strcpy(agent.document.channel, "lobby");
    strcpy(agent.empty_channel, "lobby");
    pp_autojson cJSON *plain = screen_of(&agent);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plain, "screen")), "empty");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plain, "channel")), "lobby");
    strcpy(agent.document.channel_title, "Lobby, left");
    pp_autojson cJSON *titled = screen_of(&agent);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(titled, "channel")),
                        "Lobby, left");
    strcpy(agent.document.channel, "garden");
    pp_autojson cJSON *other = screen_of(&agent);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(other, "screen")), "loading");
    strcpy(agent.document.channel, "lobby");
    pp_fail(&agent.content_trouble, PP_E_EXPIRED, "timestamp has expired");
    pp_autojson cJSON *troubled = screen_of(&agent);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(troubled, "screen")), "error");
}

static void expect_trouble(const struct agent *agent, const char *code, const char *detail) {
    pp_autojson cJSON *screen = screen_of(agent);
    struct screen_trouble trouble = screens_trouble(agent);
    assert_string_equal(trouble.code, code);
    assert_string_equal(trouble.detail, detail);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(screen, "code")), code);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(screen, "detail")), detail);
}

static void the_code_on_the_screen_is_the_one_that_the_headend_is_told(void **state) {
    (void)state;
    static struct agent agent = {.state = AGENT_ONLINE,
                                 .document = {.floor = {.version = 1}, .has_channel = true}};
    assert_null(screens_trouble(&agent).code);
    agent.content_view = CONTENT_FAILED;
    expect_trouble(&agent, "C-1", "no item of the channel can be shown");
    pp_fail(&agent.content_trouble, PP_E_NOSPACE, "no space left");
    expect_trouble(&agent, "F-1", "no space left");
    agent.content_view = CONTENT_NOT_YET;
    expect_trouble(&agent, "F-1", "no space left");
    pp_fail(&agent.trouble, PP_E_TLS, "not the headend");
    expect_trouble(&agent, "T-1", "not the headend");
}

/* Each of the TPM's troubles has words of its own for a person, and a code; others of the start are the flash's. */
static void keys_that_a_tpm_does_not_give_are_told_each_with_its_screen(void **state) {
    (void)state;
    static const struct {
        enum pp_code trouble;
        const char *screen, *code;
    } rows[] = {{PP_E_TPM_ABSENT, "keys-absent", "K-1"},
                {PP_E_TPM_CHANGED, "keys-lost", "K-2"},
                {PP_E_TPM_POLICY, "keys-refused", "K-3"},
                {PP_E_TPM, "error", "K-4"},
                {PP_E_NOTFOUND, "error", "F-2"}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct agent agent = {.state = AGENT_STARTING, .config.url = "https://headend.example"};
        pp_fail(&agent.trouble, rows[i].trouble, "vault: why");
        expect_trouble(&agent, rows[i].code, "vault: why");
        pp_autojson cJSON *screen = screen_of(&agent);
        assert_string_equal(text_of(screen, "screen"), rows[i].screen);
    }
}

/* Whoever stands in front of it, or is asked on the telephone, is told how this screen shows who it is. */
static void the_access_mode_is_on_what_tells_who_it_is_and_on_every_locked_screen(void **state) {
    (void)state;
    static const char *const modes[] = {"certificate", "cookie", "sso", "password"};
    static const struct {
        enum agent_state state;
        enum lock_reason lock;
        bool temporary_only;
        bool told;
        const char *screen; /* NULL: whichever it is */
    } rows[] = {
        {AGENT_LOCKED, LOCK_RETIRED, false, true, NULL},
        {AGENT_LOCKED, LOCK_NETWORK, false, true, "elsewhere"},
        {AGENT_LOCKED, LOCK_OFFLINE, false, true, NULL},
        {AGENT_LOCKED, LOCK_UNTOLD, false, true, NULL},
        {AGENT_ONLINE, LOCK_NONE, true, true, "signed-out"},
        {AGENT_OFFLINE, LOCK_NONE, true, true, "signed-out"},
        {AGENT_CONNECTING, LOCK_NONE, false, false, "connecting"},
    };
    for (size_t i = 0; i < PP_COUNT(modes) * PP_COUNT(rows); i++) {
        size_t row = i / PP_COUNT(modes);
        const struct access_mode *mode = access_mode_find(modes[i % PP_COUNT(modes)]);
        if (rows[row].temporary_only && !mode->temporary)
            continue;
        struct agent agent = {.state = rows[row].state,
                              .floors.lock = rows[row].lock,
                              .access.mode = mode,
                              .document = {.floor = {.version = 1}, .access.mode = mode}};
        pp_autojson cJSON *screen = screen_of(&agent);
        if (rows[row].screen)
            assert_string_equal(text_of(screen, "screen"), rows[row].screen);
        if (rows[row].told)
            assert_string_equal(text_of(screen, "access"), mode->name);
        else
            assert_null(text_of(screen, "access"));
    }
}

static void identify_tells_the_access_mode_and_nothing_where_none_is_known(void **state) {
    (void)state;
    struct agent agent = {.document.floor.version = 1, .access.mode = access_mode_find("cookie")};
    struct scratch scratch;
    char json[IPC_TEXT_MAX + 1];
    scratch_open(&scratch);
    agent.identity = identity_load_or_create(scratch.vault, NULL);
    assert_non_null(agent.identity);
    assert_true(screens_write_identify(&agent, 640, 360, 8, json, NULL));
    pp_autojson cJSON *screen = pp_json_parse(json, strlen(json), sizeof json, NULL);
    assert_string_equal(text_of(screen, "access"), "cookie");
    agent.access.mode = NULL;
    assert_true(screens_write_identify(&agent, 640, 360, 8, json, NULL));
    pp_autojson cJSON *unknown = pp_json_parse(json, strlen(json), sizeof json, NULL);
    assert_null(text_of(unknown, "access"));
    identity_destroy(agent.identity);
    scratch_remove(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_with_nothing_on_it_is_told_with_its_name_and_without_an_error),
        cmocka_unit_test(name_that_is_too_long_for_a_screen_is_left_out),
        cmocka_unit_test(a_server_that_cannot_be_trusted_sends_nobody_to_the_cable),
        cmocka_unit_test(the_configured_language_counts_until_the_headend_names_one),
        cmocka_unit_test(keys_that_a_tpm_does_not_give_are_told_each_with_its_screen),
        cmocka_unit_test(the_code_on_the_screen_is_the_one_that_the_headend_is_told),
        cmocka_unit_test(the_access_mode_is_on_what_tells_who_it_is_and_on_every_locked_screen),
        cmocka_unit_test(identify_tells_the_access_mode_and_nothing_where_none_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
