/* Which screen there is in every situation, and its words: never more than the text renderer takes, which would refuse
 * the whole screen. */
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
        pp_fail(&agent.troubles.headend, PP_E_TLS, "the server cannot be trusted: unknown authority");
        pp_autojson cJSON *screen = screen_of(&agent);
        assert_string_equal(text_of(screen, "screen"), "untrusted");
        assert_string_equal(text_of(screen, "code"), "T-1");
        agent.troubles.headend.code = PP_E_PORTAL;
        pp_autojson cJSON *portal = screen_of(&agent);
        assert_string_equal(text_of(portal, "screen"), "portal");
        assert_string_equal(text_of(portal, "code"), "N-2");
        agent.troubles.headend.code = PP_E_NET;
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
    strcpy(agent.content.empty_channel, "lobby");
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
    pp_fail(&agent.troubles.content, PP_E_EXPIRED, "timestamp has expired");
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
    agent.content.view = CONTENT_FAILED;
    expect_trouble(&agent, "C-1", "no item of the channel can be shown");
    pp_fail(&agent.troubles.content, PP_E_NOSPACE, "no space left");
    expect_trouble(&agent, "F-1", "no space left");
    agent.content.view = CONTENT_NOT_YET;
    expect_trouble(&agent, "F-1", "no space left");
    pp_fail(&agent.troubles.headend, PP_E_TLS, "not the headend");
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
        pp_fail(&agent.troubles.headend, rows[i].trouble, "vault: why");
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

/* ---- Every screen there is: the second table of states.h, said once more, by the state ---- */

/* The troubles that make a difference somewhere. */
enum trouble_kind { ANY_KIND, NONE, UNTRUSTED, PORTAL, KEYS_ABSENT, KEYS_LOST, KEYS_REFUSED, OTHER };

static enum trouble_kind kind_of(enum pp_code code) {
    return code == PP_OK              ? NONE
           : code == PP_E_TLS         ? UNTRUSTED
           : code == PP_E_PORTAL      ? PORTAL
           : code == PP_E_TPM_ABSENT  ? KEYS_ABSENT
           : code == PP_E_TPM_CHANGED ? KEYS_LOST
           : code == PP_E_TPM_POLICY  ? KEYS_REFUSED
                                      : OTHER;
}

enum whose { ANYBODYS, HEADENDS, CONTENTS }; /* trouble */
enum channel { ANY_CHANNEL, NO_CHANNEL, CHANNEL, EMPTY_CHANNEL };
enum lock { ANY_LOCK, ELSEWHERE, NOT_ELSEWHERE };
enum person { SIGNED_IN, SIGNED_OUT, CAN_SIGN_IN, PERSONS };

#define OUT "signed-out signed-out signed-out"
#define CAN "sign-in sign-in sign-in"

/* Each has what is seen where content is not there yet, where it can be seen, and where it failed. `out` and `can`
 * NULL: as where somebody is signed in. */
