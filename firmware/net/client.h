/*
 * The one HTTPS client, over libcurl's multi interface.
 *
 * TLS 1.2 with ECDHE and AEAD only, or 1.3; peer and host name are always verified, against the configured
 * authorities alone: there is no switch. Only https, no redirect is followed, nothing is taken from the
 * environment, .netrc or a cookie file. HTTP/2 where offered. Every answer is capped: header bytes, header
 * lines, body. A client and its calls belong to the thread of its loop.
 *
 * A client may have its calls made on a thread of its own (`own_thread`): for a loop that must not stand still while a
 * key that is kept elsewhere signs (thread.c). For whoever uses the client nothing else is different.
 */
#ifndef PP_NET_CLIENT_H
#define PP_NET_CLIENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "net/authorities.h"
#include "net/loop.h"
#include "net/proxy.h"

#define NET_URL_MAX              2048              /* bytes with the NUL */
#define NET_RESPONSE_HEADER_MAX  (32 * 1024)       /* bytes of all header lines of an answer */
#define NET_RESPONSE_HEADERS_MAX 100               /* header lines of an answer */
#define NET_RESPONSE_BODY_MAX    (64 * 1024)       /* bytes, where the request names no other cap */
#define NET_REQUEST_HEADERS_MAX  16                /* extra header lines of a request */
#define NET_BASIC_MAX            1024              /* bytes of NAME:PASSWORD */
#define NET_REQUEST_BODY_MAX     (8 * 1024 * 1024) /* bytes */

struct net_client;
struct net_call;

/* At which time a server's certificates have to be valid: all of them at `time`, or else all of them at `other`, where
 * two clocks of a device contradict each other. Any thread that runs a loop asks them. */
struct net_clocks {
    struct pp_time_source time;  /* without a function: the system's clock */
    struct pp_time_source other; /* without a function: none */
};

/* Proves each request that makes a session, so to speak (use_identity without send_cookie), and those with the cookie
 * where `with_cookie` says so, to be its sender's own (RFC 9449): by one more header line. Called where the calls are
 * made. Where the server asks for another nonce, the request is made once more with that. */
struct net_prover {
    /* Appends the proof of a request to `url`. `cookie` is "name=value", NULL where it goes without. */
    bool (*prove)(void *arg, const char *method, const char *url, const char *cookie, struct pp_buf *proof,
                  struct pp_error *error);
    /* The nonce that the server wants in the next one. */
    void (*take_nonce)(void *arg, const char *nonce);
    void *arg;
    bool with_cookie;
};

/* What of a request is to be signed, and so may take its time: written before anything is sent, where the calls are
 * made. It is the call's from net_client_start on, also where that fails. */
struct net_draft {
    /* Appends to the body, which the request then has none of, or to `line`, which is one more header line where it is
     * not empty. Touches nothing but what is its own and what any thread may use. */
    bool (*write)(struct net_draft *draft, struct pp_buf *body, struct pp_buf *line, struct pp_error *error);
    void (*destroy)(struct net_draft *draft); /* on either thread */
};
void net_draft_destroy(struct net_draft *draft); /* NULL is allowed */
PP_DEFINE_AUTO(net_draft, struct net_draft, net_draft_destroy)

struct net_client_config {
    const char *base_url; /* "https://HOST[:PORT]", no path; NULL: absolute addresses only */
    const char *ca_file;  /* PEM; the only authorities this client trusts, unless there are `authorities` */
    struct net_authorities *authorities; /* held: the only ones this client trusts; NULL: ca_file */
    struct net_proxy *proxy;             /* held; NULL: none */
    const char *user_agent;              /* NULL: "pingplay/VERSION" */
    int connect_timeout_ms;              /* to the end of the TLS handshake; 0: 20 s */
    int max_connections_per_host; /* 0: 4; without HTTP/2, calls beyond it wait for one of them to end */
    struct net_clocks clocks;
    bool own_thread; /* its calls are made on one: neither on_start nor on_data can be asked for */
    /* After each call to base_url's origin that was not cancelled: whether that has answered, through the proxy's
     * settings of that number (net_proxy_get). Not called for failures that say nothing of the way there. May start no
     * call. */
    void (*on_outcome)(void *arg, bool reached, uint32_t proxy_number, const struct pp_error *error);
    void *arg;
};

/* What is known of an answer. The texts are borrowed from it, "" where the header is absent; a header that
 * must stand once and stands twice makes the call fail. */
struct net_response {
    bool ok;                  /* a whole HTTP answer came, whatever its status; else see `error` */
    int status;               /* HTTP status, 0 while none came; may be set where ok is false (a cut body) */
    bool verified;            /* the server has been: where !ok, by this call's own handshake */
    struct pp_buf body;       /* empty where on_data took it */
    const char *etag;         /* as received, quotes included */
    const char *content_type; /* as received, parameters included */
    const char *location;     /* never followed */
    int64_t content_length;   /* bytes, -1 unknown */
    int64_t range_start;      /* of a 206, bytes; else -1 */
    int64_t range_total;      /* of a 206 or 416, bytes, -1 unknown */
    int64_t retry_after_s;    /* RFC 9110 §10.2.3, from seconds or a date; -1 none */
    uint64_t received;        /* bytes of body that came, also where the call failed */
    struct pp_error error; /* where !ok: PP_E_TLS, PP_E_DENIED (our certificate), PP_E_NET, PP_E_LIMIT… */
    struct net_header *headers; /* all of them, see net_response_header */
    size_t header_count;
    struct pp_buf header_text; /* what `headers` points into */
};

