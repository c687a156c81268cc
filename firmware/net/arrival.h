/*
 * Says when this machine has got an address, by the kernel (rtnetlink(7), RTM_NEWADDR): a cable was plugged in, a Wi-Fi
 * was joined. What waits for its next try because there was no network need not wait that out. An address that leads
 * nowhere (loopback, link-local) does not count, nor one of IPv6 that somebody else may have (RFC 4862 §5.4). Of a
 * lease that is renewed it may be said, too.
 */
#ifndef PP_NET_ARRIVAL_H
#define PP_NET_ARRIVAL_H

#include "net/loop.h"

#define NET_ARRIVAL_SETTLE_MS                                                                                \
    1000 /* after the last of several; name servers and routes come behind an address */

struct net_arrival;

/* NULL with PP_E_IO or PP_E_NOMEM. */
struct net_arrival *net_arrival_watch(struct net_loop *loop, net_loop_callback *on_arrived, void *arg,
                                      struct pp_error *error);
void net_arrival_destroy(struct net_arrival *arrival); /* NULL is allowed */
PP_DEFINE_AUTO(net_arrival, struct net_arrival, net_arrival_destroy)

#endif
