/*
 * What may only grow, kept in the vault (record "floors"): the highest state version in effect, and the clock
 * floor, the latest time that somebody trusted has put into a document or that this program was built at.
 * Decisions on time use max(clock, floor), so a clock that was reset cannot bring back what has expired.
 */
#ifndef PP_AGENT_FLOORS_H
#define PP_AGENT_FLOORS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "vault/vault.h"

#define FLOORS_RECORD       "floors"
#define FLOORS_CLOCK_STEP_S 86400 /* the clock floor is written at most so often: flash wears */

struct floors {
    struct vault *vault;
    int64_t state_version;
    _Atomic int64_t clock_s;                  /* s since 1970; read by the sync worker, too */
    int64_t state_version_kept, clock_kept_s; /* what the vault holds; 0: nothing */
};

/* A missing or unreadable record begins at the build time; an unreadable one is logged. */
void floors_load(struct floors *floors, struct vault *vault);

int64_t floors_now_s(const struct floors *floors); /* s since 1970; any thread */
int64_t floors_now_ms(const struct floors *floors);

/* Raises the floors that are lower, and keeps what is worth keeping. Where the vault does not take it, they
 * are raised all the same until the next start, and the next call tries again. */
bool floors_raise(struct floors *floors, int64_t state_version, int64_t clock_s, struct pp_error *error);

/* Another device by the same key: its state documents begin anew. */
bool floors_forget_state(struct floors *floors, struct pp_error *error);

#endif
