/*
 * A password that is typed on the display's keyboards (mode "password"): the player is told to send it only while the
 * screen asks for one. It goes to the headend at Enter, and is wiped then, at Escape, when the screen asks no more, and
 * when nobody goes on typing. The screen shows as many dots as there are characters.
 */
#ifndef PP_AGENT_KEYBOARD_H
#define PP_AGENT_KEYBOARD_H

#include "access/typed.h"
#include "ipc/wire.h"
#include "net/loop.h"

#define KEYBOARD_IDLE_MS 60000 /* until what was typed and not sent is wiped */

struct agent;

struct keyboard {
    bool wanted; /* as the player was told */
    struct access_typed typed;
    struct net_timer idle_timer;
};

/* The screen, or what is asked of people, may be another. */
void keyboard_follow(struct agent *agent);
/* This player has been told nothing yet. */
void keyboard_on_player(struct agent *agent);
/* For the director; `arg` is the agent. */
void keyboard_on_typed(void *arg, const struct ipc_typed *typed);
void keyboard_stop(struct keyboard *keyboard);

#endif
