/*
 * The processes of `serve`: a supervisor, which owns the socket that is listened on and starts the others, anew when
 * they end; the signer, which alone has the private keys; and the server. What they are handed has its place:
 *
 *   signer  3 …  its ends of the lanes (signing/remote.h)
 *   server  3    the listening socket   4  where it says that it serves   5 …  its ends of the lanes
 */
#ifndef HEADEND_SERVE_CHILDREN_H
#define HEADEND_SERVE_CHILDREN_H

#include "base/error.h"
#include "headend/signing/remote.h"

/* Commands that the supervisor alone gives. */
#define CHILD_SIGNER     "serve:signer"
#define CHILD_SERVER     "serve:server"

#define CHILD_FIRST_FD   3
#define SERVER_LISTEN_FD 3
#define SERVER_READY_FD  4
#define SERVER_LANES_FD  5

/* Each until it ends. */
PP_MUST_USE bool signer_process(const char *folder, struct pp_error *error);
PP_MUST_USE bool server_process(int argc, char **argv, struct pp_error *error);
/* Starts both and stays until SIGTERM or SIGINT. *told: what went wrong was said by the one that it went wrong in. */
PP_MUST_USE bool supervise(int argc, char **argv, bool *told, struct pp_error *error);

#endif