static const struct expected {
    enum agent_state state;
    enum trouble_kind kind;
    enum whose whose;
    enum channel channel;
    enum lock lock;
    const char *in, *out, *can;
} expected[] = {
    {AGENT_STARTING, NONE, .in = "starting content starting"},
    {AGENT_STARTING, UNTRUSTED, .in = "error content error"},
    {AGENT_STARTING, PORTAL, .in = "error content error"},
    {AGENT_STARTING, KEYS_ABSENT, .in = "keys-absent content keys-absent"},
    {AGENT_STARTING, KEYS_LOST, .in = "keys-lost content keys-lost"},
    {AGENT_STARTING, KEYS_REFUSED, .in = "keys-refused content keys-refused"},
    {AGENT_STARTING, OTHER, .in = "error content error"},

    {AGENT_UNENROLLED, NONE, .in = "connecting content error"},
    {AGENT_UNENROLLED, UNTRUSTED, .in = "untrusted content error"},
    {AGENT_UNENROLLED, PORTAL, .in = "portal content error"},
    {AGENT_UNENROLLED, KEYS_ABSENT, .in = "connecting content error"},
    {AGENT_UNENROLLED, KEYS_LOST, .in = "connecting content error"},
    {AGENT_UNENROLLED, KEYS_REFUSED, .in = "connecting content error"},
    {AGENT_UNENROLLED, OTHER, .in = "connecting content error"},

    {AGENT_CODE, ANY_KIND, .in = "enrol enrol enrol"},

    {AGENT_ENROLLING, NONE, .in = "enrolling enrolling enrolling"},
    {AGENT_ENROLLING, UNTRUSTED, .whose = HEADENDS, .in = "enrolling content enrolling"},
    {AGENT_ENROLLING, PORTAL, .whose = HEADENDS, .in = "enrolling content enrolling"},
    {AGENT_ENROLLING, KEYS_ABSENT, .whose = HEADENDS, .in = "enrolling content enrolling"},
    {AGENT_ENROLLING, KEYS_LOST, .whose = HEADENDS, .in = "enrolling content enrolling"},
    {AGENT_ENROLLING, KEYS_REFUSED, .whose = HEADENDS, .in = "enrolling content enrolling"},
    {AGENT_ENROLLING, OTHER, .whose = HEADENDS, .in = "enrolling content enrolling"},
    {AGENT_ENROLLING, UNTRUSTED, .whose = CONTENTS, .in = "enrolling enrolling enrolling"},
    {AGENT_ENROLLING, PORTAL, .whose = CONTENTS, .in = "enrolling enrolling enrolling"},
    {AGENT_ENROLLING, KEYS_ABSENT, .whose = CONTENTS, .in = "enrolling enrolling enrolling"},
    {AGENT_ENROLLING, KEYS_LOST, .whose = CONTENTS, .in = "enrolling enrolling enrolling"},
    {AGENT_ENROLLING, KEYS_REFUSED, .whose = CONTENTS, .in = "enrolling enrolling enrolling"},
    {AGENT_ENROLLING, OTHER, .whose = CONTENTS, .in = "enrolling enrolling enrolling"},

    {AGENT_CONNECTING, NONE, .in = "connecting content error"},
    {AGENT_CONNECTING, UNTRUSTED, .in = "untrusted content error"},
    {AGENT_CONNECTING, PORTAL, .in = "portal content error"},
    {AGENT_CONNECTING, KEYS_ABSENT, .in = "connecting content error"},
    {AGENT_CONNECTING, KEYS_LOST, .in = "connecting content error"},
    {AGENT_CONNECTING, KEYS_REFUSED, .in = "connecting content error"},
    {AGENT_CONNECTING, OTHER, .in = "connecting content error"},

    {AGENT_ONLINE, NONE, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT, .can = CAN},
    {AGENT_ONLINE, UNTRUSTED, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT, .can = CAN},
    {AGENT_ONLINE, PORTAL, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_ABSENT, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT,
     .can = CAN},
    {AGENT_ONLINE, KEYS_LOST, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_REFUSED, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT,
     .can = CAN},
    {AGENT_ONLINE, OTHER, .channel = NO_CHANNEL, .in = "welcome content welcome", .out = OUT, .can = CAN},
    {AGENT_ONLINE, NONE, .channel = CHANNEL, .in = "loading content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, UNTRUSTED, .channel = CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, PORTAL, .channel = CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_ABSENT, .channel = CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_LOST, .channel = CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_REFUSED, .channel = CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, OTHER, .channel = CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, NONE, .channel = EMPTY_CHANNEL, .in = "empty content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, UNTRUSTED, .channel = EMPTY_CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, PORTAL, .channel = EMPTY_CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_ABSENT, .channel = EMPTY_CHANNEL, .in = "error content error", .out = OUT,
     .can = CAN},
    {AGENT_ONLINE, KEYS_LOST, .channel = EMPTY_CHANNEL, .in = "error content error", .out = OUT, .can = CAN},
    {AGENT_ONLINE, KEYS_REFUSED, .channel = EMPTY_CHANNEL, .in = "error content error", .out = OUT,
     .can = CAN},
    {AGENT_ONLINE, OTHER, .channel = EMPTY_CHANNEL, .in = "error content error", .out = OUT, .can = CAN},

    {AGENT_OFFLINE, NONE, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_OFFLINE, UNTRUSTED, .in = "untrusted content error", .out = OUT, .can = CAN},
    {AGENT_OFFLINE, PORTAL, .in = "portal content error", .out = OUT, .can = CAN},
    {AGENT_OFFLINE, KEYS_ABSENT, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_OFFLINE, KEYS_LOST, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_OFFLINE, KEYS_REFUSED, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_OFFLINE, OTHER, .in = "offline content error", .out = OUT, .can = CAN},

    {AGENT_LOCKING, NONE, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_LOCKING, UNTRUSTED, .in = "untrusted content error", .out = OUT, .can = CAN},
    {AGENT_LOCKING, PORTAL, .in = "portal content error", .out = OUT, .can = CAN},
    {AGENT_LOCKING, KEYS_ABSENT, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_LOCKING, KEYS_LOST, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_LOCKING, KEYS_REFUSED, .in = "offline content error", .out = OUT, .can = CAN},
    {AGENT_LOCKING, OTHER, .in = "offline content error", .out = OUT, .can = CAN},

    {AGENT_LOCKED, ANY_KIND, .lock = NOT_ELSEWHERE, .in = "locked locked locked"},
    {AGENT_LOCKED, ANY_KIND, .lock = ELSEWHERE, .in = "elsewhere elsewhere elsewhere"},
    {AGENT_LOCKED_CODE, ANY_KIND, .in = "enrol enrol enrol"},
    {AGENT_LOCKED_ENROLLING, ANY_KIND, .in = "enrolling enrolling enrolling"},
    {AGENT_ERASING, ANY_KIND, .in = "retired retired retired"},
};

