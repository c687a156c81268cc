/* The server's TLS connections: who stands at the other end, and whether he moves on. */
#ifndef HEADEND_HTTP_CONNECTIONS_H
#define HEADEND_HTTP_CONNECTIONS_H

#include <microhttpd.h>

#include "base/error.h"
#include "headend/http/admission.h"
#include "headend/http/credentials.h"
#include "headend/http/framing.h"
#include "headend/public/authorities.h"
#include "headend/public/certificate.h"

#define CONNECTION_RATE_MIN 512   /* bytes a second, of a request's body and of an answer on its way */
#define CONNECTION_IDLE_MS  60000 /* between two requests of somebody known; a stranger has `request_s` */
#define CONNECTIONS_LOOK_MS 500   /* between two looks at all of them */
#define CONNECTIONS_SPARE   256   /* that may be closing while others are let in */

/* Where a connection is. Each state has its own measure of what is too slow. */
enum connection_phase {
    CONNECTION_HEAD,   /* TLS's handshake and the first request's head, or a later one's: `request_s` */
    CONNECTION_BODY,   /* CONNECTION_RATE_MIN, measured over `request_s` */
    CONNECTION_HELD,   /* of a body, while it is we who take no more: nothing is measured */
    CONNECTION_ANSWER, /* the same, while there is something to send: a poll may wait, a slow reader may not */
    CONNECTION_IDLE,   /* between two requests */
};

struct connections;

struct connection {
    struct guest guest;
    struct connections *all;
    struct credentials *credentials; /* held: what the server shows on this connection */
    int fd;
    enum connection_phase phase;
    int64_t cut_at;         /* ms, CLOCK_MONOTONIC; 0: the rate decides */
    int64_t measure_at;     /* ms, when the rate is measured next */
    uint64_t moved;         /* bytes until the last measurement */
    struct framing framing; /* of what was received; only the thread that serves the connection looks at it */
    uint64_t requests;      /* begun; the same */
    /* Of the request that is being answered; the same. */
    uint64_t request_id;
    int64_t request_us; /* CLOCK_MONOTONIC, when its head was there */
    unsigned status;    /* of the answer; 0: none yet */
    bool peer_known;
    char device[UUID_TEXT_SIZE];          /* of the verified client certificate; "" without one */
    struct certificate_facts certificate; /* that certificate's */
    struct pp_error refused; /* why a certificate was not accepted; code PP_OK where none was shown */
};

struct connection_limits {
    uint64_t connections; /* at a time */
    uint64_t per_address; /* of them from one address (address.h) */
    uint64_t request_s;   /* see enum connection_phase */
};

/* Watches over connections on a thread of its own. Whose certificates screens may show, `authorities` say, which is
 * borrowed. */
struct connections *connections_create(const struct connection_limits *limits,
                                       struct authorities *authorities, struct pp_error *error);
/* Once the daemon is stopped. */
void connections_destroy(struct connections *connections);

/* What connections that begin from now on are shown. Needed before the first one. */
void connections_show(struct connections *connections, struct credentials *credentials);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK: a gnutls_certificate_retrieve_function2. */
int connections_on_hello(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                         const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                         gnutls_pcert_st **chain, unsigned *count, gnutls_privkey_t *key);

/* libmicrohttpd's notice (MHD_OPTION_NOTIFY_CONNECTION); `arg` is the struct connections. */
void connections_on_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
                           enum MHD_ConnectionNotificationCode code);

/* The record of an open connection, NULL where there was no memory for one. */
struct connection *connection_of(struct MHD_Connection *connection);

/* A request's head, all of it (an answer is due, or its body is still coming), and the end of the answer. The first two
 * are false where the request is not framed as RFC 9112 says. */
bool connection_head_done(struct connection *connection);
bool connection_request_done(struct connection *connection);
void connection_answer_done(struct connection *connection);

/* Whether it is we who keep a request's body waiting, and not its sender. NULL is allowed. */
void connection_body_waits(struct connection *connection, bool waits);

/* How many there are, by who stands at the other end. */
void connections_count(struct connections *connections, uint64_t counts[STANDINGS]);

/* Looks at the client certificate, once per connection. */
void connection_identify(struct connection *connection, struct MHD_Connection *mhd);
/* A request has shown who he is. False where there is no place for one more screen. */
bool connection_recognise(struct connection *connection, enum standing standing, const char *screen);

#endif
