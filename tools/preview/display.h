/* The screen that nobody sees: the firmware's player, on SDL's dummy driver, with us as its agent. */
#ifndef PREVIEW_DISPLAY_H
#define PREVIEW_DISPLAY_H

#include <sys/types.h>

#include "preview/job.h"

/* Starts it; *agent is the agent's end of its connection, which the caller closes: with it the player ends. */
PP_MUST_USE bool display_start(const struct preview_job *job, int *agent, struct pp_error *error);

#endif
