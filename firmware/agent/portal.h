/*
 * A captive portal between this display point and its headend (net/portal.h): looked for whenever the headend cannot be
 * reached, and again for as long as one is there, so that its end is seen without a person.
 *
 * What it changes is what people are told: the trouble with the headend is the portal's then, in words and by its code
 * N-2. Nothing else follows from it, since anybody on the way can look like one.
 */
#ifndef PP_AGENT_PORTAL_H
#define PP_AGENT_PORTAL_H

#include "base/error.h"
#include "net/loop.h"
#include "net/portal.h"

#define PORTAL_AGAIN_MS 30000 /* between two looks */

struct agent;

struct agent_portal {
    struct net_portal *probe; /* under way; NULL: none */
    struct net_timer timer;
    int64_t asked_ms;       /* CLOCK_MONOTONIC, of the last one; 0: none */
    struct pp_error found;  /* PP_OK: none */
    struct pp_error hidden; /* what TLS was refused for while one was found, as it was told last */
};

/* What the trouble is, by all that is known: it, or the portal's. Looks at the network where that may tell more. */
const struct pp_error *portal_explain(struct agent *agent, const struct pp_error *trouble);
/* The headend was reached, or everything is closed. */
void portal_forget(struct agent_portal *portal);

#endif
