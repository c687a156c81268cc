/*
 * What a display point is at a moment, what can happen to it, and what follows: one table, state x event -> action and
 * next state. It is drawn in README.md; a test compares the drawing with the table, cell by cell.
 *
 * Nothing else changes the state. Whether anything is locked, covered or offered is told by the state alone; why it is
 * locked, and whether that has reached the flash, is in floors.h.
 */
#ifndef PP_AGENT_STATES_H
#define PP_AGENT_STATES_H

#include <stdbool.h>

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
const char *states_action_name(enum agent_action action);

/* Nothing may be shown, by the headend's word or its policy. */
bool states_is_locked(enum agent_state state);
/* The state's own screen stands above any content. */
bool states_covers_content(enum agent_state state);
/* A code can be read on the screen. */
bool states_shows_code(enum agent_state state);

#endif
