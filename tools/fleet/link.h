/*
 * One screen's connection to the headend: TLS from an address of its own, kept open, one request at a time. As with
 * curl, a request on a kept connection that turns out to be closed is sent once more on a new one.
 */
#ifndef FLEET_LINK_H
#define FLEET_LINK_H

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "fleet/answer.h"
#include "fleet/loop.h"

#define LINK_REQUEST_MAX (8 * 1024 * 1024) /* bytes, head and body */

enum link_trouble {
    LINK_REFUSED,   /* nobody listens */
    LINK_CUT,       /* the connection ended before the answer */
    LINK_TLS,       /* the headend is not whom it should be, or does not speak TLS */
    LINK_LATE,      /* no answer in time */
    LINK_MALFORMED, /* an answer that is none */
    LINK_LOCAL,     /* no descriptor, address or memory left here */
    LINK_TROUBLES
};

/* What all connections share. Borrowed. */
struct link_world {
    struct loop *loop;
    SSL_CTX *tls;
    struct sockaddr_in target;
    const char *host; /* that the headend's certificate is for */
};

/* The screen's. Borrowed. */
struct link_identity {
    struct in_addr address;    /* it connects from there */
    struct pp_buf key;         /* SEC 1, DER */
    struct pp_buf certificate; /* DER; empty: none yet */
};

enum link_stage { LINK_CLOSED, LINK_CONNECTING, LINK_HANDSHAKE, LINK_SENDING, LINK_READING, LINK_IDLE };

struct link {
    const struct link_world *world;
    const struct link_identity *identity;
    void (*on_answer)(void *arg, const struct answer *answer);
    void (*on_trouble)(void *arg, enum link_trouble trouble);
    void *arg;
    enum link_stage stage;
    struct loop_source source;
    struct loop_timer timer;   /* of the whole request */
    enum link_trouble trouble; /* that the timer tells */
    SSL *ssl;
    struct pp_buf out, in;
    size_t sent;
    bool reused;               /* the connection has answered before */
    int64_t begun_ms, sent_ms; /* CLOCK_MONOTONIC: when the request was given, and when it was out */
};

void link_init(struct link *link, const struct link_world *world, const struct link_identity *identity);
/* Without calling back. */
void link_close(struct link *link);

/* Sends `request`, which is taken (and empty then). One of the callbacks follows, never from inside this. */
void link_send(struct link *link, struct pp_buf *request, int64_t timeout_ms);
/* Whether a request is out, or on its way out. */
bool link_is_busy(const struct link *link);
/* Whether the headend has all of a request, and its answer has not come. */
bool link_is_waiting(const struct link *link);

#endif
