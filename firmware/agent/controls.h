/*
 * What was set from afar, and holds over restarts of agent and player (vault record "controls"): whether the display
 * is on, and how loud it is. Brightness is kept by the system (systemd-backlight(8)).
 */
#ifndef PP_AGENT_CONTROLS_H
#define PP_AGENT_CONTROLS_H

#include "agent/director.h"
#include "vault/vault.h"

#define CONTROLS_RECORD "controls"

struct controls {
    struct vault *vault;
    bool dark;
    uint8_t quiet; /* percent less than all */
};

/* Where there is no record, or none that can be read: on, and as loud as it goes. */
void controls_load(struct controls *controls, struct vault *vault);
/* Tells a player that has just come. */
void controls_tell(const struct controls *controls, struct director *director);
/* The player has obeyed. */
void controls_keep(struct controls *controls, const struct ipc_controlled *controlled);

#endif
