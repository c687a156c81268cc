/* `pingplay-headend serve`: the process around the server. */
#ifndef HEADEND_SERVE_SERVE_H
#define HEADEND_SERVE_SERVE_H

#include "headend/server/app.h"

/* Serves until SIGTERM or SIGINT. */
PP_MUST_USE bool serve(struct home *home, const struct serve_options *options, struct pp_error *error);

/* The command: its options and the folder. */
PP_MUST_USE bool command_serve(int argc, char **argv, struct pp_error *error);

#endif
