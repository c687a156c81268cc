/* What net's own files share of a client and its calls. */
#ifndef PP_NET_CLIENT_INTERNAL_H
#define PP_NET_CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <openssl/evp.h>
#include <sys/queue.h>

#include "base/secret.h"
#include "net/client.h"
#include "net/head.h"
#include "net/loop_internal.h"

/* A certificate and its key, shared by the calls that were started with it. */
struct net_identity {
    atomic_uint references;
    char *certificate; /* PEM chain */
    char *document;    /* PEM, what libcurl takes for the key: tls_key.h */
    EVP_PKEY *key;     /* signs */
};

#define NET_HOST_MAX     256  /* bytes of a host's name or address, with the NUL */
#define NET_TLS_NAMELESS (-1) /* reason: the certificate has no name that a server can have */
/* Reason: the key of an authority that is none any more. OpenSSL has this one for whoever uses it. */
#define NET_TLS_RETIRED X509_V_ERR_APPLICATION_VERIFICATION

/* How the certificate of a call's server is verified. */
struct net_tls_check {
    char host[NET_HOST_MAX]; /* whose it must be: a name, or an address without brackets */
    const struct net_clocks *clocks;
    const struct net_trust *trust; /* borrowed from the call; NULL: the client has a file of authorities */
    EVP_PKEY *key;  /* of the client's certificate, borrowed from the call's identity; NULL: none is shown */
    int64_t time_s; /* s since 1970: it was verified as of then */
    int reason;     /* why it was refused: OpenSSL's X509_V_ERR_…, or NET_TLS_NAMELESS; 0: it was not */
    int depth;      /* of the certificate that was refused; the server's own is 0 */
    bool begun;     /* of the two on the present way there, this handshake was the last to begin */
    struct net_tls_check *proxy; /* of a proxy that TLS is spoken to first; NULL: none */
};

struct net_client {
    struct net_loop *loop;
    struct net_thread *thread;           /* thread.c; NULL: its calls are made on `loop` */
    struct net_loop *transfers;          /* on which its calls are made: `loop`, or the thread's */
    char *base_url;                      /* NULL: none; without a slash at its end */
    char *ca_file;                       /* NULL: `authorities` */
    struct net_authorities *authorities; /* NULL: `ca_file` */
    struct net_proxy *proxy;             /* NULL: none */
    char *user_agent;
    struct pp_secret_text *cookie; /* NULL: none */
    struct net_clocks clocks;
    void (*on_outcome)(void *arg, bool reached, uint32_t proxy_number, const struct pp_error *error);
    void *arg;
    struct net_identity *identity;
    struct net_prover prover; /* zeros: none; each call has it as it was at its start */
    long connect_timeout_ms;
    int connections;  /* the most to a host, and so the most calls at once without HTTP/2 */
    int transferring; /* calls in libcurl's hands; the others of the loop's calls wait */
    bool multiplexed; /* the last answer came by HTTP/2 */
};

struct net_fetch {
    struct net_response *response;
    bool over;
};

/* Whose a call is whose client has a thread. Over it is the thread's lock. */
enum net_call_place {
    NET_CALL_HERE,   /* the owner's: not yet, or not any more, with the thread */
    NET_CALL_POSTED, /* on its way there: in `posted` */
    NET_CALL_THERE,  /* the thread's, and where it is cancelled, to be destroyed by it */
    NET_CALL_ENDED,  /* on its way back: in `ended` */
};

struct net_call {
    struct net_transfer transfer; /* first */
    TAILQ_ENTRY(net_call) link;   /* in `list` */
    struct net_calls *list;       /* of the loop that makes it, or one of the thread's; NULL: none */
    TAILQ_ENTRY(net_call) owned;  /* in the thread's `owned` */
    enum net_call_place place;
    struct net_client *client;
    CURL *easy;
    char *url;
    struct net_prover prover;
    struct pp_secret_text *cookie; /* held: what the prover binds it to */
    struct net_draft *draft;       /* until it is written */
    bool added;                    /* to the multi handle */
    atomic_bool cancelled;         /* to be destroyed as soon as curl lets go of it */
    bool proven;                   /* a proof goes with it */
    bool proven_again;             /* for the second time, with another nonce */
    bool bulk;                     /* on_data takes the body of this answer */
    struct net_request request;    /* its texts are not kept */
    struct net_identity *identity;
    struct net_trust *trust;    /* held; NULL: the client's file */
    struct curl_slist *headers; /* wiped: tokens and cookies stand there */
    struct pp_buf body;         /* of the request */
    struct net_head head;
    struct net_response response;
    struct net_fetch *fetch; /* net_client_fetch's, in place of on_done; else NULL */
    size_t body_max;         /* of this answer's body */
    struct net_tls_check tls, proxy_tls;
    bool own_origin;                /* it goes to the client's base_url */
    uint32_t proxy_number;          /* of the settings that it goes by */
    enum net_proxy_auth proxy_auth; /* by which the proxy was asked */
    bool proxy_named;               /* with a name and a password */
    bool proxy_asked_again;
    char problem[CURL_ERROR_SIZE];
};

