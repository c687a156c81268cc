/*
 * The page server of one opening of the access point: plain HTTP on a socket that was handed over, in one thread, with
 * caps on everything that a phone can make grow. Only what is asked of the page's own address is answered; whatever
 * else a phone looks for in an unknown network (its probes for a captive portal among it) is sent there, so that the
 * page opens by itself.
 */
#ifndef PP_SETUP_SERVER_H
#define PP_SETUP_SERVER_H

#include "setup/page.h"

#define SERVER_CONNECTIONS_MAX 80
#define SERVER_PER_ADDRESS_MAX 24
#define SERVER_IDLE_S          10          /* without a byte, either way */
#define SERVER_MEMORY          (16 * 1024) /* bytes a connection: request line, headers, what is read of a body */

/* Serves until `link`, the connection to pingplay-network(8), has ended; a network that a phone names goes there when
 * the page that says so has been sent. `listener` is closed. */
PP_MUST_USE bool server_run(int link, int listener, const struct setup_opening *opening,
                            const struct strings *strings, struct pp_error *error);

#endif
