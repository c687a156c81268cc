/* The server's TLS connections: who stands at the other end, and since when a request is being received. */
#ifndef HEADEND_CONNECTIONS_H
#define HEADEND_CONNECTIONS_H

#include <microhttpd.h>

#include "base/error.h"
#include "headend/http.h"

struct connection {
    int fd;
    char network[ADDRESS_TEXT_SIZE]; /* of the peer; see address_text */
    int64_t cut_at; /* ms, CLOCK_MONOTONIC, when no whole request has come; 0 while one is being answered */
    bool peer_known;
    char device[UUID_TEXT_SIZE]; /* of the verified client certificate; "" without one */
    struct pp_error refused;     /* why a certificate was not accepted; code PP_OK where none was shown */
    struct connection *previous, *next;
};

struct connections;
/* A connection is cut when no whole request has come `request_s` after its beginning or the last answer, and
 * at once when `per_network` others of its network are open: libmicrohttpd's own limit is for single
 * addresses, of which a client with IPv6 has as many as it likes. */
struct connections *connections_create(uint64_t request_s, uint64_t per_network, struct pp_error *error);
void connections_destroy(struct connections *connections);

/* libmicrohttpd's notice (MHD_OPTION_NOTIFY_CONNECTION); `arg` is the struct connections. */
void connections_on_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
                           enum MHD_ConnectionNotificationCode code);

/* The record of an open connection. */
struct connection *connection_of(struct MHD_Connection *connection);
/* Whether a whole request is there (its answer may take its time) or the next is awaited. */
void connection_busy(struct connections *connections, struct connection *connection, bool busy);
/* Looks at the client certificate, once per connection. */
void connection_identify(struct connection *connection, struct MHD_Connection *mhd);

/* Shuts down those that took too long. */
void connections_cut(struct connections *connections);

#endif
