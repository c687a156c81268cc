/* The player: one loop over the agent, the renderers, the display and the clock. */
#ifndef PP_PLAYER_PLAYER_H
#define PP_PLAYER_PLAYER_H

#include <sys/types.h>

#include "player/display.h"

struct player_options {
    int listener; /* descriptor, taken; -1: none */
    int agent;    /* its connection, taken: there is no other agent, and we end with it; -1: whoever comes */
    struct display_options display;
    uid_t agent_uid;        /* may connect beside root and our own user */
    const char *screenshot; /* file written at SIGUSR1, or NULL */
    const char *trace;      /* file (trace.h), or NULL */
    bool wait_for_display;  /* until there is one, instead of failing */
};

/* Runs until SIGTERM, SIGINT or the window is closed; false when it could not begin, or go on. */
PP_MUST_USE bool player_run(const struct player_options *options, struct pp_error *error);

#endif
