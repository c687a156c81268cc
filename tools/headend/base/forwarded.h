/*
 * From where proxies say that a request came: Forwarded (RFC 7239) or the older X-Forwarded-For, whichever of them this
 * server's proxies write.
 *
 *   Forwarded: for=198.51.100.7;proto=https, for="[2001:db8::17]:4711"
 *   X-Forwarded-For: 198.51.100.7, 2001:db8::17
 *
 * Each proxy appends whom it heard. What stands left of an address that is no proxy of ours is anybody's word.
 */
#ifndef HEADEND_BASE_FORWARDED_H
#define HEADEND_BASE_FORWARDED_H

#include "headend/base/ip_range.h"

#define FORWARDED_HOPS_MAX 32   /* of all headers of a request */
#define FORWARDED_TEXT_MAX 4096 /* bytes of one header */

enum forwarded_header {
    FORWARDED_STANDARD,
    FORWARDED_X,
    FORWARDED_HEADERS, /* how many */
};

/* "Forwarded", "X-Forwarded-For". */
const char *forwarded_name(enum forwarded_header header);
/* By that name, in any case of letters; false for another. */
bool forwarded_named(const char *name, enum forwarded_header *header);

struct forwarded {
    struct ip_address
        hops[FORWARDED_HOPS_MAX]; /* left to right; one that is not told, or hidden, is unknown */
    size_t count;
};

/* Appends what one header says; they are taken in the order in which they came. PP_E_INVALID, PP_E_LIMIT: then nothing
 * that they say is to be believed. */
PP_MUST_USE bool forwarded_read(enum forwarded_header header, const char *text, struct forwarded *forwarded,
                                struct pp_error *error);

/* Who asks: beginning with the peer, the first that `is_proxy` does not know, or the one furthest away. Unknown
 * where one of ours does not tell. */
struct ip_address forwarded_client(const struct forwarded *forwarded, struct ip_address peer,
                                   bool (*is_proxy)(const void *arg, const struct ip_address *address),
                                   const void *arg);

#endif
