/*
 * EST, Enrollment over Secure Transport (RFC 7030, RFC 8951): simpleenroll, simplereenroll, cacerts.
 *
 * An operation goes on by itself through broken connections and 5xx answers (net/retry.h) and "202, ask again
 * later" (Retry-After), until it has succeeded, was refused, or is cancelled.
 */
#ifndef PP_IDENTITY_EST_H
#define PP_IDENTITY_EST_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "identity/identity.h"
#include "net/client.h"
#include "net/loop.h"

#define EST_PENDING_LEAST_S   1    /* between two requests after a 202, whatever Retry-After says */
#define EST_PENDING_DEFAULT_S 30   /* where a 202 has no Retry-After */
#define EST_PENDING_MAX_S     3600 /* a longer Retry-After is cut to this */

struct est;

struct est_config {
    struct net_loop *loop;
    struct net_client *client;  /* its base_url is the EST server */
    struct identity *identity;  /* borrowed until the operation is over */
    struct pp_time_source time; /* by which the issued certificate must be valid */
    const char *ca_file;        /* what an issued certificate must chain to; borrowed likewise */
    /* The end, once: NULL for success (the certificate is stored and in use), else why not: PP_E_DENIED (401,
     * 403), PP_E_HTTP (400 and such, with the problem's text), PP_E_AUTH or PP_E_INVALID (the answer was
     * refused). The operation is already gone. */
    void (*on_done)(void *arg, const struct pp_error *error);
    /* Not the end: it will ask again in `wait_ms`. `why` is NULL after a 202. May be NULL. */
    void (*on_wait)(void *arg, int64_t wait_ms, const struct pp_error *why);
    void *arg;
};

/* POST /.well-known/est/simpleenroll, authorized by the token (copied, wiped). */
struct est *est_enroll_start(const struct est_config *config, const char *bearer_token,
                             struct pp_error *error);

/* POST /.well-known/est/simplereenroll, authorized by the certificate the client has
 * (net_client_set_identity). */
struct est *est_reenroll_start(const struct est_config *config, struct pp_error *error);

/* GET /.well-known/est/cacerts: succeeds where the configured authority is among the server's (and every one
 * of those is a CA); PP_E_AUTH where it is not: this screen was installed for another headend. */
struct est *est_cacerts_start(const struct est_config *config, struct pp_error *error);

void est_cancel(struct est *est); /* without calling back; not after on_done; NULL is allowed */

#endif
