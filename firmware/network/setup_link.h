/*
 * Between pingplay-network(8) and pingplay-setup(8), on a SOCK_SEQPACKET unix socket, a connection an opening of the
 * access point. One packet goes to the page server, with one descriptor: the TCP socket that it is to take connections
 * from.
 *
 *      0      1        2
 *      +------+--------+------------------------------------------------------------------------------+
 *      | ver. | reason | text host, text ssid, count of networks, as many of (kind, strength, text ssid) |
 *      +------+--------+------------------------------------------------------------------------------+
 *      reason    enum network_reason: why the last try failed; 0: there was none
 *      host      what the page is called: "10.42.0.1"
 *      ssid      that was tried; empty: none
 *      text      length (1 byte), bytes
 *
 * One packet comes back: a wifi request (request.h), when the page that says so has been read. The end of the
 * connection is the end of the opening.
 */
#ifndef PP_NETWORK_SETUP_LINK_H
#define PP_NETWORK_SETUP_LINK_H

#include "network/reason.h"
#include "network/scan.h"

#define SETUP_SOCKET   "/run/pingplay/setup.sock"
#define SETUP_VERSION  1
#define SETUP_HOST_MAX 31 /* bytes */
#define SETUP_PACKET_MAX                                                                                     \
    (4 + SETUP_HOST_MAX + 1 + NETWORK_SSID_MAX + SCAN_NETWORKS_MAX * (3 + NETWORK_SSID_MAX)) /* bytes */

struct setup_opening {
    enum network_reason reason;
    char host[SETUP_HOST_MAX + 1];
    uint8_t tried[NETWORK_SSID_MAX];
    uint8_t tried_size; /* 0: none */
    struct scan scan;
};

PP_MUST_USE bool setup_opening_encode(const struct setup_opening *opening, struct pp_buf *packet,
                                      struct pp_error *error);
/* `opening` is zeroes after a failure. */
PP_MUST_USE bool setup_opening_decode(const void *packet, size_t size, struct setup_opening *opening,
                                      struct pp_error *error);

/* With the descriptor, which stays the caller's. */
PP_MUST_USE bool setup_opening_send(int fd, const struct setup_opening *opening, int listener,
                                    struct pp_error *error);
/* Waits for it; *listener is the caller's to close. */
PP_MUST_USE bool setup_opening_receive(int fd, struct setup_opening *opening, int *listener,
                                       struct pp_error *error);

#endif