/* A series of curl_easy_setopt of which each is checked: the first failure is kept. */
struct net_setup {
    CURL *easy;
    CURLcode code;
    int option;
};
#define NET_SET(setup, name, value)                                                                          \
    do {                                                                                                     \
        if ((setup)->code == CURLE_OK) {                                                                     \
            (setup)->code = curl_easy_setopt((setup)->easy, name, value);                                    \
            (setup)->option = (int)(name);                                                                   \
        }                                                                                                    \
    } while (0)

/* client.c: https, host present, no user in it; then its host as libcurl writes it, and whether it is below
 * base_url's origin. */
PP_MUST_USE bool net_client_url(const struct net_client *client, const char *path, char url[NET_URL_MAX],
                                char host[NET_HOST_MAX], bool *own_origin, struct pp_error *error);
/* On the loop of its transfers, whose limit it is: clients that share a loop share the largest. */
PP_MUST_USE bool net_client_limit_connections(struct net_client *client, struct pp_error *error);
void net_identity_release(struct net_identity *identity);

/* setup.c: every option of a call's easy handle, but those of net_call_setup_request. */
PP_MUST_USE bool net_call_setup(struct net_call *call, const char *url, struct pp_error *error);
/* setup.c: method, header lines and body, once all of them are there. */
PP_MUST_USE bool net_call_setup_request(struct net_call *call, struct pp_error *error);
/* setup.c: true where a proxy has hung up behind its 407, and the call can ask it once more, by another connection. */
bool net_call_ask_proxy_again(struct net_call *call);
/* setup.c: its header lines; the secrets among them end in call->headers only. */
PP_MUST_USE bool net_call_headers(struct net_call *call, const struct net_request *request,
                                  struct pp_error *error);
void net_headers_wipe(struct curl_slist *headers);

/* prove.c: writes what was left to be written, then adds the proof of the request, where one goes with it. */
PP_MUST_USE bool net_call_prove(struct net_call *call, struct pp_error *error);
/* setup.c: one more. */
PP_MUST_USE bool net_call_add_header(struct net_call *call, const char *line, struct pp_error *error);
/* prove.c: of the whole answer that came. */
void net_call_take_nonce(const struct net_call *call);
/* prove.c: true where the answer asks for another proof, and the call has one now. */
bool net_call_prove_again(struct net_call *call);

/* tls.c */
void net_tls_ignore_configuration(void); /* before libcurl starts */
/* `library` is curl_version_info's ssl_version. PP_E_UNSUPPORTED where it cannot keep the policy. */
PP_MUST_USE bool net_tls_check_library(const char *library, struct pp_error *error);
void net_tls_check_begin(struct net_tls_check *check, const char *host, const struct net_clocks *clocks);
/* `check` stays where it is as long as the easy handle lives. Its `trust`, or else the file, is who is trusted. */
void net_tls_setup(struct net_setup *setup, const char *ca_file, const struct net_identity *identity,
                   struct net_tls_check *check);
/* That alone, before another handshake: `trust`, held elsewhere as long as the easy handle lives; NULL the file. */
void net_tls_setup_trust(struct net_setup *setup, const char *ca_file, const struct net_trust *trust);

/* After that: the same of a proxy by https, whose verification is check->proxy's. */
void net_tls_setup_proxy(struct net_setup *setup, struct net_proxy_settings *settings,
                         struct net_tls_check *check);

/* failure.c: what curl's result means, in words. */
void net_failure_explain(const struct net_call *call, CURLcode result, struct pp_error *error);

/* call.c */
void net_call_destroy(struct net_call *call);
/* Where it is made: what has to be signed, then its turn. False: it is over. */
PP_MUST_USE bool net_call_begin(struct net_call *call, struct pp_error *error);
/* Its end, for its owner: hands it the response. */
void net_call_finish(struct net_call *call);
void net_call_enlist(struct net_call *call, struct net_calls *list);
void net_call_delist(struct net_call *call);

/* thread.c: see there. */
struct net_thread *net_thread_create(struct net_client *client, struct pp_error *error);
void net_thread_destroy(struct net_thread *thread); /* with all its calls; NULL is allowed */
PP_MUST_USE bool net_thread_is_usable(struct net_thread *thread, struct pp_error *error);
void net_thread_post(struct net_thread *thread, struct net_call *call);
void net_thread_cancel(struct net_thread *thread, struct net_call *call);
/* From the thread: the call is over. */
void net_thread_end(struct net_thread *thread, struct net_call *call);
/* From the thread, around whatever waits for a key. NULL: there is nobody who minds. */
void net_thread_wait_begin(struct net_thread *thread);
void net_thread_wait_end(struct net_thread *thread);
/* From the thread, of a call whose handshake failed: whether it was for the key. */
PP_MUST_USE bool net_thread_explain(struct net_thread *thread, struct pp_error *error);
/* The same key, whose signatures are waited for by those two. */
struct crypto_key *net_thread_key(struct net_thread *thread, struct crypto_key *key, struct pp_error *error);
size_t net_call_on_header(char *line, size_t size, size_t count, void *arg);
size_t net_call_on_body(char *data, size_t size, size_t count, void *arg);

#endif
