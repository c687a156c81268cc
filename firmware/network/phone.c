#include "network/phone.h"

#define STAY(state)                                                                                          \
    { PHONE_DO_NOTHING, PHONE_##state }
#define GO(action, state)                                                                                    \
    { PHONE_##action, PHONE_##state }

/* What is not named cannot come: what was done on entering OPENING and TRYING says how it went before anything else is
 * heard. */
/* clang-format off */
static const struct phone_step table[PHONE_STATES][PHONE_EVENTS] = {
    [PHONE_AWAY] = {
        [PHONE_NEEDED]     = GO(WAIT, WAITING),
        [PHONE_NOT_NEEDED] = STAY(AWAY),
        [PHONE_ASKED]      = GO(OPEN_NEW, OPENING),
        [PHONE_ENDED]      = STAY(AWAY),
        [PHONE_YIELD]      = STAY(AWAY),
    },
    [PHONE_WAITING] = {
        [PHONE_NEEDED]     = STAY(WAITING),
        [PHONE_NOT_NEEDED] = STAY(AWAY),
        [PHONE_DUE]        = GO(OPEN_NEW, OPENING),
        [PHONE_ASKED]      = GO(OPEN_NEW, OPENING),
        [PHONE_ENDED]      = GO(WAIT, RESTING),
        [PHONE_YIELD]      = STAY(AWAY),
    },
    [PHONE_OPENING] = {
        [PHONE_DONE]       = GO(WAIT, OPEN),
        [PHONE_FAILED]     = GO(CLOSE_AND_WAIT, RESTING),
        [PHONE_NOT_NEEDED] = GO(CLOSE, AWAY),
    },
    [PHONE_OPEN] = {
        [PHONE_NEEDED]     = STAY(OPEN),
        [PHONE_NOT_NEEDED] = GO(CLOSE, AWAY),
        [PHONE_DUE]        = GO(CLOSE_AND_WAIT, RESTING),
        [PHONE_ASKED]      = STAY(OPEN),
        [PHONE_ENDED]      = GO(CLOSE_AND_WAIT, RESTING),
        [PHONE_YIELD]      = GO(CLOSE, AWAY),
        [PHONE_LOST]       = GO(CLOSE, AWAY),
        [PHONE_GONE]       = GO(REOPEN, OPENING),
        [PHONE_GIVEN]      = GO(WAIT, TAKEN),
    },
    [PHONE_TAKEN] = {
        [PHONE_NEEDED]     = STAY(TAKEN),
        [PHONE_NOT_NEEDED] = GO(CLOSE, AWAY),
        [PHONE_DUE]        = GO(TRY, TRYING),
        [PHONE_ASKED]      = STAY(TAKEN),
        [PHONE_ENDED]      = GO(CLOSE_AND_WAIT, RESTING),
        [PHONE_YIELD]      = GO(CLOSE, AWAY),
        [PHONE_LOST]       = GO(TRY, TRYING),
        [PHONE_GONE]       = GO(TRY, TRYING),
        [PHONE_GIVEN]      = STAY(TAKEN),
    },
    [PHONE_TRYING] = {
        [PHONE_DONE]       = GO(TELL_DONE, AWAY),
        [PHONE_FAILED]     = GO(REOPEN, OPENING),
    },
    [PHONE_RESTING] = {
        [PHONE_NEEDED]     = STAY(RESTING),
        [PHONE_NOT_NEEDED] = STAY(AWAY),
        [PHONE_DUE]        = GO(OPEN_NEW, OPENING),
        [PHONE_ASKED]      = GO(OPEN_NEW, OPENING),
        [PHONE_ENDED]      = GO(WAIT, RESTING),
        [PHONE_YIELD]      = STAY(AWAY),
    },
};
/* clang-format on */

struct phone_step phone_step(enum phone_state state, enum phone_event event) {
    struct phone_step step = table[state][event];
    return step.action == PHONE_CANNOT_COME ? (struct phone_step){PHONE_CANNOT_COME, state} : step;
}

const char *phone_state_name(enum phone_state state) {
    static const char *const names[PHONE_STATES] = {
        [PHONE_AWAY] = "away",      [PHONE_WAITING] = "waiting", [PHONE_OPENING] = "opening",
        [PHONE_OPEN] = "open",      [PHONE_TAKEN] = "taken",     [PHONE_TRYING] = "trying",
        [PHONE_RESTING] = "resting"};
    return names[state];
}

const char *phone_event_name(enum phone_event event) {
    static const char *const names[PHONE_EVENTS] = {
        [PHONE_NEEDED] = "needed", [PHONE_NOT_NEEDED] = "not needed",
        [PHONE_DUE] = "due",       [PHONE_ASKED] = "asked",
        [PHONE_ENDED] = "ended",   [PHONE_YIELD] = "yield",
        [PHONE_LOST] = "lost",     [PHONE_GONE] = "gone",
        [PHONE_GIVEN] = "given",   [PHONE_DONE] = "done",
        [PHONE_FAILED] = "failed"};
    return names[event];
}
