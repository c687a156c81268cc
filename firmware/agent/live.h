/*
 * Live data: one long poll for all feeds that the manifest names (GET /v1/feeds), beside the one for the state; what
 * comes is checked (feeds/document.h), kept as it came, sealed, and shown by the items that use it. Without contact the
 * last values stay, and grow old.
 */
#ifndef PP_AGENT_LIVE_H
#define PP_AGENT_LIVE_H

#include "base/jobs.h"
#include "feeds/document.h"
#include "ipc/wire.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/retry.h"

#define LIVE_FILE       "feeds.sealed" /* in the state folder: the last document that was kept */
#define LIVE_TIMEOUT_MS 75000
#define LIVE_PAUSE_MS   200             /* least time between two documents: five a second */
#define LIVE_IDLE_MS    10000           /* a headend that does not wait is asked so often */
#define LIVE_KEEP_MS    (5 * 60 * 1000) /* flash wears: it is written no more often than that */
#define LIVE_ETAG_MAX   64              /* bytes with the NUL */
#define LIVE_FAULTS     3 /* documents in a row that do not open, until that is told: keys change */

struct agent;

struct live_write {
    struct pp_job job;
    const char *folder;
    struct pp_buf sealed;
    struct pp_error error;
};

struct live {
    struct feeds feeds;
    struct net_call *call;
    struct net_timer ask_timer;   /* the next request */
    struct net_timer stale_timer; /* something shown becomes old then */
    struct net_timer keep_timer;  /* what has come is written then */
    struct net_retry retry;
    int64_t asked_ms, kept_ms; /* CLOCK_MONOTONIC */
    char etag[LIVE_ETAG_MAX];
    struct pp_buf sealed; /* the newest, not yet written; empty: it is */
    struct live_write write;
    bool writing, loaded, told; /* told: what is refused, until something is taken */
    unsigned faults;
};

void live_init(struct live *live);
/* The manifest is another one, or there is a session: begins, goes on or ends, as it needs. */
void live_follow(struct agent *agent);
/* Stops asking; with `forget` nothing is known any more. */
void live_stop(struct agent *agent, bool forget);

/* What an item shows now (director_config.write_metric). */
PP_MUST_USE bool live_write_metric(void *arg, const struct channel_item *item, uint16_t width,
                                   uint16_t height, char json[IPC_TEXT_MAX + 1], struct pp_error *error);

#endif
