/* `pingplay-headend serve`: the process around the server. */
#ifndef HEADEND_SERVE_SERVE_H
#define HEADEND_SERVE_SERVE_H

#include "headend/server/app.h"

/* What the server's process was handed. */
struct serve_hand {
    enum app_part part;
    int listener;              /* the listening socket, which it takes */
    int ready;                 /* a byte is written here once it serves */
    struct ingest_lane *looks; /* borrowed */
};
/* Serves until SIGTERM or SIGINT. */
PP_MUST_USE bool serve(struct home *home, const struct serve_options *options, const struct serve_hand *hand,
                       struct pp_error *error);

/* The command: its options and the folder. It runs the others (children.h). */
PP_MUST_USE bool command_serve(int argc, char **argv, struct pp_error *error);
/* This process as one of those, where its words say so (*is). */
PP_MUST_USE bool child_run(int argc, char **argv, bool *is, struct pp_error *error);

#endif
