/*
 * What pingplayctl(8) may ask the agent, and the documents that answer it (assets/schema/ctl.schema.json). Only reads the
 * agent, but for what a person on the spot may have done: a new code, a reset.
 */
#ifndef PP_AGENT_ANSWERS_H
#define PP_AGENT_ANSWERS_H

#include <stdint.h>

#include "agent/counters.h"
#include "agent/local.h"
#include "base/error.h"
#include "base/log_ring.h"
#include "diagnose/diagnose.h"
#include "net/loop.h"

#define ANSWERS_FORMAT    1     /* of every document */
#define ANSWERS_LISTEN_MS 10000 /* between two tries to make the socket */

struct agent;

/* A field of the agent's. */
struct answers {
    struct pp_log_ring *log;
    struct local *local;
    struct net_timer listen_timer;
    bool listen_reported; /* that there is no socket */
    int64_t started_ms;   /* CLOCK_BOOTTIME */
    int64_t contact_s;    /* s since 1970, the last time that the headend answered; 0: not since the start */
    struct counters counters;
    struct diagnose_run *diagnosis; /* under way; NULL none */
    struct local_client *diagnosed; /* whom its document is for; NULL: it has gone */
};

/* Once there is a loop. Without a socket the agent goes on, and tries again. */
bool answers_start(struct agent *agent, struct pp_error *error);
void answers_stop(struct agent *agent);
/* The headend has answered. */
void answers_note_contact(struct agent *agent);

/* answers_diagnose.c: what the agent knows, for a diagnosis: also for who asks from afar. */
void answers_diagnose_config(struct agent *agent, struct diagnose_config *config);
void answers_diagnose(struct agent *agent, struct local_client *client, const struct local_message *request);

#endif
