/* agent/notices.h: which notice gives way to which, of a stick and of a phone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/agent_internal.h"

static void say(struct agent *agent, enum local_notice_kind kind, const char *passphrase) {
    const struct local_text none = local_text_of("");
    notices_show(agent, &(struct local_notice){.kind = (uint8_t)kind,
                                               .detail = none,
                                               .network = local_text_of(*passphrase ? "Pingplay-ABCD" : ""),
                                               .passphrase = local_text_of(passphrase),
                                               .address = none});
}

/* The access point yields to what a stick hands over, and says that it is closed when that is being tried. */
static void what_is_said_of_a_stick_stays_when_the_access_point_is_closed(void **state) {
    static const enum local_notice_kind kinds[] = {LOCAL_STICK_TRYING, LOCAL_STICK_DONE, LOCAL_STICK_FAILED,
                                                   LOCAL_STICK_REFUSED};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        static struct agent agent;
        say(&agent, LOCAL_PHONE_OPEN, "abcde-fghjk-mnpqr");
        say(&agent, kinds[i], "");
        assert_string_equal(agent.notice.passphrase, "");
        say(&agent, LOCAL_PHONE_CLOSED, "");
        assert_int_equal(agent.notice.kind, kinds[i]);
    }
}

static void what_is_said_of_a_phone_goes_when_the_access_point_is_closed(void **state) {
    static const enum local_notice_kind kinds[] = {LOCAL_PHONE_OPEN, LOCAL_PHONE_TRYING, LOCAL_PHONE_DONE};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        static struct agent agent;
        say(&agent, kinds[i], "abcde-fghjk-mnpqr");
        assert_int_equal(agent.notice.kind, kinds[i]);
        say(&agent, LOCAL_PHONE_CLOSED, "");
        assert_int_equal(agent.notice.kind, 0);
        assert_string_equal(agent.notice.passphrase, "");
    }
}

static void
why_a_stick_was_not_taken_is_read_to_its_end_before_the_access_point_is_named_again(void **state) {
    (void)state;
    static struct agent agent;
    say(&agent, LOCAL_STICK_FAILED, "");
    say(&agent, LOCAL_PHONE_OPEN, "abcde-fghjk-mnpqr");
    assert_int_equal(agent.notice.kind, LOCAL_STICK_FAILED);
    agent.notice.until_ms = 0;
    say(&agent, LOCAL_PHONE_OPEN, "abcde-fghjk-mnpqr");
    assert_int_equal(agent.notice.kind, LOCAL_PHONE_OPEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_of_a_stick_stays_when_the_access_point_is_closed),
        cmocka_unit_test(what_is_said_of_a_phone_goes_when_the_access_point_is_closed),
        cmocka_unit_test(why_a_stick_was_not_taken_is_read_to_its_end_before_the_access_point_is_named_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
