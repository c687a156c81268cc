/*
 * The heads that screens sign of their chains of events (firmware/events/head.h): kept as they came, beside the key
 * that they were signed by, so that "events verify" can tell what became of the database since; and held against what
 * is here, so that a screen that has an older vault than before is noticed.
 *
 * A proxy that ends TLS sees heads and can send an old one again, and a status can be overtaken by a batch. Only a head
 * that was signed later ("iat") than all that are kept by the same key says where the screen is now: a screen that was
 * really put back signs anew. The other way round, one whose clock is behind what it was before (its system's clock
 * alone, or an older vault that brings back an older time) is not noticed by its head until its clock, which network
 * time and the next signed state move on (base/wall_clock.h), has come past that; nor one that once signed with a clock
 * far ahead. The first event that it sends for a place that is taken is a fork all the same (event_chain.h), and no
 * clock counts for that.
 */
#ifndef HEADEND_OPS_EVENT_HEADS_H
#define HEADEND_OPS_EVENT_HEADS_H

#include "crypto/key.h"
#include "events/head.h"
#include "headend/db/db.h"

/* Who sends it, as the request has shown. */
struct event_sender {
    const char *device;
    const uint8_t *point; /* of its key, CRYPTO_POINT_SIZE bytes */
};

/* That of a batch, whose events have been taken: in that transaction. What is wrong with it is a finding
 * (event_chain.h), and no failure. */
PP_MUST_USE bool event_head_take(struct db *db, const struct event_sender *sender, const char *token,
                                 struct pp_error *error);
/* That of a status: where the screen stands now. */
PP_MUST_USE bool event_head_compare(struct db *db, const struct event_sender *sender, const char *token,
                                    struct pp_error *error);

#endif
