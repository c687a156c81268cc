/*
 * The events that are made here, each tied to the one before it (events/chain.h), and the head of that chain in the
 * vault:
 *
 *   record "event-chain": {"chain": "<name>", "seq": 12, "hash": "<43>", "lost": 0, "waiting": [ … ]}
 *
 * "lost" is what an event has told of what the spool has lost; "waiting" has the events that stand in no batch on
 * flash yet. So head and events reach the flash by one write, and whatever interrupts it, there is an event with the
 * head or neither; nothing that has ever been sent can be left out or replaced later, since it is sent only when its
 * head is kept. Where the flash takes nothing, it is sent all the same: then it is the flash that has to be told of.
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
    bool failed;        /* the flash did not take the last one */
    uint64_t lost_told; /* of what the spool has lost, an event has told */
    char boot[EVENT_BOOT_SIZE];
    void (*on_kept)(void *arg); /* more may be sent now */
    void *arg;
};

/* Goes on with the chain where it was, also where the head on flash is older than the newest batch. Events that
 * waited in the record wait again. */
bool event_log_open(struct event_log *log, struct vault *vault, struct spool *spool, struct pp_error *error);
/* Before the spool is closed: what it did not take waits in the record. For one that was never opened, too, if zero. */
void event_log_close(struct event_log *log);

/* A kind of events/kinds.h and a line of detail, at `now_s` (s since 1970, the effective time). One for which there
 * is no memory is lost, and counted. */
void event_log_add(struct event_log *log, const char *kind, const char *detail, int64_t now_s);

/* Whether all that waits may be sent: its head is on flash. */
bool event_log_is_kept(const struct event_log *log);

#endif
