/* What a running server holds; handed to every handler. */
#ifndef HEADEND_SERVER_APP_H
#define HEADEND_SERVER_APP_H

#include "headend/base/home.h"

struct authorities;
struct time_zones;
struct console;
struct site;
struct waiters;
struct connections;
struct strings;
struct writer;
struct contacts;
struct hasher;
struct allowance;
struct feeds_made;
struct proof_guard;
struct provider_keys;
struct told;
struct workers;
struct open_files;
struct streams;
struct screen_changes;
struct content_uploads;
struct metrics;
struct content_ingest;
struct publish_worker;
struct previews;
struct alerts;

/* Who a server is for: screens and people may have one each, with a port of its own. */
enum app_part { APP_ALL, APP_SCREENS, APP_PEOPLE };

struct serve_options {
    const char *listen;       /* address; NULL for all, IPv6 and IPv4 */
    uint64_t port;            /* 0 lets the system choose */
    uint64_t console_port;    /* people's; 0: there is one for all */
    uint64_t code_lifetime_s; /* of an enrolment's codes */
    uint64_t poll_interval_s; /* between polls of /oauth/token */
    uint64_t certificate_s;   /* lifetime of a screen's certificate */
    uint64_t cookie_s;        /* lifetime of a device cookie */
    uint64_t connections;     /* at a time; 0: as many as the machine carries */
    uint64_t per_address;     /* of them from one address (address.h) */
    const char *provider_ca;  /* PEM, of OpenID Connect providers' servers */
    uint64_t request_s;       /* for TLS's handshake and a request's head (connections.h) */
    const char *log_format;   /* "text", "json" */
    const char
        *public_address;  /* where people reach it: "https://screens.example.org"; NULL: by its first name */
    const char *alert_ca; /* PEM, of mail servers and webhooks */
    const char *webhook_networks; /* private ranges that webhooks may go to; NULL none */
    const char *
        metrics_token; /* the file of what has to be shown for /metrics; NULL: loopback may ask, and nobody else */
};

struct app {
    struct home *home;
    struct db *db; /* home's, which writes */
    struct db *
        reader; /* another connection, for what only reads (but a certificate's first use) and so waits for nobody */
    struct db *watcher; /* another one, of streams, which look at much */
    struct authorities *authorities;
    int repo_fd; /* the folder of the static repository */
    struct serve_options options;
    enum app_part part;
    uint16_t port; /* where it listens */
    struct waiters *waiters;
    struct connections *connections;
    struct writer *writer;
    struct contacts *contacts;
    struct hasher *hasher;
    struct workers *workers;         /* that wait for disks, so that nobody else does */
    struct open_files *files;        /* that requests have open */
    struct streams *streams;         /* answers that last */
    struct previews *previews;       /* drafts that are looked at */
    struct screen_changes *changes;  /* which screens changed, for them */
    struct provider_keys *providers; /* at which they sign in */
    struct told *unsealed;           /* of screens whose client secret cannot be read */
    struct proof_guard *proofs;      /* of screens: which are taken */
    struct allowance *allowance;     /* of screens; with db_lock */
    struct feeds_made *feeds;        /* documents that screens get; with the reader's lock */
    struct allowance *feed_keys;     /* of who gives feeds their values; with db_lock */
    struct content_uploads *uploads; /* who is at work on which */
    struct content_ingest *ingest;   /* makes content of what has come whole */
    struct strings *strings;         /* of the pages, in each language */
    struct time_zones *time_zones;   /* that people choose from */
    struct console *console;         /* the files of the administrators' console, where they are installed */
    const struct site *site;         /* what may be asked, and who answers */
    struct metrics *metrics;         /* of requests */
    struct alerts *alerts;           /* who is told of what */
    /* Publishes what was asked for. */
    struct publish_worker *publisher;
};

#endif
