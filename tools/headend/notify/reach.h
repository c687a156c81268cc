/*
 * Which addresses this server may be sent to by what somebody typed (a webhook): none of its own networks, unless
 * whoever runs it has said so. What a name leads to is looked at when a connection is made, so that a name that
 * leads elsewhere by then is no way around.
 */
#ifndef HEADEND_NOTIFY_REACH_H
#define HEADEND_NOTIFY_REACH_H

#include "headend/base/ip_range.h"

#define REACH_RANGES_MAX 16

struct reach {
    struct ip_range allowed[REACH_RANGES_MAX]; /* although they are not of the public network */
    size_t count;
};

/* "10.1.0.0/16 192.168.7.5", separated by blanks or commas; "" none. */
PP_MUST_USE bool reach_read(const char *text, struct reach *reach, struct pp_error *error);
/* Whether it is of the public network (RFC 6890, IANA's registries of special-purpose addresses), or allowed. */
bool reach_allows(const struct reach *reach, const struct sockaddr *address);

#endif
