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
    unsigned references;
    char *certificate; /* PEM chain */
    char *document;    /* PEM, what libcurl takes for the key: tls_key.h */
    EVP_PKEY *key;     /* signs */
};

#define NET_HOST_MAX     256  /* bytes of a host's name or address, with the NUL */
#define NET_TLS_NAMELESS (-1) /* reason: the certificate has no name that a server can have */

/* How the certificate of a call's server is verified. */
struct net_tls_check {
    char host[NET_HOST_MAX]; /* whose it must be: a name, or an address without brackets */
    const struct net_clocks *clocks;
    EVP_PKEY *key;  /* of the client's certificate, borrowed from the call's identity; NULL: none is shown */
    int64_t time_s; /* s since 1970: it was verified as of then */
    int reason;     /* why it was refused: OpenSSL's X509_V_ERR_…, or NET_TLS_NAMELESS; 0: it was not */
    int depth;      /* of the certificate that was refused; the server's own is 0 */
};

struct net_client {
    struct net_loop *loop;
    char *base_url; /* NULL: none; without a slash at its end */
    char *ca_file;
    char *proxy; /* "": none */
    char *user_agent;
    struct pp_secret_text *cookie; /* NULL: none */
    struct net_clocks clocks;
    struct net_identity *identity;
    struct net_prover prover; /* zeros: none */
    long connect_timeout_ms;
    int connections;  /* the most to a host, and so the most calls at once without HTTP/2 */
    int transferring; /* calls in libcurl's hands; the others of the loop's calls wait */
    bool multiplexed; /* the last answer came by HTTP/2 */
};

struct net_fetch {
    struct net_response *response;
    bool over;
};

struct net_call {
    TAILQ_ENTRY(net_call) link; /* in the loop's calls */
    struct net_client *client;
    CURL *easy;
    bool added;                 /* to the multi handle */
    bool cancelled;             /* to be destroyed as soon as curl lets go of it */
    bool proven;                /* a proof goes with it */
    bool proven_again;          /* for the second time, with another nonce */
    bool bulk;                  /* on_data takes the body of this answer */
    struct net_request request; /* its texts are not kept */
    struct net_identity *identity;
    struct curl_slist *headers; /* wiped: tokens and cookies stand there */
    struct pp_buf body;         /* of the request */
    struct net_head head;
    struct net_response response;
    struct net_fetch *fetch; /* net_client_fetch's, in place of on_done; else NULL */
    size_t body_max;         /* of this answer's body */
    struct net_tls_check tls;
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
bool net_client_url(const struct net_client *client, const char *path, char url[NET_URL_MAX],
                    char host[NET_HOST_MAX], bool *own_origin, struct pp_error *error);
void net_identity_release(struct net_identity *identity);

/* setup.c: every option of a call's easy handle. */
bool net_call_setup(struct net_call *call, const char *url, struct pp_error *error);
/* setup.c: its header lines; the secrets among them end in call->headers only. */
bool net_call_headers(struct net_call *call, const struct net_request *request, struct pp_error *error);
void net_headers_wipe(struct curl_slist *headers);

/* prove.c: adds the proof of a request to `url`, where one goes with it. */
bool net_call_prove(struct net_call *call, const char *url, struct pp_error *error);
/* prove.c: of the whole answer that came. */
void net_call_take_nonce(const struct net_call *call);
/* prove.c: true where the answer asks for another proof, and the call has one now. */
bool net_call_prove_again(struct net_call *call);

/* tls.c */
void net_tls_ignore_configuration(void); /* before libcurl starts */
/* `library` is curl_version_info's ssl_version. PP_E_UNSUPPORTED where it cannot keep the policy. */
bool net_tls_check_library(const char *library, struct pp_error *error);
void net_tls_check_begin(struct net_tls_check *check, const char *host, const struct net_clocks *clocks);
/* `check` stays where it is as long as the easy handle lives. */
void net_tls_setup(struct net_setup *setup, const char *ca_file, const struct net_identity *identity,
                   struct net_tls_check *check);

/* failure.c: what curl's result means, in words. */
void net_failure_explain(const struct net_call *call, CURLcode result, struct pp_error *error);

/* call.c */
void net_call_destroy(struct net_call *call);
size_t net_call_on_header(char *line, size_t size, size_t count, void *arg);
size_t net_call_on_body(char *data, size_t size, size_t count, void *arg);

#endif
