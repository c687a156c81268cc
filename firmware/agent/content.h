/*
 * What is shown of the channel: the cached manifest at the start, then what sync brings; what became of each item is
 * reported. Everything that reads the flash once the loop runs is a job.
 */
#ifndef PP_AGENT_CONTENT_H
#define PP_AGENT_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/losses.h"
#include "agent/states.h"
#include "base/error.h"
#include "base/jobs.h"
#include "channel/manifest.h"
#include "ipc/wire.h"
#include "net/loop.h"

#define CONTENT_LOOK_AGAIN_MS 2000 /* between two tries to read the current manifest */

struct agent;

enum look_state {
    LOOK_IDLE,
    LOOK_RUNNING,
    LOOK_OUTDATED, /* it runs, and another manifest has become current meanwhile, or none */
};

/* A look at the flash for a manifest, by a job: it may take as long as the flash does. */
struct manifest_look {
    struct pp_job job; /* first: the job is the look */
    struct agent *agent;
    enum look_state state;
    struct channel_manifest *manifest; /* found; NULL none */
    struct pp_error error;             /* why not; also why only the one before was */
};

struct agent_content {
    struct ipc_display display; /* as the player has it; all 0 until there is one */
    enum content_view view;
    bool covered;                             /* the state's screen stands above it */
    char empty_channel[CHANNEL_NAME_MAX + 1]; /* on which nothing is published yet; "" none */
    int64_t manifest_version;                 /* of what is shown, or is to be; 0: none */
    struct losses players_lost;               /* that died with this manifest */
    struct net_watch *sync_watch;
    struct manifest_look current_look;  /* for the current manifest */
    struct manifest_look previous_look; /* back to the one before */
    struct net_timer look_timer;        /* the current one could not be read */
    bool look_failure_reported;
};

/* Shows what is cached, unless the document says that there is no channel. */
PP_MUST_USE bool content_start(struct agent *agent, struct pp_error *error);
void content_stop(struct agent *agent);
/* The screen is locked: no key of its content stays in memory, nor comes there. The state that opens it brings the
 * channel's again. */
void content_forget(struct agent *agent);
/* It is not locked any more: shows what is cached, unless that is on the screen. */
void content_recall(struct agent *agent);
/* Follows the channel of the state document. */
void content_follow(struct agent *agent);

#endif
