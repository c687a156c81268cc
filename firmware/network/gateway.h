/*
 * Whether a gateway is there: NetworkManager takes any that is in the address's network. It is sent a datagram that
 * nobody waits for (port 9, discard), and the kernel's table of neighbours (rtnetlink(7), RTM_GETNEIGH) says whether
 * anybody has answered for that address, by ARP (RFC 826) or neighbour discovery (RFC 4861).
 */
#ifndef PP_NETWORK_GATEWAY_H
#define PP_NETWORK_GATEWAY_H

#include "network/request.h"

#define GATEWAY_TRIES    6
#define GATEWAY_PAUSE_MS 1000

/* PP_E_NET: nobody answers. */
PP_MUST_USE bool gateway_answers(const struct network_ip *gateway, const char *interface,
                                 struct pp_error *error);

#endif
