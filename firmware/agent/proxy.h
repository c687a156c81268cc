/*
 * The proxy that the agent's clients go through: what the vault has of it (proxy_record.h), what changes it, and its
 * Kerberos ticket, which a thread of its own asks for (net/ticket.h), before it is needed and again before it ends.
 *
 * It is changed by the configuration, at a start; by pingplayctl; and by the signed state. What was said last counts:
 * each of them only where it says something else than it did before.
 */
#ifndef PP_AGENT_PROXY_H
#define PP_AGENT_PROXY_H

#include "agent/config.h"
#include "agent/proxy_record.h"
#include "agent/state_proxy.h"
#include "base/error.h"
#include "net/loop.h"
#include "net/proxy.h"
#include "net/retry.h"
#include "net/ticket.h"

#define PROXY_TICKET_AHEAD_S 300 /* before its end another is asked for, or in the middle of a shorter life */
#define PROXY_TICKET_LEAST_S 5

struct agent;
struct proxy_fetch;

struct agent_proxy {
    struct net_proxy *shared; /* NULL: not open */
    struct net_tickets *tickets;
    struct proxy_record *record; /* in memory for secrets */
    struct proxy_fetch *fetch;   /* under way; NULL: none */
    struct net_timer ticket_timer;
    struct net_timer
        route_timer; /* what waits on the former way is asked anew, once nobody is in the middle of it */
    struct net_retry retry;
    bool fallback_reported;
    struct pp_error trouble; /* with the ticket, as it was told; PP_OK none */
};

/* Before there is a second thread. */
PP_MUST_USE bool proxy_prepare(struct agent_proxy *proxy, struct pp_error *error);
/* Once the vault is open. What is wrong with the configuration's proxy is an error. */
PP_MUST_USE bool proxy_open(struct agent *agent, struct pp_error *error);
void proxy_close(struct agent *agent);
void proxy_finish(struct agent_proxy *proxy);

/* From now on this one; as any new one it has to prove itself. The choice is checked. */
PP_MUST_USE bool proxy_choose(struct agent *agent, struct proxy_choice *choice, enum proxy_source source,
                              struct pp_error *error);
/* What the state says. A proxy that cannot be used is refused, which is reported once, and changes nothing. */
void proxy_follow(struct agent *agent, const struct state_proxy *wanted);
/* For pingplayctl: what there is, without a secret, as a document for the caller to destroy. */
cJSON *proxy_document(const struct proxy_record *record);

/* net_client_config's on_outcome. */
void proxy_hear(void *arg, bool reached, uint32_t number, const struct pp_error *error);
/* The address in use, "" none: no secret. */
void proxy_describe(const struct agent *agent, char address[PP_CONFIG_VALUE_MAX]);

#endif
