/*
 * One cookie, parsed strictly: what RFC 6265 §4.1.1 lets a server send, of the "__Host-" kind (RFC 6265bis
 * §4.1.3.2), and nothing of what browsers put up with.
 *
 *   Set-Cookie: __Host-pingplay=h3Tz…; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000
 */
#ifndef PP_NET_COOKIE_H
#define PP_NET_COOKIE_H

#include <stdint.h>

#include "base/error.h"
#include "net/client.h"

#define NET_COOKIE_MAX            1024          /* bytes of "name=value" with the NUL */
#define NET_COOKIE_MAX_AGE_MAX    (400 * 86400) /* s; longer is cut to this (RFC 6265bis §5.5) */
#define NET_COOKIE_ATTRIBUTES_MAX 16

struct net_cookie {
    char pair[NET_COOKIE_MAX]; /* "name=value", as it is sent back */
    int64_t max_age_s;         /* -1: not given; 0: delete it */
};

/* Needs Secure, HttpOnly and Path=/, no Domain, each attribute at most once; Expires and unknown attributes
 * are passed over. PP_E_INVALID names what is wrong. */
PP_MUST_USE bool net_cookie_parse(const char *set_cookie, const char *name, struct net_cookie *cookie,
                                  struct pp_error *error);

/* The cookie `name` of an answer. PP_E_NOTFOUND without one, PP_E_INVALID where there are two. Wipe it when
 * done. */
PP_MUST_USE bool net_response_cookie(const struct net_response *response, const char *name,
                                     struct net_cookie *cookie, struct pp_error *error);

#endif
