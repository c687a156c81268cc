/*
 * Which proofs of screens (RFC 9449, jose/proof.h) are taken: those with a nonce of ours that was given out lately, and
 * each once. In memory alone, and never more of it: there are two generations, each of a nonce and of the proofs that
 * were seen with it. A generation that is old or full is followed by the next, and the one before it is forgotten, with
 * its nonce: a proof with that is asked for anew, and so cannot be said again. After a start all nonces are new.
 */
#ifndef HEADEND_DEVICE_PROOF_GUARD_H
#define HEADEND_DEVICE_PROOF_GUARD_H

#include "headend/base/secret.h"
#include "jose/proof.h"

#define PROOF_GUARD_LIFE_MS 150000 /* of a generation; a nonce is good for up to twice that */
#define PROOF_GUARD_SEEN    32768  /* proofs of a generation */

struct proof_guard;

/* For all threads. */
struct proof_guard *proof_guard_create(struct pp_error *error);
void proof_guard_destroy(struct proof_guard *guard);

/* The nonce to be used from now on. `now_ms`: CLOCK_MONOTONIC. */
void proof_guard_nonce(struct proof_guard *guard, int64_t now_ms, char nonce[SECRET_TEXT_SIZE]);

enum proof_verdict {
    PROOF_FRESH, /* and from now on it was seen */
    PROOF_STALE, /* without a nonce of ours, or with one of too long ago */
    PROOF_SEEN,  /* before: somebody says it again */
};
/* Of a proof that was read, by a key that is known: strangers fill nothing. */
enum proof_verdict proof_guard_take(struct proof_guard *guard, const struct proof *proof, int64_t now_ms);

#endif
