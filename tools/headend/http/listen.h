/* The socket that the server listens on. */
#ifndef HEADEND_HTTP_LISTEN_H
#define HEADEND_HTTP_LISTEN_H

#include <stdint.h>

#include "base/error.h"

/* A listening socket, or -1, at the address `where` and port `wanted`, of which 0 lets the system choose; IPv6 that
 * takes IPv4 too where `where` is NULL. Writes the port. */
int listen_open(const char *where, uint16_t wanted, uint16_t *port, struct pp_error *error);

/* The port of a listening socket. */
PP_MUST_USE bool listen_port(int fd, uint16_t *port, struct pp_error *error);

#endif
