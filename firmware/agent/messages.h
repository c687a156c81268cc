/*
 * Urgent messages of the state in effect (command/urgent.h): the one that counts now stands above all else on the
 * screen, until its end, whatever becomes of network, player and agent meanwhile. It is kept with the state.
 *
 * Begin and end are told by the clock of whoever signed the state: from a state that has answered a request of ours we
 * know what that clock said, and go on from there; so a wrong clock here neither hides a message nor keeps it. After a
 * start without the headend our own time counts (floors.h).
 *
 * On a screen that is locked a message is shown, since it was signed for it: whoever stands there has to leave the
 * building as well. Not so on one that is retired, or unknown to its headend, or waits for a code to be read.
 */
#ifndef PP_AGENT_MESSAGES_H
#define PP_AGENT_MESSAGES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "command/urgent.h"
#include "ipc/wire.h"
#include "net/loop.h"

#define MESSAGES_LOOK_MS 60000 /* between two looks at the clock at most: it may be set */
#define MESSAGES_DUCKED  25    /* percent of the volume that is left */

struct agent;

struct messages {
    struct net_timer timer;
    struct urgent current; /* the one that is to be seen; no id: none */
    bool shown;            /* it is on the screen */
    int64_t signed_s;      /* what the headend's clock said … */
    int64_t taken_ms;      /* … then: CLOCK_BOOTTIME; 0: no state has answered since the start */
    uint8_t sound;         /* percent that the player was told last; 100 at first */
};

/* A state that answers a request of ours takes effect: messages_follow comes with it. */
void messages_hear_state(struct agent *agent);
/* What the document and the state of the display point say by now. */
void messages_follow(struct agent *agent);
/* A player has come, which knows nothing yet. */
void messages_on_player(struct agent *agent);
void messages_stop(struct agent *agent);
/* Adds "messages" to the status: those in effect, and whether each is on the screen. */
void messages_report(struct agent *agent, cJSON *status);

/* A director_config's write_message and on_message. */
PP_MUST_USE bool messages_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                                struct pp_error *error);
void messages_on_shown(void *arg);

#endif