struct net_header {
    const char *name;  /* lower case */
    const char *value; /* without the white space around it */
};

/* Everything is copied at net_client_start, but `arg` and `cancel`. Zeroed fields are fine defaults. */
struct net_request {
    const char *method;         /* NULL: GET, or POST where there is a body */
    const char *path;           /* "/…" below base_url, or a whole https address */
    const char *const *headers; /* "Name: value" lines, ended by NULL; NULL: none */
    const char *content_type;   /* of the body */
    const char *bearer;         /* token of an Authorization header, for base_url's origin only; NULL: none;
                                   wiped after use */
    const char *basic;          /* "NAME:PASSWORD" of one (RFC 7617), in place of a token; likewise */
    const void *body;
    size_t body_size;
    struct net_draft *draft;   /* NULL: all is said */
    size_t response_max;       /* bytes of a 2xx body, on_data's included; 0: NET_RESPONSE_BODY_MAX */
    uint64_t range_from;       /* bytes; not 0: "Range: bytes=N-" */
    const char *if_none_match; /* an ETag, quotes included; NULL or "": none */
    int timeout_ms;            /* for the whole call, from when it need not wait for others; 0: none */
    int low_speed_bytes; /* bytes/s; slower than this for low_speed_s is given up as PP_E_NET. Both 0: no */
    int low_speed_s;     /* check, and no wake-up a second for it */
    bool send_cookie;    /* the client's cookie; only to base_url's origin, else the start is refused */
    bool use_identity;   /* the client's certificate; the same; without one set, none is used */
    const atomic_bool *cancel; /* net_client_fetch only: set it, then net_loop_wake the loop */
    /* The three are called from the loop. on_start: once, when the header of a 200 or 206 is there, before
     * its data; on_data: the body of a 200 or 206 in pieces (other bodies stand in response.body, capped to
     * NET_RESPONSE_BODY_MAX). false with an error ends the call with that error. */
    bool (*on_start)(void *arg, const struct net_response *head, struct pp_error *error);
    bool (*on_data)(void *arg, const void *data, size_t size, struct pp_error *error);
    /* Last, exactly once for each call that was not cancelled. The response is gone after it. The call is
     * already over: new calls may be started, the client may not be destroyed. */
    void (*on_done)(void *arg, const struct net_response *response);
    void *arg;
};

/* Errors: PP_E_INVALID (base_url, proxy), PP_E_NOTFOUND or PP_E_IO (ca_file), PP_E_UNSUPPORTED (this libcurl
 * cannot keep the TLS policy). */
struct net_client *net_client_create(struct net_loop *loop, const struct net_client_config *config,
                                     struct pp_error *error);
void net_client_destroy(struct net_client *client); /* cancels its calls; NULL is allowed */
PP_DEFINE_AUTO(net_client, struct net_client, net_client_destroy)

/* The certificate chain (PEM, copied) and its key, which is held and asked for each handshake's signature, of the
 * requests started from now on; NULL and NULL clear them. With own_thread a signature that takes longer than a
 * connection may ends all calls as PP_E_TPM_ABSENT, and those that follow until it is there, or has failed. */
PP_MUST_USE bool net_client_set_identity(struct net_client *client, const char *certificate_chain_pem,
                                         struct crypto_key *key, struct pp_error *error);

/* "name=value" for the requests started from now on, copied; NULL clears it. PP_E_INVALID for a character
 * that may not stand there. */
PP_MUST_USE bool net_client_set_cookie(struct net_client *client, const char *cookie, struct pp_error *error);
/* The same text as another client has it, held: one copy for both. NULL clears it. */
void net_client_share_cookie(struct net_client *client, struct pp_secret_text *cookie);
struct pp_secret_text *net_client_cookie(const struct net_client *client); /* borrowed; NULL: none */

/* For the requests started from now on, copied; NULL: none is proven. */
void net_client_set_prover(struct net_client *client, const struct net_prover *prover);

/* NULL where the request is invalid; then nothing is called back. */
struct net_call *net_client_start(struct net_client *client, const struct net_request *request,
                                  struct pp_error *error);

/* Ends a call without calling back; not after its on_done was entered. NULL is allowed. May be called from
 * the call's own on_start or on_data, which then returns false. */
void net_call_cancel(struct net_call *call);

/* For worker threads: starts the request and runs the client's loop until it is done (timers and other calls
 * of the loop go on meanwhile). The request's on_done is not called. True where a whole answer came;
 * `response` then is the caller's to finish, also on failure. PP_E_CANCELLED by `cancel`. */
PP_MUST_USE bool net_client_fetch(struct net_client *client, const struct net_request *request,
                                  struct net_response *response, struct pp_error *error);
void net_response_finish(struct net_response *response);
#define net_autoresponse PP_CLEANUP(net_response_finish) /* struct net_response r = {0} */

/* The value of the only header of that (lower-case) name; NULL where there is none or more than one. */
const char *net_response_header(const struct net_response *response, const char *name);
/* Whether its Content-Type is that media type, with parameters or without. */
bool net_response_has_type(const struct net_response *response, const char *media_type);

#endif
