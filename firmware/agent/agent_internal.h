/*
 * The agent's own struct, of which each part is the struct of the file that it is called after, and what the parts ask
 * of the whole.
 */
#ifndef PP_AGENT_AGENT_INTERNAL_H
#define PP_AGENT_AGENT_INTERNAL_H

#include "agent/access_state.h"
#include "agent/agent.h"
#include "agent/answers.h"
#include "agent/authority.h"
#include "agent/commands.h"
#include "agent/connection.h"
#include "agent/content.h"
#include "agent/control.h"
#include "agent/controls.h"
#include "agent/director.h"
#include "agent/enrolment.h"
#include "agent/floors.h"
#include "agent/keeping.h"
#include "agent/keyboard.h"
#include "agent/last_receipt.h"
#include "agent/live.h"
#include "agent/messages.h"
#include "agent/network_key.h"
#include "agent/notices.h"
#include "agent/portal.h"
#include "agent/proxy.h"
#include "agent/reporter.h"
#include "agent/screens.h"
#include "agent/startup.h"
#include "agent/state_document.h"
#include "agent/states.h"
#include "agent/trouble.h"
#include "agent/wifi_erasure.h"
#include "base/jobs.h"
#include "base/watchdog.h"
#include "identity/agreement.h"
#include "identity/identity.h"
#include "net/arrival.h"
#include "net/client.h"
#include "net/loop.h"
#include "store/store.h"
#include "sync/sync.h"
#include "vault/vault.h"

#define AGENT_STOP_MS 4000 /* for a stop: less than systemd gives (TimeoutStopSec) */

enum agent_life {
    AGENT_RUNS,
    AGENT_WAS_STOPPED, /* by SIGTERM, in good order */
    AGENT_ENDS,        /* nothing is begun any more */
};

/* agent.c: what the agent is as a process. */
struct agent_process {
    enum agent_life life;
    struct pp_error fatal; /* why it cannot go on; PP_OK none */
    int signal_fd;
    struct net_watch *signal_watch;
    struct net_watch *launcher_watch;
    struct net_watch *jobs_watch;
    struct net_watch *keys_watch;
    struct pp_watchdog watchdog;
    struct net_timer watchdog_timer;
    struct pp_deadline *stop_deadline; /* of what is being closed; NULL: none */
};

/* What all of its parts use stands first, then the parts. */
struct agent {
    struct agent_config config;
    enum agent_state state;         /* states.h; agent_handle alone changes it */
    struct state_document document; /* the headend's state in effect; version 0: none yet */
    struct troubles troubles;

    /* There from the beginning. */
    struct net_loop *loop;
    struct pp_jobs *jobs;          /* whatever waits for the flash once the loop runs */
    struct pp_jobs *keys;          /* whatever waits for a key that is kept elsewhere */
    struct ipc_launcher *launcher; /* of the renderers, borrowed; NULL: they are started as our own user */

    /* Opened and closed by startup.c: NULL as long as the state folder is not open. */
    struct vault *vault;
    struct store *store;
    struct identity *identity;
    struct agreement *agreement;
    struct floors floors;
    struct net_client *client;
    struct sync *sync;
    struct reporter *reporter;
    struct director *director; /* before that, one that has nothing but a status screen */

    /* Life. */
    struct agent_process process;
    struct agent_startup startup;
    struct agent_keeping keeping;

    /* What the headend wants. */
    struct agent_enrolment enrolment;
    struct agent_connection connection;
    struct agent_control control;
    struct agent_content content;
    struct live live;
    struct access_state access;
    struct commands commands;
    struct controls controls;
    struct last_receipt last_receipt;
    struct messages messages;
    struct wifi_erasure wifi_erasure;

    /* The way there. */
    struct net_arrival *arrival; /* of a network; NULL: nobody says so */
    struct agent_proxy proxy;
    struct agent_authority authority;
    struct agent_portal portal;
    struct network_key network_key;

    /* For whoever stands in front of it. */
    struct keyboard keyboard;
    struct answers answers;
    struct notice notice; /* the last one, for notices_write */
};

/* What does not let a stop come to its end. */
#define AGENT_FLASH_SILENT  "the flash does not answer: what waits for it is given up"
#define AGENT_TPM_SILENT    "the TPM does not answer: what waits for it is given up"
#define AGENT_EITHER_SILENT "the flash or the TPM does not answer: what waits for it is given up"

/* What the table (states.h) has for it: the next state, its screen, and the action. */
void agent_handle(struct agent *agent, enum agent_event event);
/* AGENT_ERASE, with its reason: what becomes of it is told by whom this display point is then. */
void agent_erase_for(struct agent *agent, const char *why);
/* AGENT_LOCK, with its reason. */
void agent_lock(struct agent *agent, enum lock_reason reason);
/* The screen that belongs to the state: content, or a status screen. */
void agent_update_screen(struct agent *agent);
/* What the headend is told of it, and pingplayctl(8). */
cJSON *agent_make_status(void *arg);
/* Nothing is begun any more. */
bool agent_is_ending(const struct agent *agent);

#endif
