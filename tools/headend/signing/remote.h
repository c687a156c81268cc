/*
 * The signer in another process: requests go over lanes, each a SOCK_SEQPACKET socket on which one request at a time is
 * under way. The first is for what changes keys or takes long (the repository, the authorities), so that states wait
 * for none of it. A lane and the answer are waited for 12 seconds together and no longer, the first lane and its answer
 * a quarter of an hour; then it is PP_E_NET.
 *
 * A signer that is started anew says so on each lane (HELLO): what was asked before and not answered is asked again, by
 * the same number. All rows may be: what was done once is done again, or found done.
 */
#ifndef HEADEND_SIGNING_REMOTE_H
#define HEADEND_SIGNING_REMOTE_H

#include "headend/signing/signing.h"

#define SIGNING_LANES 3

/* Borrows the sockets. */
struct signing *signing_remote(const int lanes[SIGNING_LANES], struct pp_error *error);

/* Makes a socket large enough for the longest packet. */
PP_MUST_USE bool signing_lane_prepare(int lane, struct pp_error *error);
/* One packet, in one piece. PP_E_NET: the other end is closed. */
PP_MUST_USE bool signing_lane_send(int lane, const struct signing_message *message, struct pp_error *error);
/* The next one, into `packet`, which `message` borrows from. PP_E_NET: the other end is closed; PP_E_INVALID,
 * PP_E_LIMIT, PP_E_UNSUPPORTED: it is no message, and gone; message->number is its number where it has one. */
PP_MUST_USE bool signing_lane_receive(int lane, struct pp_buf *packet, struct signing_message *message,
                                      struct pp_error *error);
/* Drops what was sent to this end and not received yet. */
void signing_lane_drop(int lane);

#endif
