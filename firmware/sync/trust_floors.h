/*
 * The versions of TUF's metadata that this screen has seen, in the vault (record "trust"): what they must not
 * fall below. TUF's own client remembers by the files of its folder, which whoever writes to the flash can
 * put back or take away, and which a worn flash can lose.
 *
 *   {"format": 1, "root": 3, "timestamp": 41, "snapshot": 19, "targets": 7}
 *
 * Below one root the others only grow. A newer root, which root's keys signed, may begin them anew: recovery
 * from a fast-forward attack (specification 1.0.34 §5.3.11) does.
 *
 * Internal.
 */
#ifndef PP_SYNC_TRUST_FLOORS_H
#define PP_SYNC_TRUST_FLOORS_H

#include "sync/sync.h"

#define SYNC_TRUST_RECORD "trust"

struct sync_trust_floors {
    int64_t root, timestamp, snapshot, targets; /* versions; 0: none seen */
};

/* Holds `seen`, just verified, against the floors, and raises them. PP_E_ROLLBACK names the role; a record
 * that is damaged counts as none and is written anew; else the errors of the vault, but for those of writing:
 * a full flash is no reason to refuse what is newer. */
PP_MUST_USE bool sync_trust_floors_raise(struct vault *vault, const struct sync_trust_floors *seen,
                                         struct pp_error *error);

/* The root's version that was seen, 0: none, or it cannot be read. */
int64_t sync_trust_floors_root(struct vault *vault);

#endif
