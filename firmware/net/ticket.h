/*
 * A Kerberos ticket for a proxy (RFC 4120), which libcurl shows to it by GSS-API (Negotiate, RFC 4559).
 *
 * Asking a KDC waits for the network, and a loop must not. So it is done here, by whoever can wait, and what libcurl's
 * GSS-API looks at is a cache in this process's memory that holds the proxy's ticket alone: without a ticket to get
 * others with there is nothing that it could ask a KDC, and names are not looked up. Where there is none, or it has
 * expired, it fails at once.
 *
 * What libkrb5 reads as its configuration is made here, too, in memory: neither /etc/krb5.conf nor any keytab of the
 * system's is looked at, and nothing is written to a file.
 */
#ifndef PP_NET_TICKET_H
#define PP_NET_TICKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/mem.h"

#define NET_TICKET_KEYTAB_MAX 4096 /* bytes */
#define NET_TICKET_KEYTAB_TEXT                                                                               \
    (NET_TICKET_KEYTAB_MAX / 3 * 4 + 8) /* characters of it in base64, with the NUL */

struct net_ticket_request {
    const char *host;      /* of the proxy; its service is HTTP/HOST in the principal's realm */
    const char *principal; /* "screen@REALM" */
    const char *kdc;       /* "HOST[:PORT]"; "" as the name server says (SRV) */
    const char *password;  /* or else: */
    const uint8_t *keytab; /* as ktutil(1) writes it */
    size_t keytab_size;
    uint32_t number; /* net_ticket_begin's */
};

/* "NAME[/INSTANCE]@REALM"; HOST[:PORT] or "". PP_E_INVALID. */
PP_MUST_USE bool net_ticket_check(const char *principal, const char *kdc, struct pp_error *error);

/* One for a process, made before there is a second thread: it sets the environment. */
struct net_tickets;
struct net_tickets *net_tickets_create(struct pp_error *error);
struct net_tickets *net_tickets_ref(struct net_tickets *tickets); /* returns it */
void net_tickets_destroy(
    struct net_tickets *tickets); /* with the last, forgets the ticket; NULL is allowed */
PP_DEFINE_AUTO(net_tickets, struct net_tickets, net_tickets_destroy)

/* Another exchange is begun: the one before, if it still waits, is given up, and so is this one by the next or by
 * net_ticket_forget. An exchange that was given up leaves no ticket, whenever it ends. Any thread. */
uint32_t net_ticket_begin(struct net_tickets *tickets);

/* Waits for the KDC. `expires_s` is when it ends, in s since 1970 by the system's clock. PP_E_AUTH: the
 * KDC does not take our key, or does not know one of the two; PP_E_EXPIRED: the clocks differ; PP_E_NET: no KDC;
 * PP_E_INVALID: the keytab; PP_E_CANCELLED: given up. The words are a technician's. What was there stays after a
 * failure. */
PP_MUST_USE bool net_ticket_fetch(struct net_tickets *tickets, const struct net_ticket_request *request,
                                  int64_t *expires_s, struct pp_error *error);
/* There is none from now on, and what is under way is given up. */
void net_ticket_forget(struct net_tickets *tickets);

#endif
