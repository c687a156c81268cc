/*
 * What the agent adds to command/runner.h: the effects (command_effects.c), each with its way to tell how it ended,
 * and the receipts' way to the headend (POST /v1/commands/{id}/receipt), which are tried until it has them.
 */
#ifndef PP_AGENT_COMMANDS_H
#define PP_AGENT_COMMANDS_H

#include "base/jobs.h"
#include "command/runner.h"
#include "diagnose/diagnose.h"
#include "ipc/wire.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/retry.h"
#include "store/store.h"

#define COMMANDS_EFFECT_MAX_MS 180000 /* an effect that has not ended by then has failed */
#define COMMANDS_UNWRITTEN_MS  10000  /* between two tries to write the journal */
#define COMMANDS_TIMEOUT_MS    20000  /* of a receipt's request */
#define COMMANDS_UPLOAD_MS     150000 /* of an upload's */

struct agent;

/* Removing what is cached and not needed, by a job. */
struct clearing {
    struct pp_job job; /* first: the job is the clearing */
    struct agent *agent;
    bool running;
    bool ok; /* else `error` */
    struct store_cleared cleared;
    struct pp_error error;
};

/* Making the agreement key anew, by a job. */
struct rotating {
    struct pp_job job; /* first: the job is the rotation */
    struct agent *agent;
    bool running;
    bool done;               /* it is in use, and is to be announced */
    struct agreement *fresh; /* NULL: not made, for `error` */
    struct pp_error error;
};

/* Of the effect that is under way. */
struct command_effect {
    struct command_entry entry; /* a copy, without its result; kind COMMAND_UNKNOWN: there is none */
    struct net_timer timer;     /* it has failed then */
    int board_fd;               /* what pingplay-board was asked; -1 nothing */
    struct net_watch *board_watch;
    int shot_fd; /* what the player writes a PNG into; -1 nothing */
    uint32_t shot_id;
    struct net_call *upload;
    char result[128]; /* of an upload, once the headend has it */
    struct diagnose_run *diagnosis;
    struct clearing clearing; /* this and the next go on by themselves where the effect is given up */
    struct rotating rotating;
};

struct commands {
    struct command_runner *runner;
    char boot[COMMAND_BOOT_SIZE];
    struct command_effect effect;
    struct net_timer poll_timer; /* the runner can go on then */
    struct net_call *call;       /* of a receipt */
    struct net_retry retry;
};

/* Reads the journal; by a job, since it may wait for the flash. */
PP_MUST_USE bool commands_load(struct agent *agent, struct pp_error *error);
/* On the loop, once all is there that effects need. */
void commands_begin(struct agent *agent);
/* Before the vault, the director and the client go. */
void commands_close(struct agent *agent);

/* Those of the document in effect. */
void commands_take(struct agent *agent);
/* What a refusal says that is to be done all the same: its payload, verified. */
void commands_take_refusal(struct agent *agent, const struct pp_buf *payload);
/* The keys are destroyed; whether a command asked for it: then `entry` is what last_receipt_sign is to say, by the
 * device key, which is still in memory. */
bool commands_prove_erased(struct agent *agent, struct command_entry *entry);
/* The headend can be reached: what it has not been told is told. */
void commands_on_contact(struct commands *commands);
/* A new registration begins. */
void commands_forget(struct agent *agent);

/* ---- command_effects.c ---- */

/* A command_runner_config's begin. */
void commands_begin_effect(void *arg, const struct command_entry *entry);
/* Gives up what is under way, untold. */
void commands_drop_effect(struct agent *agent);

/* What others have done for an effect: director_config's, and the connection's. */
void commands_on_identified(void *arg, bool shown);
PP_MUST_USE bool commands_write_identify(void *arg, uint16_t width, uint16_t height,
                                         char json[IPC_TEXT_MAX + 1], struct pp_error *error);
void commands_on_controlled(void *arg, const struct ipc_controlled *controlled);
void commands_on_screenshot(void *arg, const struct ipc_screenshot_done *done);
void commands_on_player(struct agent *agent); /* it has come, or come back */
/* A state is in effect, by whichever key it could be read. */
void commands_on_document(struct agent *agent);
void commands_on_renewed(struct agent *agent, const struct pp_error *failure);

#endif
