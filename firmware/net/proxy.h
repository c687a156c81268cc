/*
 * The proxy that clients go through (HTTP CONNECT, RFC 9110 §9.3.6), or none. Several clients share one, on whatever
 * threads, and follow it where it changes: each request takes it as it is at that moment.
 *
 * One by https is spoken to inside TLS of its own, by the same policy as the headend (net/tls.c): it has to prove its
 * name by a certificate of the authorities in `ca`, or of the distribution's where that is empty. Nothing else counts.
 *
 * How a proxy knows us: by name and password (Digest where it offers that, else Basic), or by Kerberos (Negotiate, RFC
 * 4559), for which whoever owns it keeps a ticket at hand (net/ticket.h). No script decides (PAC, WPAD), and no other
 * kind of proxy is used.
 */
#ifndef PP_NET_PROXY_H
#define PP_NET_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

#define NET_PROXY_TEXT_MAX 512        /* bytes of each text, with the NUL */
#define NET_PROXY_CA_MAX   (8 * 1024) /* bytes of its authorities, with the NUL */

/* Debian's, of the package ca-certificates. */
#define NET_PROXY_SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

enum net_proxy_auth {
    NET_PROXY_PASSWORD, /* by `user` and `password`, where there is a user */
    NET_PROXY_NEGOTIATE,
};

struct net_proxy_settings {
    char address[NET_PROXY_TEXT_MAX]; /* "http://HOST[:PORT]", "https://…"; "" none */
    char ca[NET_PROXY_CA_MAX];        /* PEM: of one by https; "" the distribution's */
    enum net_proxy_auth auth;
    char user[NET_PROXY_TEXT_MAX];
    char password[NET_PROXY_TEXT_MAX]; /* secret; where its owner gets tickets by it, nobody is shown it */
    /* Reached without it: names, "example.org" with all below it, addresses, ranges like "10.0.0.0/8"; by commas. */
    char except[NET_PROXY_TEXT_MAX];
};

/* PP_E_INVALID, in words for whoever has written them. */
PP_MUST_USE bool net_proxy_check(const struct net_proxy_settings *settings, struct pp_error *error);
/* The host of its address, without brackets; false where there is none. */
bool net_proxy_host(const struct net_proxy_settings *settings, char host[NET_PROXY_TEXT_MAX]);
bool net_proxy_is_secure(const struct net_proxy_settings *settings); /* by https */

struct net_proxy;

/* Of settings that were checked, copied; NULL: none. */
struct net_proxy *net_proxy_create(const struct net_proxy_settings *settings, struct pp_error *error);
struct net_proxy *net_proxy_ref(struct net_proxy *proxy); /* returns it; of NULL, NULL */
void net_proxy_destroy(struct net_proxy *proxy);          /* wipes with the last; NULL is allowed */
PP_DEFINE_AUTO(net_proxy, struct net_proxy, net_proxy_destroy)

/* From the next request on. */
void net_proxy_set(struct net_proxy *proxy, const struct net_proxy_settings *settings);
/* A copy, for the caller to wipe; its number, which grows with each change. */
uint32_t net_proxy_get(struct net_proxy *proxy, struct net_proxy_settings *settings);

/* Why there is no ticket for it, in words; NULL or PP_OK: there is one. What a proxy's refusal is told with. */
void net_proxy_set_ticket_trouble(struct net_proxy *proxy, const struct pp_error *why);
/* False where there is none. */
PP_MUST_USE bool net_proxy_ticket_trouble(struct net_proxy *proxy, struct pp_error *why);

#endif
