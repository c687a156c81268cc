/*
 * Whether the events of a screen that stand in this database are those that came, each as it came. Three things are
 * held against each other: the events, their places in the chain as they were when they came (event_chain.h), and the
 * heads that the screen has signed (event_heads.h). Who can write to the database can change all three, but sign
 * nothing: without the screen's key every chain ends in a signature, or in events that none vouches for.
 *
 * What that leaves: whoever takes away the newest events together with their heads is noticed by the next event alone.
 * Whoever signs by a key of his own is noticed where no certificate of the screen's is for it; if he puts in a row for
 * that too, or a chain of his own from before a renewal whose certificate has expired (no row is kept then), by the
 * key's fingerprint alone, which is told and which the screen shows as well. Events without a place that stand before
 * all that have one are taken for those of a version that had no chains.
 *
 * Of a screen with as many events as are kept, what is older than all that is left is not missed.
 */
#ifndef HEADEND_OPS_EVENT_VERIFY_H
#define HEADEND_OPS_EVENT_VERIFY_H

#include "headend/db/db.h"
#include "headend/ops/device.h"

#define EVENT_SIGNERS_MAX 64 /* of a chain that are looked at, the newest */

struct event_verification {
    int64_t events; /* with a place in a chain */
    int64_t chains;
    int64_t heads;                                  /* that are good */
    int64_t faults;                                 /* told, one line each */
    void (*tell)(void *arg, const char *fault);     /* one fault in plain words; NULL: they are counted */
    void (*tell_key)(void *arg, const char *words); /* one key that signed, of one chain; may be NULL */
    void *arg;
};

/* False where it could not be verified; what is wrong is no failure. */
PP_MUST_USE bool event_verify(struct db *db, const struct device *device,
                              struct event_verification *verification, struct pp_error *error);

#endif
