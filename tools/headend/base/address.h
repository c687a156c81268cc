/*
 * The networks that a client's address is of, as text, for counting what strangers take:
 *
 *              IPv4               IPv6
 *   address    203.0.113.7        2001:db8:1:2::/64    within which a client chooses freely
 *   network    203.0.113.0/24     2001:db8:1::/48      what one customer of a provider may have
 */
#ifndef HEADEND_BASE_ADDRESS_H
#define HEADEND_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_SIZE 64 /* bytes with the NUL */

/* IPv4 in IPv6 (::ffff:203.0.113.7) counts as IPv4. "" for other families. */
void address_text(const struct sockaddr *address, char text[ADDRESS_TEXT_SIZE]);
void address_network(const struct sockaddr *address, char text[ADDRESS_TEXT_SIZE]);
/* Whether the client may have many addresses of the network. */
bool address_is_six(const struct sockaddr *address);

#endif
