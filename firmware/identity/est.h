/*
 * EST, Enrollment over Secure Transport (RFC 7030, RFC 8951): simpleenroll, simplereenroll, cacerts, csrattrs.
 *
 * Before a certificate is asked for, the server is asked what it wants in the request (csrattrs); one that does not say
 * (204, 404 and other refusals) wants nothing in particular.
 *
 * An operation goes on by itself through broken connections and 5xx answers (net/retry.h) and "202, ask again
 * later" (Retry-After), until it has succeeded, was refused, or is cancelled.
 */
#ifndef PP_IDENTITY_EST_H
#define PP_IDENTITY_EST_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "identity/identity.h"
#include "net/client.h"
#include "net/loop.h"

#define EST_PENDING_LEAST_S   1    /* between two requests after a 202, whatever Retry-After says */
#define EST_PENDING_DEFAULT_S 30   /* where a 202 has no Retry-After */
#define EST_PENDING_MAX_S     3600 /* a longer Retry-After is cut to this */

struct est;

struct est_config {
    struct net_loop *loop;
    struct net_client *client;           /* its base_url is the EST server */
    struct identity *identity;           /* borrowed until the operation is over */
    struct pp_time_source time;          /* by which the issued certificate must be valid */
    struct net_authorities *authorities; /* what an issued certificate must chain to; borrowed likewise */
    /* "NAME:PASSWORD" for a server that asks for them (401, Basic; RFC 7030 §3.2.3), held until the end; NULL: none.
     * They go to no other origin than the client's, and only where it was asked. */
    struct pp_secret_text *credentials;
    /* The end, once: NULL for success (the certificate is stored and in use), else why not: PP_E_DENIED (401,
     * 403), PP_E_HTTP (400 and such, with the problem's text), PP_E_AUTH or PP_E_INVALID (the answer was
     * refused). The operation is already gone. */
    void (*on_done)(void *arg, const struct pp_error *error);
    /* Not the end: it will ask again in `wait_ms`. `why` is NULL after a 202. May be NULL. */
    void (*on_wait)(void *arg, int64_t wait_ms, const struct pp_error *why);
    /* Of est_cacerts_start, which needs it: the answer, a PKCS#7 "certs-only" message. False: it was refused. */
    bool (*take_authorities)(void *arg, const uint8_t *pkcs7, size_t size, struct pp_error *error);
    void *arg;
};

/* POST /.well-known/est/simpleenroll, authorized by the token (copied, wiped; NULL: none). */
struct est *est_enroll_start(const struct est_config *config, const char *bearer_token,
                             struct pp_error *error);

/* POST /.well-known/est/simplereenroll, authorized by the certificate the client has
 * (net_client_set_identity). */
struct est *est_reenroll_start(const struct est_config *config, struct pp_error *error);

/* GET /.well-known/est/cacerts (RFC 7030 §4.1.3): succeeds where `take_authorities` takes the answer. */
struct est *est_cacerts_start(const struct est_config *config, struct pp_error *error);

void est_cancel(struct est *est); /* without calling back; not after on_done; NULL is allowed */

#endif
