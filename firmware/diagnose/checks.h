/* The checks, one after the other (diagnose.h). Internal. */
#ifndef PP_DIAGNOSE_CHECKS_H
#define PP_DIAGNOSE_CHECKS_H

#include <netdb.h>
#include <stdbool.h>

#include "diagnose/diagnose.h"
#include "diagnose/findings.h"

#define DIAGNOSE_HOST_MAX 256 /* bytes with the NUL */

struct diagnosis {
    const struct diagnose_config *config;
    cJSON *checks;
    enum verdict worst;
    /* Whom to connect to first: the proxy, or the headend. */
    char host[DIAGNOSE_HOST_MAX];
    char port[8];
    struct addrinfo *addresses; /* NULL: not resolved */
    bool connected;
    enum pp_code answer; /* why none came; PP_OK one has, or none was asked for */
    bool has_date;       /* the headend's clock, from its answer */
    int64_t date_s;
};

/* Adds the check that the finding belongs to, or `check` where it belongs to none. */
void diagnosis_add(struct diagnosis *diagnosis, const char *check, const char *finding, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* "https://HOST[:PORT]" or "http://[USER@]HOST[:PORT]"; an IPv6 address without its brackets. */
bool diagnose_split(const char *url, char host[DIAGNOSE_HOST_MAX], char port[8]);

/* network.c: also has the addresses of whom to connect to */
void check_link(struct diagnosis *diagnosis);
void check_address(struct diagnosis *diagnosis);
void check_route(struct diagnosis *diagnosis);
void check_dns(struct diagnosis *diagnosis);
void check_connection(struct diagnosis *diagnosis); /* proxy and tcp */
/* answer.c */
void check_ca(struct diagnosis *diagnosis);       /* the file of authorities */
void check_password(struct diagnosis *diagnosis); /* whether that of the proxy is known */
void check_ticket(struct diagnosis *diagnosis);   /* of Kerberos, for the proxy */
void check_answer(struct diagnosis *diagnosis);   /* tls and answer */
void check_portal(struct diagnosis *diagnosis);   /* whether somebody has to sign in to the network */
/* machine.c */
void check_certificate(struct diagnosis *diagnosis);
void check_time(struct diagnosis *diagnosis);
void check_storage(struct diagnosis *diagnosis);
void check_display(struct diagnosis *diagnosis);
void check_sandbox(struct diagnosis *diagnosis);
void check_agent(struct diagnosis *diagnosis);

#endif
