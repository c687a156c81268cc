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
    bool code;
} states[AGENT_STATES] = {
    [AGENT_STARTING] = {"starting", "starting", .locked = false},
    [AGENT_UNENROLLED] = {"unenrolled", "unenrolled", .locked = false},
    [AGENT_CODE] = {"code", "unenrolled", .code = true},
    [AGENT_ENROLLING] = {"enrolling", "enrolling", .locked = false},
    [AGENT_CONNECTING] = {"connecting", "connecting", .locked = false},
    [AGENT_ONLINE] = {"online", "online", .locked = false},
    [AGENT_OFFLINE] = {"offline", "offline", .locked = false},
    [AGENT_LOCKING] = {"locking", "locked", .locked = false},
    [AGENT_LOCKED] = {"locked", "locked", .locked = true},
    [AGENT_LOCKED_CODE] = {"locked-code", "locked", .locked = true, .code = true},
    [AGENT_LOCKED_ENROLLING] = {"locked-enrolling", "locked", .locked = true},
    [AGENT_ERASING] = {"erasing", "erasing", .locked = false},
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

const char *states_name(enum agent_state state) {
    return states[state].name;
}

const char *states_reported_name(enum agent_state state) {
    return states[state].reported;
}

const char *states_event_name(enum agent_event event) {
    return events[event];
}

bool states_is_locked(enum agent_state state) {
    return states[state].locked;
}

bool states_shows_code(enum agent_state state) {
    return states[state].code;
}

/* ---- The screen ---- */

/* What is not named: the next case decides. */
/* clang-format off */
static const enum agent_screen screens[STATES_CASES][AGENT_STATES] = {
    [CASE_SIGN_IN_OFFERED] = {
        [AGENT_ONLINE] = AGENT_SHOWS_SIGN_IN,
        [AGENT_OFFLINE] = AGENT_SHOWS_SIGN_IN,
        [AGENT_LOCKING] = AGENT_SHOWS_SIGN_IN,
    },

    [CASE_SIGNED_OUT] = {
        [AGENT_ONLINE] = AGENT_SHOWS_SIGNED_OUT,
        [AGENT_OFFLINE] = AGENT_SHOWS_SIGNED_OUT,
        [AGENT_LOCKING] = AGENT_SHOWS_SIGNED_OUT,
    },

    /* An enrolment that cannot go on covers nothing. */
    [CASE_CONTENT_IN_TROUBLE] = {
        [AGENT_ENROLLING] = AGENT_SHOWS_CONTENT,
    },

    /* Also the code of a screen that has cached content but no certificate, or an expired one, must be seen to be
     * approved: not so where a code is shown. */
    [CASE_CONTENT] = {
        [AGENT_STARTING] = AGENT_SHOWS_CONTENT,
        [AGENT_UNENROLLED] = AGENT_SHOWS_CONTENT,
        [AGENT_CONNECTING] = AGENT_SHOWS_CONTENT,
        [AGENT_ONLINE] = AGENT_SHOWS_CONTENT,
        [AGENT_OFFLINE] = AGENT_SHOWS_CONTENT,
        [AGENT_LOCKING] = AGENT_SHOWS_CONTENT,
    },

    [CASE_NO_CHANNEL] = {
        [AGENT_ONLINE] = AGENT_SHOWS_WELCOME,
    },

    [CASE_CONTENT_FAILED] = {
        [AGENT_UNENROLLED] = AGENT_SHOWS_ERROR,
        [AGENT_CONNECTING] = AGENT_SHOWS_ERROR,
        [AGENT_ONLINE] = AGENT_SHOWS_ERROR,
        [AGENT_OFFLINE] = AGENT_SHOWS_ERROR,
        [AGENT_LOCKING] = AGENT_SHOWS_ERROR,
    },

    /* These two keep the words of others from sending somebody to look at the cable. */
    [CASE_UNTRUSTED] = {
        [AGENT_UNENROLLED] = AGENT_SHOWS_UNTRUSTED,
        [AGENT_CONNECTING] = AGENT_SHOWS_UNTRUSTED,
        [AGENT_OFFLINE] = AGENT_SHOWS_UNTRUSTED,
        [AGENT_LOCKING] = AGENT_SHOWS_UNTRUSTED,
    },

    [CASE_PORTAL] = {
        [AGENT_UNENROLLED] = AGENT_SHOWS_PORTAL,
        [AGENT_CONNECTING] = AGENT_SHOWS_PORTAL,
        [AGENT_OFFLINE] = AGENT_SHOWS_PORTAL,
        [AGENT_LOCKING] = AGENT_SHOWS_PORTAL,
    },

    [CASE_KEYS_ABSENT] = {
        [AGENT_STARTING] = AGENT_SHOWS_KEYS_ABSENT,
    },

    [CASE_KEYS_LOST] = {
        [AGENT_STARTING] = AGENT_SHOWS_KEYS_LOST,
    },

    [CASE_KEYS_REFUSED] = {
        [AGENT_STARTING] = AGENT_SHOWS_KEYS_REFUSED,
    },

    [CASE_TROUBLE] = {
        [AGENT_STARTING] = AGENT_SHOWS_ERROR,
        [AGENT_ONLINE] = AGENT_SHOWS_ERROR,
    },

    [CASE_CHANNEL_EMPTY] = {
        [AGENT_ONLINE] = AGENT_SHOWS_EMPTY,
    },

    [CASE_LOCKED_ELSEWHERE] = {
        [AGENT_LOCKED] = AGENT_SHOWS_ELSEWHERE,
    },

    [CASE_ELSE] = {
        [AGENT_STARTING] = AGENT_SHOWS_STARTING,
        [AGENT_UNENROLLED] = AGENT_SHOWS_CONNECTING,
        [AGENT_CODE] = AGENT_SHOWS_ENROL,
        [AGENT_ENROLLING] = AGENT_SHOWS_ENROLLING,
        [AGENT_CONNECTING] = AGENT_SHOWS_CONNECTING,
        [AGENT_ONLINE] = AGENT_SHOWS_LOADING,
        [AGENT_OFFLINE] = AGENT_SHOWS_OFFLINE,
        [AGENT_LOCKING] = AGENT_SHOWS_OFFLINE,
        [AGENT_LOCKED] = AGENT_SHOWS_LOCKED,
        [AGENT_LOCKED_CODE] = AGENT_SHOWS_ENROL,
        [AGENT_LOCKED_ENROLLING] = AGENT_SHOWS_ENROLLING,
        [AGENT_ERASING] = AGENT_SHOWS_RETIRED,
    },
};
/* clang-format on */

/* That the headend cannot be reached is told before what came of it. */
static enum pp_code first_trouble(const struct states_facts *facts) {
    return facts->trouble ? facts->trouble : facts->content_trouble;
}

static bool is_so(enum states_case at, const struct states_facts *facts) {
    enum pp_code trouble = first_trouble(facts);
    switch (at) {
    case CASE_SIGN_IN_OFFERED:
        return facts->signed_out && facts->sign_in_offered;
    case CASE_SIGNED_OUT:
        return facts->signed_out;
    case CASE_CONTENT_IN_TROUBLE:
        return facts->view == CONTENT_SHOWN && facts->trouble;
    case CASE_CONTENT:
        return facts->view == CONTENT_SHOWN;
    case CASE_NO_CHANNEL:
        return !facts->has_channel;
    case CASE_CONTENT_FAILED:
        return facts->view == CONTENT_FAILED;
    case CASE_UNTRUSTED:
        return trouble == PP_E_TLS;
    case CASE_PORTAL:
        return trouble == PP_E_PORTAL;
    case CASE_KEYS_ABSENT:
        return trouble == PP_E_TPM_ABSENT;
    case CASE_KEYS_LOST:
        return trouble == PP_E_TPM_CHANGED;
    case CASE_KEYS_REFUSED:
        return trouble == PP_E_TPM_POLICY;
    case CASE_TROUBLE:
        return trouble != PP_OK;
    case CASE_CHANNEL_EMPTY:
        return facts->channel_empty;
    case CASE_LOCKED_ELSEWHERE:
        return facts->lock == LOCK_NETWORK;
    case CASE_ELSE:
    case STATES_CASES:
        break;
    }
    return true;
}

enum agent_screen states_cell(enum agent_state state, enum states_case at) {
    return screens[at][state];
}

enum agent_screen states_screen(enum agent_state state, const struct states_facts *facts) {
    enum states_case at = 0;
    while (!screens[at][state] || !is_so(at, facts))
        at++;
    return screens[at][state];
}

bool states_covers_content(enum agent_state state, enum pp_code trouble) {
    const struct states_facts facts = {.view = CONTENT_SHOWN, .trouble = trouble};
    return states_screen(state, &facts) != AGENT_SHOWS_CONTENT;
}

static const char *const screen_names[AGENT_SCREENS] = {
    [AGENT_NO_SCREEN] = "",
    [AGENT_SHOWS_CONTENT] = "content",
    [AGENT_SHOWS_STARTING] = "starting",
    [AGENT_SHOWS_ENROL] = "enrol",
    [AGENT_SHOWS_ENROLLING] = "enrolling",
    [AGENT_SHOWS_CONNECTING] = "connecting",
    [AGENT_SHOWS_WELCOME] = "welcome",
    [AGENT_SHOWS_EMPTY] = "empty",
    [AGENT_SHOWS_LOADING] = "loading",
    [AGENT_SHOWS_OFFLINE] = "offline",
    [AGENT_SHOWS_UNTRUSTED] = "untrusted",
    [AGENT_SHOWS_PORTAL] = "portal",
    [AGENT_SHOWS_KEYS_ABSENT] = "keys-absent",
    [AGENT_SHOWS_KEYS_LOST] = "keys-lost",
    [AGENT_SHOWS_KEYS_REFUSED] = "keys-refused",
    [AGENT_SHOWS_SIGN_IN] = "sign-in",
    [AGENT_SHOWS_SIGNED_OUT] = "signed-out",
    [AGENT_SHOWS_LOCKED] = "locked",
    [AGENT_SHOWS_ELSEWHERE] = "elsewhere",
    [AGENT_SHOWS_RETIRED] = "retired",
    [AGENT_SHOWS_ERROR] = "error",
};

static const char *const case_names[STATES_CASES] = {
    [CASE_SIGN_IN_OFFERED] = "somebody can sign in",
    [CASE_SIGNED_OUT] = "nobody is signed in",
    [CASE_CONTENT_IN_TROUBLE] = "content, and a trouble",
    [CASE_CONTENT] = "content",
    [CASE_NO_CHANNEL] = "no channel",
    [CASE_CONTENT_FAILED] = "content failed",
    [CASE_UNTRUSTED] = "not trusted",
    [CASE_PORTAL] = "captive portal",
    [CASE_KEYS_ABSENT] = "no TPM",
    [CASE_KEYS_LOST] = "another TPM",
    [CASE_KEYS_REFUSED] = "TPM refuses",
    [CASE_TROUBLE] = "any trouble",
    [CASE_CHANNEL_EMPTY] = "channel is empty",
    [CASE_LOCKED_ELSEWHERE] = "network not allowed",
    [CASE_ELSE] = "else",
};

const char *states_screen_name(enum agent_screen screen) {
    return screen_names[screen];
}

const char *states_case_name(enum states_case at) {
    return case_names[at];
}
