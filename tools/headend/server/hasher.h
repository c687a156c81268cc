/*
 * Passwords are slow to check by design (users.h), and to set, so that one thread does it, one at a time, while the
 * request that waits for it is suspended: strangers who try passwords make only each other wait. The queue is short;
 * where it is full the attempt is refused at once, and counted nowhere. One address has a share of it, and there are
 * places for those only who have signed in from their address before.
 */
#ifndef HEADEND_SERVER_HASHER_H
#define HEADEND_SERVER_HASHER_H

#include "headend/server/request.h"

#define HASHER_QUEUE_MAX   8 /* attempts at a time, the one that is being checked too */
#define HASHER_ADDRESS_MAX 2 /* of them from one address */
#define HASHER_KNOWN_MAX   4 /* more, for those that are known */

struct hasher;
struct hasher *hasher_create(struct pp_error *error);
/* Once it is stopped. */
void hasher_destroy(struct hasher *hasher);

/* Takes a place in the queue for request->attempt, of which `address` and `known` are set. False where none is left. */
bool hasher_reserve(struct hasher *hasher, struct request *request);
/* Gives the place back. */
void hasher_cancel(struct hasher *hasher, struct request *request);
/* The attempt's password is to be compared with its `encoded`, or that is to be made of it: suspends the request's
 * connection. Its handler is called again with ATTEMPT_CHECKED, or ATTEMPT_CANCELLED where the server stops meanwhile.
 * False where it is stopped already: the place is given back. */
bool hasher_suspend(struct hasher *hasher, struct request *request);

/* All that wait are cancelled, and none can wait. */
void hasher_stop(struct hasher *hasher);

#endif
