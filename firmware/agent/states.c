#include "agent/states.h"

/* What is not named cannot come. */
/* clang-format off */
static const struct states_rule rules[AGENT_STATES][AGENT_EVENTS] = {
    [AGENT_STARTING] = {
        [AGENT_LOCK_FOUND] = {AGENT_FORGET, AGENT_LOCKED},
        [AGENT_CERTIFICATE_FOUND] = {AGENT_CONNECT, AGENT_CONNECTING},
        [AGENT_CERTIFICATE_MISSING] = {AGENT_OFFER_CODE, AGENT_UNENROLLED},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_STARTING},
    },

    [AGENT_UNENROLLED] = {
        [AGENT_CODE_GIVEN] = {AGENT_DO_NOTHING, AGENT_CODE},
        [AGENT_CODE_ENDED] = {AGENT_DO_NOTHING, AGENT_UNENROLLED},
        [AGENT_APPROVED] = {AGENT_DO_NOTHING, AGENT_ENROLLING},
        [AGENT_SESSION] = {AGENT_END_ENROLMENT, AGENT_CONNECTING},
        [AGENT_STATE] = {AGENT_END_ENROLMENT, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_END_ENROLMENT, AGENT_ONLINE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_UNENROLLED},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_UNENROLLED},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_DO_NOTHING, AGENT_UNENROLLED},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKING},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_UNENROLLED},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_CODE] = {
        [AGENT_CODE_GIVEN] = {AGENT_SHOW_CODE, AGENT_CODE},
        [AGENT_CODE_ENDED] = {AGENT_DO_NOTHING, AGENT_UNENROLLED},
        [AGENT_APPROVED] = {AGENT_DO_NOTHING, AGENT_ENROLLING},
        [AGENT_SESSION] = {AGENT_END_ENROLMENT, AGENT_CONNECTING},
        [AGENT_STATE] = {AGENT_END_ENROLMENT, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_END_ENROLMENT, AGENT_ONLINE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_CODE},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_CODE},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_DO_NOTHING, AGENT_CODE},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKED_CODE},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_CODE},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_ENROLLING] = {
        [AGENT_CERTIFIED] = {AGENT_CONNECT, AGENT_CONNECTING},
        [AGENT_ENROLMENT_FAILED] = {AGENT_ASK_AGAIN, AGENT_UNENROLLED},
        [AGENT_SESSION] = {AGENT_END_ENROLMENT, AGENT_CONNECTING},
        [AGENT_STATE] = {AGENT_END_ENROLMENT, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_END_ENROLMENT, AGENT_ONLINE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_ENROLLING},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_ENROLLING},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_DO_NOTHING, AGENT_ENROLLING},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKED_ENROLLING},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_ENROLLING},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_CONNECTING] = {
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_CONNECTING},
        [AGENT_STATE] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_OFFER_CODE, AGENT_UNENROLLED},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKING},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_CONNECTING},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_ONLINE] = {
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_STATE] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_OFFER_CODE, AGENT_UNENROLLED},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKING},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_OFFLINE] = {
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_STATE] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_ONLINE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_OFFER_CODE, AGENT_UNENROLLED},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKING},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_OFFLINE},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_LOCKING] = {
        [AGENT_CODE_GIVEN] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_CODE_ENDED] = {AGENT_DO_NOTHING, AGENT_LOCKING},
        [AGENT_APPROVED] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_LOCKING},
        [AGENT_STATE] = {AGENT_UNLOCK, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKING},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKING},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_LOCKING},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_OFFER_CODE, AGENT_LOCKING},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKING},
        [AGENT_LOCK_KEPT] = {AGENT_OBEY_LOCK, AGENT_LOCKED},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_LOCKED] = {
        [AGENT_CERTIFICATE_FOUND] = {AGENT_CONNECT, AGENT_LOCKED},
        [AGENT_CERTIFICATE_MISSING] = {AGENT_OFFER_CODE, AGENT_LOCKED},
        [AGENT_CODE_GIVEN] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_CODE_ENDED] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_APPROVED] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_STATE] = {AGENT_UNLOCK, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_OFFER_CODE, AGENT_LOCKED},
        [AGENT_LOCK] = {AGENT_LOCK_AGAIN, AGENT_LOCKED},
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_LOCK_RECOVERED] = {AGENT_SHOW_AGAIN, AGENT_CONNECTING},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_LOCKED_CODE] = {
        [AGENT_CODE_GIVEN] = {AGENT_SHOW_CODE, AGENT_LOCKED_CODE},
        [AGENT_CODE_ENDED] = {AGENT_DO_NOTHING, AGENT_LOCKED},
        [AGENT_APPROVED] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_STATE] = {AGENT_UNLOCK, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_DO_NOTHING, AGENT_LOCKED_CODE},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKED_CODE},
        [AGENT_LOCK_KEPT] = {AGENT_OBEY_LOCK, AGENT_LOCKED_CODE},
        [AGENT_LOCK_RECOVERED] = {AGENT_SHOW_AGAIN, AGENT_CODE},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_LOCKED_ENROLLING] = {
        [AGENT_CERTIFIED] = {AGENT_CONNECT, AGENT_LOCKED},
        [AGENT_ENROLMENT_FAILED] = {AGENT_ASK_AGAIN, AGENT_LOCKED},
        [AGENT_SESSION] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_STATE] = {AGENT_UNLOCK, AGENT_ONLINE},
        [AGENT_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_NO_CONTACT] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_NO_KEYS] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_CERTIFICATE_REFUSED] = {AGENT_DO_NOTHING, AGENT_LOCKED_ENROLLING},
        [AGENT_LOCK] = {AGENT_KEEP_LOCK, AGENT_LOCKED_ENROLLING},
        [AGENT_LOCK_KEPT] = {AGENT_OBEY_LOCK, AGENT_LOCKED_ENROLLING},
        [AGENT_LOCK_RECOVERED] = {AGENT_SHOW_AGAIN, AGENT_ENROLLING},
        [AGENT_ERASE] = {AGENT_ERASE_ALL, AGENT_ERASING},
    },

    [AGENT_ERASING] = {
        [AGENT_LOCK_KEPT] = {AGENT_DO_NOTHING, AGENT_ERASING},
        [AGENT_ERASE] = {AGENT_DO_NOTHING, AGENT_ERASING},
        [AGENT_ERASED] = {AGENT_BEGIN, AGENT_STARTING},
    },
};
/* clang-format on */

