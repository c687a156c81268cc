/*
 * What the headend says of this display point: the session, the long poll for the state, the renewal of the
 * certificate.
 */
#ifndef PP_AGENT_CONNECTION_H
#define PP_AGENT_CONNECTION_H

#include <stdbool.h>

#include "access/session.h"
#include "agent/poller.h"
#include "base/error.h"
#include "identity/est.h"
#include "net/loop.h"

#define CONNECTION_RENEW_LOOK_MS       (60 * 60 * 1000) /* at most, between two looks at the certificate's age */
#define CONNECTION_RENEW_LOOK_LEAST_MS 1000
#define CONNECTION_RENEW_LOOKS         60 /* in a life, at least */
#define CONNECTION_RENEW_LOOKS_LEFT    8  /* in what is left of it, at least */

struct agent;

struct agent_renewal {
    struct est *est; /* under way, or the question to the server that comes first (authority.h); NULL: none */
    struct net_timer timer; /* the certificate's age is looked at then */
    bool wait_reported;     /* that the one under way has to wait */
};

struct agent_connection {
    struct access_session *session; /* NULL: there is no certificate that is in use */
    struct poller *poller;          /* NULL: there was no session yet, or nobody whose word is taken */
    struct agent_renewal renewal;
};

PP_MUST_USE bool connection_start(struct agent *agent, struct pp_error *error);
void connection_stop(struct agent *agent);
/* The document that was in effect before the last stop; before content_start, which follows it. */
void connection_restore(struct agent *agent);
/* Drops the document, for a new enrolment: it belongs to the previous registration. */
void connection_forget_document(struct agent *agent);
/* Now, whatever its age; commands_on_renewed follows. */
PP_MUST_USE bool connection_renew(struct agent *agent, struct pp_error *error);
/* Of an expired certificate, in favour of an enrolment; and after it. */
void connection_put_off_renewal(struct agent *agent);
void connection_resume_renewal(struct agent *agent);
/* The one that is to begin, after what authority_ask_first has begun. */
void connection_renew_asked(struct agent *agent);
PP_MUST_USE bool connection_use_identity(struct agent *agent, struct pp_error *error);
/* What the state encrypts is opened: it is in the agent's `control.opening`. With an error it could not be. */
void connection_state_opened(struct agent *agent, const struct pp_error *failure);
/* A whole state, also where it is the one that was had: no "nothing new" will do. */
void connection_want_state(struct agent_connection *connection);
/* Another way to the headend: what waits on the former one is asked anew. */
void connection_route_changed(struct agent *agent);
/* This machine has got an address: what had no answer for want of a network is asked again now. */
void connection_network_came(struct agent *agent);
/* The control keys are others: what none of the former ones had signed is asked for again. */
void connection_keys_changed(struct agent *agent);
/* They were asked for and did not come. */
void connection_without_keys(struct agent *agent, const struct pp_error *error);

#endif
