/*
 * What is wrong with this display point, as a person in front of it and the headend are told. It comes and goes by
 * events alone: a table says of which trouble each is, and by which word of the vocabulary (events/kinds.h) it is
 * reported.
 *
 * What follows from a trouble for the screen is in states.h, and by which code it is told in screens.c.
 */
#ifndef PP_AGENT_TROUBLE_H
#define PP_AGENT_TROUBLE_H

#include <stdbool.h>

#include "base/error.h"

struct agent;

enum trouble_event {
    /* With the start, or with the headend. */
    TROUBLE_START, /* the state folder cannot be opened yet */
    TROUBLE_CONNECTION,
    TROUBLE_SESSION,
    TROUBLE_TLS, /* the same two, where the server cannot be trusted */
    TROUBLE_PORTAL,
    TROUBLE_STATE_REFUSED,
    TROUBLE_CONTROL_KEYS,
    TROUBLE_CONTROL_KEYS_REFUSED,
    TROUBLE_ACCESS_MODE,
    TROUBLE_SIGN_IN,
    TROUBLE_CERTIFICATE_EXPIRED,
    TROUBLE_CERTIFICATE_REVOKED,
    TROUBLE_RENEWAL,
    TROUBLE_ENROLMENT,
    TROUBLE_ENROLMENT_NETWORK,
    TROUBLE_ENROLMENT_SERVER,
    TROUBLE_ENROLMENT_DENIED,
    TROUBLE_CERTIFICATE_WAITS, /* approved, and the server cannot be asked for the certificate */
    TROUBLE_CODE_GIVEN,        /* a new code is shown: what stands beside it */
    /* With what the channel wants. */
    TROUBLE_SYNC,
    /* Of the code that is shown: to be told beside the next one. */
    TROUBLE_ENROLMENT_BEGUN,
    TROUBLE_APPROVAL_FAILED,
    /* Over. */
    TROUBLE_OVER_STARTED,
    TROUBLE_OVER_CONTACT,
    TROUBLE_OVER_APPROVED,
    TROUBLE_OVER_CERTIFICATE_ON_ITS_WAY,
    TROUBLE_OVER_CERTIFIED,
    TROUBLE_OVER_APPROVAL_GIVEN_UP,
    TROUBLE_OVER_ENROLMENT,
    TROUBLE_OVER_SYNCED,
    TROUBLE_OVER_NO_CHANNEL,
    TROUBLE_OVER_ERASING,
    TROUBLE_EVENTS, /* how many */
};

#define TROUBLE_CODE_SIZE 8 /* "C-1", with its NUL */

/* Each PP_OK where there is none. */
struct troubles {
    struct pp_error headend; /* with it, or with the start, until the next contact */
    struct pp_error content; /* with what the channel wants, until the next good pass */
    struct pp_error code;    /* why a code is shown to somebody who has approved already: told beside it */
    char told[TROUBLE_CODE_SIZE]; /* the last code that the headend was told, or is to be; "" none */
};

/* What the table makes of it; `error` is for those that begin, NULL for those that are over. Whether that is another
 * trouble than before. */
bool trouble_take(struct troubles *troubles, enum trouble_event event, const struct pp_error *error);
/* As it is reported, where the trouble is that; NULL: it is not. A captive portal on the way to the headend has a word
 * of its own. */
const char *trouble_kind(enum trouble_event event, enum pp_code code);
/* What a person should hear of first; PP_OK none. Borrowed. */
const struct pp_error *trouble_first(const struct troubles *troubles);

/* The same for this agent: explained by a captive portal where there is one, reported and on the status screen, once
 * while it stays the same. True where it is another one. */
bool trouble_handle(struct agent *agent, enum trouble_event event, const struct pp_error *error);
/* Whatever code a person may read on the screen by now, the headend has it at once. */
void trouble_report_code(struct agent *agent);

#endif
