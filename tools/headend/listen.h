/* Inside of the server: what serve.c (the process) and server.c (HTTP) share. */
#ifndef HEADEND_LISTEN_H
#define HEADEND_LISTEN_H

#include <microhttpd.h>

#include "headend/app.h"

/* A listening socket, or -1; IPv6 that takes IPv4 too where `options->listen` is NULL. Writes the port. */
int listen_open(const struct serve_options *options, uint16_t *port, struct pp_error *error);

/* Takes `listen_fd` when it succeeds. What it shows of itself is app->connections' (connections_show). */
struct MHD_Daemon *server_start(struct app *app, int listen_fd, struct pp_error *error);

#endif
