/*
 * Why a screen is locked: it shows a neutral screen in place of its content, until a signed state opens it.
 *
 * The reason stands in the record `floors` (floors.h), with the lock itself.
 */
#ifndef PP_AGENT_LOCK_H
#define PP_AGENT_LOCK_H

#include <stdbool.h>

enum lock_reason {
    LOCK_NONE,    /* it is not */
    LOCK_UNTOLD,  /* the record is older than reasons are, or was lost */
    LOCK_RETIRED, /* by the headend's word */
    LOCK_UNKNOWN, /* it is no screen of this headend, by its word */
    LOCK_OFFLINE, /* no fresh word of the headend for as long as its policy allows */
    LOCK_NETWORK, /* by the headend's word: it asks from a network that it may not ask from */
    LOCK_REASONS, /* how many */
};

/* "retired", as the record and the status have it; "" for LOCK_NONE. LOCK_UNTOLD where no reason has that name. */
const char *lock_name(enum lock_reason reason);
enum lock_reason lock_named(const char *name);

/* "L-1", explained in pingplay-agent(8); NULL: the trouble with the headend says it. */
const char *lock_code(enum lock_reason reason);
/* In a few words, after "this display point": "is retired at the headend". */
const char *lock_words(enum lock_reason reason);
/* Nobody but a person can open it: a code is offered. */
bool lock_wants_approval(enum lock_reason reason);

#endif