struct situation {
    enum agent_state state;
    enum pp_code trouble;
    enum whose whose;
    enum channel channel;
    enum lock_reason lock;
    enum person person;
    enum content_view view;
};

static bool is_of(const struct expected *row, const struct situation *at) {
    enum lock lock = at->lock == LOCK_NETWORK ? ELSEWHERE : NOT_ELSEWHERE;
    return row->state == at->state && (!row->kind || row->kind == kind_of(at->trouble)) &&
           (!row->whose || row->whose == at->whose) && (!row->channel || row->channel == at->channel) &&
           (!row->lock || row->lock == lock);
}

/* The only row that is of it. */
static void expect(const struct situation *at, char screen[32]) {
    const struct expected *found = NULL;
    char words[CONTENT_FAILED + 1][32];
    for (size_t i = 0; i < PP_COUNT(expected); i++) {
        if (!is_of(&expected[i], at))
            continue;
        assert_null(found);
        found = &expected[i];
    }
    assert_non_null(found);
    const char *all[PERSONS] = {found->in, found->out, found->can};
    const char *line = all[at->person] ? all[at->person] : found->in;
    assert_int_equal(sscanf(line, "%31s %31s %31s", words[0], words[1], words[2]), 3);
    strcpy(screen, words[at->view]);
}

static void be_in(struct agent *agent, const struct situation *at) {
    struct identity *identity = agent->identity;
    *agent = (struct agent){.identity = identity,
                            .state = at->state,
                            .content.view = at->view,
                            .floors.lock = at->lock,
                            .config.url = "https://headend.example",
                            .document = {.floor.version = 1, .has_channel = at->channel != NO_CHANNEL}};
    strcpy(agent->document.channel, "lobby");
    strcpy(agent->content.empty_channel, at->channel == EMPTY_CHANNEL ? "lobby" : "");
    if (at->trouble)
        pp_fail(at->whose == HEADENDS ? &agent->troubles.headend : &agent->troubles.content, at->trouble,
                "why");
    agent->document.access.mode = access_mode_find("sso");
    agent->document.access.open = at->person == SIGNED_IN;
    if (at->person == CAN_SIGN_IN) {
        strcpy(agent->access.user_code, "BCDF");
        strcpy(agent->access.qr, "https://provider.example/?BCDF");
    }
}

