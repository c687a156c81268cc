/* `pingplay-headend serve`: the process around the server. */
#ifndef HEADEND_SERVE_SERVE_H
#define HEADEND_SERVE_SERVE_H

#include "headend/server/app.h"

/* Serves until SIGTERM or SIGINT on the listening socket, which it takes, and writes a byte to `ready` once it does. */
PP_MUST_USE bool serve(struct home *home, const struct serve_options *options, int listener, int ready,
                       struct pp_error *error);

/* The command: its options and the folder. It runs the others (children.h). */
PP_MUST_USE bool command_serve(int argc, char **argv, struct pp_error *error);
/* This process as one of those, where its words say so (*is). */
PP_MUST_USE bool child_run(int argc, char **argv, bool *is, struct pp_error *error);

#endif
