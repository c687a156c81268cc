/*
 * The headend's own word that this display point is not to show anything, or has to be approved again: a problem
 * document (RFC 9457) of one of its types, in an answer 403 or 401.
 *
 *   HTTP/1.1 403            {"type": "urn:pingplay:problem:screen-retired", "status": 403,
 *   Content-Type:            "title": "Forbidden", "detail": "this screen is retired here",
 *   application/problem+json "code": "screen-retired"}
 *
 * A proxy, a firewall or a captive portal can answer 401, 403 or anything else as well: that is an outage, and
 * the screen plays on. The refusal that is signed by the control key and names this device and the request's
 * nonce takes its place in access_refusal_of.
 */
#ifndef PP_ACCESS_REFUSAL_H
#define PP_ACCESS_REFUSAL_H

#include "net/client.h"

enum access_refusal {
    ACCESS_REFUSAL_NONE,
    ACCESS_REFUSAL_RETIRED, /* by a person */
    ACCESS_REFUSAL_UNKNOWN, /* it is no screen of this headend */
    ACCESS_REFUSAL_REVOKED, /* it is one, but its certificate was replaced by another */
};

enum access_refusal access_refusal_of(const struct net_response *response);

#endif
