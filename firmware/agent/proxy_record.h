/*
 * Which proxy this display point goes through, as the vault has it (record "proxy"), and what becomes of a change. A
 * change that does not work must not strand a screen: what has reached the headend before is kept until the new one
 * has.
 *
 *              | set                 | reached            | failed too often
 *   -----------+---------------------+--------------------+-----------------
 *   unproven   | unproven            | settled            | unproven
 *   settled    | trying, keep former | settled            | settled
 *   trying     | trying              | settled, drop      | fallen back
 *   fallen back| trying              | fallen back        | trying
 *
 * Kept on flash are "unproven", "settled" and "trying": a start tries the chosen one again.
 *
 * In use is the chosen one, but while fallen back: the former. "No proxy" is a choice like any other.
 *
 *   {"format": 1, "phase": "trying", "chosen": {"address": "http://…", "user": "…", "password": "…", "except": "",
 *    "ca": "", "principal": "", "kdc": "", "keytab": "<base64>"}, "former": {…}, "configured": "<SHA-256>",
 *    "credentials": "<SHA-256>", "directed": "<SHA-256>", "source": "configuration"}
 */
#ifndef PP_AGENT_PROXY_RECORD_H
#define PP_AGENT_PROXY_RECORD_H

#include "base/buf.h"
#include "base/encode.h"
#include "net/proxy.h"
#include "net/ticket.h"

#define PROXY_RECORD       "proxy"
#define PROXY_RECORD_MAX   (64 * 1024) /* bytes */
#define PROXY_FAILURES_MAX 3           /* in a row, after which the other one has its turn */

struct proxy_choice {
    struct net_proxy_settings net;       /* secret */
    char principal[NET_PROXY_TEXT_MAX];  /* "screen@REALM"; "" no Kerberos */
    char kdc[NET_PROXY_TEXT_MAX];        /* "HOST[:PORT]"; "" as the name server says */
    char keytab[NET_TICKET_KEYTAB_TEXT]; /* base64; "" by net.password; secret */
};

/* Who has said last that it is to be this one. */
enum proxy_source { PROXY_CONFIGURED, PROXY_LOCAL, PROXY_HEADEND, PROXY_SOURCES };

enum proxy_phase { PROXY_UNPROVEN, PROXY_SETTLED, PROXY_TRYING, PROXY_FALLEN_BACK, PROXY_PHASES };
enum proxy_event { PROXY_SET, PROXY_REACHED, PROXY_FAILED, PROXY_EVENTS };

struct proxy_record {
    enum proxy_phase phase;
    struct proxy_choice chosen;
    struct proxy_choice former; /* while trying or fallen back */
    unsigned failures;          /* in a row, of the one in use; not kept */
    enum proxy_source source;
    char directed[PP_HEX_SIZE(32)];    /* hash of what the headend said last; "" nothing */
    char configured[PP_HEX_SIZE(32)];  /* hash of what the configuration said last; "" nothing */
    char credentials[PP_HEX_SIZE(32)]; /* of the secrets that it had last; "" none */
};

enum proxy_phase proxy_record_next(enum proxy_phase phase, enum proxy_event event);
const char *proxy_phase_name(enum proxy_phase phase);
const char *proxy_source_name(enum proxy_source source); /* "configuration", "pingplayctl", "headend" */

/* In words; also sets choice->net.auth. */
PP_MUST_USE bool proxy_choice_check(struct proxy_choice *choice, struct pp_error *error);
bool proxy_choice_same(const struct proxy_choice *one, const struct proxy_choice *other);

/* Borrowed. */
const struct proxy_choice *proxy_record_in_use(const struct proxy_record *record);
/* A choice that was checked. False where it is the chosen one already, and not fallen back from. */
bool proxy_record_set(struct proxy_record *record, const struct proxy_choice *choice);
/* What the configuration says at this start: it counts where it says something else than last time. Credentials that it
 * has no more are the vault's. True where that has changed the record. */
PP_MUST_USE bool proxy_record_configure(struct proxy_record *record, const struct proxy_choice *configured,
                                        bool *changed, struct pp_error *error);
/* The credentials of the one before, where `choice` has the same address and none of its own. */
void proxy_record_take_credentials(const struct proxy_record *record, struct proxy_choice *choice);
/* The one in use has reached the headend, or not. True where that has changed the phase. */
bool proxy_record_hear(struct proxy_record *record, bool reached);

PP_MUST_USE bool proxy_record_parse(const void *json, size_t size, struct proxy_record *record,
                                    struct pp_error *error);
PP_MUST_USE bool proxy_record_write(const struct proxy_record *record, struct pp_buf *out,
                                    struct pp_error *error);

/* What was said, for "directed" and "configured": the hash of the texts, each with its end. */
PP_MUST_USE bool proxy_record_hash(const char *const *texts, size_t count, char hash[PP_HEX_SIZE(32)],
                                   struct pp_error *error);

#endif
