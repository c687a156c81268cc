/*
 * The agent: what a display point is and does, apart from drawing. It owns the keys and the network; it
 * enrols, keeps the session, follows the state, has the content synchronized and directs the player.
 * What it is at a moment, and what follows what, is the table in states.h.
 */
#ifndef PP_AGENT_AGENT_H
#define PP_AGENT_AGENT_H

#include "agent/config.h"
#include "base/error.h"
#include "base/mem.h"
#include "ipc/launcher.h"

struct agent;

/* Begins to open the state folder; what is cached is shown, and all else begins, in agent_run. `launcher` starts
 * the renderers as another user; it is borrowed. NULL: they are of ours. */
struct agent *agent_create(const struct agent_config *config, struct ipc_launcher *launcher,
                           struct pp_error *error);
/* Until SIGTERM or SIGINT; fails where it cannot go on: without its launcher, say. */
PP_MUST_USE bool agent_run(struct agent *agent, struct pp_error *error);
/* Once it has run: where its vault is to be moved to before the next start, "tpm2"; "" nowhere. Borrowed. */
const char *agent_vault_move(const struct agent *agent);
/* Orderly: reports spooled, renderers gone; the player holds the last picture. Where the flash does not answer for
 * AGENT_STOP_MS the process ends there (base/deadline.h). NULL is allowed. */
void agent_destroy(struct agent *agent);
PP_DEFINE_AUTO(agent, struct agent, agent_destroy)

#endif
