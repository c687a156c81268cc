/*
 * Addresses, and ranges of them in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3):
 *
 *   203.0.113.0/24    2001:db8:1::/48    203.0.113.7 (that one alone)
 *
 * An IPv4 address that is written in IPv6 (::ffff:203.0.113.7, RFC 4291 §2.5.5.2) is that IPv4 address, in ranges as
 * well: ::ffff:203.0.113.0/120 is 203.0.113.0/24. So no IPv6 range, not even ::/0, has an IPv4 address in it.
 */
#ifndef HEADEND_BASE_IP_RANGE_H
#define HEADEND_BASE_IP_RANGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

#define IP_TEXT_SIZE 64 /* bytes of an address or a range, with the NUL */

struct ip_address {
    uint8_t bytes[16];
    size_t size; /* 4, 16; 0: it is not known */
};

struct ip_range {
    struct ip_address first;
    unsigned bits; /* of the prefix */
};

/* Unknown for other families. */
struct ip_address ip_address_of(const struct sockaddr *address);
/* `size` characters, all of them an address without brackets, port or zone. */
bool ip_address_read(const char *text, size_t size, struct ip_address *address);
/* "" for an unknown one. */
void ip_address_text(const struct ip_address *address, char text[IP_TEXT_SIZE]);

/* PP_E_INVALID for anything else, and where bits behind the prefix are set: a range that is meant otherwise than it is
 * read lets in whom nobody meant. */
PP_MUST_USE bool ip_range_read(const char *text, struct ip_range *range, struct pp_error *error);
/* As it is kept and shown: one text for each range. */
void ip_range_text(const struct ip_range *range, char text[IP_TEXT_SIZE]);
/* False for an address that is not known. */
bool ip_range_has(const struct ip_range *range, const struct ip_address *address);

#endif
