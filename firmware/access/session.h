/*
 * The device cookie: POST /v1/session, authenticated by the certificate or a proof (mode.h), announces the key that
 * the display point's secrets are to be encrypted to, and answers 204 and a cookie that rotates with each session.
 * It is kept in the vault (record "device-cookie") with its end, set on the client for the requests that send it,
 * and renewed at 2/3 of its life.
 */
#ifndef PP_ACCESS_SESSION_H
#define PP_ACCESS_SESSION_H

#include <stdint.h>

#include "access/refusal.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/client.h"
#include "net/loop.h"
#include "vault/vault.h"

#define ACCESS_COOKIE_NAME      "__Host-pingplay"
#define ACCESS_COOKIE_RECORD    "device-cookie"
#define ACCESS_MODE_HEADER      "pingplay-access"
#define ACCESS_MODE_SIZE        32    /* bytes with the NUL */
#define ACCESS_SESSION_LIFE_S   86400 /* of a cookie without Max-Age */
#define ACCESS_SESSION_DENIED_S 60    /* least wait after 401 or 403 */
#define ACCESS_SESSION_KEPT_S   3600  /* a cookie of a shorter life is not written to flash */

struct access_session;

struct access_session_config {
    struct net_loop *loop;
    struct net_client *client; /* with the identity set */
    struct vault *vault;
    struct pp_time_source time; /* for the end of the cookie that is kept */
    /* There is a cookie and the client has it: at start (from the vault) and after each renewal. Called from
     * the loop, never from within access_session_start. */
    void (*on_ready)(void *arg);
    /* It will be tried again. `status` is the answer's, 0 where none came; with 401 or 403 (PP_E_DENIED) the
     * headend does not accept the certificate (any more), or somebody between says so; `refusal` is the
     * headend's own word. May be NULL. */
    void (*on_trouble)(void *arg, const struct pp_error *error, int status, enum access_refusal refusal);
    /* What the display point says of itself with each session: the body, a JWS (application/jose). NULL: it cannot. */
    struct net_draft *(*announce)(void *arg, struct pp_error *error);
    /* What an answer to the request with that nonce says of us (refusal.h). */
    enum access_refusal (*refusal_of)(void *arg, const struct net_response *response, const char *nonce);
    void *arg;
};

/* A vault record that cannot be used counts as no cookie. */
struct access_session *access_session_start(const struct access_session_config *config,
                                            struct pp_error *error);

/* The headend answered 401 to a request with the cookie: forgets it and asks for a new one. Does nothing
 * while one is being asked for. */
void access_session_renew(struct access_session *session);

/* The device key is another one since a renewal: says so to the headend by a new session at once, with what the display
 * point says of itself signed by the new key. The client goes on with the cookie that it has until then, which ends
 * with the new one: access_session_cookie has none meanwhile, so that nothing begins with it. */
void access_session_announce(struct access_session *session);

/* The name of the access mode by which the headend took the last session, as its answer said, unsigned; "" where it
 * said none. */
const char *access_session_mode(const struct access_session *session);

/* "name=value" for another client (the sync worker's); NULL while there is none. */
const char *access_session_cookie(const struct access_session *session);

void access_session_destroy(
    struct access_session *session); /* the cookie stays in the vault; NULL is allowed */
PP_DEFINE_AUTO(access_session, struct access_session, access_session_destroy)

#endif
