/* What a phone sends: the form of pingplay-setup(8)'s page, as a request to pingplay-network(8). */
#ifndef PP_SETUP_TYPED_H
#define PP_SETUP_TYPED_H

#include "network/setup_link.h"

#define TYPED_BODY_MAX   1024 /* bytes of a form */
#define TYPED_TOKEN_SIZE 33   /* 128 bits as hexadecimal digits, with the NUL */

/* What is wrong with it: the end of a key of the words ("wrong.length"). NULL where nothing is.
 *   "stale"      of another opening, or of another site: it has not this one's token
 *   "network"    a network that is not in the list, or cannot be joined with a passphrase
 *   "name"       not 1 to 32 bytes
 *   "length"     of the passphrase
 *   "character"  in the passphrase
 *   "form"       not a form of this page */
const char *typed_read(const void *body, size_t size, const struct setup_opening *opening, const char *token,
                       struct network_request *request);

/* The network of that name in the list, its bytes as hexadecimal digits; NULL: there is none. */
const struct scan_network *typed_find(const struct setup_opening *opening, const char *digits);

#endif
