/*
 * Proves requests to be this display point's own by a signature of the device key (RFC 9449, jose/proof.h), for both of
 * its clients, each on its thread. The server's nonce is remembered, of whichever answer brought it last.
 */
#ifndef PP_ACCESS_PROVER_H
#define PP_ACCESS_PROVER_H

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "identity/identity.h"
#include "net/client.h"

struct access_prover;

/* `identity` is borrowed, and outlives it. `time` is asked on any thread. */
struct access_prover *access_prover_create(const struct identity *identity, struct pp_time_source time,
                                           struct pp_error *error);
void access_prover_destroy(struct access_prover *prover); /* after the clients that use it; NULL is allowed */
PP_DEFINE_AUTO(access_prover, struct access_prover, access_prover_destroy)

/* For net_client_set_prover and sync_set_prover. */
struct net_prover access_prover_hook(struct access_prover *prover, bool with_cookie);

#endif
