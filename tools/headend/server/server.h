/* The HTTPS server: libmicrohttpd, and what becomes of each request. */
#ifndef HEADEND_SERVER_SERVER_H
#define HEADEND_SERVER_SERVER_H

#include <microhttpd.h>

#include "headend/server/app.h"

/* Takes `listen_fd` when it succeeds. What it shows of itself is app->connections' (connections_show). */
struct MHD_Daemon *server_start(struct app *app, int listen_fd, struct pp_error *error);

#endif
