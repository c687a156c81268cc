/* The text renderer without its program and its sandbox, where leaks and coverage are seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "render/common/control.h"
#include "render/stage.h"
#include "render/status/status.h"

static bool serve(int control, struct pp_error *error) {
    struct font font;
    struct strings strings;
    ipc_automessage struct ipc_message start = {0};
    if (!font_load(&font, error))
        return false;
    bool ok = strings_load(&strings, error) && control_receive(control, IPC_START_STATUS, &start, error) &&
              status_run(&start, &font, &strings, control, error);
    strings_finish(&strings);
    font_finish(&font);
    return ok;
}

static void every_screen_is_drawn_without_the_sandbox(void **state) {
    (void)state;
    for (int kind = 0; kind < SCREEN_KINDS; kind++) {
        struct stage stage;
        struct ipc_frame frame;
        struct ipc_message start = {.type = IPC_START_STATUS};
        snprintf(
            start.start_status.json, sizeof start.start_status.json,
            "{\"screen\":\"%s\",\"width\":%d,\"height\":640,\"address\":\"a.example\",\"qr\":\"https://"
            "a.example\","
            "\"user_code\":\"BCDF-GHJK\",\"fingerprint\":\"3f2a 91bc\",\"code\":\"X-1\",\"name\":\"Hall\","
            "\"channel\":\"Lobby\",\"passphrase\":\"kmpxr-atvdq-hjbnw\",\"detail\":\"format: not 1\","
            "\"severity\":\"extreme\",\"title\":\"Leave غادروا\",\"text\":\"a\\nb\"}",
            screen_name((enum screen_kind)kind), kind % 2 ? 360 : 1136);
        stage_open_unlocked(&stage, serve, &start);
        if (stage_next(&stage, &frame) != STAGE_FRAME)
            fail_msg("%s: %s", screen_name((enum screen_kind)kind), stage.failed);
        stage_close(&stage);
        assert_true(WIFEXITED(stage.status));
    }
}

static void every_screen_has_its_words_in_both_languages(void **state) {
    (void)state;
    struct strings strings;
    struct pp_error error = {0};
    assert_true(strings_load(&strings, &error));
    for (int kind = 0; kind < SCREEN_KINDS; kind++) {
        static const char *const parts[] = {"title", "body", "scan", "enter", "check", "next"};
        bool enrol = kind == SCREEN_ENROL, phone = kind == SCREEN_PHONE;
        bool qr = enrol || phone || kind == SCREEN_SIGN_IN;
        for (size_t i = 0; i < PP_COUNT(parts); i++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", screen_name((enum screen_kind)kind), parts[i]);
            bool said = kind != SCREEN_MESSAGE; /* the headend says what it says */
            bool wanted = said && (i == 0 || (i == 1 ? !qr : i == 4 ? enrol : i == 5 ? phone : qr));
            assert_int_equal(*strings_get(&strings, SCREEN_ENGLISH, name) != 0, wanted);
            assert_int_equal(*strings_get(&strings, SCREEN_FRENCH, name) != 0, wanted);
        }
    }
    static const char *const reasons[] = {
        "expired", "signed-out", "changed", "denied",       "restarted",   "keyboard",    "checking",
        "wrong",   "unanswered", "wait",    "wait-seconds", "wait-minute", "wait-minutes"};
    for (size_t i = 0; i < PP_COUNT(reasons); i++) {
        char name[64];
        snprintf(name, sizeof name, "sign-in.%s", reasons[i]);
        assert_string_not_equal(strings_get(&strings, SCREEN_ENGLISH, name), "");
        assert_string_not_equal(strings_get(&strings, SCREEN_FRENCH, name), "");
    }
    static const char *const accesses[] = {"certificate", "cookie", "sso", "password"};
    for (size_t i = 0; i < PP_COUNT(accesses); i++) {
        char name[64];
        snprintf(name, sizeof name, "access.%s", accesses[i]);
        assert_string_not_equal(strings_get(&strings, SCREEN_ENGLISH, name), "");
        assert_string_not_equal(strings_get(&strings, SCREEN_FRENCH, name), "");
    }
    static const char *const networks[] = {"passphrase", "reach", "no-address", "gateway", "other"};
    for (size_t i = 0; i < PP_COUNT(networks); i++) {
        char name[64];
        snprintf(name, sizeof name, "phone.%s", networks[i]);
        assert_string_not_equal(strings_get(&strings, SCREEN_ENGLISH, name), "");
        assert_string_not_equal(strings_get(&strings, SCREEN_FRENCH, name), "");
    }
    assert_string_equal(strings_get(&strings, SCREEN_ENGLISH, "nothing.title"), "");
    strings_finish(&strings);
}

static void fields_are_read(void **state) {
    (void)state;
    struct screen screen;
    struct pp_error error = {0};
    assert_true(
        screen_parse("{\"screen\":\"locked\",\"language\":\"fr\",\"width\":640,\"height\":360,"
                     "\"name\":\"A\\nB\",\"code\":\"L-1\",\"detail\":\"d\",\"access\":\"sso\",\"later\":{}}",
                     &screen, &error));
    assert_int_equal(screen.kind, SCREEN_LOCKED);
    assert_int_equal(screen.language, SCREEN_FRENCH);
    assert_int_equal(screen.width, 640);
    assert_int_equal(screen.height, 360);
    assert_string_equal(screen.name, "A B");
    assert_string_equal(screen.code, "L-1");
    assert_string_equal(screen.detail, "d");
    assert_string_equal(screen.access, "sso");
    assert_string_equal(screen.address, "");
    assert_false(screen.keyboard);
}

static void a_password_that_is_typed_is_a_count(void **state) {
    static const char *const refused[] = {"\"typed\":201", "\"typed\":-1", "\"typed\":\"secret\"",
                                          "\"wait_s\":86401", "\"keyboard\":1"};
    (void)state;
    struct screen screen;
    struct pp_error error = {0};
    assert_true(screen_parse("{\"screen\":\"signed-out\",\"width\":640,\"height\":360,\"keyboard\":true,"
                             "\"typed\":7,\"wait_s\":30}",
                             &screen, &error));
    assert_true(screen.keyboard);
    assert_int_equal(screen.typed, 7);
    assert_int_equal(screen.wait_s, 30);
    for (size_t i = 0; i < PP_COUNT(refused); i++) {
        char json[160];
        snprintf(json, sizeof json, "{\"screen\":\"signed-out\",\"width\":640,\"height\":360,%s}",
                 refused[i]);
        assert_false(screen_parse(json, &screen, &error));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_screen_is_drawn_without_the_sandbox),
        cmocka_unit_test(every_screen_has_its_words_in_both_languages),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(a_password_that_is_typed_is_a_count),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
