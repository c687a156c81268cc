/*
 * What a display point is at a moment, what can happen to it, what follows, and what a person sees meanwhile:
 *
 *   state x event -> action, next state
 *   state x what is so besides -> screen
 *
 * Both are drawn in README.md; a test compares the drawings with the tables, cell by cell.
 *
 * Nothing else changes the state. Whether anything is locked, covered or offered is told by the state alone; why it is
 * locked, and whether that has reached the flash, is in floors.h.
 */
#ifndef PP_AGENT_STATES_H
#define PP_AGENT_STATES_H

#include <stdbool.h>

#include "agent/lock.h"
#include "base/error.h"

enum agent_state {
    AGENT_STARTING,         /* the state folder is being opened, or cannot be opened yet */
    AGENT_UNENROLLED,       /* no certificate that is good for anything; a code is being asked for */
    AGENT_CODE,             /* the same, and a code is shown */
    AGENT_ENROLLING,        /* approved; the certificate is on its way */
    AGENT_CONNECTING,       /* enrolled; no answer of the headend yet */
    AGENT_ONLINE,           /* what the headend wants is in effect */
    AGENT_OFFLINE,          /* plays on by itself */
    AGENT_LOCKING,          /* to be locked, once that is on flash; plays on until then */
    AGENT_LOCKED,           /* nothing is shown, by the headend's word or its offline policy */
    AGENT_LOCKED_CODE,      /* the same, and a code is shown: a person may approve it again */
    AGENT_LOCKED_ENROLLING, /* the same, and it is approved */
    AGENT_ERASING,          /* it becomes nobody's */
    AGENT_STATES,           /* how many */
};

enum agent_event {
    /* At the start, in this order. */
    AGENT_LOCK_FOUND,
    AGENT_CERTIFICATE_FOUND,
    AGENT_CERTIFICATE_MISSING,
    /* Of an enrolment (access/enrol.h, identity/est.h). */
    AGENT_CODE_GIVEN,
    AGENT_CODE_ENDED,
    AGENT_APPROVED,
    AGENT_CERTIFIED,
    AGENT_ENROLMENT_FAILED, /* approved, and yet no certificate */
    /* Of the connection. */
    AGENT_SESSION,             /* the headend knows us */
    AGENT_STATE,               /* a signed state was taken */
    AGENT_CONTACT,             /* what the headend wants is in effect already */
    AGENT_NO_CONTACT,          /* no answer, or none that can be taken */
    AGENT_NO_KEYS,             /* nobody vouches for a control key */
    AGENT_CERTIFICATE_REFUSED, /* it has expired, or was replaced by another */
    /* Of the lock. */
    AGENT_LOCK,           /* a signed refusal, or the end of what the offline policy allows */
    AGENT_LOCK_KEPT,      /* it is on flash, or cannot be brought there */
    AGENT_LOCK_RECOVERED, /* the flash gave the record back that only its loss had locked */
    /* The end. */
    AGENT_ERASE,
    AGENT_ERASED,
    AGENT_EVENTS, /* how many */
};

enum agent_action {
    AGENT_CANNOT_COME, /* a mistake of ours: said in the log, and ignored */
    AGENT_DO_NOTHING,
    AGENT_CONNECT,       /* session, long poll, renewal */
    AGENT_SHOW_CODE,     /* it is another one */
    AGENT_OFFER_CODE,    /* begin an enrolment, unless there is one */
    AGENT_ASK_AGAIN,     /* the enrolment begins anew */
    AGENT_END_ENROLMENT, /* it is not needed any more */
    AGENT_KEEP_LOCK,     /* bring it to flash */
    AGENT_LOCK_AGAIN,    /* the same; and all that obeying it is */
    AGENT_FORGET,        /* the keys of what is not to be shown */
    AGENT_OBEY_LOCK,     /* the same; and a code, where that lock wants an approval */
    AGENT_UNLOCK,        /* also on flash; the enrolment ends, what is cached is shown */
    AGENT_SHOW_AGAIN,    /* what was in effect before: nobody had locked it */
    AGENT_ERASE_ALL,     /* destroy the keys, then all else */
    AGENT_BEGIN,         /* as at the first start of all */
    AGENT_ACTIONS,       /* how many */
};

