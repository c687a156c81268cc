/*
 * A screen whose certificate cannot get here, since a proxy on the way ends TLS, proves with each request that it has
 * its device key (RFC 9449, firmware/jose/proof.h). What travels, its cookie too, is of no use to that proxy.
 */
#ifndef HEADEND_DEVICE_PROOF_H
#define HEADEND_DEVICE_PROOF_H

#include "headend/server/request.h"

bool device_proof_given(const struct request *request);

/* Verifies the proof of this very request, which carries `bound` (the cookie's value; NULL: none), once a request:
 * request->proof is set. */
PP_MUST_USE bool device_proof_read(struct request *request, const char *bound, struct pp_error *error);
/* Answers where it is not good. */
void device_proof_refuse(struct reply *reply, const struct pp_error *error);

/* Takes it, where it has a nonce of ours and was not taken before. Of a key that is known. False: it is answered. */
bool device_proof_take(struct request *request, struct reply *reply);

/* The nonce for the next one, beside the answer to one that came with a proof. */
void device_proof_offer(const struct request *request, struct reply *reply);

#endif
