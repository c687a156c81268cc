/*
 * The certificate and the device key for 802.1X. The agent hands them to pingplay-network(8) alone, when that asks for
 * them (LOCAL_KEY): it does where a profile wants them, after it was told that there may be others. It is told at the
 * start, at each certificate, and when there is none any more; again and again until it has heard.
 *
 * A display point that is retired at its headend shows them to no network any more.
 */
#ifndef PP_AGENT_NETWORK_KEY_H
#define PP_AGENT_NETWORK_KEY_H

#include "agent/local.h"
#include "net/loop.h"
#include "net/retry.h"

struct agent;

struct network_key {
    bool wanted; /* to be told */
    int fd;      /* an answer is waited for where there is a `watch` */
    struct net_watch *watch;
    struct net_timer timer;
    struct net_retry retry;
};

/* Once there is a loop, and the identity. */
void network_key_begin(struct agent *agent);
/* Another certificate, or none; retired, or not any more. */
void network_key_changed(struct agent *agent);
void network_key_stop(struct agent *agent);

/* Answers LOCAL_KEY. */
void network_key_answer(struct agent *agent, struct local_client *client,
                        const struct local_message *request);

#endif