/* Whoever draws it refuses these without a code. */
static bool wants_code(const char *screen) {
    static const char *const screens[] = {"error",       "untrusted", "portal",      "elsewhere",
                                          "keys-absent", "keys-lost", "keys-refused"};
    for (size_t i = 0; i < PP_COUNT(screens); i++) {
        if (strcmp(screens[i], screen) == 0)
            return true;
    }
    return false;
}

/* A status screen that was on its way when content came is the one from before that. */
static void check_words(const struct agent *agent, struct situation at) {
    char name[32];
    if (at.view == CONTENT_SHOWN)
        at.view = CONTENT_NOT_YET;
    expect(&at, name);
    pp_autojson cJSON *screen = screen_of(agent);
    assert_string_equal(text_of(screen, "screen"), name);
    assert_true(!wants_code(name) || text_of(screen, "code"));
}

static void check(struct agent *agent, const struct situation *at) {
    char name[32];
    be_in(agent, at);
    expect(at, name);
    const char *found = states_screen_name(screens_find(agent));
    if (strcmp(found, name) != 0)
        fail_msg("%s, trouble %s of %d, channel %d, lock %d, person %d, view %d: \"%s\" in place of \"%s\"",
                 states_name(at->state), pp_code_name(at->trouble), at->whose, at->channel, at->lock,
                 at->person, at->view, found, name);
    if (at->lock == LOCK_NONE || at->lock == LOCK_NETWORK)
        check_words(agent, *at);
}

static void check_contents(struct agent *agent, struct situation at) {
    for (at.channel = NO_CHANNEL; at.channel <= EMPTY_CHANNEL; at.channel++)
        for (at.person = SIGNED_IN; at.person < PERSONS; at.person++)
            for (at.view = CONTENT_NOT_YET; at.view <= CONTENT_FAILED; at.view++)
                check(agent, &at);
}

static void every_state_has_its_screen_in_every_situation(void **state) {
    (void)state;
    struct agent agent = {0};
    struct scratch scratch;
    struct situation at = {0};
    scratch_open(&scratch);
    struct identity *identity = identity_load_or_create(scratch.vault, NULL);
    assert_non_null(identity);
    agent.identity = identity;
    for (at.state = 0; at.state < AGENT_STATES; at.state++)
        for (at.trouble = PP_OK; at.trouble <= PP_E_CANCELLED; at.trouble++)
            for (at.whose = HEADENDS; at.whose <= CONTENTS; at.whose++)
                for (at.lock = LOCK_NONE; at.lock < LOCK_REASONS; at.lock++)
                    check_contents(&agent, at);
    identity_destroy(identity);
    scratch_remove(&scratch);
}

/* What cannot be fetched may be for the very reason that the headend cannot be reached. */
static void a_trouble_with_the_headend_is_told_before_one_with_the_content(void **state) {
    (void)state;
    static const enum agent_state states[] = {AGENT_UNENROLLED, AGENT_CONNECTING, AGENT_OFFLINE,
                                              AGENT_LOCKING};
    for (size_t i = 0; i < PP_COUNT(states); i++) {
        struct agent agent = {.state = states[i]};
        pp_fail(&agent.troubles.headend, PP_E_PORTAL, "the headend's");
        pp_fail(&agent.troubles.content, PP_E_TLS, "the content's");
        assert_int_equal(screens_find(&agent), AGENT_SHOWS_PORTAL);
        expect_trouble(&agent, "N-2", "the headend's");
        agent.troubles.headend = (struct pp_error){0};
        assert_int_equal(screens_find(&agent), AGENT_SHOWS_UNTRUSTED);
        expect_trouble(&agent, "T-1", "the content's");
    }
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
        cmocka_unit_test(every_state_has_its_screen_in_every_situation),
        cmocka_unit_test(a_trouble_with_the_headend_is_told_before_one_with_the_content),
        cmocka_unit_test(identify_tells_the_access_mode_and_nothing_where_none_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
