/*
 * Tells the headend what happens here: events and proof of play through sealed spools, and the status, which
 * is only ever the newest. Nothing is lost while there is no network, within the spools' caps; what is lost is
 * counted, and the headend told.
 */
#ifndef PP_AGENT_REPORTER_H
#define PP_AGENT_REPORTER_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/client.h"
#include "net/loop.h"
#include "vault/vault.h"

#define REPORTER_GATHER_MS  2000             /* items and status changes of so long go together */
#define REPORTER_FLUSH_MS   (10 * 60 * 1000) /* offline: what waits in memory is written so often */
#define REPORTER_STATUS_MS  (60 * 1000)      /* between two status reports without a change */
#define REPORTER_TIMEOUT_MS 20000            /* for one request */

struct reporter_config {
    struct net_loop *loop;
    struct net_client *client;
    struct vault *vault;
    struct pp_jobs *jobs; /* for what is written to flash; NULL: at once */
    const char *state_dir;
    struct pp_time_source time;
    int64_t
        rollback; /* as the floors have it: an older vault was put back, which is told once (event_log.h) */
    bool witness_gone;
    /* Appends a JWS by the device key (events/head.h) to `token`, on the thread that the client's calls are made on;
     * NULL: heads go unsigned. */
    bool (*sign)(void *arg, const char *typ, const void *payload, size_t size, struct pp_buf *token,
                 struct pp_error *error);
    cJSON *(*make_status)(void *arg); /* the status document, which the reporter deletes, and to which it
                                       * adds "event_head"; NULL: none now */
    void *arg;
};

struct reporter;

struct reporter *reporter_create(const struct reporter_config *config, struct pp_error *error);
/* For one that was created without these, by a job: from now on it uses them. */
void reporter_begin(struct reporter *reporter, struct net_client *client, struct pp_jobs *jobs);
/* Writes what waits to the spools. NULL is allowed. */
void reporter_destroy(struct reporter *reporter);

/* Whether the headend can be reached; nothing is sent while not. */
void reporter_set_online(struct reporter *reporter, bool online);

/* An event: "kind" and a line of detail, never a secret. */
void reporter_event(struct reporter *reporter, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A play: an object that belongs to the reporter from now on. NULL, for want of memory: counted as lost. */
void reporter_play(struct reporter *reporter, cJSON *item);
/* The status has changed: sent soon. */
void reporter_status_changed(struct reporter *reporter);

/* Items of all streams that were lost so far, ever. */
uint64_t reporter_lost(const struct reporter *reporter);

#endif
