/*
 * The events that are made here, each tied to the one before it (events/chain.h), and the head of that chain in the
 * vault:
 *
 *   record "event-chain": {"chain": "<name>", "seq": 12, "hash": "<43>", "lost": 0, "rollback": 0, "waiting": [ … ]}
 *
 * "lost" is what an event has told of what the spool has lost; "waiting" has the events that stand in no batch on
 * flash yet. So head and events reach the flash by one write, and whatever interrupts it, there is an event with the
 * head or neither; nothing that has ever been sent can be left out or replaced later, since it is sent only when its
 * head is kept.
 *
 * Where the flash takes nothing, twice in a row, it is the flash that has to be told of: what it did not take goes over
 * to another chain, which stands in memory alone until the flash takes it, with an event that says so ("events-
 * unkept"). Of the former one nothing is sent that it has not kept, so after a restart, from what is on flash, it goes
 * on as the headend knows it, and does not look as if an older vault had been put back.
 *
 * "rollback" is the newest one (floors.h) of which an event has told: it comes with that event, by the same write, so
 * that this is told once, whatever interrupts it.
 *
 * An event without a head on flash has not been. All else is there, is at the headend, or is missing in the chain
 * there, one number for each: no loss but what is counted.
 */
#ifndef PP_AGENT_EVENT_LOG_H
#define PP_AGENT_EVENT_LOG_H

#include "agent/spool.h"
#include "events/chain.h"
#include "vault/vault.h"

#define EVENT_LOG_RECORD "event-chain"
#define EVENT_LOG_MAX    (256 * 1024) /* bytes of the record */
#define EVENT_BOOT_SIZE  37 /* the kernel's name for this start of the machine: a UUID, with the NUL */

struct event_log {
    struct vault *vault;
    struct spool *spool; /* borrowed */
    struct event_head head;
    int64_t kept_seq;    /* on flash, as the head */
    int64_t keeping_seq; /* on its way there */
    bool keeping;
    unsigned failures;  /* writes that the flash did not take, since the last one that it did */
    bool apart;         /* the chain has never been on flash, which takes nothing */
    uint64_t lost_told; /* of what the spool has lost, an event has told */
    int64_t rollback_told;
    int64_t now_s; /* of the newest event */
    char boot[EVENT_BOOT_SIZE];
    void (*on_kept)(void *arg); /* more may be sent now */
    void *arg;
};

/* Goes on with the chain where it was, also where the head on flash is older than the newest batch. Events that
 * waited in the record wait again. */
PP_MUST_USE bool event_log_open(struct event_log *log, struct vault *vault, struct spool *spool,
                                struct pp_error *error);
/* An older vault was put back, in that generation (floors.h; 0: never): where no event has told of it yet, another
 * chain begins with one that does, since the former may have gone on without this vault. What waits keeps its places in
 * that. */
PP_MUST_USE bool event_log_tell_rollback(struct event_log *log, int64_t generation, bool witness_gone,
                                         int64_t now_s, struct pp_error *error);
/* Before the spool is closed: what it did not take waits in the record. For one that was never opened, too, if zero. */
void event_log_close(struct event_log *log);

/* A kind of events/kinds.h and a line of detail, at `now_s` (s since 1970, the effective time). One for which there
 * is no memory is lost, and counted. */
void event_log_add(struct event_log *log, const char *kind, const char *detail, int64_t now_s);

/* Whether all that waits may be sent: its head is on flash, or the flash takes nothing. */
bool event_log_may_send(const struct event_log *log);
/* Where it may not, since the flash did not take it once: tries again. */
void event_log_keep_again(struct event_log *log);

/* The head, where it is on flash; else NULL. Borrowed. */
const struct event_head *event_log_kept_head(const struct event_log *log);
/* That of a batch: its last event's place. False where it has none. */
bool event_log_batch_head(const struct pp_buf *json, struct event_head *head);

#endif
