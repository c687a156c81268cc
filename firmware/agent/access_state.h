/* The access mode in effect (access/mode.h): as the signed state names it, or, until then, as the headend's answer to
 * the last session does. */
#ifndef PP_AGENT_ACCESS_STATE_H
#define PP_AGENT_ACCESS_STATE_H

#include <cjson/cJSON.h>

#include "access/policy.h"

struct agent;

struct access_state {
    struct access_prover *prover;
    const struct access_mode *mode; /* NULL: not known yet */
};

/* With the identity there, before the first request. */
bool access_state_open(struct agent *agent, struct pp_error *error);
void access_state_close(struct agent *agent);

/* Gives both clients what goes with their requests, in the mode that is in effect. */
bool access_state_show(struct agent *agent, struct pp_error *error);
/* A state takes effect. */
void access_state_follow(struct agent *agent);
/* There is a session. */
void access_state_hear_session(struct agent *agent);

/* Its part of the status report. */
void access_state_report(const struct agent *agent, cJSON *status);

#endif
