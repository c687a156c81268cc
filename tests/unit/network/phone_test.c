/* network/phone.h: every state and every event, as the table is meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "network/phone.h"

/* A row a state, a column an event: what it leads to, and what is done; "-" cannot come. */
static const char *const columns = "needed not-needed due asked ended yield lost gone given done failed";
static const char *const expected[PHONE_STATES] = {
    [PHONE_AWAY] = "WAITING+wait AWAY - OPENING+new AWAY AWAY - - - - -",
    [PHONE_WAITING] = "WAITING AWAY OPENING+new OPENING+new RESTING+wait AWAY - - - - -",
    [PHONE_OPENING] = "- AWAY+close - - - - - - - OPEN+wait RESTING+close+wait",
    [PHONE_OPEN] = ("OPEN AWAY+close RESTING+close+wait OPEN RESTING+close+wait AWAY+close AWAY+close "
                    "OPENING+again TAKEN+wait - -"),
    [PHONE_TAKEN] =
        "TAKEN AWAY+close TRYING+try TAKEN RESTING+close+wait AWAY+close TRYING+try TRYING+try TAKEN - -",
    [PHONE_TRYING] = "- - - - - - - - - AWAY+told OPENING+again",
    [PHONE_RESTING] = "RESTING AWAY OPENING+new OPENING+new RESTING+wait AWAY - - - - -",
};

static const char *action_words(enum phone_action action) {
    static const char *const words[] = {[PHONE_CANNOT_COME] = "",
                                        [PHONE_DO_NOTHING] = "",
                                        [PHONE_WAIT] = "+wait",
                                        [PHONE_OPEN_NEW] = "+new",
                                        [PHONE_REOPEN] = "+again",
                                        [PHONE_CLOSE] = "+close",
                                        [PHONE_CLOSE_AND_WAIT] = "+close+wait",
                                        [PHONE_TRY] = "+try",
                                        [PHONE_TELL_DONE] = "+told"};
    return words[action];
}

static const char *const names[PHONE_STATES] = {"AWAY",  "WAITING", "OPENING", "OPEN",
                                                "TAKEN", "TRYING",  "RESTING"};

static void every_event_in_every_state_leads_where_it_is_meant_to(void **state) {
    (void)state;
    for (int from = 0; from < PHONE_STATES; from++) {
        char line[512] = "";
        for (int event = 0; event < PHONE_EVENTS; event++) {
            struct phone_step step = phone_step((enum phone_state)from, (enum phone_event)event);
            if (step.action == PHONE_CANNOT_COME)
                assert_int_equal(step.next, from);
            bool none = step.action == PHONE_CANNOT_COME;
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s%s", event ? " " : "",
                     none ? "-" : names[step.next], action_words(step.action));
        }
        if (strcmp(line, expected[from]) != 0)
            fail_msg("%s (%s):\n  %s, not\n  %s", names[from], columns, line, expected[from]);
    }
}

/* Nothing leaves an access point open behind: from where one may be open, every way to where none is closes it, or
 * tries a network or opens it again, which does that first. */
static void no_way_out_leaves_it_open(void **state) {
    (void)state;
    for (int from = PHONE_OPEN; from <= PHONE_TAKEN; from++) {
        for (int event = 0; event < PHONE_EVENTS; event++) {
            struct phone_step step = phone_step((enum phone_state)from, (enum phone_event)event);
            if (step.next == PHONE_OPEN || step.next == PHONE_TAKEN)
                continue;
            assert_true(step.action == PHONE_CLOSE || step.action == PHONE_CLOSE_AND_WAIT ||
                        step.action == PHONE_TRY || step.action == PHONE_REOPEN);
        }
    }
}

/* From every state it can be got to every other one. */
static void no_state_is_a_dead_end(void **state) {
    (void)state;
    for (int from = 0; from < PHONE_STATES; from++) {
        bool reached[PHONE_STATES] = {false};
        reached[from] = true;
        for (int round = 0; round < PHONE_STATES; round++) {
            for (int at = 0; at < PHONE_STATES; at++) {
                for (int event = 0; reached[at] && event < PHONE_EVENTS; event++)
                    reached[phone_step((enum phone_state)at, (enum phone_event)event).next] = true;
            }
        }
        for (int to = 0; to < PHONE_STATES; to++)
            assert_true(reached[to]);
    }
}

static void states_and_events_have_names(void **state) {
    (void)state;
    for (int i = 0; i < PHONE_STATES; i++)
        assert_non_null(phone_state_name((enum phone_state)i));
    for (int i = 0; i < PHONE_EVENTS; i++)
        assert_non_null(phone_event_name((enum phone_event)i));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_leads_where_it_is_meant_to),
        cmocka_unit_test(no_way_out_leaves_it_open),
        cmocka_unit_test(no_state_is_a_dead_end),
        cmocka_unit_test(states_and_events_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
