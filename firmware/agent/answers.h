/*
 * What pingplayctl(8) may ask the agent, and the documents that answer it (assets/schema/ctl.schema.json). Only
 * reads the
 * agent, but for what a person on the spot may have done: a new code, a sign-out, a reset.
 */
#ifndef PP_AGENT_ANSWERS_H
#define PP_AGENT_ANSWERS_H

#include <stdint.h>

#include "agent/counters.h"
#include "agent/local.h"
#include "base/error.h"
#include "base/log_ring.h"
#include "channel/manifest.h"
#include "diagnose/diagnose.h"
#include "net/loop.h"

#define ANSWERS_FORMAT    1     /* of every document */
#define ANSWERS_LISTEN_MS 10000 /* between two tries to make the socket */

struct agent;

/* What is shown at an instant and then: a look at the schedule in each turn of the loop, since it may take some
 * milliseconds. */
struct schedule_walk {
    struct net_timer timer;
    struct local_client *client;
    cJSON *document;                   /* NULL: none is under way */
    uint8_t digest[CHANNEL_HASH_SIZE]; /* of the manifest */
    char time_zone[CHANNEL_ZONE_MAX + 1];
    char layout[CHANNEL_NAME_MAX + 1]; /* at `looked_s`, before the next look */
    int64_t looked_s;                  /* s since 1970; nothing changes until then */
    int looks, changes;
};

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
    struct schedule_walk walk;
    char vault_move[LOCAL_WORD_MAX +
                    1]; /* where the vault is to be moved to once the agent has ended; "" nowhere */
};

/* Once there is a loop. Without a socket the agent goes on, and tries again. */
PP_MUST_USE bool answers_start(struct agent *agent, struct pp_error *error);
void answers_stop(struct agent *agent);
/* The headend has answered. */
void answers_note_contact(struct agent *agent);

/* It becomes nobody's: who still waits for an answer about the one that it was gets none. */
void answers_refuse_rest(struct agent *agent);

/* answers_diagnose.c: what the agent knows, for a diagnosis: also for who asks from afar. */
void answers_diagnose_config(struct agent *agent, struct diagnose_config *config);
void answers_diagnose(struct agent *agent, struct local_client *client, const struct local_message *request);

/* answers_schedule.c: what a manifest (NULL: there is none) has at an instant. One step is one look at the
 * schedule; false:
 * the document is whole. */
void answers_schedule_begin(struct schedule_walk *walk, const struct channel_manifest *manifest, int64_t at_s,
                            const char *time_zone);
bool answers_schedule_step(struct schedule_walk *walk, const struct channel_manifest *manifest);
/* Whatever is under way, or only for that client. */
void answers_schedule_forget(struct schedule_walk *walk, const struct local_client *client);
void answers_schedule(struct agent *agent, struct local_client *client, const struct local_message *request);

#endif
