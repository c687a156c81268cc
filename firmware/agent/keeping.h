/*
 * What must outlive the mains plug and a bad flash: the lock, the time, the state in effect, and what the vault says of
 * itself. The first two stand in the record `floors` (floors.h).
 */
#ifndef PP_AGENT_KEEPING_H
#define PP_AGENT_KEEPING_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/clock_watch.h"
#include "agent/floors.h"
#include "agent/lock.h"
#include "agent/state_document.h"
#include "agent/vault_notes.h"
#include "base/buf.h"
#include "base/error.h"
#include "net/loop.h"
#include "trust/trust.h"

#define KEEPING_STATE_RECORD "state"                       /* the state document in effect: its payload */
#define KEEPING_LOOK_MS      (FLOORS_CLOCK_CARRY_S * 1000) /* between two looks at what is to be kept */
#define KEEPING_AGAIN_MS     10000 /* between two tries where the flash did not take or give it */

struct agent;

struct kept_document {
    struct state_floor kept;    /* of the one in the vault */
    struct state_floor writing; /* of the one on its way there */
    struct pp_buf json;         /* that one, until it is there; wiped */
    bool failed;                /* it did not get there: it is tried again */
};

struct agent_keeping {
    struct net_timer timer;
    bool failure_reported; /* that something cannot be kept */
    struct kept_document document;
    enum lock_reason lock_reason;   /* of the lock that AGENT_LOCK is about */
    struct net_timer silence_timer; /* to see whether there was no word of the headend for too long */
    struct clock_watch clock_watch;
    bool time_answered; /* a state has answered a request of this start: the line is no older than that */
    bool state_expired; /* the last state was refused because it has expired, by our time */
    struct trust_time_statement statement; /* root's, as long as it may be needed; epoch 0: none */
    bool statement_waits;                  /* one that takes time back is to be followed once that is kept */
    struct vault_notes vault_notes;
    struct net_watch *vault_watch;
};

/* Reports what the vault says of itself, which is noted as soon as there is one. */
PP_MUST_USE bool keeping_watch_vault(struct agent *agent, struct pp_error *error);
/* The vault is closed. */
void keeping_unwatch_vault(struct agent *agent);
void keeping_start(struct agent *agent);
void keeping_stop(struct agent *agent);
/* A document takes effect. */
void keeping_keep(struct agent *agent, const struct state_document *document, const void *json, size_t size);
/* It counts no longer: what did not get to flash is not tried again. */
void keeping_forget_document(struct kept_document *document);
/* The one that the vault had at the start, in effect again. */
void keeping_find_document(struct kept_document *document, const struct state_floor *floor);
/* Brings to flash that it is locked: nor does pulling the mains plug open it. AGENT_LOCK_KEPT follows, also from
 * within. */
void keeping_lock(struct agent *agent);
void keeping_unlock(struct agent *agent);
/* Whether it is locked at the start; also because too much time has passed while it was off. */
bool keeping_find_lock(struct agent *agent);
/* The vault has a record of authorities: its loss is told from now on. */
void keeping_note_authorities(struct agent *agent);
/* Where the offline policy counts: a state that is signed anew is asked for before the last one is too old. */
void keeping_ask_for_word(struct agent *agent);
/* Root's keys say something of the time; `expired`: metadata has expired by ours. */
void keeping_hear_statement(struct agent *agent, const struct trust_time_statement *statement, bool expired);
/* The last state is in effect, or was refused for `error`. */
void keeping_hear_state(struct agent *agent, const struct pp_error *error);

/* Which clock decides: "network", the system's, which somebody synchronises; "system", which nobody does, and which is
 * later than the line of base/wall_clock.h; "signed", that line, by a state that has answered a request since the
 * start; "floor", that line, by what was known before. */
const char *keeping_time_source(const struct agent_keeping *keeping, struct pp_wall_clock *clock);

#endif
