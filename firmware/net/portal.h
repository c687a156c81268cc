/*
 * Whether somebody has to sign in to this network before it lets anybody through: a captive portal (RFC 8952), which
 * answers in the headend's place.
 *
 * Whoever cannot reach the headend asks once for its address without TLS, as nobody else ever does here: at its own
 * port, and at 80. What the headend answers there is of no interest; an answer that sends to another host, a page
 * where TLS should be, or status 511 (RFC 6585 §6) is somebody else's. At port 80 a server of the headend's own
 * machine may send everybody elsewhere: it is somebody else only where the same comes from a name below the headend's
 * that nobody has (a portal that spoofs names), or from an address that nobody has (one that takes all connections).
 * Nothing of it is obeyed: no redirect is followed, no page is read for more than whether it is one, and nothing goes
 * there but "GET /" without a header of ours.
 *
 * With a proxy it is that which says so, to CONNECT (PP_E_PORTAL).
 */
#ifndef PP_NET_PORTAL_H
#define PP_NET_PORTAL_H

#include "base/error.h"
#include "net/loop.h"

#define NET_PORTAL_TIMEOUT_MS 8000 /* of each of the two */
#define NET_PORTAL_CHECK_MS   3000 /* of each of the two that are nobody's: who stands between is near */
#define NET_PORTAL_PAGE_MAX   (32 * 1024) /* bytes of a page that are looked at */

struct net_portal;

/* `url` is "https://HOST[:PORT]". on_done comes once, from the loop, unless it is cancelled before: what was found as
 * an error PP_E_PORTAL in words, or PP_OK. NULL on failure. */
struct net_portal *net_portal_start(struct net_loop *loop, const char *url,
                                    void (*on_done)(void *arg, const struct pp_error *found), void *arg,
                                    struct pp_error *error);
void net_portal_cancel(struct net_portal *portal); /* NULL is allowed */

#endif