struct states_rule states_rule(enum agent_state state, enum agent_event event) {
    struct states_rule rule = rules[state][event];
    if (rule.action == AGENT_CANNOT_COME)
        rule.next = state;
    return rule;
}

/* ---- Names ---- */

static const struct state_row {
    const char *name;
    const char *reported; /* to the headend */
    bool locked;
    bool covers;
    bool code;
} states[AGENT_STATES] = {
    [AGENT_STARTING] = {"starting", "starting", .locked = false},
    [AGENT_UNENROLLED] = {"unenrolled", "unenrolled", .locked = false},
    [AGENT_CODE] = {"code", "unenrolled", .covers = true, .code = true},
    [AGENT_ENROLLING] = {"enrolling", "enrolling", .covers = true},
    [AGENT_CONNECTING] = {"connecting", "connecting", .locked = false},
    [AGENT_ONLINE] = {"online", "online", .locked = false},
    [AGENT_OFFLINE] = {"offline", "offline", .locked = false},
    [AGENT_LOCKING] = {"locking", "locked", .locked = false},
    [AGENT_LOCKED] = {"locked", "locked", .locked = true, .covers = true},
    [AGENT_LOCKED_CODE] = {"locked-code", "locked", .locked = true, .covers = true, .code = true},
    [AGENT_LOCKED_ENROLLING] = {"locked-enrolling", "locked", .locked = true, .covers = true},
    [AGENT_ERASING] = {"erasing", "erasing", .covers = true},
};

static const char *const events[AGENT_EVENTS] = {
    [AGENT_LOCK_FOUND] = "lock found",
    [AGENT_CERTIFICATE_FOUND] = "certificate found",
    [AGENT_CERTIFICATE_MISSING] = "certificate missing",
    [AGENT_CODE_GIVEN] = "code given",
    [AGENT_CODE_ENDED] = "code ended",
    [AGENT_APPROVED] = "approved",
    [AGENT_CERTIFIED] = "certified",
    [AGENT_ENROLMENT_FAILED] = "enrolment failed",
    [AGENT_SESSION] = "session",
    [AGENT_STATE] = "state",
    [AGENT_CONTACT] = "contact",
    [AGENT_NO_CONTACT] = "no contact",
    [AGENT_NO_KEYS] = "no keys",
    [AGENT_CERTIFICATE_REFUSED] = "certificate refused",
    [AGENT_LOCK] = "lock",
    [AGENT_LOCK_KEPT] = "lock kept",
    [AGENT_LOCK_RECOVERED] = "lock recovered",
    [AGENT_ERASE] = "erase",
    [AGENT_ERASED] = "erased",
};

static const char *const actions[AGENT_ACTIONS] = {
    [AGENT_CANNOT_COME] = "cannot come",
    [AGENT_DO_NOTHING] = "nothing",
    [AGENT_CONNECT] = "connect",
    [AGENT_SHOW_CODE] = "show code",
    [AGENT_OFFER_CODE] = "offer code",
    [AGENT_ASK_AGAIN] = "ask again",
    [AGENT_END_ENROLMENT] = "end enrolment",
    [AGENT_KEEP_LOCK] = "keep lock",
    [AGENT_LOCK_AGAIN] = "lock again",
    [AGENT_FORGET] = "forget",
    [AGENT_OBEY_LOCK] = "obey lock",
    [AGENT_UNLOCK] = "unlock",
    [AGENT_SHOW_AGAIN] = "show again",
    [AGENT_ERASE_ALL] = "erase",
    [AGENT_BEGIN] = "begin",
};

const char *states_name(enum agent_state state) {
    return states[state].name;
}

const char *states_reported_name(enum agent_state state) {
    return states[state].reported;
}

const char *states_event_name(enum agent_event event) {
    return events[event];
}

const char *states_action_name(enum agent_action action) {
    return actions[action];
}

bool states_is_locked(enum agent_state state) {
    return states[state].locked;
}

bool states_covers_content(enum agent_state state) {
    return states[state].covers;
}

bool states_shows_code(enum agent_state state) {
    return states[state].code;
}
