/*
 * What must not go back, kept in one vault record: the newest state document that was in effect, the time of
 * day, whether this screen is locked and why, and how long it may be without word of its headend.
 *
 *   record "floors": {"state_epoch": 0, "state_version": 12, "clock": 1795892168, "locked": true, "lock": "offline",
 *                     "time_epoch": 0, "issued": 1795892160, "word": 1795892168, "lock_after": 604800,
 *                     "erase_after": 2592000, "generation": 31, "witnessed": true,
 *                     "rollback": 0, "witness_gone": false, "authorities": true}
 *
 * Whoever holds the flash without the key-encryption key can take files away, and must win nothing by it. So a
 * change of all but the clock is written into both generations of the record: without the newest one the other
 * says the same. And the record is made before any other: where there are others, but not this one, it was
 * taken away or has rotted, and the screen counts as locked until the headend accepts it again. A power cut
 * leaves no such state.
 *
 * An older vault that is put back, whole, has an older "generation" than the witness outside of it says (witness.h):
 * then, and where there was a witness and is none, the screen is locked likewise. "rollback" is the generation in which
 * that was found: it stands there with the lock, so that what follows from it (the event, another chain of events) is
 * made up for at the next start where a power cut came between (event_log.h).
 */
#ifndef PP_AGENT_FLOORS_H
#define PP_AGENT_FLOORS_H

#include <stdint.h>

#include "agent/lock.h"
#include "agent/offline_policy.h"
#include "agent/state_document.h"
#include "agent/witness.h"
#include "base/error.h"
#include "base/wall_clock.h"
#include "vault/vault.h"

#define FLOORS_RECORD        "floors"
#define FLOORS_CLOCK_STEP_S  86400 /* the time is written at most so often: flash wears … */
#define FLOORS_CLOCK_CARRY_S 3600  /* … and so often where the line is all that there is to go by */

/* What root's keys say of the time (trust.h), on its way to flash. */
struct floors_statement {
    int64_t epoch;  /* 0: none is */
    int64_t time_s; /* s since 1970 */
    bool lowers;
};

struct floors {
    struct vault *vault;
    struct pp_wall_clock clock;
    struct state_floor state; /* of the newest document that was in effect */
    int64_t time_epoch;       /* of the newest statement on the time that was followed; 0: none */
    struct floors_statement stated;
    enum lock_reason lock;
    int64_t issued_s;    /* s since 1970; of the newest state that was taken, by the headend's clock … */
    int64_t word_s;      /* … and when that was, by ours; 0: none yet */
    int64_t word_kept_s; /* in the vault */
    struct offline_policy policy; /* of the last state */
    bool lost;          /* locked, because the record is missing or damaged, and not by anybody's word */
    int64_t generation; /* of the record; grows with whatever is written into both */
    bool witnessed;     /* once, by the witness outside of the vault */
    bool rolled_back;   /* the witness knows a later generation, or is gone: locked for that */
    int64_t rollback;   /* the generation in which it was last found to be; 0: never */
    bool witness_gone;  /* it was gone then */
    struct witness witness;
    bool authorities;     /* there is a record of that name (agent/authority.h), and its loss is told */
    bool unwritten;       /* something but the clock has changed since the vault took it */
    int64_t clock_kept_s; /* s since 1970, in the vault; 0: nothing */
    /* Writes are on their way where the vault has jobs: then the functions below tell only that one could not be
     * begun, and `on_kept` (NULL: nobody) what became of the newest. */
    vault_kept *on_kept;
    void *on_kept_arg;
    bool writing;
    bool writing_all; /* in both generations */
    int64_t clock_writing_s, word_writing_s, generation_writing;
    struct pp_error write_error; /* of the last write */
};

/* Makes the record where the vault has none at all. `kernel` NULL: the system's clocks. Fails where the
 * record cannot be read as things are, or the first one cannot be written; finish it in any case. */
PP_MUST_USE bool floors_load(struct floors *floors, struct vault *vault,
                             const struct pp_wall_clock_kernel *kernel, struct pp_error *error);
/* Then asks the witness in that folder: an older vault than it knows locks. Each start is a generation. False where the
 * witness cannot be opened. */
PP_MUST_USE bool floors_ask_witness(struct floors *floors, const char *state_dir, struct pp_error *error);
void floors_finish(struct floors *floors);
/* Reads a record again that was lost: the flash may have come back. False while it has not. */
bool floors_reload(struct floors *floors);

int64_t floors_now_s(struct floors *floors); /* s since 1970; any thread */

/* Whether the document may take effect on `device_id` now: state_document_check's errors. */
PP_MUST_USE bool floors_check_state(struct floors *floors, const struct state_document *state,
                                    const char *device_id, struct pp_error *error);
/* It does: raises the floors, or, where no clock is sure, takes back a time that an older document said. Its
 * time counts up to `end_s`. What the vault does not take holds until the next start, and is tried again. */
PP_MUST_USE bool floors_take_state(struct floors *floors, const struct state_document *state, int64_t end_s,
                                   struct pp_error *error);

/* A person has approved this screen anew: states and time begin with what comes now. */
PP_MUST_USE bool floors_reset(struct floors *floors, int64_t time_s, struct pp_error *error);

/* Root's keys have said that it was `time_s`. With `lowers` a later time is wrong and is taken back, and states
 * begin anew; else there is nothing to be taken back by it, now or later. In effect once it is on flash, in both
 * generations, and tried again until then. A statement of an epoch that was followed already changes nothing. */
PP_MUST_USE bool floors_take_statement(struct floors *floors, int64_t epoch, int64_t time_s, bool lowers,
                                       struct pp_error *error);

/* Counts at once, also where the vault does not take it; whoever obeys it waits for that first. */
PP_MUST_USE bool floors_set_lock(struct floors *floors, enum lock_reason reason, struct pp_error *error);

/* How long there was no word of the headend: s since a signed state was taken that none had been signed after. 0 where
 * there never was one. */
int64_t floors_silent_s(struct floors *floors);

/* There is a record of authorities from now on. */
PP_MUST_USE bool floors_note_authorities(struct floors *floors, struct pp_error *error);

/* Writes what the vault did not take before, and the time where it is worth it. */
PP_MUST_USE bool floors_keep(struct floors *floors, struct pp_error *error);
/* The same at a stop: the time in any case, where the line is all that there is. */
PP_MUST_USE bool floors_keep_time(struct floors *floors, struct pp_error *error);

#endif
