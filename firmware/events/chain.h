/*
 * The chain of a display point's events: each carries the hash of the one before it, so whoever leaves one out, changes
 * one or puts another in its place cannot but be seen.
 *
 *   {"id": "…", "time": "2026-01-05T08:00:00Z", "boot": "…", "monotonic_ms": 81234, "kind": "locked", "detail": "…",
 *    "severity": 7, "chain": "<22 characters>", "seq": 12, "prev": "<43>", "hash": "<43>"}
 *
 *   hash = SHA-256(prev || canonical JSON of the event without "hash")        base64url; canonical: base/json.h
 *   prev = the hash of event seq - 1; of the first one, SHA-256 of the chain's name
 *
 * A chain has a name of its own: one that begins anew, with a new vault, says so. It is no signature: it ties what is
 * reported together, and TLS and the screen's proof of its key say whose it is.
 */
#ifndef PP_EVENTS_CHAIN_H
#define PP_EVENTS_CHAIN_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/json.h"

#define EVENT_CHAIN_BYTES   16
#define EVENT_HASH_BYTES    32
#define EVENT_CHAIN_SIZE    PP_BASE64_SIZE(EVENT_CHAIN_BYTES) /* its name, with the NUL */
#define EVENT_HASH_SIZE     PP_BASE64_SIZE(EVENT_HASH_BYTES)
#define EVENT_CANONICAL_MAX 8192 /* bytes of one event */

/* The newest event of a chain. */
struct event_head {
    char chain[EVENT_CHAIN_SIZE];
    int64_t seq; /* 0: none yet */
    uint8_t hash[EVENT_HASH_BYTES];
};

/* A new chain. */
PP_MUST_USE bool event_head_begin(struct event_head *head, struct pp_error *error);

/* Adds "chain", "seq", "prev" and "hash" to an event that is whole otherwise. The head is moved on where this goes
 * well. */
PP_MUST_USE bool event_link(cJSON *event, struct event_head *head, struct pp_error *error);

/* Where an event says that it stands. */
struct event_place {
    char chain[EVENT_CHAIN_SIZE];
    int64_t seq;
    uint8_t prev[EVENT_HASH_BYTES];
    uint8_t hash[EVENT_HASH_BYTES];
};

/* Whether an event says so at all: those of before there were chains do not. */
bool event_is_linked(const cJSON *event);
PP_MUST_USE bool event_place_read(const cJSON *event, struct event_place *place, struct pp_error *error);
/* *whole: its hash is that of what it says, behind its `prev`; and the first one's `prev` its chain's. False where that
 * cannot be computed. */
PP_MUST_USE bool event_is_whole(const cJSON *event, const struct event_place *place, bool *whole,
                                struct pp_error *error);

#endif