struct states_rule {
    enum agent_action action; /* after the state has changed */
    enum agent_state next;
};

struct states_rule states_rule(enum agent_state state, enum agent_event event);

/* As the log has it, "locked-code", and as the headend is told, "locked". */
const char *states_name(enum agent_state state);
const char *states_reported_name(enum agent_state state);
const char *states_event_name(enum agent_event event);

/* Nothing may be shown, by the headend's word or its policy. */
bool states_is_locked(enum agent_state state);
/* A code can be read on the screen. */
bool states_shows_code(enum agent_state state);

/* ---- The screen ---- */

/* Whether what the channel has can be seen. */
enum content_view {
    CONTENT_NOT_YET, /* there is none, or it is being got ready */
    CONTENT_SHOWN,
    CONTENT_FAILED, /* there is some, and none of it can be shown */
};

/* All that the screen depends on besides the state. */
struct states_facts {
    enum content_view view;
    enum pp_code trouble;         /* with the headend, or with the start; PP_OK: none */
    enum pp_code content_trouble; /* with what the channel wants */
    enum lock_reason lock;
    bool signed_out;      /* nobody is signed in where somebody has to be */
    bool sign_in_offered; /* and somebody can: there is a code for it */
    bool has_channel;
    bool channel_empty; /* nothing is published on it yet */
};

/* What may be so besides the state, in the order in which it counts: of those that are so, the first one that the state
 * has a screen for decides. */
enum states_case {
    CASE_SIGN_IN_OFFERED,
    CASE_SIGNED_OUT,
    CASE_CONTENT_IN_TROUBLE, /* content can be seen, and the headend cannot be asked */
    CASE_CONTENT,
    CASE_NO_CHANNEL,
    CASE_CONTENT_FAILED,
    CASE_UNTRUSTED,
    CASE_PORTAL,
    CASE_KEYS_ABSENT,
    CASE_KEYS_LOST,
    CASE_KEYS_REFUSED,
    CASE_TROUBLE, /* any, also one of those above */
    CASE_CHANNEL_EMPTY,
    CASE_LOCKED_ELSEWHERE, /* for the network that it asks from */
    CASE_ELSE,             /* always so */
    STATES_CASES,          /* how many */
};

enum agent_screen {
    AGENT_NO_SCREEN, /* of this case: the next one that is so decides */
    AGENT_SHOWS_CONTENT,
    AGENT_SHOWS_STARTING, /* this and what follows: the status screens (render/status/screen.h) */
    AGENT_SHOWS_ENROL,
    AGENT_SHOWS_ENROLLING,
    AGENT_SHOWS_CONNECTING,
    AGENT_SHOWS_WELCOME,
    AGENT_SHOWS_EMPTY,
    AGENT_SHOWS_LOADING,
    AGENT_SHOWS_OFFLINE,
    AGENT_SHOWS_UNTRUSTED,
    AGENT_SHOWS_PORTAL,
    AGENT_SHOWS_KEYS_ABSENT,
    AGENT_SHOWS_KEYS_LOST,
    AGENT_SHOWS_KEYS_REFUSED,
    AGENT_SHOWS_SIGN_IN,
    AGENT_SHOWS_SIGNED_OUT,
    AGENT_SHOWS_LOCKED,
    AGENT_SHOWS_ELSEWHERE,
    AGENT_SHOWS_RETIRED,
    AGENT_SHOWS_ERROR,
    AGENT_SCREENS, /* how many */
};

/* One cell of the table; and what all of it says, never AGENT_NO_SCREEN. */
enum agent_screen states_cell(enum agent_state state, enum states_case at);
enum agent_screen states_screen(enum agent_state state, const struct states_facts *facts);

/* "sign-in", as the renderer has it. */
const char *states_screen_name(enum agent_screen screen);
/* As the drawing has it: "signed out". */
const char *states_case_name(enum states_case at);

/* Content would not be the screen, whatever of it could be seen, and whoever was signed in. */
bool states_covers_content(enum agent_state state, enum pp_code trouble);

#endif
