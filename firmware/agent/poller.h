/*
 * The long poll for this display point's state: GET /v1/state with "Prefer: wait=50" (RFC 7240), asked again
 * as soon as it is answered. Failures are tried again with jitter. A headend that answers at once for ever,
 * with nothing new or with something new each time, is asked less and less.
 */
#ifndef PP_AGENT_POLLER_H
#define PP_AGENT_POLLER_H

#include <stddef.h>

#include "access/refusal.h"
#include "base/error.h"
#include "net/client.h"
#include "net/loop.h"

#define POLLER_WAIT_S         50    /* how long the headend may keep us waiting */
#define POLLER_TIMEOUT_MS     75000 /* for the whole answer */
#define POLLER_PAUSE_MS       200   /* least time between two requests */
#define POLLER_SOON_MS        5000 /* an answer that says nothing new, sooner: this headend does not wait … */
#define POLLER_IDLE_MS        10000 /* … and is asked so often */
#define POLLER_DOCUMENT_MS    2000  /* between two new documents, in the long run: flash wears */
#define POLLER_DOCUMENT_BURST 100   /* new documents that may come as fast as they will, before that */
#define POLLER_ETAG_MAX       128   /* bytes with the NUL */

enum poller_verdict {
    POLLER_REFUSED,
    POLLER_TAKEN,
    POLLER_LATER, /* poller_settle follows; nothing is asked for until then */
};

struct poller_events {
    /* A document that is not the last one taken, in answer to the request with that nonce. Where it is not, it is asked
     * for again later, like after a failure. */
    enum poller_verdict (*on_state)(void *arg, const void *token, size_t size, const char *nonce);
    /* Nobody wants to know any more what becomes of the one that POLLER_LATER was said of. False: it is settled just
     * now. May be NULL. */
    bool (*on_dropped)(void *arg);
    /* The headend answered, and what it said is in effect: a document that was taken, now or before. */
    void (*on_contact)(void *arg);
    /* No usable answer, or one that nobody may call the headend's: a page of HTML with 200, say. PP_E_DENIED
     * with `status` 401 or 403; `refusal` is the headend's own word. */
    void (*on_trouble)(void *arg, const struct pp_error *error, int status, enum access_refusal refusal);
    /* What an answer to the request with that nonce says of us (access/refusal.h). */
    enum access_refusal (*refusal_of)(void *arg, const struct net_response *response, const char *nonce);
};

struct poller;

struct poller *poller_start(struct net_loop *loop, struct net_client *client,
                            const struct poller_events *events, void *arg, struct pp_error *error);
void poller_stop(struct poller *poller); /* NULL is allowed */

/* What has become of a document. */
void poller_settle(struct poller *poller, bool taken);

/* The next answer is to be a whole document, also where nothing is new: a request that waits is made anew. */
void poller_forget(struct poller *poller);

/* Asks at once, where it waits after a failure. */
void poller_ask_now(struct poller *poller);

#endif
