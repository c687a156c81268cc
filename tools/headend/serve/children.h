/*
 * The processes of `serve`: a supervisor, which owns the socket that is listened on and starts the others, anew when
 * they end; the signer, which alone has the private keys; ingest, which has files from outside looked at; and the
 * server. What they are handed has its place:
 *
 *   signer  3 …  its ends of the lanes (signing/remote.h)
 *   ingest  3    its end of a lane (ingest/ask.h)
 *   server  3    the listening socket   4  where it says that it serves   5  its end of ingest's lane
 *           6 …  its ends of the signer's lanes
 *
 * Of servers there is one, or one for screens and one for people, each with lanes of its own; the lane to ingest is
 * people's.
 */
#ifndef HEADEND_SERVE_CHILDREN_H
#define HEADEND_SERVE_CHILDREN_H

#include "base/error.h"
#include "headend/server/app.h"
#include "headend/signing/remote.h"

/* Commands that the supervisor alone gives. */
#define CHILD_SIGNER     "serve:signer"
#define CHILD_INGEST     "serve:ingest"
#define CHILD_SERVER     "serve:server"
#define CHILD_DEVICE     "serve:device"
#define CHILD_CONSOLE    "serve:console"
#define SERVERS_MAX      2

#define CHILD_FIRST_FD   3
#define SERVER_LISTEN_FD 3
#define SERVER_READY_FD  4
#define SERVER_INGEST_FD 5
#define SERVER_LANES_FD  6

/* Each until it ends. `servers`: how many it has lanes to. */
PP_MUST_USE bool signer_process(const char *folder, unsigned servers, struct pp_error *error);
PP_MUST_USE bool ingest_process(struct pp_error *error);
PP_MUST_USE bool server_process(enum app_part part, int argc, char **argv, struct pp_error *error);
/* Starts them and stays until SIGTERM or SIGINT. *told: what went wrong was said by the one that it went wrong in. */
PP_MUST_USE bool supervise(int argc, char **argv, bool *told, struct pp_error *error);

#endif
