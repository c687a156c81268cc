/*
 * What the agent adds to command/runner.h: the effects, each with its way to tell how it ended, and the receipts' way to
 * the headend (POST /v1/commands/{id}/receipt), which are tried until it has them.
 */
#ifndef PP_AGENT_COMMANDS_H
#define PP_AGENT_COMMANDS_H

#include "command/runner.h"
#include "ipc/wire.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/retry.h"

#define COMMANDS_EFFECT_MAX_MS 180000 /* an effect that has not ended by then has failed */
#define COMMANDS_UNWRITTEN_MS  10000  /* between two tries to write the journal */
#define COMMANDS_TIMEOUT_MS    20000  /* of a receipt's request */

struct agent;

struct commands {
    struct command_runner *runner;
    char boot[COMMAND_BOOT_SIZE];
    struct command_entry
        current; /* a copy, without its result; kind COMMAND_UNKNOWN: no effect is under way */
    struct net_timer effect_timer;
    struct net_timer poll_timer; /* the runner can go on then */
    struct net_call *call;       /* of a receipt */
    struct net_retry retry;
};

/* Reads the journal; by a job, since it may wait for the flash. */
bool commands_load(struct agent *agent, struct pp_error *error);
/* On the loop, once all is there that effects need. */
void commands_begin(struct agent *agent);
/* Before the vault, the director and the client go. */
void commands_close(struct agent *agent);

/* Those of the document in effect. */
void commands_take(struct agent *agent);
/* The headend can be reached: what it has not been told is told. */
void commands_on_contact(struct agent *agent);
/* A new registration begins. */
void commands_forget(struct agent *agent);

/* ---- For the effects ---- */

/* The effect that is under way has ended. `reason` NULL: done, with `result` (JSON, NULL none). */
void commands_end(struct agent *agent, const char *reason, const char *result);
/* director_config's on_identified and write_identify. */
void commands_on_identified(void *arg, bool shown);
bool commands_write_identify(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                             struct pp_error *error);

#endif
